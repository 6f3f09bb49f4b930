//! Instructions that read or write memory.

use alloc::vec::Vec;

use evm::interpreter::Opcode;
use evm::uint::U256;

use super::{NEXT, Step, costs, pop, push_bytes};
use crate::{
    crypto::keccak,
    frame::{Halt, Machine, WORD_GAS, expand, read_memory, words_gas},
    host::Host,
    world::Log,
};

/// The gas of CALLDATACOPY, CODECOPY, MLOAD, MSTORE, MSTORE8, MCOPY, RETURN and REVERT.
pub(super) fn gas<R>(opcode: u8, machine: &mut Machine, host: &Host<'_, R>) -> Result<(), Halt> {
    let stack = &machine.stack;
    let (offset, len, base, word) = match opcode {
        0x37 | 0x39 => (stack.peek(0)?, stack.peek(2)?, 3, WORD_GAS),
        0x51 | 0x52 => (stack.peek(0)?, U256::from(32), 3, 0),
        0x53 => (stack.peek(0)?, U256::one(), 3, 0),
        0x5e => {
            costs::require(host.config.eip5656_mcopy, Opcode::MCOPY)?;
            let (to, from, len) = (stack.peek(0)?, stack.peek(1)?, stack.peek(2)?);
            (to.max(from), len, 3, WORD_GAS)
        }
        _ => (stack.peek(0)?, stack.peek(1)?, 0, 0),
    };
    let (_, len) = expand(machine, offset, len)?;
    Ok(machine.state.charge(base + words_gas(len, word))?)
}

/// KECCAK256
pub(super) fn keccak256(machine: &mut Machine) -> Step {
    let (offset, len) = (pop(machine)?, pop(machine)?);
    let (offset, len) = expand(machine, offset, len)?;
    machine.state.charge(costs::KECCAK + words_gas(len, costs::KECCAK_WORD))?;
    let hash = match machine.memory.data().get(offset..offset + len) {
        Some(written) => keccak(written),
        None => keccak(&read_memory(machine, offset, len)),
    };
    push_bytes(machine, &hash.0)
}

/// LOG0 to LOG4
pub(super) fn log<R>(topics: usize, machine: &mut Machine, host: &mut Host<'_, R>) -> Step {
    machine.state.may_write()?;
    let (offset, len) = (pop(machine)?, pop(machine)?);
    let (offset, len) = expand(machine, offset, len)?;
    machine.state.charge(costs::LOG * (1 + topics as u64) + costs::LOG_BYTE * len as u64)?;
    let topics = (0..topics).map(|_| pop(machine)).collect::<Result<Vec<_>, _>>()?;
    let data = read_memory(machine, offset, len);
    host.world.log(Log { address: machine.state.address, topics, data });
    NEXT
}
