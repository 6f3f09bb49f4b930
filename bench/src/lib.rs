#![doc = include_str!("../README.md")]

mod plain_ethrex;
mod plain_evm;
mod plain_revm;

pub use plain_ethrex::PlainEthrex;
pub use plain_evm::PlainEvm;
pub use plain_revm::PlainRevm;

use tern_protocol::BlockInputs;
use tern_stf::Header;
use tern_workload::Chain;

/// Execution without witness, trie and headers: the limit of what a lane can reach.
pub trait Plain {
    /// Takes the genesis state of a chain into memory.
    fn new(chain: &Chain) -> Self
    where
        Self: Sized;

    /// Recovers every sender, executes every transaction on a copy of the state, and
    /// returns the gas used.
    fn execute(&self, header: &Header, inputs: &BlockInputs) -> u64;
}
