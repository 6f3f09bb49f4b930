#![doc = include_str!("../README.md")]
#![no_std]
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test may fail"))]

extern crate alloc;

mod account;
mod block;
mod build;
mod check;
mod commit;
mod crypto;
mod execute;
mod executor;
mod fees;
mod frame;
mod genesis;
mod header;
mod host;
mod invoker;
mod ops;
mod precompiles;
mod receipts;
mod requests;
mod rlp;
mod rules;
mod seal;
mod trie;
mod tx;
mod validate;
mod world;

pub use crypto::keccak;
pub use executor::EvmExecutor;
pub use rules::{Ethereum, PRODUCTION_CHAINS, Rules};
