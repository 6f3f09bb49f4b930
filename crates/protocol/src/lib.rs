#![doc = include_str!("../README.md")]
#![no_std]

extern crate alloc;

mod batch;
mod block;
mod claim;
mod config;
pub mod hex_bytes;
mod packed;
pub mod predeploys;
mod primitives;
mod queue;
pub mod rule;

pub use batch::{Anchor, BatchHeader, BatchRecord, DataRef, HeaderError};
pub use block::{BlockInputs, Candidate, Withdrawal};
pub use claim::{CheckpointCount, Checkpoints, Claim, MAX_CHECKPOINTS, Statement};
pub use config::{BatchLimits, ConfigError, RollupConfig};
pub use packed::{FormatError, Unpack, put_length};
pub use primitives::{
    Address, BatchAcc, BatchIndex, BlockNumber, ChainId, ClaimId, ConfigHash, Gwei, Hash, HexError,
    QueueAcc, QueueIndex, StatementId, Timestamp, Word, keccak256,
};
pub use queue::{Deposit, Forced, QueueHead};
