//! The same transfers through a running rollup and through a development L1 alone.
//!
//! ```text
//! tern up --dir DIR &
//! cargo run -p tern-bench --example throughput -- DIR/endpoints.json ANVIL > bench/node.md
//! ```
//!
//! Each target takes the same number of signed transfers from the same accounts over the same number
//! of connections. The clock starts with the first request and stops when every nonce is reached. The
//! rollup does all its other work meanwhile: it posts batches, a follower derives them, a voter votes.

use std::{
    error::Error,
    fs,
    path::Path,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tern_l1::Anvil;
use tern_protocol::{Address, Word, keccak256};
use tern_workload::{Key, Kind, Transaction, token_creation};

type Failure = Box<dyn Error + Send + Sync>;

const SENDERS: u64 = 64;
const CONNECTIONS: usize = 4;
/// Transfers in one request.
const BUNDLE: usize = 50;
const TRANSFERS: u64 = 20_000;
const FEE: u128 = 100_000_000_000;
const ETHER: u128 = 1_000_000_000_000_000_000;

/// A chain that takes transactions.
struct Target {
    name: String,
    url: String,
    chain_id: u64,
    client: reqwest::Client,
}

impl Target {
    async fn new(name: &str, url: &str) -> Result<Self, Failure> {
        let client = reqwest::Client::builder().no_proxy().build()?;
        let mut target = Self { name: name.into(), url: url.into(), chain_id: 0, client };
        target.chain_id = number(&target.ask("eth_chainId", json!([])).await?)?;
        Ok(target)
    }

    async fn post(&self, body: &Value) -> Result<Value, Failure> {
        let answer = self.client.post(&self.url).json(body).send().await?;
        Ok(answer.json().await?)
    }

    async fn ask(&self, method: &str, params: Value) -> Result<Value, Failure> {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let mut answer = self.post(&body).await?;
        match answer.get("error") {
            Some(error) => Err(format!("{}: {method}: {error}", self.name).into()),
            None => Ok(answer["result"].take()),
        }
    }

    async fn send(&self, raw: &[u8]) -> Result<(), Failure> {
        self.ask("eth_sendRawTransaction", json!([hexed(raw)])).await.map(drop)
    }

    async fn nonces(&self, keys: &[Key]) -> Result<Vec<u64>, Failure> {
        let body: Vec<Value> = keys
            .iter()
            .enumerate()
            .map(|(id, key)| {
                let params = json!([key.address(), "latest"]);
                json!({"jsonrpc": "2.0", "id": id, "method": "eth_getTransactionCount", "params": params})
            })
            .collect();
        let answer = self.post(&Value::Array(body)).await?;
        let mut nonces = vec![0; keys.len()];
        for one in answer.as_array().ok_or("a list was asked for")? {
            let id = one["id"].as_u64().and_then(|id| usize::try_from(id).ok());
            let slot = id.and_then(|id| nonces.get_mut(id)).ok_or("an answer without question")?;
            *slot = number(&one["result"])?;
        }
        Ok(nonces)
    }

    async fn reach(&self, keys: &[Key], wanted: &[u64]) -> Result<(), Failure> {
        let limit = Instant::now() + Duration::from_secs(300);
        while self.nonces(keys).await?.iter().zip(wanted).any(|(got, want)| got < want) {
            if Instant::now() > limit {
                return Err(format!("{}: not all transactions entered a block", self.name).into());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }
}

fn number(value: &Value) -> Result<u64, Failure> {
    let text = value.as_str().ok_or_else(|| format!("{value} is no number"))?;
    Ok(u64::from_str_radix(text.trim_start_matches("0x"), 16)?)
}

fn hexed(bytes: &[u8]) -> String {
    bytes.iter().fold(String::from("0x"), |text, byte| format!("{text}{byte:02x}"))
}

/// Gives each sender something, and makes the token.
async fn prepare(target: &Target, funder: &Key, senders: &[Key]) -> Result<Address, Failure> {
    let first = target.nonces(std::slice::from_ref(funder)).await?[0];
    let mut nonce = first;
    for sender in senders {
        let gift = Transaction::transfer(target.chain_id, nonce, sender.address(), 4 * ETHER);
        target.send(&gift.sign(funder)).await?;
        nonce += 1;
    }
    let holders: Vec<Address> = senders.iter().map(Key::address).collect();
    let create = Transaction {
        to: None,
        value: 0,
        gas_limit: 5_000_000,
        input: token_creation(&holders),
        ..Transaction::transfer(target.chain_id, nonce, Address::ZERO, 0)
    };
    target.send(&create.sign(funder)).await?;
    target.reach(std::slice::from_ref(funder), &[nonce + 1]).await?;
    Ok(created(&funder.address(), nonce))
}

/// Where an account's creation lands.
fn created(creator: &Address, nonce: u64) -> Address {
    let hash = alloy_primitives::Address::from(creator.0).create(nonce);
    Address(hash.0.0)
}

fn transfer(chain_id: u64, kind: Kind, token: Address, nonce: u64, at: u64) -> Transaction {
    let to = Address::from_slice(&keccak256(&at.to_be_bytes()).0[12..]).unwrap_or_default();
    let plain = Transaction { max_fee: FEE, ..Transaction::transfer(chain_id, nonce, to, 1) };
    if kind == Kind::Transfers {
        return plain;
    }
    let mut input = keccak256(b"transfer(address,uint256)").0[..4].to_vec();
    input.extend([0; 12]);
    input.extend(to.0);
    input.extend(Word::from_u64(1).0);
    Transaction { to: Some(token), value: 0, gas_limit: 60_000, input, ..plain }
}

/// Sends the load and returns transfers a second.
async fn load(
    target: &Target,
    kind: Kind,
    token: Address,
    senders: &[Key],
) -> Result<f64, Failure> {
    let before = target.nonces(senders).await?;
    let each = TRANSFERS / SENDERS;
    let signed: Vec<Vec<String>> = senders
        .iter()
        .zip(&before)
        .enumerate()
        .map(|(at, (key, first))| {
            (0..each)
                .map(|step| {
                    let place = at as u64 * each + step + (first << 32);
                    hexed(&transfer(target.chain_id, kind, token, first + step, place).sign(key))
                })
                .collect()
        })
        .collect();
    let start = Instant::now();
    let lanes = (0..CONNECTIONS).map(|lane| {
        // An account's transfers go over one connection, in their order, a step of each at a time.
        let mine: Vec<&Vec<String>> = signed.iter().skip(lane).step_by(CONNECTIONS).collect();
        let order: Vec<&String> =
            (0..each as usize).flat_map(|step| mine.iter().map(move |list| &list[step])).collect();
        let bundles: Vec<Value> = order.chunks(BUNDLE).map(bundle).collect();
        async move {
            for one in bundles {
                let answer = target.post(&one).await?;
                let refused = answer
                    .as_array()
                    .and_then(|list| list.iter().find(|answer| answer.get("error").is_some()));
                if let Some(answer) = refused {
                    return Err(Failure::from(format!("{}: {}", target.name, answer["error"])));
                }
            }
            Ok(())
        }
    });
    futures_util::future::try_join_all(lanes).await?;
    let wanted: Vec<u64> = before.iter().map(|first| first + each).collect();
    target.reach(senders, &wanted).await?;
    Ok((each * SENDERS) as f64 / start.elapsed().as_secs_f64())
}

fn bundle(raws: &[&String]) -> Value {
    let requests = raws.iter().enumerate().map(|(id, raw)| {
        json!({"jsonrpc": "2.0", "id": id, "method": "eth_sendRawTransaction", "params": [raw]})
    });
    Value::Array(requests.collect())
}

/// Resident memory of the parts, in MiB, by what `/proc` says.
fn memory(folder: &Path) -> Vec<(String, u64)> {
    let mut parts = Vec::new();
    for entry in fs::read_dir(folder.join("run")).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().replace(".pid", "");
        let status = fs::read_to_string(entry.path())
            .and_then(|pid| fs::read_to_string(format!("/proc/{}/status", pid.trim())));
        let resident = status.ok().and_then(|text| {
            let line = text.lines().find(|line| line.starts_with("VmRSS:"))?.to_owned();
            line.split_whitespace().nth(1)?.parse::<u64>().ok()
        });
        if let Some(kib) = resident {
            parts.push((name, kib / 1_024));
        }
    }
    parts.sort();
    parts
}

async fn safe_reaches(rollup: &Target, block: u64) -> Result<Duration, Failure> {
    let start = Instant::now();
    loop {
        let safe = rollup.ask("eth_getBlockByNumber", json!(["safe", false])).await?;
        if number(&safe["number"])? >= block {
            return Ok(start.elapsed());
        }
        if start.elapsed() > Duration::from_secs(300) {
            return Err("the load did not become safe".into());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn compare(endpoints: &Path, anvil: &Path) -> Result<(), Failure> {
    let text: Value = serde_json::from_str(&fs::read_to_string(endpoints)?)?;
    let field = |pointer: &str| text.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let rollup = Target::new("rollup", field("/l2/sequencer/http")).await?;
    let secret = field("/devAccounts/0/devKey").to_owned();
    let funder = Key::from_dev_secret(&secret).ok_or("the first development key is no key")?;
    let senders: Vec<Key> = (1..=SENDERS).map(|at| Key::dev(7_000 + at)).collect();
    let folder = endpoints.parent().unwrap_or(Path::new("."));
    let at_rest = memory(folder);

    println!("# The node\n\n`make bench-node`: {TRANSFERS} transfers from {SENDERS} accounts over");
    println!("{CONNECTIONS} connections, {BUNDLE} a request, in one run on one machine.\n");
    println!(
        "| transfers | rollup /s | anvil, 1 s blocks /s | anvil, 2 s blocks /s | ratio to the better | safe after |"
    );
    println!("|---|---:|---:|---:|---:|---:|");
    for kind in [Kind::Transfers, Kind::Tokens] {
        let token = prepare(&rollup, &funder, &senders).await?;
        let ours = load(&rollup, kind, token, &senders).await?;
        let last = number(&rollup.ask("eth_blockNumber", json!([])).await?)?;
        let safe = safe_reaches(&rollup, last).await?;
        let mut theirs = Vec::new();
        for seconds in ["1", "2"] {
            let node = Anvil::start(anvil, &["--block-time", seconds, "--gas-limit", "30000000"])?;
            let alone = Target::new("anvil", node.url()).await?;
            let token = prepare(&alone, &funder, &senders).await?;
            theirs.push(load(&alone, kind, token, &senders).await?);
        }
        let best = theirs.iter().copied().fold(0.0, f64::max);
        println!(
            "| {} | {ours:.0} | {:.0} | {:.0} | {:.2} | {:.1} s |",
            kind.name(),
            theirs[0],
            theirs[1],
            ours / best,
            safe.as_secs_f64()
        );
    }
    println!(
        "\nAll three have a gas limit of 30M a block, which bounds what a second of blocks can hold:"
    );
    println!(
        "1,428 plain transfers. anvil's 2 s are what `tern up` gives its L1. The rollup posts its"
    );
    println!(
        "batches meanwhile, and a follower derives them; *safe after* is how long after the last"
    );
    println!("transfer L1 had everything and the sequencer's node had derived it from there.");
    println!(
        "All transfers need 14.01 blocks of a second, so a run takes 14 s or 15 s, as its beginning"
    );
    println!("falls into a second: ratios of transfers between 0.93 and 1.07 say the same.");
    println!("\n| part | MiB at rest | MiB after the load |\n|---|---:|---:|");
    let after = memory(folder);
    for (name, before) in at_rest {
        let now = after.iter().find(|(other, _)| *other == name).map_or(0, |(_, mib)| *mib);
        println!("| {name} | {before} | {now} |");
    }
    Ok(())
}

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(endpoints), Some(anvil)) = (arguments.next(), arguments.next()) else {
        return Err("give the endpoints.json of a running `tern up` and the program anvil".into());
    };
    // The second installation of a process fails, and the first one serves.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(compare(endpoints.as_ref(), anvil.as_ref()))
}
