//! What the parts of a running node share.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, atomic::AtomicU64},
    time::Duration,
};

use tern_engine::Ethrex;
use tern_l1::Blobs;
use tern_node_api::{NodeStatus, Segment};
use tern_rollup::Rollup;
use tokio::sync::{Semaphore, watch};

use crate::{
    NodeError,
    core::{pending::Pending, sequencing::Settings},
    store::Store,
};

/// What the parts of a running node share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) rollup: Rollup,
    /// Of a sequencer.
    pub(crate) settings: Option<Settings>,
    pub(crate) engine: Ethrex,
    pub(crate) store: Store,
    pub(crate) blobs: Blobs,
    /// Held by who rebuilds a proof from all messages: one at a time.
    pub(crate) rebuilding: Semaphore,
    pub(crate) status: RwLock<NodeStatus>,
    pub(crate) pending: Mutex<Pending>,
    /// The newest L1 block that L1 calls final; 0 until it says so.
    pub(crate) l1_final: AtomicU64,
    /// The tags, for replicas.
    pub(crate) heads: watch::Sender<tern_engine::Heads>,
}

impl Shared {
    /// The sequencer's own blocks.
    pub(crate) fn pending(&self) -> MutexGuard<'_, Pending> {
        // Each change is made by one call that cannot stop half-way.
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The sealed segment that begins with a block and is not on L1.
    pub(crate) fn pending_segment(&self, first: u64) -> Option<Segment> {
        self.pending().sealed_segment(first)
    }

    pub(crate) fn status(&self) -> NodeStatus {
        self.status.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_status(&self, change: impl FnOnce(&mut NodeStatus)) {
        change(&mut self.status.write().unwrap_or_else(PoisonError::into_inner));
    }

    /// Work that blocks, away from the asynchronous threads.
    pub(crate) async fn blocking<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T, NodeError> + Send + 'static,
    ) -> Result<T, NodeError> {
        let shared = self.clone();
        tokio::task::spawn_blocking(move || work(&shared))
            .await
            .unwrap_or(Err(NodeError::Ended("worker")))
    }
}

/// Pauses that grow: what failed may fail again.
#[derive(Debug, Default)]
pub(crate) struct Backoff(u32);

impl Backoff {
    pub(crate) fn next(&mut self) -> Duration {
        self.0 = (self.0 + 1).min(6);
        Duration::from_millis(100 << self.0)
    }

    pub(crate) fn reset(&mut self) {
        self.0 = 0;
    }
}
