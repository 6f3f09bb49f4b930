//! An executor that panics is wrong too, and must not end the run.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tern_protocol::{BlockInputs, Hash};
use tern_stf::{ChainSpec, Error, Execution, Executor, GenesisAccount, GenesisState, Preimages};

/// Turns a panic into a refusal, so that it shows as a disagreement.
pub(crate) struct Caught<'a>(pub(crate) &'a dyn Executor);

fn guarded<T>(act: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    // Executors keep no state between calls, so nothing half-done is seen again.
    catch_unwind(AssertUnwindSafe(act)).unwrap_or_else(|panic| {
        let text = panic
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
            .unwrap_or_else(|| "no message".into());
        Err(Error::Inputs(format!("the executor panicked: {text}")))
    })
}

impl Executor for Caught<'_> {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn build(
        &self,
        spec: &ChainSpec,
        parent: Hash,
        inputs: &BlockInputs,
        preimages: &dyn Preimages,
    ) -> Result<Execution, Error> {
        guarded(|| self.0.build(spec, parent, inputs, preimages))
    }

    fn check(
        &self,
        spec: &ChainSpec,
        block: &[u8],
        preimages: &dyn Preimages,
    ) -> Result<Execution, Error> {
        guarded(|| self.0.check(spec, block, preimages))
    }

    fn genesis_state(&self, accounts: &[GenesisAccount]) -> Result<GenesisState, Error> {
        guarded(|| self.0.genesis_state(accounts))
    }
}

/// All of them, caught.
pub(crate) fn caught<'a>(executors: &[&'a dyn Executor]) -> Vec<Caught<'a>> {
    executors.iter().map(|executor| Caught(*executor)).collect()
}

/// As the cross-check wants them.
pub(crate) fn borrowed<'a>(caught: &'a [Caught<'a>]) -> Vec<&'a dyn Executor> {
    caught.iter().map(|executor| executor as &dyn Executor).collect()
}
