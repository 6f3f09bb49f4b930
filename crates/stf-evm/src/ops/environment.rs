//! Instructions that ask about the call, other accounts, the transaction and the block.

use alloc::rc::Rc;

use evm::{
    interpreter::{ExitException, Opcode},
    uint::U256,
};
use tern_protocol::Hash;

use super::{Step, charge_access, costs, pop, pop_address, push, push_bytes};
use crate::{
    frame::{Machine, WORD_GAS, expand, words_gas, write_memory},
    host::Host,
    rules::Rules,
};

/// BYTE
pub(super) fn byte(machine: &mut Machine) -> Step {
    machine.state.charge(3)?;
    let index = pop(machine)?;
    let word = pop(machine)?;
    let byte = if index < U256::from(32) { word.byte(31 - index.low_u64() as usize) } else { 0 };
    push(machine, U256::from(byte))
}

/// GAS
pub(super) fn gas(machine: &mut Machine) -> Step {
    machine.state.charge(2)?;
    let left = machine.state.gas;
    push(machine, U256::from(left))
}

/// 0x30 to 0x3f, but for those that the interpreter evaluates.
pub(super) fn outside<R: Rules>(opcode: u8, machine: &mut Machine, host: &mut Host<'_, R>) -> Step {
    match opcode {
        0x30 => cheap(machine, |machine| U256::from_big_endian(&machine.state.address.0)),
        0x31 => {
            let address = pop_address(machine)?;
            charge_access(machine, host, address)?;
            let balance = host.world.account(address)?.balance;
            push(machine, balance)
        }
        0x32 => cheap(machine, |_| U256::from_big_endian(&host.tx.origin.0)),
        0x33 => cheap(machine, |machine| U256::from_big_endian(&machine.state.caller.0)),
        0x34 => cheap(machine, |machine| machine.state.value),
        0x3a => cheap(machine, |_| host.tx.gas_price),
        0x3b => {
            let address = pop_address(machine)?;
            charge_access(machine, host, address)?;
            let size = host.world.code(address)?.bytes.len();
            push(machine, U256::from(size as u64))
        }
        0x3c => extcodecopy(machine, host),
        0x3d => cheap(machine, |machine| U256::from(machine.state.return_data.len() as u64)),
        0x3e => returndatacopy(machine),
        0x3f => {
            let address = pop_address(machine)?;
            charge_access(machine, host, address)?;
            let account = host.world.account(address)?;
            let hash = if account.is_empty() { Hash::ZERO } else { account.code_hash };
            push_bytes(machine, &hash.0)
        }
        _ => calldataload(machine),
    }
}

/// An instruction of two gas that reads one value.
fn cheap(machine: &mut Machine, value: impl FnOnce(&Machine) -> U256) -> Step {
    machine.state.charge(2)?;
    let value = value(machine);
    push(machine, value)
}

/// CALLDATALOAD: zeros follow the input forever.
fn calldataload(machine: &mut Machine) -> Step {
    machine.state.charge(3)?;
    let from = pop(machine)?;
    let input = &machine.state.input;
    let mut word = [0; 32];
    if from < U256::from(input.len() as u64) {
        let tail = &input[from.low_u64() as usize..];
        let kept = tail.len().min(32);
        word[..kept].copy_from_slice(&tail[..kept]);
    }
    push_bytes(machine, &word)
}

fn extcodecopy<R: Rules>(machine: &mut Machine, host: &mut Host<'_, R>) -> Step {
    let address = pop_address(machine)?;
    let (offset, from, len) = (pop(machine)?, pop(machine)?, pop(machine)?);
    let (offset, len) = expand(machine, offset, len)?;
    machine.state.charge(words_gas(len, WORD_GAS))?;
    charge_access(machine, host, address)?;
    let code = Rc::clone(&host.world.code(address)?.bytes);
    write_memory(machine, offset, len, &code, from)?;
    super::NEXT
}

fn returndatacopy(machine: &mut Machine) -> Step {
    let (offset, from, len) = (pop(machine)?, pop(machine)?, pop(machine)?);
    let end = from.checked_add(len).ok_or(ExitException::OutOfOffset)?;
    if end > U256::from(machine.state.return_data.len() as u64) {
        return Err(ExitException::OutOfOffset.into());
    }
    let (offset, len) = expand(machine, offset, len)?;
    machine.state.charge(3 + words_gas(len, WORD_GAS))?;
    let data = core::mem::take(&mut machine.state.return_data);
    let written = write_memory(machine, offset, len, &data, from);
    machine.state.return_data = data;
    written?;
    super::NEXT
}

/// 0x40 to 0x4a.
pub(super) fn block<R: Rules>(opcode: u8, machine: &mut Machine, host: &mut Host<'_, R>) -> Step {
    match opcode {
        0x40 => {
            machine.state.charge(20)?;
            let number = pop(machine)?;
            let hash = host.block_hash(number)?;
            push_bytes(machine, &hash.0)
        }
        0x41 => cheap(machine, |_| U256::from_big_endian(&host.block.beneficiary.0)),
        0x42 => cheap(machine, |_| U256::from(host.block.timestamp)),
        0x43 => cheap(machine, |_| U256::from(host.block.number)),
        0x44 => cheap(machine, |_| U256::from_big_endian(&host.block.prev_randao.0)),
        0x45 => cheap(machine, |_| U256::from(host.block.gas_limit)),
        0x46 => cheap(machine, |_| U256::from(host.block.chain_id)),
        0x47 => {
            machine.state.charge(5)?;
            let address = machine.state.address;
            let balance = host.world.account(address)?.balance;
            push(machine, balance)
        }
        0x48 => cheap(machine, |_| U256::from(host.block.base_fee)),
        0x49 => {
            costs::require(host.config.eip4844_shard_blob, Opcode::BLOBHASH)?;
            machine.state.charge(3)?;
            let index = pop(machine)?;
            let hashes = &host.tx.blob_hashes;
            let hash = usize::try_from(index).ok().and_then(|index| hashes.get(index));
            let hash = hash.copied().unwrap_or(Hash::ZERO);
            push_bytes(machine, &hash.0)
        }
        _ => {
            costs::require(host.config.eip7516_blob_base_fee, Opcode::BLOBBASEFEE)?;
            cheap(machine, |_| host.block.blob_base_fee)
        }
    }
}
