//! The lanes that were compiled in.

use tern_stf::Executor;
use tern_stf_ethrex::EthrexExecutor;
use tern_stf_evm::EvmExecutor;
use tern_stf_revm::RevmExecutor;

pub(crate) fn evm() -> EvmExecutor {
    EvmExecutor::new()
}

/// All three, each once.
pub(crate) fn all() -> Vec<Box<dyn Executor>> {
    vec![Box::new(RevmExecutor), Box::new(EthrexExecutor), Box::new(evm())]
}

/// The two that hold no faults.
pub(crate) fn honest() -> Vec<Box<dyn Executor>> {
    vec![Box::new(RevmExecutor), Box::new(EthrexExecutor)]
}

pub(crate) fn borrowed(lanes: &[Box<dyn Executor>]) -> Vec<&dyn Executor> {
    lanes.iter().map(AsRef::as_ref).collect()
}
