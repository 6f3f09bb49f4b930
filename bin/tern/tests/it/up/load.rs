//! Somebody who sends transactions all the time and insists.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use serde_json::json;
use tern_workload::{Key, Transaction};

use super::{
    rpc::{Node, hex, number, same_blocks, wait},
    stack::Stack,
};

const CHAIN: u64 = 7_357;

/// Transactions of one account, nonce by nonce.
pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    task: JoinHandle<Vec<String>>,
    account: String,
}

impl Load {
    /// Gives an account money and lets it send until it is ended.
    pub(crate) fn start(stack: &Stack, account: u64) -> Self {
        let key = Key::dev(account);
        let address = hex(&key.address().0);
        let (payer, _) = stack.key("user", 0);
        stack.result(&payer, &["send", "--to", &address, "--amount", "20"]);
        let stop = Arc::<AtomicBool>::default();
        let (node, stopped) = (stack.sequencer.clone(), stop.clone());
        let from = address.clone();
        let task = std::thread::spawn(move || send(&node, &key, &from, &stopped));
        Self { stop, task, account: address }
    }

    /// Ends it, and holds the chain to having everything, in order and once.
    pub(crate) fn end(self, stack: &Stack) -> usize {
        self.stop.store(true, Ordering::Relaxed);
        let sent = self.task.join().expect("it sends until everything is taken");
        let mut places = BTreeSet::new();
        for transaction in &sent {
            let receipt = stack.sequencer.receipt(transaction);
            assert_eq!(receipt["status"], "0x1", "{receipt}");
            let place = |name: &str| number(&receipt[name]).expect("a number");
            places.insert((place("blockNumber"), place("transactionIndex")));
        }
        assert_eq!(places.len(), sent.len(), "each has a place of its own");
        let last = places.last().expect("something was sent").0;
        let safe = stack.follower.reaches("safe", last);
        stack.sequencer.reaches("safe", safe);
        same_blocks(&stack.sequencer, &stack.follower, 0..=safe);
        for node in [&stack.sequencer, &stack.follower] {
            assert_eq!(nonce(node, &self.account), Some(sent.len() as u64));
        }
        sent.len()
    }
}

fn nonce(node: &Node, account: &str) -> Option<u64> {
    number(&node.ask("eth_getTransactionCount", json!([account, "latest"])).ok()?)
}

fn send(node: &Node, key: &Key, account: &str, stop: &AtomicBool) -> Vec<String> {
    let mut signed: Vec<String> = Vec::new();
    let mut hashes = Vec::new();
    let mut again = Instant::now();
    while signed.len() < 10 || !stop.load(Ordering::Relaxed) {
        let to = Key::dev(900 + signed.len() as u64 % 7).address();
        let raw = Transaction::transfer(CHAIN, signed.len() as u64, to, 1).sign(key);
        hashes.push(hex(&tern_protocol::keccak256(&raw).0));
        signed.push(hex(&raw));
        let _ = node.ask("eth_sendRawTransaction", json!([signed.last()]));
        // A pool that was killed has forgotten what no block has.
        if again.elapsed().as_secs() >= 2 {
            insist(node, account, &signed);
            again = Instant::now();
        }
        std::thread::sleep(Duration::from_millis(150));
    }
    wait("every transaction is in a block", 180, || {
        if again.elapsed().as_secs() >= 2 {
            insist(node, account, &signed);
            again = Instant::now();
        }
        nonce(node, account).filter(|nonce| *nonce == signed.len() as u64)
    });
    hashes
}

fn insist(node: &Node, account: &str, signed: &[String]) {
    let next = nonce(node, account).unwrap_or(u64::MAX);
    let missing =
        usize::try_from(next).ok().and_then(|next| signed.get(next..)).unwrap_or_default();
    for raw in missing.iter().take(32) {
        let _ = node.ask("eth_sendRawTransaction", json!([raw]));
    }
}

/// Each batch is on L1 once, follows the one before, and the node has it so.
pub(crate) fn batches_are_contiguous(stack: &Stack) -> u64 {
    let inbox = &stack.endpoints["l1"]["inbox"];
    let filter = json!([{ "address": inbox, "fromBlock": "0x0", "toBlock": "latest" }]);
    let logs = stack.l1.get("eth_getLogs", filter);
    let logs = logs.as_array().expect("logs");
    let count = stack.follower.status().expect("it answers")["batches"].as_u64().expect("a number");
    let (mut next, mut acc) = (1, None);
    for index in 0..count {
        let batch = stack.follower.get("tern_batch", json!([index]));
        assert_eq!(batch["firstBlock"], next, "no gap before batch {index}");
        next += batch["blockHashes"].as_array().expect("hashes").len() as u64;
        assert!(acc.is_none() || acc == Some(batch["parentAcc"].clone()), "batch {index}");
        let on_l1 = logs.iter().filter(|log| log["topics"][2] == batch["acc"]).count();
        assert_eq!(on_l1, 1, "batch {index} is on L1 once");
        acc = Some(batch["acc"].clone());
    }
    count
}
