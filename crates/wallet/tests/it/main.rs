//! Deposits and forced transactions into a deployed inbox on a real development node.

use std::{path::PathBuf, process::Command, sync::OnceLock};

use alloy_primitives::{Address, B256, Bytes, U256};
use serde_json::{Value, json};
use tern_contracts::from_alloy;
use tern_deploy::{Config, Plan, apply};
use tern_l1::{Anvil, Key, KeySource, L1};
use tern_node_api::NodeClient;
use tern_rollup::{Contracts, Deployed, Rollup};
use tern_wallet::{Chains, Force, Journal, WalletError, deposit, force, initiate, parse_amount};

/// Where the node program is. The tests cannot run without it, and do not pretend to.
fn program() -> &'static PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let tool = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tools/contracts");
        let output = Command::new(tool).args(["path", "anvil"]).output().expect("a shell");
        assert!(
            output.status.success(),
            "anvil is missing: run tools/contracts path anvil ({})",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).expect("a path").trim().into()
    })
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(future)
}

/// L1 with a deployed rollup, and a plain node in place of the rollup's.
struct World {
    _nodes: [Anvil; 2],
    chains: Chains,
    key: Key,
}

async fn world() -> World {
    let start = |arguments: &[&str]| Anvil::start(program(), arguments).expect("it starts");
    let nodes = [start(&[]), start(&["--chain-id", "7357"])];
    let l1 = L1::connect(nodes[0].url()).await.expect("it answers");
    let l2 = NodeClient::connect(nodes[1].url()).await.expect("it answers");
    let key = Key::load(&KeySource::Dev).expect("everybody knows it");
    let config = Config::dev(31_337).expect("right").with_genesis(B256::repeat_byte(0x61));
    let plan = Plan::new(config).expect("in bounds");
    let deployed = l1.header(None).await.expect("it answers");
    apply(&l1, &key, &plan, &mut |_| {}).await.expect("it deploys");
    let address = |address: &Address| from_alloy(address);
    let rollup = Rollup {
        version: Rollup::VERSION,
        config: plan.config.rollup_config(plan.rollup.inbox),
        contracts: Contracts {
            settlement: address(&plan.rollup.settlement),
            registry: address(&plan.rollup.registry),
            status: address(&plan.shared.status),
            bridge: address(&plan.shared.bridge),
        },
        deployed: Deployed { number: deployed.number, hash: tern_protocol::Hash(deployed.hash.0) },
    };
    World { _nodes: nodes, chains: Chains { l1, l2: Some(l2), rollup }, key }
}

#[test]
fn deposits_are_whole_gwei_of_a_least_amount_and_counted() {
    run(async {
        let World { chains, key, _nodes } = world().await;
        let to = Address::repeat_byte(7);
        let mut said = vec![];
        for index in 0..2 {
            let amount = parse_amount("0.25").expect("an amount");
            let watch = &mut |event| said.push(event);
            let done = deposit(&chains, &key, to, amount, false, watch).await.expect("it is taken");
            assert_eq!((done.index, done.gwei), (index, 250_000_000));
            assert!(done.to.to_string().contains("@eip155:"), "{}", done.to);
        }
        let vault = chains.l1.balance(chains.inbox()).await.expect("it answers");
        assert_eq!(vault, parse_amount("0.5").expect("an amount").0);
        for (text, says) in
            [("1wei", "nine decimals"), ("1gwei", "deposit "), ("99999", "ETH more")]
        {
            let amount = parse_amount(text).expect("an amount");
            let error = deposit(&chains, &key, to, amount, false, &mut |_| {}).await;
            let error = error.expect_err(text).to_string();
            assert!(error.contains(says) && !error.contains('\n'), "{error}");
        }
    });
}

#[test]
fn a_deposit_that_is_waited_for_needs_a_node() {
    run(async {
        let World { mut chains, key, _nodes } = world().await;
        chains.l2 = None;
        let amount = parse_amount("1").expect("an amount");
        let error = deposit(&chains, &key, key.address(), amount, true, &mut |_| {}).await;
        assert!(matches!(error, Err(WalletError::Offline("--no-wait"))), "{error:?}");
    });
}

