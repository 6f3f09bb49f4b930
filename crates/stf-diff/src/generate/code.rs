//! Random code that means something: every statement leaves the stack as it found it, and
//! what is computed ends in storage, memory, logs, calls or the return value.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use tern_protocol::Address;

use super::{
    asm::{Asm, op},
    dice::Dice,
};

/// Addresses that code and transactions may point at.
#[derive(Debug, Clone, Default)]
pub(crate) struct Places {
    pub(crate) contracts: Vec<Address>,
    pub(crate) people: Vec<Address>,
    /// Precompiles, their neighbours, system contracts, accounts that do not exist.
    pub(crate) odd: Vec<Address>,
}

impl Places {
    pub(crate) fn any(&self, rng: &mut ChaCha8Rng) -> Address {
        match rng.weighted(&[8, 4, 4]) {
            0 if !self.contracts.is_empty() => rng.pick(&self.contracts),
            1 => rng.pick(&self.people),
            _ => rng.pick(&self.odd),
        }
    }
}

/// Storage keys are few, so that reads, writes and refunds meet.
const SLOTS: u64 = 12;

/// Writes one contract.
pub(crate) struct CodeWriter<'a> {
    pub(crate) asm: Asm,
    pub(crate) rng: &'a mut ChaCha8Rng,
    pub(crate) places: &'a Places,
    /// How deep code may contain code that it creates.
    pub(crate) nesting: u32,
}

impl<'a> CodeWriter<'a> {
    pub(crate) fn new(rng: &'a mut ChaCha8Rng, places: &'a Places) -> Self {
        Self { asm: Asm::default(), rng, places, nesting: 1 }
    }

    /// A whole contract of about so many statements.
    pub(crate) fn contract(mut self, statements: usize) -> Vec<u8> {
        self.block(statements);
        // Mostly a good end, or nothing of the block would last.
        match self.rng.random_range(0..8) {
            0 => self.ending(),
            1..4 => drop(self.asm.op(op::STOP)),
            _ => {
                self.range();
                self.asm.op(op::RETURN);
            }
        }
        let mut code = self.asm.finish();
        if self.rng.one_in(8) {
            let extra = self.rng.random_range(1..64);
            code.extend(self.rng.bytes(extra));
        }
        code
    }

    pub(crate) fn block(&mut self, statements: usize) {
        for _ in 0..statements {
            self.statement();
        }
    }

    /// Code that pushes exactly one word.
    pub(crate) fn value(&mut self, depth: u32) {
        if depth == 0 || self.rng.random_bool(0.4) {
            return self.leaf();
        }
        match self.rng.weighted(&[10, 3, 2, 3, 3, 3, 2, 2]) {
            0 => self.binary(depth),
            1 => {
                (0..3).for_each(|_| self.value(depth - 1));
                let code = self.rng.pick(&[op::ADDMOD, op::MULMOD]);
                self.asm.op(code);
            }
            2 => {
                self.value(depth - 1);
                let code = self.rng.pick(&[op::ISZERO, op::NOT]);
                self.asm.op(code);
            }
            3 => {
                self.address();
                let code = self.rng.pick(&[op::BALANCE, op::EXTCODESIZE, op::EXTCODEHASH]);
                self.asm.op(code);
            }
            4 => {
                self.slot();
                let code = self.rng.pick(&[op::SLOAD, op::SLOAD, op::TLOAD]);
                self.asm.op(code);
            }
            5 => {
                self.offset();
                let code = self.rng.pick(&[op::MLOAD, op::CALLDATALOAD]);
                self.asm.op(code);
            }
            6 => {
                self.range();
                self.asm.op(op::KECCAK256);
            }
            _ => self.block_value(),
        }
    }

    fn binary(&mut self, depth: u32) {
        const BINARY: [u8; 21] = [
            op::ADD,
            op::MUL,
            op::SUB,
            op::DIV,
            op::SDIV,
            op::MOD,
            op::SMOD,
            op::EXP,
            op::SIGNEXTEND,
            op::LT,
            op::GT,
            op::SLT,
            op::SGT,
            op::EQ,
            op::AND,
            op::OR,
            op::XOR,
            op::BYTE,
            op::SHL,
            op::SHR,
            op::SAR,
        ];
        self.value(depth - 1);
        self.value(depth - 1);
        let code = self.rng.pick(&BINARY);
        self.asm.op(code);
    }

