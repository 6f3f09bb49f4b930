//! Calls, creations, and what is made of their answers.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::{
    asm::{Asm, deployer, op},
    code::{CodeWriter, Places},
    dice::Dice,
    precompile,
};

/// The longest code a contract may have (EIP-170).
const MAX_CODE: u64 = 24_576;

impl CodeWriter<'_> {
    pub(crate) fn call(&mut self) {
        let prepared = self.rng.one_in(4).then(|| precompile::call(self.rng));
        let code = self.rng.pick(&[
            op::CALL,
            op::CALL,
            op::CALL,
            op::CALLCODE,
            op::DELEGATECALL,
            op::DELEGATECALL,
            op::STATICCALL,
        ]);
        if let Some((_, input)) = &prepared {
            self.asm.data_to_memory(input.clone(), 0);
        }
        self.range();
        match &prepared {
            Some((_, input)) => drop(self.asm.number(input.len() as u64).op(op::PUSH0)),
            None => self.range(),
        }
        if matches!(code, op::CALL | op::CALLCODE) {
            self.call_value();
        }
        match &prepared {
            Some((address, _)) => drop(self.asm.push(&address.0)),
            None => self.address(),
        }
        if prepared.is_some() && self.rng.random_bool(0.7) {
            self.asm.op(op::GAS);
        } else {
            self.call_gas();
        }
        self.asm.op(code);
        self.answer();
    }

    fn call_value(&mut self) {
        match self.rng.weighted(&[12, 5, 1, 1]) {
            0 => drop(self.asm.op(op::PUSH0)),
            1 => {
                let wei = self.rng.random_range(1..1000);
                self.asm.number(wei);
            }
            2 => drop(self.asm.op(op::SELFBALANCE)),
            _ => drop(self.asm.number(1).ops(&[op::SELFBALANCE, op::ADD])),
        }
    }

    fn call_gas(&mut self) {
        match self.rng.weighted(&[4, 8, 2, 1]) {
            0 => drop(self.asm.op(op::GAS)),
            1 => {
                let gas = self.rng.random_range(2_000..80_000);
                self.asm.number(gas);
            }
            2 => {
                let gas = self.rng.pick(&[0, 1, 99, 100, 699, 700, 2299, 2300, 2301]);
                self.asm.number(gas);
            }
            _ => {
                let word = self.rng.edgy_word();
                self.asm.push(&word);
            }
        }
    }

    /// Uses a call's success and its return data.
    fn answer(&mut self) {
        self.sink();
        match self.rng.random_range(0..4) {
            0 => {
                // The hash of the whole answer goes to storage.
                self.asm.ops(&[op::RETURNDATASIZE, op::PUSH0]).number(0x200).op(op::RETURNDATACOPY);
                self.asm.op(op::RETURNDATASIZE).number(0x200).op(op::KECCAK256);
                self.slot();
                self.asm.op(op::SSTORE);
            }
            1 => {
                self.asm.op(op::RETURNDATASIZE);
                self.sink();
            }
            _ => {}
        }
    }

    pub(crate) fn create(&mut self) {
        if self.nesting == 0 {
            return self.call();
        }
        let init = initcode(self.rng, self.places, self.nesting - 1);
        let len = init.len() as u64;
        self.asm.data_to_memory(init, 0);
        let two = self.rng.random_bool(0.6);
        if two {
            // Few salts, so that the second run collides with the first.
            let salt = self.rng.random_range(0..3);
            self.asm.number(salt);
        }
        match self.rng.weighted(&[30, 2, 1]) {
            0 => drop(self.asm.number(len)),
            1 => drop(self.asm.number(len / 2)),
            _ => {
                let len = self.rng.pick(&[2 * MAX_CODE, 2 * MAX_CODE + 1]);
                self.asm.number(len);
            }
        }
        self.asm.op(op::PUSH0);
        self.call_value();
        self.asm.op(if two { op::CREATE2 } else { op::CREATE });
        if self.rng.random_bool(0.5) {
            // Calls what it made.
            self.asm.ops(&[op::PUSH0; 5]).ops(&[op::DUP1 + 5, op::GAS, op::CALL]);
            self.sink();
        }
        self.sink();
    }
}

/// Code that runs at creation and returns a contract, or fails to in one of many ways.
pub(crate) fn initcode(rng: &mut ChaCha8Rng, places: &Places, nesting: u32) -> Vec<u8> {
    match rng.weighted(&[14, 2, 1, 1, 1, 1, 1, 1]) {
        0 => {
            let statements = rng.random_range(0..4);
            let mut writer = CodeWriter::new(rng, places);
            writer.nesting = 0;
            let runtime = writer.contract(statements);
            let mut writer = CodeWriter::new(rng, places);
            writer.nesting = nesting;
            let statements = writer.rng.random_range(0..3);
            writer.block(statements);
            let len = runtime.len() as u64;
            writer.asm.data_to_memory(runtime, 0).number(len).op(op::PUSH0).op(op::RETURN);
            writer.asm.finish()
        }
        1 => {
            // EIP-3541 refuses these, a delegation's form too.
            let tail = rng.random_range(0..23);
            let tail = rng.bytes(tail);
            let head: &[u8] = rng.pick(&[&[0xef][..], &[0xef, 0x01, 0x00][..]]);
            deployer([head, tail.as_slice()].concat())
        }
        2 => {
            let mut asm = Asm::default();
            let len = rng.pick(&[MAX_CODE - 1, MAX_CODE, MAX_CODE + 1]);
            asm.number(len).op(op::PUSH0).op(op::RETURN);
            asm.finish()
        }
        3 => {
            let mut asm = Asm::default();
            asm.number(40).op(op::PUSH0).op(op::REVERT);
            asm.finish()
        }
        4 => vec![op::INVALID],
        5 => Vec::new(),
        6 => vec![rng.pick(&[op::ADDRESS, op::CALLER, op::PUSH0]), op::SELFDESTRUCT],
        _ => {
            let len = rng.random_range(1..64);
            rng.bytes(len)
        }
    }
}
