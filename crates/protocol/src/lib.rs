#![doc = include_str!("../README.md")]
#![no_std]

extern crate alloc;

mod block;
mod primitives;

pub use block::{BlockInputs, Candidate, Withdrawal};
pub use primitives::{
    Address, BatchIndex, BlockNumber, ChainId, Gwei, Hash, HexError, QueueIndex, Timestamp, Word,
    keccak256,
};
