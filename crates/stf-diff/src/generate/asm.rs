//! An assembler for EVM code with labels and data behind the code.

use crate::rlp::trim;

/// Opcodes by name.
#[rustfmt::skip]
#[allow(missing_docs)]
pub(crate) mod op {
    macro_rules! ops { ($($name:ident = $code:literal),* $(,)?) => { $(pub(crate) const $name: u8 = $code;)* } }
    ops! {
        STOP = 0x00, ADD = 0x01, MUL = 0x02, SUB = 0x03, DIV = 0x04, SDIV = 0x05, MOD = 0x06,
        SMOD = 0x07, ADDMOD = 0x08, MULMOD = 0x09, EXP = 0x0a, SIGNEXTEND = 0x0b,
        LT = 0x10, GT = 0x11, SLT = 0x12, SGT = 0x13, EQ = 0x14, ISZERO = 0x15, AND = 0x16,
        OR = 0x17, XOR = 0x18, NOT = 0x19, BYTE = 0x1a, SHL = 0x1b, SHR = 0x1c, SAR = 0x1d,
        KECCAK256 = 0x20,
        ADDRESS = 0x30, BALANCE = 0x31, ORIGIN = 0x32, CALLER = 0x33, CALLVALUE = 0x34,
        CALLDATALOAD = 0x35, CALLDATASIZE = 0x36, CALLDATACOPY = 0x37, CODESIZE = 0x38,
        CODECOPY = 0x39, GASPRICE = 0x3a, EXTCODESIZE = 0x3b, EXTCODECOPY = 0x3c,
        RETURNDATASIZE = 0x3d, RETURNDATACOPY = 0x3e, EXTCODEHASH = 0x3f,
        BLOCKHASH = 0x40, COINBASE = 0x41, TIMESTAMP = 0x42, NUMBER = 0x43, PREVRANDAO = 0x44,
        GASLIMIT = 0x45, CHAINID = 0x46, SELFBALANCE = 0x47, BASEFEE = 0x48, BLOBHASH = 0x49,
        BLOBBASEFEE = 0x4a,
        POP = 0x50, MLOAD = 0x51, MSTORE = 0x52, MSTORE8 = 0x53, SLOAD = 0x54, SSTORE = 0x55,
        JUMP = 0x56, JUMPI = 0x57, PC = 0x58, MSIZE = 0x59, GAS = 0x5a, JUMPDEST = 0x5b,
        TLOAD = 0x5c, TSTORE = 0x5d, MCOPY = 0x5e, PUSH0 = 0x5f, PUSH2 = 0x61,
        DUP1 = 0x80, DUP2 = 0x81, SWAP1 = 0x90, LOG0 = 0xa0,
        CREATE = 0xf0, CALL = 0xf1, CALLCODE = 0xf2, RETURN = 0xf3, DELEGATECALL = 0xf4,
        CREATE2 = 0xf5, STATICCALL = 0xfa, REVERT = 0xfd, INVALID = 0xfe, SELFDESTRUCT = 0xff,
    }
}

/// A place in the code that is known only later.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Label(usize);

/// Collects code; the caller keeps the stack in order.
#[derive(Debug, Default)]
pub(crate) struct Asm {
    code: Vec<u8>,
    /// Where labels lie, and which code positions want to know.
    labels: Vec<Option<usize>>,
    wanted: Vec<(usize, Label)>,
    data: Vec<(Label, Vec<u8>)>,
}

impl Asm {
    pub(crate) fn op(&mut self, code: u8) -> &mut Self {
        self.code.push(code);
        self
    }

    pub(crate) fn ops(&mut self, codes: &[u8]) -> &mut Self {
        self.code.extend_from_slice(codes);
        self
    }

    /// Pushes up to 32 bytes with the shortest instruction.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> &mut Self {
        let bytes = trim(bytes);
        self.code.push(op::PUSH0 + bytes.len() as u8);
        self.code.extend_from_slice(bytes);
        self
    }

    pub(crate) fn number(&mut self, value: u64) -> &mut Self {
        self.push(&value.to_be_bytes())
    }

    pub(crate) fn label(&mut self) -> Label {
        self.labels.push(None);
        Label(self.labels.len() - 1)
    }

    /// A jump target here.
    pub(crate) fn place(&mut self, label: Label) -> &mut Self {
        self.labels[label.0] = Some(self.code.len());
        self.op(op::JUMPDEST)
    }

    pub(crate) fn push_label(&mut self, label: Label) -> &mut Self {
        self.op(op::PUSH2);
        self.wanted.push((self.code.len(), label));
        self.ops(&[0, 0])
    }

    /// Copies `bytes`, which will lie behind the code, to memory at `at`.
    pub(crate) fn data_to_memory(&mut self, bytes: Vec<u8>, at: u64) -> &mut Self {
        let label = self.label();
        self.number(bytes.len() as u64).push_label(label).number(at).op(op::CODECOPY);
        self.data.push((label, bytes));
        self
    }

    pub(crate) fn len(&self) -> usize {
        self.code.len()
    }

    /// The code with its data behind it. Labels beyond 64 KiB do not occur.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        for (label, bytes) in std::mem::take(&mut self.data) {
            self.labels[label.0] = Some(self.code.len());
            self.code.extend(bytes);
        }
        for (at, label) in self.wanted {
            let target = self.labels[label.0].unwrap_or_default() as u16;
            self.code[at..at + 2].copy_from_slice(&target.to_be_bytes());
        }
        self.code
    }
}

/// Initcode that returns `runtime`, whatever it is.
pub(crate) fn deployer(runtime: Vec<u8>) -> Vec<u8> {
    let mut asm = Asm::default();
    let len = runtime.len() as u64;
    asm.data_to_memory(runtime, 0).number(len).op(op::PUSH0).op(op::RETURN);
    asm.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_and_data_are_filled_in() {
        let mut asm = Asm::default();
        let end = asm.label();
        asm.push_label(end).op(op::JUMP).op(op::INVALID).place(end);
        assert_eq!(asm.finish(), [op::PUSH2, 0, 5, op::JUMP, op::INVALID, op::JUMPDEST]);
        let code = deployer(vec![0xaa, 0xbb]);
        let offset = usize::from(u16::from_be_bytes([code[3], code[4]]));
        assert_eq!(code[offset..], [0xaa, 0xbb]);
    }

    #[test]
    fn pushes_are_shortest() {
        let mut asm = Asm::default();
        asm.number(0).number(1).number(256);
        assert_eq!(asm.finish(), [0x5f, 0x60, 1, 0x61, 1, 0]);
    }
}
