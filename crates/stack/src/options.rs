//! What a stack is started with.

use std::path::PathBuf;

/// What a stack is started with.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where everything lies; made if it is not there.
    pub folder: PathBuf,
    /// Start over: what an earlier run made there goes.
    pub fresh: bool,
    /// Seconds between blocks of the rollup.
    pub block_time: u32,
    /// Seconds between blocks of L1.
    pub l1_block_time: u32,
    /// The L1's port; else the one of the run before, at first a free one.
    pub l1_port: Option<u16>,
    /// The sequencer's port; likewise.
    pub port: Option<u16>,
    /// The development L1's program; else it is looked for.
    pub anvil: Option<PathBuf>,
    /// Whether claims are voted for: without, nothing becomes final.
    pub voter: bool,
    /// The program `tern`.
    pub tern: PathBuf,
}
