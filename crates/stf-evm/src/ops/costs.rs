//! Gas.

use evm::interpreter::{ExitException, Opcode};

use crate::{
    frame::{Halt, Machine},
    host::Host,
};

/// Reaching an account for the first time in a transaction (EIP-2929).
pub(super) const COLD_ACCOUNT: u64 = 2_600;
/// Reaching a storage slot for the first time in a transaction (EIP-2929).
pub(super) const COLD_SLOT: u64 = 2_100;
/// Reaching either again.
pub(super) const WARM: u64 = 100;
/// Making an account exist by a call with value.
pub(super) const NEW_ACCOUNT: u64 = 25_000;
/// Sending value with a call.
pub(super) const CALL_VALUE: u64 = 9_000;
/// CREATE and CREATE2.
pub(super) const CREATE: u64 = 32_000;
/// KECCAK256.
pub(super) const KECCAK: u64 = 30;
/// A word that is hashed.
pub(super) const KECCAK_WORD: u64 = 6;
/// LOG, and each of its topics.
pub(super) const LOG: u64 = 375;
/// A byte of a log.
pub(super) const LOG_BYTE: u64 = 8;
/// SELFDESTRUCT.
pub(super) const SELFDESTRUCT: u64 = 5_000;
/// Setting a slot that was zero before the transaction.
pub(super) const SLOT_SET: u64 = 20_000;
/// Changing any other slot that is as it was before the transaction (EIP-2929).
pub(super) const SLOT_RESET: u64 = 2_900;
/// SSTORE needs more gas than this left (EIP-2200).
pub(super) const SSTORE_SENTRY: u64 = 2_300;

/// The instructions that the interpreter evaluates and whose gas is known from the opcode.
pub(super) const FIXED: [Option<u8>; 256] = {
    let mut table = [None; 256];
    let mut opcode = 0;
    while opcode < 256 {
        table[opcode] = fixed(opcode as u8);
        opcode += 1;
    }
    table
};

const fn fixed(opcode: u8) -> Option<u8> {
    match opcode {
        0x00 => Some(0),
        0x01 | 0x03 => Some(3),
        0x02 | 0x04..=0x07 | 0x0b => Some(5),
        0x08 | 0x09 => Some(8),
        0x10..=0x19 | 0x1b..=0x1d => Some(3),
        // CALLDATASIZE, CODESIZE
        0x36 | 0x38 => Some(2),
        // POP, PC, MSIZE
        0x50 | 0x58 | 0x59 => Some(2),
        // JUMP, JUMPI, JUMPDEST
        0x56 => Some(8),
        0x57 => Some(10),
        0x5b => Some(1),
        // PUSH, DUP, SWAP
        0x60..=0x9f => Some(3),
        _ => None,
    }
}

/// EXP pays for each byte of the exponent.
pub(super) fn exp(machine: &mut Machine) -> Result<(), Halt> {
    let exponent = machine.stack.peek(1)?;
    let bytes = exponent.bits().div_ceil(8) as u64;
    Ok(machine.state.charge(10 + 50 * bytes)?)
}

/// PUSH0 exists from Shanghai on.
pub(super) fn push0<R>(machine: &mut Machine, host: &Host<'_, R>) -> Result<(), Halt> {
    require(host.config.eip3855_push0, Opcode::PUSH0)?;
    Ok(machine.state.charge(2)?)
}

/// Refuses an instruction that the fork does not have.
pub(super) fn require(exists: bool, opcode: Opcode) -> Result<(), Halt> {
    if exists { Ok(()) } else { Err(ExitException::InvalidOpcode(opcode).into()) }
}
