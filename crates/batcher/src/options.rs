//! What a batcher is started with.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use tern_l1::KeySource;

/// What a batcher is started with.
#[derive(Debug, Clone)]
pub struct Options {
    /// `rollup.json`.
    pub rollup: PathBuf,
    /// The batcher's own folder, for the transactions it has signed; made if it is not there.
    pub data: PathBuf,
    /// The L1 node.
    pub l1: String,
    /// The sequencer's node.
    pub node: String,
    /// The key that the inbox knows as the sequencer.
    pub key: KeySource,
    /// Where batches are put.
    pub post: Post,
    /// Batches that may be on their way to L1 at once.
    pub in_flight: usize,
    /// The most that a unit of gas may cost, in wei.
    pub max_fee: u128,
    /// The most that a unit of blob gas may cost, in wei.
    pub max_blob_fee: u128,
    /// Time between two looks at L1 and the node.
    pub poll: Duration,
    /// After so many L1 blocks without it, a transaction is sent again for a higher fee.
    pub resubmit: u64,
    /// A batch is done when so many L1 blocks hold it (its own counts).
    pub confirmations: u64,
    /// Posts what is sealed now, waits until L1 has it, and ends.
    pub once: bool,
    /// Where `/metrics` and `/healthz` answer, if anywhere; port 0 takes a free one.
    pub http: Option<SocketAddr>,
}

/// Where batches are put.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Post {
    /// Where it costs less by today's prices.
    #[default]
    Auto,
    /// Always in blobs.
    Blobs,
    /// Always in calldata, for an L1 without blobs.
    Calldata,
}

/// Defaults of `Options`, for whoever reads them from a command line.
impl Options {
    /// Batches on their way at once.
    pub const IN_FLIGHT: usize = 4;
    /// Time between two looks.
    pub const POLL: Duration = Duration::from_secs(2);
    /// L1 blocks before a transaction is sent again.
    pub const RESUBMIT: u64 = 3;
    /// L1 blocks that hold a batch which is done.
    pub const CONFIRMATIONS: u64 = 2;
    /// What a unit of gas, or of blob gas, may cost, in wei.
    pub const MAX_FEE: u128 = tern_l1::MAX_FEE;
}
