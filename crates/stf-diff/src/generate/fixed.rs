//! Contracts written by hand, for what random code reaches too seldom.

use super::asm::{Asm, op};

/// What a contract does, and so what to send it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Calls: target, gas (0 for all), value, then the input.
    Relay,
    /// Creates: salt, then the initcode; calls what it made.
    Factory,
    /// Calls itself as deep as gas and the limit of 1024 allow.
    Recursion,
    /// Destroys itself in favour of the address given.
    Destroyer,
    /// Uses up all gas.
    Burner,
    /// Returns what it was given.
    Echo,
    /// Writes pairs of slot and value.
    Writer,
    /// Stores what can be known of the address given.
    Probe,
    /// Anything.
    Random,
}

/// The code of each, in the order of their addresses.
pub(crate) fn contracts() -> Vec<(Role, Vec<u8>)> {
    vec![
        (Role::Relay, relay(op::CALL)),
        (Role::Relay, relay(op::CALLCODE)),
        (Role::Relay, relay(op::DELEGATECALL)),
        (Role::Relay, relay(op::STATICCALL)),
        (Role::Factory, factory(op::CREATE)),
        (Role::Factory, factory(op::CREATE2)),
        (Role::Recursion, recursion()),
        (Role::Destroyer, vec![op::PUSH0, op::CALLDATALOAD, op::SELFDESTRUCT]),
        (Role::Burner, vec![op::INVALID]),
        (Role::Echo, echo()),
        (Role::Writer, writer()),
        (Role::Probe, probe()),
    ]
}

fn relay(code: u8) -> Vec<u8> {
    let mut asm = Asm::default();
    let given = asm.label();
    // Everything behind the three words is the input.
    asm.number(96).ops(&[op::CALLDATASIZE, op::SUB]).number(96).op(op::PUSH0).op(op::CALLDATACOPY);
    asm.ops(&[op::PUSH0, op::PUSH0]).number(96).ops(&[op::CALLDATASIZE, op::SUB, op::PUSH0]);
    if matches!(code, op::CALL | op::CALLCODE) {
        asm.number(64).op(op::CALLDATALOAD);
    }
    asm.ops(&[op::PUSH0, op::CALLDATALOAD]);
    asm.number(32).ops(&[op::CALLDATALOAD, op::DUP1]).push_label(given).op(op::JUMPI);
    asm.ops(&[op::POP, op::GAS]).place(given).op(code);
    asm.ops(&[op::PUSH0, op::SSTORE]);
    asm.ops(&[op::RETURNDATASIZE, op::PUSH0, op::PUSH0, op::RETURNDATACOPY]);
    asm.ops(&[op::RETURNDATASIZE, op::PUSH0, op::KECCAK256]).number(1).op(op::SSTORE);
    asm.ops(&[op::RETURNDATASIZE, op::PUSH0, op::RETURN]);
    asm.finish()
}

fn factory(code: u8) -> Vec<u8> {
    let mut asm = Asm::default();
    asm.number(32).ops(&[op::CALLDATASIZE, op::SUB]).number(32).op(op::PUSH0).op(op::CALLDATACOPY);
    if code == op::CREATE2 {
        asm.ops(&[op::PUSH0, op::CALLDATALOAD]);
    }
    asm.number(32).ops(&[op::CALLDATASIZE, op::SUB, op::PUSH0, op::CALLVALUE, code]);
    asm.ops(&[op::DUP1, op::PUSH0, op::SSTORE]);
    asm.ops(&[op::PUSH0; 5]).ops(&[op::DUP1 + 5, op::GAS, op::CALL]).number(1).op(op::SSTORE);
    asm.ops(&[op::EXTCODEHASH]).number(2).op(op::SSTORE);
    asm.ops(&[op::RETURNDATASIZE]).number(3).op(op::SSTORE);
    asm.finish()
}

fn recursion() -> Vec<u8> {
    let mut asm = Asm::default();
    asm.ops(&[op::PUSH0, op::TLOAD]).number(1).ops(&[op::ADD, op::PUSH0, op::TSTORE]);
    asm.ops(&[op::PUSH0; 5]).ops(&[op::ADDRESS, op::GAS, op::CALL, op::POP]);
    asm.ops(&[op::PUSH0, op::TLOAD, op::PUSH0, op::SSTORE]);
    asm.finish()
}

fn echo() -> Vec<u8> {
    let mut asm = Asm::default();
    asm.ops(&[op::CALLDATASIZE, op::PUSH0, op::PUSH0, op::CALLDATACOPY]);
    asm.ops(&[op::CALLDATASIZE, op::PUSH0, op::RETURN]);
    asm.finish()
}

fn writer() -> Vec<u8> {
    let mut asm = Asm::default();
    let (start, end) = (asm.label(), asm.label());
    // The position in the call data stays on the stack.
    asm.op(op::PUSH0).place(start);
    asm.ops(&[op::CALLDATASIZE, op::DUP2, op::LT, op::ISZERO]).push_label(end).op(op::JUMPI);
    asm.ops(&[op::DUP1]).number(32).ops(&[op::ADD, op::CALLDATALOAD]);
    asm.ops(&[op::DUP2, op::CALLDATALOAD, op::SSTORE]);
    asm.number(64).op(op::ADD).push_label(start).op(op::JUMP).place(end);
    asm.finish()
}

fn probe() -> Vec<u8> {
    let mut asm = Asm::default();
    for (slot, code) in [op::BALANCE, op::EXTCODESIZE, op::EXTCODEHASH].into_iter().enumerate() {
        asm.ops(&[op::PUSH0, op::CALLDATALOAD, code]).number(slot as u64).op(op::SSTORE);
    }
    asm.number(64).ops(&[op::PUSH0, op::PUSH0, op::PUSH0, op::CALLDATALOAD, op::EXTCODECOPY]);
    asm.ops(&[op::PUSH0, op::MLOAD]).number(3).op(op::SSTORE);
    asm.number(32).ops(&[op::CALLDATALOAD, op::NUMBER, op::SUB, op::BLOCKHASH]);
    asm.number(4).op(op::SSTORE);
    asm.finish()
}
