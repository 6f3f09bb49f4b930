//! A development L1 with a rollup, and a batcher's options for it.

use std::{path::PathBuf, time::Duration};

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolCall;
use serde_json::{Value, json};
use tern_batcher::{BatcherError, Options, Post, Summary};
use tern_contracts::{Inbox, to_alloy};
use tern_deploy::{Config, Files, apply};
use tern_l1::{Anvil, Call, Key, KeySource, L1};
use tern_rollup::Rollup;

use crate::{node::FakeNode, program};

/// The second account of every development node.
const STRANGER: &str = "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d";

pub(crate) struct World {
    _anvil: Anvil,
    pub(crate) l1: L1,
    pub(crate) rollup: Rollup,
    pub(crate) inbox: Address,
    pub(crate) node: FakeNode,
    folder: PathBuf,
    url: String,
}

impl World {
    /// A rollup whose sequencer is the development account. Blocks come when the test says so.
    pub(crate) async fn new() -> Self {
        let anvil = Anvil::start(program::anvil(), &[]).expect("the development node starts");
        let l1 = L1::connect(anvil.url()).await.expect("it answers");
        let key = dev_key();
        let mut config = Config::dev(31_337).expect("a development chain");
        config.inbox.sequencer = key.address();
        let config = config.with_genesis(B256::repeat_byte(0x61));
        let name = format!("tern-batcher-{}-{}", std::process::id(), l1.host().replace(':', "-"));
        let folder = std::env::temp_dir().join(name.replace('/', ""));
        let files = Files::new(&folder);
        let planned = files.plan(&l1, config, true).await.expect("in bounds");
        let rollup = files.save(&l1, &planned).await.expect("a folder for the test");
        apply(&l1, &key, &planned.plan, &mut |_| {}).await.expect("it deploys");
        let inbox = to_alloy(&rollup.config.inbox);
        let node = FakeNode::start(l1.clone(), rollup.clone()).await;
        let url = anvil.url().to_owned();
        let world = Self { _anvil: anvil, l1, rollup, inbox, node, folder, url };
        world.rpc("evm_setAutomine", json!([false])).await;
        world.rpc("anvil_setBlockTimestampInterval", json!([12])).await;
        world.mine(2).await;
        world
    }

    pub(crate) async fn rpc(&self, method: &'static str, params: Value) -> Value {
        self.l1.ask(method, params).await.expect("a development node")
    }

    pub(crate) async fn mine(&self, blocks: usize) {
        for _ in 0..blocks {
            self.rpc("evm_mine", json!([])).await;
        }
    }

    /// Seals segments of so many blocks with so many transactions of these bytes each, and lets
    /// L1's time pass them.
    pub(crate) async fn seal(&self, segments: usize, blocks: usize, transactions: usize) {
        for _ in 0..segments {
            self.node.seal(blocks, transactions).await;
        }
        while self.l1.header(None).await.expect("it answers").timestamp <= self.node.last_time() {
            self.mine(1).await;
        }
    }

    pub(crate) fn options(&self) -> Options {
        Options {
            rollup: self.folder.join("rollup.json"),
            data: self.folder.join("batcher"),
            l1: self.url.clone(),
            node: self.node.url(),
            key: KeySource::Dev,
            post: Post::Auto,
            in_flight: Options::IN_FLIGHT,
            max_fee: Options::MAX_FEE,
            max_blob_fee: Options::MAX_FEE,
            poll: Duration::from_millis(30),
            resubmit: Options::RESUBMIT,
            confirmations: Options::CONFIRMATIONS,
            once: true,
            http: None,
        }
    }

    /// Runs a batcher until it ends by itself, while blocks come.
    pub(crate) async fn run(&self, options: Options) -> Result<Summary, BatcherError> {
        let stop = std::future::pending();
        let done = tokio::select! {
            done = tern_batcher::run(options, |_| {}, stop) => done,
            () = self.mine_for_ever() => unreachable!("it mines for ever"),
        };
        // The node shows a block's state before it has the block's logs; with one more it has them.
        self.mine(1).await;
        done
    }

    /// Runs a batcher for a while and kills it.
    pub(crate) async fn run_for(&self, options: Options, time: Duration) {
        let stop = std::future::pending();
        let ended = tokio::time::timeout(time, tern_batcher::run(options, |_| {}, stop)).await;
        if let Ok(Err(error)) = ended {
            panic!("it stopped: {error}");
        }
    }

    /// Runs a batcher until so many of its transactions wait for a block, and kills it.
    pub(crate) async fn run_until_sent(&self, options: Options, count: u64) {
        let sent = async {
            loop {
                let status = self.rpc("txpool_status", json!([])).await;
                let pending: U256 =
                    serde_json::from_value(status["pending"].clone()).expect("a number");
                if pending == U256::from(count) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let all = async {
            let stop = std::future::pending();
            tokio::select! {
                ended = tern_batcher::run(options, |_| {}, stop) => panic!("it ended: {ended:?}"),
                () = sent => {}
            }
        };
        tokio::time::timeout(Duration::from_secs(60), all).await.expect("they are sent in time");
    }

    pub(crate) async fn mine_for_ever(&self) {
        loop {
            tokio::time::sleep(Duration::from_millis(100)).await;
            self.mine(1).await;
        }
    }

    pub(crate) async fn view<C: SolCall>(&self, call: C) -> C::Return {
        let answer = self.l1.view(C::SIGNATURE, self.inbox, call.abi_encode()).await;
        C::abi_decode_returns_validate(&answer.expect("it answers")).expect("as its ABI says")
    }

    /// Batches and accumulator.
    pub(crate) async fn tip(&self) -> (u64, B256) {
        let tip = self.view(Inbox::tipCall {}).await;
        (tip.batches, tip.acc)
    }

    /// Sends something as somebody else, and mines it.
    pub(crate) async fn send(&self, key: &Key, value: U256, data: Vec<u8>) -> B256 {
        let mut call = Call::new("the test's transaction", self.inbox, Bytes::from(data));
        call.value = value;
        let hash = self.l1.broadcast(key, &call, 500_000).await.expect("it is sent");
        self.mine(1).await;
        hash
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A development node that is not of the rollup's chain.
pub(crate) fn another_chain() -> Anvil {
    Anvil::start(program::anvil(), &["--chain-id", "1337"]).expect("the development node starts")
}

pub(crate) fn dev_key() -> Key {
    Key::load(&KeySource::Dev).expect("everybody knows it")
}

pub(crate) fn stranger() -> Key {
    Key::parse(STRANGER, "the test").expect("a key")
}

/// Runs a test to its end.
pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(future)
}
