//! Statements: code that leaves the stack as it found it.

use rand::Rng;

use super::{asm::op, code::CodeWriter, dice::Dice};

impl CodeWriter<'_> {
    pub(crate) fn statement(&mut self) {
        match self.rng.weighted(&[12, 6, 4, 8, 3, 7, 6, 16, 5, 5, 3, 6, 1, 2, 1]) {
            0 => {
                self.value(3);
                self.sink();
            }
            1 => self.storage_pattern(),
            2 => {
                self.value(1);
                self.slot();
                self.asm.op(op::TSTORE);
            }
            3 => {
                self.value(2);
                self.offset();
                let code = self.rng.pick(&[op::MSTORE, op::MSTORE8]);
                self.asm.op(code);
            }
            4 => {
                self.range();
                self.offset();
                self.asm.op(op::MCOPY);
            }
            5 => self.copy(),
            6 => self.log(),
            7 => self.call(),
            8 => self.create(),
            9 => self.branch(),
            10 => self.repeat(),
            11 => self.stack_tricks(),
            12 => self.self_destruct(),
            13 => self.maybe_end(),
            _ => self.mistake(),
        }
    }

    /// Writes that meet the refund rules: set, clear, restore, write the same.
    fn storage_pattern(&mut self) {
        let slot = self.rng.random_range(0..6);
        for _ in 0..self.rng.random_range(1..5) {
            match self.rng.random_range(0..4) {
                0 => drop(self.asm.op(op::PUSH0)),
                1 => drop(self.asm.number(1)),
                2 => drop(self.asm.number(slot).op(op::SLOAD)),
                _ => self.value(1),
            }
            self.asm.number(slot).op(op::SSTORE);
        }
    }

    fn copy(&mut self) {
        match self.rng.random_range(0..5) {
            0 => self.copy_range(op::CALLDATACOPY),
            1 => self.copy_range(op::CODECOPY),
            2 => {
                let len = self.rng.random_range(0..80);
                self.asm.number(len);
                self.offset();
                self.offset();
                self.address();
                self.asm.op(op::EXTCODECOPY);
            }
            3 => {
                self.asm.ops(&[op::RETURNDATASIZE, op::PUSH0]);
                self.offset();
                self.asm.op(op::RETURNDATACOPY);
            }
            _ if self.rng.one_in(4) => {
                // One byte too many, or a sum that overflows.
                let word = self.rng.pick(&[[0; 32], [0xff; 32]]);
                self.asm.number(1).op(op::RETURNDATASIZE).op(op::ADD).push(&word);
                self.asm.op(op::PUSH0).op(op::RETURNDATACOPY);
            }
            _ => {
                self.asm.ops(&[op::PUSH0, op::RETURNDATASIZE, op::PUSH0, op::RETURNDATACOPY]);
            }
        }
    }

    fn copy_range(&mut self, code: u8) {
        let len = self.rng.random_range(0..100);
        self.asm.number(len);
        if self.rng.one_in(4) {
            let word = self.rng.edgy_word();
            self.asm.push(&word);
        } else {
            self.offset();
        }
        self.offset();
        self.asm.op(code);
    }

    fn log(&mut self) {
        let topics = self.rng.random_range(0..5);
        for _ in 0..topics {
            self.value(1);
        }
        self.range();
        self.asm.op(op::LOG0 + topics);
    }

    /// A part that runs only if a word of the call data, or of anything, is not zero.
    fn branch(&mut self) {
        let end = self.asm.label();
        self.value(2);
        if self.rng.random_bool(0.3) {
            self.asm.op(op::ISZERO);
        }
        self.asm.push_label(end).op(op::JUMPI);
        let len = self.rng.random_range(1..3);
        self.block(len);
        self.asm.place(end);
    }

    /// A counted loop around a short part.
    fn repeat(&mut self) {
        let times = self.rng.random_range(1..12);
        let start = self.asm.label();
        self.asm.number(times).place(start);
        self.value(2);
        self.sink();
        // Count down on the stack; nothing between touches the counter.
        self.asm.number(1).ops(&[op::SWAP1, op::SUB, op::DUP1]).push_label(start);
        self.asm.ops(&[op::JUMPI, op::POP]);
    }

    fn stack_tricks(&mut self) {
        let height = self.rng.random_range(2..18u8);
        for _ in 0..height {
            let len = self.rng.random_range(0..=32);
            let bytes = self.rng.bytes(len);
            self.asm.push(&bytes);
        }
        for _ in 0..self.rng.random_range(1..6) {
            let swap = op::SWAP1 + self.rng.random_range(0..(height - 1).min(16));
            self.asm.op(swap);
        }
        for _ in 0..3 {
            let dup = op::DUP1 + self.rng.random_range(0..height.min(16));
            self.asm.op(dup);
            self.sink();
        }
        for _ in 0..height - 1 {
            self.asm.op(op::XOR);
        }
        // n - 1 operations on n words leave one.
        self.sink();
    }

    fn self_destruct(&mut self) {
        let end = self.asm.label();
        self.value(1);
        self.asm.push_label(end).op(op::JUMPI);
        self.address();
        self.asm.op(op::SELFDESTRUCT).place(end);
    }

    fn maybe_end(&mut self) {
        let end = self.asm.label();
        self.value(2);
        self.asm.push_label(end).op(op::JUMPI);
        self.ending();
        self.asm.place(end);
    }

    /// Something that ends the frame.
    pub(crate) fn ending(&mut self) {
        match self.rng.weighted(&[6, 8, 4, 1, 1]) {
            0 => drop(self.asm.op(op::STOP)),
            1 => {
                self.range();
                self.asm.op(op::RETURN);
            }
            2 => {
                self.range();
                self.asm.op(op::REVERT);
            }
            3 => drop(self.asm.op(op::INVALID)),
            _ => {
                self.address();
                self.asm.op(op::SELFDESTRUCT);
            }
        }
    }

    /// Something that fails, if the condition lets it run: bad jumps, an empty stack, a full
    /// one, opcodes that do not exist, a jump into push data.
    fn mistake(&mut self) {
        let end = self.asm.label();
        self.value(1);
        self.asm.push_label(end).op(op::JUMPI);
        match self.rng.random_range(0..5) {
            0 => {
                let word = self.rng.edgy_word();
                self.asm.push(&word).op(op::JUMP);
            }
            1 => drop(self.asm.ops(&[op::POP; 40])),
            2 => {
                let start = self.asm.label();
                self.asm.place(start).ops(&[op::PUSH0; 8]).push_label(start).op(op::JUMP);
            }
            3 => {
                let code = self.rng.pick(&[0x0c, 0x1e, 0x21, 0x4b, 0xa5, 0xe0, 0xef, 0xf6, 0xfb]);
                self.asm.op(code);
            }
            _ => {
                // The target's JUMPDEST is the push's data.
                let at = self.asm.len() as u64 + 4;
                self.asm.ops(&[op::PUSH2, (at >> 8) as u8, at as u8, 0x60, 0x5b, op::POP]);
                self.asm.op(op::JUMP);
            }
        }
        self.asm.place(end);
    }
}
