//! The three executors, in the order people name the lanes.

use tern_stf::Executor;
use tern_stf_ethrex::EthrexExecutor;
use tern_stf_evm::EvmExecutor;
use tern_stf_revm::RevmExecutor;

use crate::cli::Lane;

/// The executors a person asked for.
pub(crate) fn executors(lane: Lane) -> Vec<Box<dyn Executor>> {
    let revm = || Box::new(RevmExecutor) as Box<dyn Executor>;
    let ethrex = || Box::new(EthrexExecutor) as Box<dyn Executor>;
    let evm = || Box::new(<EvmExecutor>::default()) as Box<dyn Executor>;
    match lane {
        Lane::Revm => vec![revm()],
        Lane::Ethrex => vec![ethrex()],
        Lane::Evm => vec![evm()],
        Lane::All => vec![revm(), ethrex(), evm()],
    }
}

/// The form that libraries take.
pub(crate) fn borrowed(executors: &[Box<dyn Executor>]) -> Vec<&dyn Executor> {
    executors.iter().map(AsRef::as_ref).collect()
}
