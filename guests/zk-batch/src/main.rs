//! Checks one block with the ZK lane's executor and commits to its hash.

#![no_std]
#![no_main]

use tern_guest::GuestError;
use tern_protocol::Hash;
use tern_stf_revm::{RevmExecutor, keccak};

fn check(input: &[u8]) -> Result<Hash, GuestError> {
    tern_guest::check(&RevmExecutor, keccak, input)
}

tern_guest::entry!(check);
