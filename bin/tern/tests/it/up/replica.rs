//! Another execution client, ethereumjs, that a node gives every block.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde_json::{Value, json};
use tern_workload::{Key, Transaction};

use super::{
    rpc::{Node, hex, number, quantity, same_blocks, wait},
    stack::{Beside, Stack, signal},
};
use crate::{folder::Folder, repository};

/// It knows the rollup's genesis and is given a secret: the rest comes from the node beside it.
pub(crate) struct Replica {
    child: Child,
    node: Node,
    engine: u16,
    rpc: u16,
    data: PathBuf,
    genesis: PathBuf,
}

impl Replica {
    pub(crate) fn start(stack: &Stack, folder: &Folder) -> Self {
        let data = folder.0.join("replica");
        fs::create_dir_all(&data).expect("it is writable");
        fs::write(data.join("jwt.hex"), "17".repeat(32)).expect("it is writable");
        let [engine, rpc] = [free_port(), free_port()];
        let genesis = stack.folder.join("genesis.json");
        let child = spawn(&data, &genesis, engine, rpc);
        let node = Node::new(&format!("http://127.0.0.1:{rpc}"));
        Self { child, node, engine, rpc, data, genesis }
    }

    /// What the node that feeds it is told.
    pub(crate) fn option(&self) -> String {
        let secret = self.data.join("jwt.hex");
        format!("--replica=http://127.0.0.1:{}={}", self.engine, secret.display())
    }

    /// It calls every block valid, and gets those of the time it was away.
    pub(crate) fn follows(&mut self, stack: &Stack, feeder: &Beside, safe: u64) {
        self.has(stack, safe);
        same_blocks(&stack.sequencer, &self.node, 0..=safe);
        signal(self.child.id(), "KILL");
        let _ = self.child.wait();
        let later = feeder.node.reaches("safe", safe + 3);
        self.child = spawn(&self.data, &self.genesis, self.engine, self.rpc);
        self.has(stack, later);
        same_blocks(&stack.sequencer, &self.node, safe..=later);
    }

    fn has(&mut self, stack: &Stack, safe: u64) {
        let (child, node) = (&mut self.child, &self.node);
        let log = self.data.join("log");
        let said = || fs::read_to_string(&log).unwrap_or_default();
        let at = wait(&format!("block {safe} is safe at ethereumjs"), 120, || {
            let ended = child.try_wait().expect("it is ours");
            assert!(ended.is_none(), "ethereumjs ended: {}", said());
            let block = node.ask("eth_getBlockByNumber", json!(["safe", false])).ok()?;
            number(&block["number"]).filter(|at| *at >= safe)
        });
        same_blocks(&stack.sequencer, node, at..=at);
        assert!(!said().contains("INVALID"), "{}", said());
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    taken.local_addr().expect("it is bound").port()
}

fn spawn(data: &Path, genesis: &Path, engine: u16, rpc: u16) -> Child {
    let log = fs::OpenOptions::new().create(true).append(true).open(data.join("log"));
    let log = log.expect("it is writable");
    let ports = [engine, rpc, free_port()].map(|port| port.to_string());
    // It looks for nobody and takes nobody: all it learns it is told by the node.
    let alone = ["--maxPeers", "0", "--minPeers", "0", "--discDns=false", "--discV4=false"];
    Command::new(repository().join("tools/clients"))
        .args(["ethereumjs", "--isSingleNode", "--extIP", "127.0.0.1", "--logRotate=false"])
        .arg("--logFile")
        .arg(data.join("verbose"))
        .args(alone)
        .args(["--rpcEngine", "--rpcEngineAddr", "127.0.0.1", "--rpcEnginePort", &ports[0]])
        .args(["--rpc", "--rpcAddr", "127.0.0.1", "--rpcPort", &ports[1], "--port", &ports[2]])
        .arg("--gethGenesis")
        .arg(genesis)
        .arg("--dataDir")
        .arg(data.join("chain"))
        .arg("--jwtSecret")
        .arg(data.join("jwt.hex"))
        .current_dir(data)
        .stdin(Stdio::null())
        .stdout(log.try_clone().expect("a handle"))
        .stderr(log)
        .spawn()
        .expect("a shell")
}

/// A block with a request to L1's consensus (EIP-7685): only a payload holds what it says, a block its hash.
pub(crate) fn a_request(stack: &Stack, key: &str) -> u64 {
    const WITHDRAWALS: &str = "0x00000961ef480eb55e80d19ad83579a64c007002";
    let data = format!("0x{}", "01".repeat(56));
    let sent =
        stack.result(key, &["send", "--to", WITHDRAWALS, "--amount", "1gwei", "--data", &data]);
    let block = sent["block"].as_u64().expect("a block has it");
    let requests = |block: u64| header(stack, block)["requestsHash"].clone();
    assert_ne!(requests(block), requests(0), "the block has a request");
    block
}

/// A block with more transactions than ethereumjs executes before the block is to be its head.
pub(crate) fn a_large_block(stack: &Stack, payer: &str) -> u64 {
    const MANY: u64 = 220;
    let key = Key::dev(78);
    let account = hex(&key.address().0);
    stack.result(payer, &["send", "--to", &account, "--amount", "20"]);
    // The first nonce comes last: until then none of them can be taken, then all.
    let mut first = Value::Null;
    for nonce in (0..MANY).rev() {
        let raw = Transaction::transfer(7_357, nonce, Key::dev(79).address(), 1).sign(&key);
        first = stack.sequencer.get("eth_sendRawTransaction", json!([hex(&raw)]));
    }
    let receipt = stack.sequencer.receipt(first.as_str().expect("a hash"));
    let block = number(&receipt["blockNumber"]).expect("a number");
    let transactions = header(stack, block)["transactions"].as_array().map_or(0, Vec::len);
    assert!(transactions > 200, "block {block} has {transactions}");
    block
}

fn header(stack: &Stack, block: u64) -> Value {
    stack.sequencer.get("eth_getBlockByNumber", json!([quantity(block), false]))
}
