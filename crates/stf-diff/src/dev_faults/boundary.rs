//! Mistakes that any executor can make: it is given, or gives, something else.

use tern_protocol::{Address, BlockInputs, ChainId, Hash};
use tern_stf::{ChainSpec, Execution};

use super::DevFault;

pub(super) fn spec(fault: DevFault, spec: &ChainSpec) -> ChainSpec {
    let mut spec = spec.clone();
    match fault {
        DevFault::ChainId => spec.chain_id = ChainId(spec.chain_id.0 + 1),
        DevFault::Fork => spec.prague = None,
        _ => {}
    }
    spec
}

pub(super) fn inputs(fault: DevFault, inputs: &BlockInputs) -> BlockInputs {
    let mut inputs = inputs.clone();
    match fault {
        DevFault::Withdrawals => drop(inputs.withdrawals.pop()),
        DevFault::BeaconRoot => inputs.parent_beacon_block_root = Hash::ZERO,
        DevFault::PrevRandao => inputs.prev_randao = Hash::ZERO,
        DevFault::Beneficiary => inputs.beneficiary = Address::ZERO,
        DevFault::GasLimit => inputs.gas_limit -= 1,
        DevFault::Timestamp => inputs.timestamp.0 += 1,
        DevFault::ExtraData => inputs.extra_data.clear(),
        DevFault::Order => inputs.candidates.reverse(),
        DevFault::ForcedGas => {
            inputs.candidates.iter_mut().for_each(|candidate| candidate.forced_gas = None);
        }
        DevFault::LastCandidate => drop(inputs.candidates.pop()),
        _ => {}
    }
    inputs
}

pub(super) fn execution(fault: DevFault, mut execution: Execution) -> Execution {
    if fault == DevFault::Status {
        execution.receipts.iter_mut().for_each(|receipt| receipt.success = true);
    }
    execution
}
