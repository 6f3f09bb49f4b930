//! Asking nodes, and waiting.

use std::{
    sync::LazyLock,
    thread::sleep,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tern_l1::L1;
use tokio::runtime::Runtime;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(1).enable_all().build().expect("threads for questions")
});

/// A node that may be down at times.
#[derive(Clone)]
pub(crate) struct Node {
    url: String,
    client: std::sync::Arc<std::sync::Mutex<Option<L1>>>,
}

impl Node {
    pub(crate) fn new(url: &str) -> Self {
        Self { url: url.into(), client: std::sync::Arc::default() }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The answer, or why there is none.
    pub(crate) fn ask(&self, method: &'static str, params: Value) -> Result<Value, String> {
        RUNTIME.block_on(async {
            let kept = self.client.lock().expect("nobody panicked").clone();
            let client = match kept {
                Some(client) => client,
                None => L1::connect_as("node", &self.url).await.map_err(|e| e.to_string())?,
            };
            *self.client.lock().expect("nobody panicked") = Some(client.clone());
            client.ask(method, params).await.map_err(|error| error.to_string())
        })
    }

    /// The answer of a node that must be up.
    pub(crate) fn get(&self, method: &'static str, params: Value) -> Value {
        let answer = self.ask(method, params);
        answer.unwrap_or_else(|error| panic!("{method} of {}: {error}", self.url))
    }

    pub(crate) fn status(&self) -> Option<Value> {
        self.ask("tern_status", json!([])).ok()
    }

    /// A head's number.
    pub(crate) fn head(&self, of: &str) -> Option<u64> {
        self.status()?["heads"][of]["number"].as_u64()
    }

    /// The hash of a block, if it is there.
    pub(crate) fn hash(&self, number: u64) -> Option<String> {
        let block = self.ask("eth_getBlockByNumber", json!([quantity(number), false])).ok()?;
        Some(block["hash"].as_str()?.to_owned())
    }

    /// The last block's number.
    pub(crate) fn number(&self) -> Option<u64> {
        number(&self.ask("eth_blockNumber", json!([])).ok()?)
    }

    /// Waits until a head is at a block or after it.
    pub(crate) fn reaches(&self, head: &str, block: u64) -> u64 {
        wait(&format!("{head} of {} at {block}", self.url), 180, || {
            self.head(head).filter(|at| *at >= block)
        })
    }

    /// The receipt of a transaction, as soon as it has one.
    pub(crate) fn receipt(&self, transaction: &str) -> Value {
        wait(&format!("the receipt of {transaction}"), 90, || {
            let receipt = self.ask("eth_getTransactionReceipt", json!([transaction])).ok()?;
            receipt.is_object().then_some(receipt)
        })
    }
}

pub(crate) fn quantity(number: u64) -> String {
    format!("{number:#x}")
}

/// A quantity of JSON-RPC.
pub(crate) fn number(value: &Value) -> Option<u64> {
    u64::from_str_radix(value.as_str()?.strip_prefix("0x")?, 16).ok()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold("0x".into(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Looks until there is something. Machines may be slow: only a chain that stands still fails.
pub(crate) fn wait<T>(what: &str, seconds: u64, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(start.elapsed().as_secs() < seconds, "not in {seconds} s: {what}");
        sleep(Duration::from_millis(100));
    }
}

/// Both have the same block at each number of a range.
pub(crate) fn same_blocks(one: &Node, other: &Node, range: std::ops::RangeInclusive<u64>) {
    for number in range {
        let hashes = (one.hash(number), other.hash(number));
        assert!(hashes.0.is_some() && hashes.0 == hashes.1, "block {number}: {hashes:?}");
    }
}
