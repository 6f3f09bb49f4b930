//! The executor that the rest of the house sees.

use core::marker::PhantomData;

use tern_protocol::{BlockInputs, Hash};
use tern_stf::{ChainSpec, Error, Execution, Executor, GenesisAccount, GenesisState, Preimages};

use crate::{
    build::build,
    check::check,
    genesis::genesis_state,
    rules::{Ethereum, Rules},
};

/// The OP lane's executor. `R` is [`Ethereum`] but for tests that plant a fault.
#[derive(Debug, Clone, Copy)]
pub struct EvmExecutor<R: Rules = Ethereum> {
    rules: PhantomData<R>,
}

impl EvmExecutor {
    /// The executor that follows Ethereum.
    pub const fn new() -> Self {
        Self::with_rules()
    }
}

impl Default for EvmExecutor {
    fn default() -> Self {
        Self::new()
    }
}

impl<R: Rules> EvmExecutor<R> {
    /// The executor with some rules replaced.
    pub const fn with_rules() -> Self {
        Self { rules: PhantomData }
    }
}

impl<R: Rules> Executor for EvmExecutor<R> {
    fn name(&self) -> &str {
        R::NAME
    }

    fn build(
        &self,
        spec: &ChainSpec,
        parent: Hash,
        inputs: &BlockInputs,
        preimages: &dyn Preimages,
    ) -> Result<Execution, Error> {
        build::<R>(spec, parent, inputs, preimages)
    }

    fn check(
        &self,
        spec: &ChainSpec,
        block: &[u8],
        preimages: &dyn Preimages,
    ) -> Result<Execution, Error> {
        check::<R>(spec, block, preimages)
    }

    fn genesis_state(&self, accounts: &[GenesisAccount]) -> Result<GenesisState, Error> {
        genesis_state::<R>(accounts)
    }
}
