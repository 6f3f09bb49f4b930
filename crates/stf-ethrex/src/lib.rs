#![doc = include_str!("../README.md")]

mod block;
mod build;
mod check;
mod convert;
mod genesis;
mod header;
pub mod live;
mod node;
mod outcome;
mod rlp;
mod rules;
mod session;
mod signature;
mod store;
mod system;
mod trie;
mod tx;
mod world;

use tern_protocol::{BlockInputs, Hash};
use tern_stf::{ChainSpec, Error, Execution, Executor, GenesisAccount, GenesisState, Preimages};

/// The TEE lane's executor: ethrex's LEVM over ethrex's trie.
#[derive(Debug, Clone, Copy, Default)]
pub struct EthrexExecutor;

impl Executor for EthrexExecutor {
    fn name(&self) -> &str {
        "ethrex"
    }

    fn build(
        &self,
        spec: &ChainSpec,
        parent: Hash,
        inputs: &BlockInputs,
        preimages: &dyn Preimages,
    ) -> Result<Execution, Error> {
        build::build(spec, parent, inputs, preimages)
    }

    fn check(
        &self,
        spec: &ChainSpec,
        block: &[u8],
        preimages: &dyn Preimages,
    ) -> Result<Execution, Error> {
        check::check(spec, block, preimages)
    }

    fn genesis_state(&self, accounts: &[GenesisAccount]) -> Result<GenesisState, Error> {
        genesis::state(accounts)
    }
}

/// keccak-256 as this lane computes it.
pub fn keccak(bytes: &[u8]) -> Hash {
    Hash(ethrex_crypto::keccak::keccak_hash(bytes))
}
