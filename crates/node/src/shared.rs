//! What the parts of a running node share.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
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

/// No batch takes so long to derive.
const LONG_TURN: Duration = Duration::from_secs(600);

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
    /// When the driver began its last turn, while there is one.
    pub(crate) turn: Mutex<Option<Instant>>,
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

    /// Says that the driver begins a turn, or that there is no driver.
    pub(crate) fn turns(&self, on: bool) {
        let mut turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        *turn = on.then(Instant::now);
    }

    /// What is in the way of a node that works, if anything.
    pub(crate) fn trouble(&self) -> String {
        let trouble = self.status().trouble;
        let turn = *self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let busy = turn.map_or(Duration::ZERO, |since| since.elapsed());
        if !trouble.is_empty() || busy < LONG_TURN {
            return trouble;
        }
        format!(
            "nothing was decided for {} s: the disk or the processor is overloaded, or this is a \
             defect of this program; start it again, nothing is lost",
            busy.as_secs()
        )
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

/// The wall clock: the time since 1970.
pub(crate) fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
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