#[test]
fn a_forced_transaction_is_in_the_queue_as_it_was_signed() {
    run(async {
        let World { mut chains, key, _nodes } = world().await;
        let mut wish = Force {
            to: Address::repeat_byte(7),
            value: parse_amount("1gwei").expect("an amount"),
            data: Bytes::new(),
            nonce: None,
            gas: None,
            max_fee: None,
            wait: false,
        };
        let before = chains.l1.balance(chains.inbox()).await.expect("it answers");
        let done = force(&chains, &key, &wish, &mut |_| {}).await.expect("it is taken");
        let after = chains.l1.balance(chains.inbox()).await.expect("it answers");
        assert_eq!((done.index, after - before), (0, done.fee), "what was too much came back");

        // What lies in the queue is what the rollup would execute.
        let logs: Value = chains
            .l1
            .ask("eth_getLogs", (json!({"address": chains.inbox(), "fromBlock": "0x0"}),))
            .await
            .expect("it answers");
        let data = logs.as_array().and_then(|logs| logs.last()).expect("an event");
        let data = data["data"].as_str().expect("text").trim_start_matches("0x").to_owned();
        let node = chains.l2.clone().expect("there is one");
        let nonce = node.rpc().nonce(key.address(), true).await.expect("it answers");
        let raw = &data[4 * 64..];
        let length = usize::from_str_radix(&data[3 * 64..4 * 64], 16).expect("a number");
        let raw: Bytes = format!("0x{}", &raw[..2 * length]).parse().expect("bytes");
        let hash: B256 = node.rpc().ask("eth_sendRawTransaction", (raw,)).await.expect("it runs");
        assert_eq!(hash, done.transaction);
        let receipt = node.rpc().wait("it", hash).await.expect("it is mined");
        assert!(receipt.status() && nonce == 0);

        // Without a node everything must be said.
        chains.l2 = None;
        let error = force(&chains, &key, &wish, &mut |_| {}).await.expect_err("no nonce");
        assert!(error.to_string().contains("--nonce"), "{error}");
        (wish.nonce, wish.gas, wish.max_fee) = (Some(1), Some(21_000), Some(1_000_000_000));
        let done = force(&chains, &key, &wish, &mut |_| {}).await.expect("it is taken");
        assert_eq!(done.index, 1);
        wish.gas = Some(20_999);
        let error = force(&chains, &key, &wish, &mut |_| {}).await.expect_err("too little gas");
        assert!(error.to_string().contains("20999 gas, allowed are 21000"), "{error}");
    });
}

#[test]
fn a_withdrawal_is_kept_before_it_is_sent() {
    run(async {
        let World { chains, key, _nodes } = world().await;
        let folder = std::env::temp_dir().join(format!("tern-wallet-{}", std::process::id()));
        let journal = Journal::new(folder.clone());
        let amount = parse_amount("0.5").expect("an amount");
        let to = Address::repeat_byte(7);
        let mut said = vec![];
        let watch = &mut |event| said.push(event);
        let entry = initiate(&chains, &key, to, amount, &journal, watch).await.expect("it is sent");
        let kept = journal.unfinished(chains.config_hash()).expect("it reads");
        assert_eq!(kept, vec![entry.clone()]);
        let node = chains.l2.clone().expect("there is one");
        node.rpc().wait("it", entry.transaction).await.expect("it is mined");

        let much = parse_amount("1000000").expect("an amount");
        let error = initiate(&chains, &key, to, much, &journal, &mut |_| {}).await;
        let error = error.expect_err("too much").to_string();
        assert!(error.contains("ETH more"), "{error}");
        assert_eq!(journal.unfinished(chains.config_hash()).expect("it reads").len(), 1);
        std::fs::remove_dir_all(folder).expect("ours");
        let _: U256 = node.rpc().balance(to).await.expect("it answers");
    });
}
