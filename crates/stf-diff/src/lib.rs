#![doc = include_str!("../README.md")]

mod caught;
mod chain;
#[cfg(feature = "evm")]
pub mod dev_faults;
mod generate;
mod header;
mod judge;
mod replay;
mod rlp;
mod shrink;
mod spoil;
mod trie;

pub use chain::{Chain, Failure, Options, Progress, Report, run};
pub use generate::{CHAIN_ID, Generator};
pub use judge::{Case, Stage, Verdict, judge};
pub use replay::{ReplayError, read_replay, replay, write_replay};
pub use shrink::shrink;
