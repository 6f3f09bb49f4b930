//! From a 32-bit word to an instruction. What is not listed here is illegal.

/// What an instruction does. The names are those of the RISC-V manual.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum Op {
    /// A word that is no instruction of this machine. Executing it is a failing halt.
    Illegal,
    Lui,
    Auipc,
    Jal,
    Jalr,
    Beq,
    Bne,
    Blt,
    Bge,
    Bltu,
    Bgeu,
    Lb,
    Lh,
    Lw,
    Lbu,
    Lhu,
    Sb,
    Sh,
    Sw,
    Addi,
    Slti,
    Sltiu,
    Xori,
    Ori,
    Andi,
    Slli,
    Srli,
    Srai,
    Add,
    Sub,
    Sll,
    Slt,
    Sltu,
    Xor,
    Srl,
    Sra,
    Or,
    And,
    Fence,
    Ecall,
    Mul,
    Mulh,
    Mulhsu,
    Mulhu,
    Div,
    Divu,
    Rem,
    Remu,
}

/// A decoded instruction. Fields that its format lacks are zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instruction {
    /// What it does.
    pub op: Op,
    /// The register it writes.
    pub rd: u8,
    /// The first register it reads.
    pub rs1: u8,
    /// The second register it reads.
    pub rs2: u8,
    /// The immediate, sign-extended; for shifts, the amount.
    pub imm: u32,
}

const ECALL: u32 = 0x0000_0073;

impl Instruction {
    const ILLEGAL: Self = Self { op: Op::Illegal, rd: 0, rs1: 0, rs2: 0, imm: 0 };

    /// Decodes one word. Words that RV32IM does not define, reserved ones included,
    /// become [`Op::Illegal`].
    pub const fn decode(word: u32) -> Self {
        match word & 0x7f {
            0x37 => upper(Op::Lui, word),
            0x17 => upper(Op::Auipc, word),
            0x6f => Self { op: Op::Jal, rd: rd(word), rs1: 0, rs2: 0, imm: imm_j(word) },
            0x67 if funct3(word) == 0 => immediate(Op::Jalr, word),
            0x63 => branch(word),
            0x03 => load(word),
            0x23 => store(word),
            0x13 => arithmetic_immediate(word),
            0x33 => arithmetic(word),
            0x0f => fence(word),
            0x73 if word == ECALL => Self { op: Op::Ecall, ..Self::ILLEGAL },
            _ => Self::ILLEGAL,
        }
    }
}

const fn rd(word: u32) -> u8 {
    (word >> 7 & 31) as u8
}

const fn rs1(word: u32) -> u8 {
    (word >> 15 & 31) as u8
}

const fn rs2(word: u32) -> u8 {
    (word >> 20 & 31) as u8
}

const fn funct3(word: u32) -> u32 {
    word >> 12 & 7
}

const fn funct7(word: u32) -> u32 {
    word >> 25
}

const fn imm_i(word: u32) -> u32 {
    (word as i32 >> 20) as u32
}

const fn imm_s(word: u32) -> u32 {
    (word as i32 >> 25 << 5) as u32 | word >> 7 & 31
}

const fn imm_b(word: u32) -> u32 {
    (word as i32 >> 31 << 12) as u32
        | (word >> 7 & 1) << 11
        | (word >> 25 & 0x3f) << 5
        | (word >> 8 & 0xf) << 1
}

const fn imm_j(word: u32) -> u32 {
    (word as i32 >> 31 << 20) as u32
        | word & 0x000f_f000
        | (word >> 20 & 1) << 11
        | (word >> 21 & 0x3ff) << 1
}

const fn upper(op: Op, word: u32) -> Instruction {
    Instruction { op, rd: rd(word), rs1: 0, rs2: 0, imm: word & 0xffff_f000 }
}

const fn immediate(op: Op, word: u32) -> Instruction {
    Instruction { op, rd: rd(word), rs1: rs1(word), rs2: 0, imm: imm_i(word) }
}

const fn branch(word: u32) -> Instruction {
    let op = match funct3(word) {
        0 => Op::Beq,
        1 => Op::Bne,
        4 => Op::Blt,
        5 => Op::Bge,
        6 => Op::Bltu,
        7 => Op::Bgeu,
        _ => return Instruction::ILLEGAL,
    };
    Instruction { op, rd: 0, rs1: rs1(word), rs2: rs2(word), imm: imm_b(word) }
}

const fn load(word: u32) -> Instruction {
    let op = match funct3(word) {
        0 => Op::Lb,
        1 => Op::Lh,
        2 => Op::Lw,
        4 => Op::Lbu,
        5 => Op::Lhu,
        _ => return Instruction::ILLEGAL,
    };
    immediate(op, word)
}

const fn store(word: u32) -> Instruction {
    let op = match funct3(word) {
        0 => Op::Sb,
        1 => Op::Sh,
        2 => Op::Sw,
        _ => return Instruction::ILLEGAL,
    };
    Instruction { op, rd: 0, rs1: rs1(word), rs2: rs2(word), imm: imm_s(word) }
}

const fn arithmetic_immediate(word: u32) -> Instruction {
    // For shifts, bit 5 of the amount lies in funct7, so that comparing all of funct7
    // also refuses amounts above 31.
    let op = match (funct3(word), funct7(word)) {
        (0, _) => Op::Addi,
        (2, _) => Op::Slti,
        (3, _) => Op::Sltiu,
        (4, _) => Op::Xori,
        (6, _) => Op::Ori,
        (7, _) => Op::Andi,
        (1, 0x00) => return shift(Op::Slli, word),
        (5, 0x00) => return shift(Op::Srli, word),
        (5, 0x20) => return shift(Op::Srai, word),
        _ => return Instruction::ILLEGAL,
    };
    immediate(op, word)
}

const fn shift(op: Op, word: u32) -> Instruction {
    Instruction { op, rd: rd(word), rs1: rs1(word), rs2: 0, imm: rs2(word) as u32 }
}

const fn arithmetic(word: u32) -> Instruction {
    let op = match (funct7(word), funct3(word)) {
        (0x00, 0) => Op::Add,
        (0x20, 0) => Op::Sub,
        (0x00, 1) => Op::Sll,
        (0x00, 2) => Op::Slt,
        (0x00, 3) => Op::Sltu,
        (0x00, 4) => Op::Xor,
        (0x00, 5) => Op::Srl,
        (0x20, 5) => Op::Sra,
        (0x00, 6) => Op::Or,
        (0x00, 7) => Op::And,
        (0x01, 0) => Op::Mul,
        (0x01, 1) => Op::Mulh,
        (0x01, 2) => Op::Mulhsu,
        (0x01, 3) => Op::Mulhu,
        (0x01, 4) => Op::Div,
        (0x01, 5) => Op::Divu,
        (0x01, 6) => Op::Rem,
        (0x01, 7) => Op::Remu,
        _ => return Instruction::ILLEGAL,
    };
    Instruction { op, rd: rd(word), rs1: rs1(word), rs2: rs2(word), imm: 0 }
}

/// FENCE and FENCE.TSO in the forms that the manual gives; both order nothing here.
const fn fence(word: u32) -> Instruction {
    let reserved_clear = funct3(word) == 0 && rd(word) == 0 && rs1(word) == 0;
    let (mode, sets) = (word >> 28, word >> 20 & 0xff);
    if reserved_clear && (mode == 0 || mode == 8 && sets == 0x33) {
        Instruction { op: Op::Fence, ..Instruction::ILLEGAL }
    } else {
        Instruction::ILLEGAL
    }
}
