//! A small chain for the client, and the same in memory for the proven executor.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tern_engine::{Client, Ethrex, Heads};
use tern_protocol::{BlockInputs, Candidate, Hash, Timestamp};
use tern_stf::{ChainSpec, GenesisAccount, Header};
use tern_stf_ethrex::EthrexExecutor;
use tern_workload::{Chain, Transaction};

pub(crate) struct Home {
    pub(crate) dir: TempDir,
    pub(crate) chain: Chain,
    pub(crate) genesis: PathBuf,
}

impl Home {
    pub(crate) fn new() -> Self {
        let chain = Chain::new(&EthrexExecutor, 20, 20).expect("a chain");
        let dir = TempDir::new().expect("a folder");
        let genesis = write_genesis(dir.path(), chain.spec(), chain.genesis(), chain.head());
        Self { dir, chain, genesis }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    pub(crate) async fn open(&self) -> Ethrex {
        Ethrex::open(&self.data(), &self.genesis, self.chain.head_hash()).await.expect("it opens")
    }

    /// Has a client of its own execute blocks, from the chain's first on: each must be valid.
    pub(crate) async fn check(&self, engine: &Ethrex, blocks: &[Hash]) {
        let other_home = Self::new();
        let other = other_home.open().await;
        for block in blocks {
            let rlp = engine.block(*block).expect("readable").expect("kept");
            assert_eq!(other.import(&rlp).await.expect("valid").hash, *block);
        }
    }

    /// A plain transfer of one of the chain's keys.
    pub(crate) fn transfer(&self, key: usize, nonce: u64) -> Vec<u8> {
        let to = self.chain.stranger(1);
        let chain = self.chain.spec().chain_id.0;
        Transaction::transfer(chain, nonce, to, 1).sign(self.chain.key(key))
    }

    /// A transfer with so many bytes of nothing.
    pub(crate) fn long(&self, key: usize, nonce: u64, bytes: usize) -> Vec<u8> {
        let chain = self.chain.spec().chain_id.0;
        let transfer = Transaction::transfer(chain, nonce, self.chain.stranger(1), 1);
        let (gas_limit, input) = (2_000_000, vec![0; bytes]);
        Transaction { gas_limit, input, ..transfer }.sign(self.chain.key(key))
    }

    pub(crate) fn inputs(&self, time: u64, salt: u8, raws: Vec<Vec<u8>>) -> BlockInputs {
        let candidates = raws.into_iter().map(|raw| Candidate { raw, forced_gas: None }).collect();
        BlockInputs {
            timestamp: Timestamp(time),
            prev_randao: Hash([salt; 32]),
            ..self.chain.inputs(candidates)
        }
    }

    /// Empty blocks on a block, each kept; the hashes of all.
    pub(crate) fn grow(&self, engine: &Ethrex, from: Hash, count: u64, salt: u8) -> Vec<Hash> {
        let mut parent = engine.head(from).expect("readable").expect("known");
        (0..count)
            .map(|_| {
                let inputs = self.inputs(parent.timestamp + 1, salt, Vec::new());
                parent = engine.build(parent.hash, &inputs, None).expect("a block").head;
                parent.hash
            })
            .collect()
    }
}

pub(crate) const fn all(latest: Hash, rest: Hash) -> Heads {
    Heads { latest, safe: rest, finalized: rest }
}

pub(crate) fn write_genesis(
    dir: &Path,
    spec: &ChainSpec,
    accounts: &[GenesisAccount],
    first: &Header,
) -> PathBuf {
    let alloc: Map<String, Value> = accounts
        .iter()
        .map(|account| {
            let storage: Map<String, Value> = account
                .storage
                .iter()
                .map(|(slot, value)| (slot.to_string(), json!(value.to_string())))
                .collect();
            let balance = hex::encode(account.balance.0);
            let balance = balance.trim_start_matches('0');
            let value = json!({
                "balance": format!("0x{}", if balance.is_empty() { "0" } else { balance }),
                "nonce": format!("{:#x}", account.nonce),
                "code": format!("0x{}", hex::encode(&account.code)),
                "storage": storage,
            });
            (account.address.to_string(), value)
        })
        .collect();
    let blobs = |target: u64, max: u64, fraction: u64| json!({ "target": target, "max": max, "baseFeeUpdateFraction": fraction });
    let (cancun, prague) = (&spec.cancun_blobs, &spec.prague_blobs);
    let genesis = json!({
        "config": {
            "chainId": spec.chain_id.0,
            "homesteadBlock": 0, "eip150Block": 0, "eip155Block": 0, "eip158Block": 0,
            "byzantiumBlock": 0, "constantinopleBlock": 0, "petersburgBlock": 0,
            "istanbulBlock": 0, "berlinBlock": 0, "londonBlock": 0, "mergeNetsplitBlock": 0,
            "terminalTotalDifficulty": 0, "terminalTotalDifficultyPassed": true,
            "shanghaiTime": 0, "cancunTime": 0, "pragueTime": 0,
            "depositContractAddress": spec.deposit_contract.to_string(),
            "blobSchedule": {
                "cancun": blobs(cancun.target, cancun.max, cancun.update_fraction),
                "prague": blobs(prague.target, prague.max, prague.update_fraction),
            },
        },
        "alloc": alloc,
        "coinbase": first.beneficiary.to_string(),
        "difficulty": "0x0",
        "extraData": format!("0x{}", hex::encode(&first.extra_data)),
        "gasLimit": format!("{:#x}", first.gas_limit),
        "nonce": "0x0",
        "mixHash": first.prev_randao.to_string(),
        "timestamp": format!("{:#x}", first.timestamp),
        "baseFeePerGas": format!("{:#x}", first.base_fee_per_gas),
        "blobGasUsed": "0x0",
        "excessBlobGas": format!("{:#x}", first.excess_blob_gas.unwrap_or_default()),
    });
    let path = dir.join("genesis.json");
    std::fs::write(&path, genesis.to_string()).expect("writable");
    path
}
