#![doc = include_str!("../README.md")]
#![no_std]

extern crate alloc;

mod ancestors;
mod block;
mod convert;
mod evm;
mod executor;
mod genesis;
mod header;
mod requests;
mod rules;
mod run;
mod state;
mod transaction;
mod trie;

pub use executor::RevmExecutor;

/// This lane's own keccak-256.
pub fn keccak(bytes: &[u8]) -> tern_protocol::Hash {
    convert::hash(alloy_primitives::keccak256(bytes))
}
