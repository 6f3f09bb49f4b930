//! ethrex in this process.

mod build;
mod heads;
mod journal;
pub(crate) mod open;
mod read;
pub(crate) mod requests;
mod revive;

use std::{
    fmt,
    fs::File,
    future::Future,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use ethrex_blockchain::Blockchain;
use ethrex_common::{H256, types::BlockHeader};
use ethrex_storage::{Store, error::StoreError};
use tern_stf::ChainSpec;
use tokio::sync::broadcast;

use crate::{EngineError, Head, convert::hash, subscriptions::News};

pub use read::Proof;
use revive::Turn;

/// The ethrex client inside this process. Cloning gives another handle to the same.
///
/// Functions that are not `async` read or write the disk or execute blocks and so block the
/// thread: in asynchronous code call them by `spawn_blocking`.
#[derive(Clone)]
pub struct Ethrex {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    dir: PathBuf,
    pub(crate) store: Store,
    pub(crate) chain: Arc<Blockchain>,
    pub(crate) spec: ChainSpec,
    runtime: tokio::runtime::Handle,
    /// Who holds it may change blocks, states and heads.
    turn: Mutex<Turn>,
    /// When the pool was searched for what no block could take.
    pub(crate) searched: Mutex<Option<Instant>>,
    /// Where subscribers hear of new heads and transactions.
    pub(crate) news: broadcast::Sender<News>,
    /// Keeps the folder to this process while it lives.
    _lock: File,
}

impl fmt::Debug for Ethrex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ethrex").field("dir", &self.inner.dir).finish_non_exhaustive()
    }
}

impl Inner {
    /// Waits for one of the store's futures on this thread, inside or outside a runtime.
    pub(crate) fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        let _entered = self.runtime.enter();
        // A task's share of time means nothing where a thread waits: once it is used up, the
        // future would never end.
        futures::executor::block_on(tokio::task::unconstrained(future))
    }

    fn turn(&self) -> MutexGuard<'_, Turn> {
        // ethrex's store keeps itself whole, so a panic elsewhere leaves nothing half done.
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn header(&self, hash: H256) -> Result<Option<BlockHeader>, EngineError> {
        self.store
            .get_block_header_by_hash(hash)
            .map_err(|error| self.failed("read a header", &error))
    }

    fn known(&self, block: H256) -> Result<BlockHeader, EngineError> {
        self.header(block)?.ok_or_else(|| unknown(block))
    }

    /// The store's error as this crate's.
    pub(crate) fn failed(&self, what: &'static str, error: &StoreError) -> EngineError {
        let reason = error.to_string();
        if is_disk_failure(&reason) {
            return EngineError::Disk { path: self.dir.clone(), reason };
        }
        EngineError::Ethrex { what, reason }
    }
}

pub(crate) fn unknown(block: H256) -> EngineError {
    EngineError::Unknown { client: NAME.into(), hash: hash(block) }
}

/// What the client calls itself in errors.
pub(crate) const NAME: &str = "ethrex";

fn is_disk_failure(reason: &str) -> bool {
    ["No space left", "IO error", "Input/output error", "quota exceeded"]
        .iter()
        .any(|sign| reason.contains(sign))
}

pub(crate) fn head_of(header: &BlockHeader) -> Head {
    Head {
        number: header.number,
        hash: hash(header.hash()),
        parent: hash(header.parent_hash),
        timestamp: header.timestamp,
    }
}
