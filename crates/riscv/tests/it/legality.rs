//! Every opcode, funct3 and funct7 against the manual's mask-and-match listing.

use rand::{Rng, SeedableRng};
use tern_riscv::{Instruction, Op};

/// Instruction, bits that are fixed, and their values.
const LISTING: [(Op, u32, u32); 47] = [
    (Op::Lui, 0x7f, 0x37),
    (Op::Auipc, 0x7f, 0x17),
    (Op::Jal, 0x7f, 0x6f),
    (Op::Jalr, 0x707f, 0x67),
    (Op::Beq, 0x707f, 0x63),
    (Op::Bne, 0x707f, 0x1063),
    (Op::Blt, 0x707f, 0x4063),
    (Op::Bge, 0x707f, 0x5063),
    (Op::Bltu, 0x707f, 0x6063),
    (Op::Bgeu, 0x707f, 0x7063),
    (Op::Lb, 0x707f, 0x03),
    (Op::Lh, 0x707f, 0x1003),
    (Op::Lw, 0x707f, 0x2003),
    (Op::Lbu, 0x707f, 0x4003),
    (Op::Lhu, 0x707f, 0x5003),
    (Op::Sb, 0x707f, 0x23),
    (Op::Sh, 0x707f, 0x1023),
    (Op::Sw, 0x707f, 0x2023),
    (Op::Addi, 0x707f, 0x13),
    (Op::Slti, 0x707f, 0x2013),
    (Op::Sltiu, 0x707f, 0x3013),
    (Op::Xori, 0x707f, 0x4013),
    (Op::Ori, 0x707f, 0x6013),
    (Op::Andi, 0x707f, 0x7013),
    (Op::Slli, 0xfe00_707f, 0x1013),
    (Op::Srli, 0xfe00_707f, 0x5013),
    (Op::Srai, 0xfe00_707f, 0x4000_5013),
    (Op::Add, 0xfe00_707f, 0x33),
    (Op::Sub, 0xfe00_707f, 0x4000_0033),
    (Op::Sll, 0xfe00_707f, 0x1033),
    (Op::Slt, 0xfe00_707f, 0x2033),
    (Op::Sltu, 0xfe00_707f, 0x3033),
    (Op::Xor, 0xfe00_707f, 0x4033),
    (Op::Srl, 0xfe00_707f, 0x5033),
    (Op::Sra, 0xfe00_707f, 0x4000_5033),
    (Op::Or, 0xfe00_707f, 0x6033),
    (Op::And, 0xfe00_707f, 0x7033),
    // FENCE with its reserved fields clear, and FENCE.TSO: see `listed`.
    (Op::Fence, 0xf00f_ffff, 0x0f),
    (Op::Ecall, 0xffff_ffff, 0x73),
    (Op::Mul, 0xfe00_707f, 0x0200_0033),
    (Op::Mulh, 0xfe00_707f, 0x0200_1033),
    (Op::Mulhsu, 0xfe00_707f, 0x0200_2033),
    (Op::Mulhu, 0xfe00_707f, 0x0200_3033),
    (Op::Div, 0xfe00_707f, 0x0200_4033),
    (Op::Divu, 0xfe00_707f, 0x0200_5033),
    (Op::Rem, 0xfe00_707f, 0x0200_6033),
    (Op::Remu, 0xfe00_707f, 0x0200_7033),
];

const FENCE_TSO: u32 = 0x8330_000f;

fn listed(word: u32) -> Op {
    if word == FENCE_TSO {
        return Op::Fence;
    }
    let mut found = LISTING.iter().filter(|(_, mask, value)| word & mask == *value);
    let op = found.next().map_or(Op::Illegal, |(op, ..)| *op);
    assert!(found.next().is_none(), "{word:#010x} is listed twice");
    op
}

#[test]
fn every_opcode_funct3_and_funct7() {
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(1);
    for opcode in 0..128 {
        for funct3 in 0..8 {
            for funct7 in 0..128 {
                let fixed = funct7 << 25 | funct3 << 12 | opcode;
                let free = 0x01ff_8f80;
                for fill in [0, free, random.random::<u32>() & free, random.random::<u32>() & free]
                {
                    let word = fixed | fill;
                    assert_eq!(Instruction::decode(word).op, listed(word), "{word:#010x}");
                }
            }
        }
    }
}

#[test]
fn every_fence_and_system_word() {
    for upper in 0..1 << 25 {
        for opcode in [0x0f, 0x73] {
            let word = upper << 7 | opcode;
            let op = Instruction::decode(word).op;
            let expected = match (opcode, upper) {
                (0x73, 0) => Op::Ecall,
                (0x0f, _) if word == FENCE_TSO || word & 0xf00f_ff80 == 0 => Op::Fence,
                _ => Op::Illegal,
            };
            assert_eq!(op, expected, "{word:#010x}");
        }
    }
}

#[test]
fn well_known_words_of_other_extensions_are_illegal() {
    let words = [
        ("all zeros", 0),
        ("all ones", u32::MAX),
        ("EBREAK", 0x0010_0073),
        ("MRET", 0x3020_0073),
        ("WFI", 0x1050_0073),
        ("CSRRW x0, mstatus, x0", 0x3000_1073),
        ("RDCYCLE x1", 0xc000_20f3),
        ("FENCE.I", 0x0000_100f),
        ("LR.W x1, (x2)", 0x1001_20af),
        ("AMOADD.W x1, x2, (x3)", 0x0021_a0af),
        ("FADD.S f0, f0, f0", 0x0000_0053),
        ("LWU x1, 0(x2)", 0x0001_6083),
        ("LD x1, 0(x2)", 0x0001_3083),
        ("ADDIW x1, x1, 0", 0x0000_809b),
        ("ADDW x1, x1, x1", 0x0010_80bb),
        ("SLLI x1, x1, 32", 0x0200_9093),
        ("SRAI x1, x1, 32", 0x4200_d093),
        ("C.NOP twice", 0x0001_0001),
        ("ANDN x1, x1, x1", 0x4010_f0b3),
        ("CLZ x1, x1", 0x6000_9093),
    ];
    for (name, word) in words {
        assert_eq!(Instruction::decode(word).op, Op::Illegal, "{name}");
    }
}