    fn block_value(&mut self) {
        match self.rng.random_range(0..3) {
            0 => {
                let back = self.rng.pick(&[0, 1, 2, 3, 10, 255, 256, 257, 1000]);
                self.asm.number(back).ops(&[op::NUMBER, op::SUB, op::BLOCKHASH]);
            }
            1 => {
                let word = self.rng.edgy_word();
                self.asm.push(&word).op(op::BLOCKHASH);
            }
            _ => {
                let index = self.rng.random_range(0..3);
                self.asm.number(index).op(op::BLOBHASH);
            }
        }
    }

    fn leaf(&mut self) {
        const SIMPLE: [u8; 20] = [
            op::ADDRESS,
            op::ORIGIN,
            op::CALLER,
            op::CALLVALUE,
            op::CALLDATASIZE,
            op::CODESIZE,
            op::GASPRICE,
            op::RETURNDATASIZE,
            op::COINBASE,
            op::TIMESTAMP,
            op::NUMBER,
            op::PREVRANDAO,
            op::GASLIMIT,
            op::CHAINID,
            op::SELFBALANCE,
            op::BASEFEE,
            op::BLOBBASEFEE,
            op::PC,
            op::MSIZE,
            op::GAS,
        ];
        if self.rng.random_bool(0.5) {
            let code = self.rng.pick(&SIMPLE);
            self.asm.op(code);
        } else {
            let word = self.rng.edgy_word();
            self.asm.push(&word);
        }
    }

    /// Pushes a storage key.
    pub(crate) fn slot(&mut self) {
        if self.rng.one_in(12) {
            let word = self.rng.edgy_word();
            self.asm.push(&word);
        } else {
            let slot = self.rng.random_range(0..SLOTS);
            self.asm.number(slot);
        }
    }

    /// Pushes an address, sometimes with dirt above its 20 bytes.
    pub(crate) fn address(&mut self) {
        match self.rng.weighted(&[20, 3, 2, 2, 1]) {
            0 => {
                let address = self.places.any(self.rng);
                let mut word = [0; 32];
                word[12..].copy_from_slice(&address.0);
                if self.rng.one_in(10) {
                    word[..12].fill(0xd1);
                }
                self.asm.push(&word);
            }
            1 => drop(self.asm.op(op::ADDRESS)),
            2 => drop(self.asm.op(op::CALLER)),
            3 => drop(self.asm.op(op::ORIGIN)),
            _ => drop(self.asm.op(op::COINBASE)),
        }
    }

    /// Pushes a memory offset, seldom one that no gas pays for.
    pub(crate) fn offset(&mut self) {
        match self.rng.weighted(&[60, 8, 1]) {
            0 => {
                let at = self.rng.random_range(0..256);
                self.asm.number(at);
            }
            1 => {
                self.value(1);
                self.asm.number(0x3ff).op(op::AND);
            }
            _ => {
                let word = self.rng.edgy_word();
                self.asm.push(&word);
            }
        }
    }

    /// Pushes a length, then an offset.
    pub(crate) fn range(&mut self) {
        match self.rng.weighted(&[60, 10, 1]) {
            0 => {
                let len = self.rng.random_range(0..100);
                self.asm.number(len);
                self.offset();
            }
            1 => {
                // Nothing at a huge offset costs nothing.
                self.asm.op(op::PUSH0);
                let word = self.rng.edgy_word();
                self.asm.push(&word);
            }
            _ => {
                let word = self.rng.edgy_word();
                self.asm.push(&word);
                self.offset();
            }
        }
    }

    /// Consumes the word on top.
    pub(crate) fn sink(&mut self) {
        match self.rng.weighted(&[4, 3, 3, 2]) {
            0 => {
                self.slot();
                self.asm.op(op::SSTORE);
            }
            1 => {
                let at = self.rng.random_range(0..256);
                self.asm.number(at).op(op::MSTORE);
            }
            2 => drop(self.asm.op(op::POP)),
            _ => {
                self.asm.ops(&[op::PUSH0, op::PUSH0, op::LOG0 + 1]);
            }
        }
    }
}
