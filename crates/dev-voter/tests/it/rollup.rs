//! A rollup for development on a real development L1.

use std::{fs, path::PathBuf, time::Duration};

use alloy_primitives::{B256, Bytes};
use alloy_sol_types::SolCall;
use serde_json::{Value, json};
use tern_contracts::{Inbox, Settlement, to_alloy};
use tern_deploy::{Config, Files, apply};
use tern_dev_voter::Options;
use tern_l1::{Anvil, Call, Key, KeySource, L1};
use tern_node_api::{BatchInfo, Bytes as NodeBytes, L1Ref};
use tern_protocol::{
    Anchor, BatchAcc, BatchHeader, BatchIndex, BatchRecord, BlockNumber, DataRef, Hash, QueueHead,
    Timestamp,
};

use crate::{node::Node, program};

/// Blocks of each batch.
const BLOCKS: u64 = 2;

pub(crate) struct Rollup {
    _anvil: Anvil,
    pub(crate) l1: L1,
    pub(crate) node: Node,
    pub(crate) files: tern_rollup::Rollup,
    url: String,
    key_file: PathBuf,
}

pub(crate) fn anvil(arguments: &[&str]) -> Anvil {
    Anvil::start(program::anvil(), arguments).expect("the development node starts")
}

fn dev_key() -> Key {
    Key::load(&KeySource::Dev).expect("everybody knows it")
}

/// A file with the key that the dev lanes believe: the ninth account of every development node.
pub(crate) fn key_file(name: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let path = std::env::temp_dir().join(format!("tern-voter-{name}-{}", std::process::id()));
    let key = "dbda1821b80551c9d65939329250298aa3472ba22feea921c0cf5d620ea67b97";
    fs::write(&path, key).expect("it is writable");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("it is ours");
    path
}

impl Rollup {
    pub(crate) async fn new(name: &str) -> Self {
        let anvil = anvil(&[]);
        let url = anvil.url().to_owned();
        let l1 = L1::connect(&url).await.expect("it answers");
        let mut config = Config::dev(31_337).expect("a development chain");
        config.inbox.sequencer = dev_key().address();
        let folder =
            std::env::temp_dir().join(format!("tern-voter-{name}-{}-files", std::process::id()));
        let files = Files::new(&folder);
        let planned = files.plan(&l1, config, true).await.expect("a plan");
        let rollup = files.save(&l1, &planned).await.expect("it is written");
        let _ = fs::remove_dir_all(&folder);
        apply(&l1, &dev_key(), &planned.plan, &mut |_| {}).await.expect("it deploys");
        let node = Node::start(rollup.clone());
        Self { _anvil: anvil, l1, node, files: rollup, url, key_file: key_file(name) }
    }

    pub(crate) fn options(&self) -> Options {
        Options {
            node: self.node.url.clone(),
            l1: self.url.clone(),
            key: KeySource::File(self.key_file.clone()),
            interval: Duration::from_millis(50),
        }
    }

    /// Lets time pass, and makes a block that can be an anchor.
    async fn wait(&self, seconds: u64) {
        self.l1.ask::<_, Value>("evm_increaseTime", (seconds,)).await.expect("a development node");
        self.l1.ask::<_, Value>("evm_mine", json!([])).await.expect("a development node");
    }

    /// Submits a batch and has the node derive it; `salt` is what its blocks differ by.
    pub(crate) async fn batch(&self, salt: u8) {
        self.wait(10).await;
        let anchor = self.l1.header(None).await.expect("it answers");
        let (index, parent_acc, parent_hash) = {
            let batches = self.node.batches.lock().expect("nobody panics");
            match batches.last() {
                Some(last) => (batches.len() as u64, last.acc, last.block_hashes[1]),
                None => (0, BatchAcc::default(), self.files.config.genesis_hash),
            }
        };
        let header = BatchHeader {
            parent: parent_acc,
            index: BatchIndex(index),
            block_count: BLOCKS as u16,
            first_timestamp: Timestamp(anchor.timestamp),
            time_step: 1,
            deposits: 0,
            forced: 0,
            anchors: vec![Anchor {
                from_block: 0,
                number: anchor.number,
                hash: Hash(anchor.hash.0),
            }],
            data: DataRef::None,
        };
        self.l1.ask::<_, Value>("evm_increaseTime", (5,)).await.expect("a development node");
        let encoded = header.encode();
        let call = Inbox::submitBatchCall {
            header: encoded.clone().into(),
            anchorHeaders: vec![anchor.rlp],
            data: Bytes::new(),
        };
        let call = Call::new("submitBatch", to_alloy(&self.files.config.inbox), call.abi_encode());
        self.l1.send(&dev_key(), &call).await.expect("it is accepted");
        let first_block = index * BLOCKS + 1;
        let queue = QueueHead::default();
        let record = BatchRecord {
            header,
            first_block: BlockNumber(first_block),
            deposits: (queue, queue),
            forced: (queue, queue),
        };
        let hash = |block: u64| Hash([salt, block as u8].repeat(16).try_into().expect("32 bytes"));
        let batch = BatchInfo {
            index,
            parent_acc,
            acc: record.acc(),
            header: NodeBytes(encoded),
            first_block,
            block_hashes: (first_block..first_block + BLOCKS).map(hash).collect(),
            parent_hash,
            l1: L1Ref { number: 0, hash: Hash::ZERO, timestamp: 0 },
            l1_transaction: Hash::ZERO,
            dropped: None,
        };
        self.node.batches.lock().expect("nobody panics").push(batch);
    }

    pub(crate) async fn head(&self) -> (u64, B256) {
        let settlement = to_alloy(&self.files.contracts.settlement);
        let call = Settlement::headCall {};
        let answer = self.l1.view("head", settlement, call.abi_encode()).await.expect("it answers");
        let head = Settlement::headCall::abi_decode_returns_validate(&answer).expect("its ABI");
        (head.batches, head.point)
    }

    /// Waits until so many batches are final.
    pub(crate) async fn finality(&self, batches: u64) {
        for _ in 0..1_200 {
            if self.head().await.0 == batches {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{batches} batches are not final within a minute");
    }
}

impl Drop for Rollup {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.key_file);
    }
}
