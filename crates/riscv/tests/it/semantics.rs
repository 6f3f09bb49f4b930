//! Every instruction on edge values against formulas in wide integers.

use tern_riscv::{Exit, Fault, Hart, Memory, PagedMemory};

use crate::asm::{self, CODE, DATA, auipc, b, i, jal, lui, r, s};

const EDGES: [u32; 18] = [
    0,
    1,
    2,
    3,
    5,
    31,
    32,
    33,
    0xff,
    0x7fff,
    0x8000,
    0x5555_5555,
    0x7fff_fffe,
    0x7fff_ffff,
    0x8000_0000,
    0x8000_0001,
    0xffff_fffe,
    0xffff_ffff,
];

const IMMEDIATES: [i32; 9] = [0, 1, 4, 31, 2047, -1, -4, -2047, -2048];

/// Executes one word at `CODE` with the given registers.
fn step(word: u32, registers: &[(usize, u32)], memory: &mut PagedMemory) -> Hart {
    memory.set_word(CODE, word);
    let mut hart = Hart::new(CODE);
    for (index, value) in registers {
        hart.x[*index] = *value;
    }
    hart.step(memory);
    assert_eq!(hart.steps, 1);
    assert_eq!(hart.x[0], 0);
    hart
}

fn signed(value: u32) -> i128 {
    if value >> 31 == 1 { i128::from(value) - (1 << 32) } else { i128::from(value) }
}

fn low(value: i128) -> u32 {
    value.rem_euclid(1 << 32) as u32
}

fn high(value: i128) -> u32 {
    low(value.div_euclid(1 << 32))
}

/// What the manual says about register-register instructions.
fn formula(funct7: u32, funct3: u32, a: u32, b: u32) -> u32 {
    let (sa, sb, ua, ub) = (signed(a), signed(b), i128::from(a), i128::from(b));
    let power = 1i128 << (b % 32);
    match (funct7, funct3) {
        (0, 0) => low(ua + ub),
        (0x20, 0) => low(ua - ub),
        (0, 1) => low(ua * power),
        (0, 2) => (sa < sb).into(),
        (0, 3) => (ua < ub).into(),
        (0, 4) => low((ua | ub) - (ua & ub)),
        (0, 5) => low(ua / power),
        (0x20, 5) => low(sa.div_euclid(power)),
        (0, 6) => low(ua + ub - (ua & ub)),
        (0, 7) => low((0..32).map(|bit| ((ua >> bit & 1) * (ub >> bit & 1)) << bit).sum()),
        (1, 0) => low(ua * ub),
        (1, 1) => high(sa * sb),
        (1, 2) => high(sa * ub),
        (1, 3) => high(ua * ub),
        (1, 4) if b == 0 => u32::MAX,
        (1, 4) => low(sa / sb),
        (1, 5) if b == 0 => u32::MAX,
        (1, 5) => low(ua / ub),
        (1, 6 | 7) if b == 0 => a,
        (1, 6) => low(sa % sb),
        (1, 7) => low(ua % ub),
        _ => unreachable!("not in the listing"),
    }
}

const REGISTER_FORMS: [(u32, u32); 18] = [
    (0, 0),
    (0x20, 0),
    (0, 1),
    (0, 2),
    (0, 3),
    (0, 4),
    (0, 5),
    (0x20, 5),
    (0, 6),
    (0, 7),
    (1, 0),
    (1, 1),
    (1, 2),
    (1, 3),
    (1, 4),
    (1, 5),
    (1, 6),
    (1, 7),
];

#[test]
fn register_instructions() {
    let memory = &mut PagedMemory::default();
    for (funct7, funct3) in REGISTER_FORMS {
        for a in EDGES {
            for b in EDGES {
                let expected = formula(funct7, funct3, a, b);
                for rd in [3, 1, 2, 31] {
                    let hart = step(r(funct7, funct3, rd, 1, 2), &[(1, a), (2, b)], memory);
                    let got = hart.x[rd as usize];
                    assert_eq!(got, expected, "{funct7:#x} {funct3} {a:#x} {b:#x}");
                    assert_eq!((hart.pc, hart.exit), (CODE + 4, None));
                }
                step(r(funct7, funct3, 0, 1, 2), &[(1, a), (2, b)], memory);
            }
            let same = step(r(funct7, funct3, 1, 1, 1), &[(1, a)], memory);
            assert_eq!(same.x[1], formula(funct7, funct3, a, a));
        }
    }
}

#[test]
fn the_manuals_division_table() {
    let memory = &mut PagedMemory::default();
    let most_negative = 0x8000_0000;
    let table = [
        // dividend, divisor, DIV, DIVU, REM, REMU
        (7, 0, u32::MAX, u32::MAX, 7, 7),
        (0, 0, u32::MAX, u32::MAX, 0, 0),
        (most_negative, u32::MAX, most_negative, 0, 0, most_negative),
        (-7i32 as u32, 2, -3i32 as u32, 0x7fff_fffc, -1i32 as u32, 1),
    ];
    for (a, b, div, divu, rem, remu) in table {
        for (funct3, expected) in [(4, div), (5, divu), (6, rem), (7, remu)] {
            let hart = step(r(1, funct3, 3, 1, 2), &[(1, a), (2, b)], memory);
            assert_eq!(hart.x[3], expected, "{funct3} {a:#x} {b:#x}");
        }
    }
}

#[test]
fn immediate_instructions() {
    let memory = &mut PagedMemory::default();
    for a in EDGES {
        for imm in IMMEDIATES {
            for funct3 in [0, 2, 3, 4, 6, 7] {
                let hart = step(i(0x13, funct3, 3, 1, imm), &[(1, a)], memory);
                assert_eq!(hart.x[3], formula(0, funct3, a, imm as u32), "{funct3} {a:#x} {imm}");
            }
        }
        for amount in 0..32 {
            for (funct7, funct3) in [(0, 1), (0, 5), (0x20, 5)] {
                let word = i(0x13, funct3, 3, 1, funct7 << 5 | amount);
                let hart = step(word, &[(1, a)], memory);
                assert_eq!(hart.x[3], formula(funct7 as u32, funct3, a, amount as u32));
            }
        }
    }
}

#[test]
fn upper_immediates() {
    let memory = &mut PagedMemory::default();
    for value in EDGES {
        let upper = value & 0xffff_f000;
        assert_eq!(step(lui(3, upper), &[], memory).x[3], upper);
        assert_eq!(
            step(auipc(3, upper), &[], memory).x[3],
            low(i128::from(CODE) + i128::from(upper))
        );
    }
}

#[test]
fn branches() {
    let memory = &mut PagedMemory::default();
    for a in EDGES {
        for b in EDGES {
            let conditions = [
                (0, a == b),
                (1, a != b),
                (4, signed(a) < signed(b)),
                (5, signed(a) >= signed(b)),
                (6, a < b),
                (7, a >= b),
            ];
            for (funct3, taken) in conditions {
                for offset in [8, -8, 4092, -4096, 0] {
                    let hart = step(self::b(funct3, 1, 2, offset), &[(1, a), (2, b)], memory);
                    let expected = if taken { CODE.wrapping_add_signed(offset) } else { CODE + 4 };
                    assert_eq!((hart.pc, hart.exit), (expected, None), "{funct3} {a:#x} {b:#x}");
                }
                let hart = step(self::b(funct3, 1, 2, 6), &[(1, a), (2, b)], memory);
                let fault = taken.then_some(Exit::Fault(Fault::MisalignedJump));
                assert_eq!(hart.exit, fault);
            }
        }
    }
}

#[test]
fn jumps() {
    let memory = &mut PagedMemory::default();
    for offset in [4, 8, -8, 0xf_fffc, -0x10_0000, 0] {
        let hart = step(jal(5, offset), &[], memory);
        assert_eq!((hart.pc, hart.x[5]), (CODE.wrapping_add_signed(offset), CODE + 4));
    }
    for (base, imm, target) in [(0x100, 4, 0x104), (0x101, 4, 0x104), (0, -4, 0xffff_fffc)] {
        let hart = step(i(0x67, 0, 5, 1, imm), &[(1, base)], memory);
        assert_eq!((hart.pc, hart.x[5]), (target, CODE + 4));
        let own_base = step(i(0x67, 0, 1, 1, imm), &[(1, base)], memory);
        assert_eq!((own_base.pc, own_base.x[1]), (target, CODE + 4));
    }
    for word in [jal(5, 2), jal(5, -6), i(0x67, 0, 5, 1, 2), i(0x67, 0, 5, 1, 3)] {
        let hart = step(word, &[(5, 77)], memory);
        assert_eq!(hart.exit, Some(Exit::Fault(Fault::MisalignedJump)));
        assert_eq!((hart.pc, hart.x[5]), (CODE, 77), "a failed jump writes nothing");
    }
}

#[test]
fn loads_and_stores() {
    let memory = &mut PagedMemory::default();
    let at = |offset: u32| -> u8 { (0x80 + offset * 37) as u8 };
    for offset in 0..16 {
        for (funct3, size) in [(0, 1), (1, 2), (2, 4), (4, 1), (5, 2)] {
            let contents: Vec<u8> = (0..32).map(at).collect();
            memory.write(DATA, &contents);
            let little: i128 = (0..size).map(|k| i128::from(at(offset + k)) << (8 * k)).sum();
            let top = 1i128 << (8 * size - 1);
            let extended = if funct3 < 4 && little & top != 0 { little - 2 * top } else { little };
            let aligned = offset % size == 0;
            let base = DATA + 100;
            let imm = offset as i32 - 100;
            let loaded = step(i(0x03, funct3, 3, 1, imm), &[(1, base), (3, 9)], memory);
            let expected = if aligned { low(extended) } else { 9 };
            assert_eq!(loaded.x[3], expected, "load {funct3} at {offset}");
            let fault = Some(Exit::Fault(Fault::MisalignedLoad)).filter(|_| !aligned);
            assert_eq!(loaded.exit, fault);
            if funct3 > 2 {
                continue;
            }
            let stored = step(s(funct3, 1, 2, imm), &[(1, base), (2, 0x1234_5678)], memory);
            let mut expected = contents;
            if aligned {
                let bytes = &0x1234_5678u32.to_le_bytes()[..size as usize];
                expected[offset as usize..][..size as usize].copy_from_slice(bytes);
            }
            let mut got = vec![0; 32];
            memory.read(DATA, &mut got);
            assert_eq!(got, expected, "store {funct3} at {offset}");
            let fault = Some(Exit::Fault(Fault::MisalignedStore)).filter(|_| !aligned);
            assert_eq!(stored.exit, fault);
        }
    }
}

#[test]
fn addresses_wrap_and_the_ends_of_memory_work() {
    let memory = &mut PagedMemory::default();
    step(s(2, 1, 2, -4), &[(1, 0), (2, 0xdead_beef)], memory);
    assert_eq!(memory.word(0xffff_fffc), 0xdead_beef);
    assert_eq!(step(i(0x03, 2, 3, 1, 4), &[(1, 0xffff_fff8)], memory).x[3], 0xdead_beef);
    memory.set_word(0, 5);
    assert_eq!(step(i(0x03, 2, 3, 1, 8), &[(1, 0xffff_fff8)], memory).x[3], 5);
}

#[test]
fn what_executes_is_never_written_and_what_is_written_never_executes() {
    let memory = &mut PagedMemory::default();
    let sizes = [(0, 1), (1, 2), (2, 4)];
    for (funct3, size) in sizes {
        for address in [0, CODE, DATA - size] {
            let hart = step(s(funct3, 1, 2, 0), &[(1, address), (2, u32::MAX)], memory);
            assert_eq!(hart.exit, Some(Exit::Fault(Fault::WriteExecutable)), "{address:#x}");
        }
        let hart = step(s(funct3, 1, 2, 0), &[(1, DATA), (2, u32::MAX)], memory);
        assert_eq!(hart.exit, None);
    }
    assert_eq!((memory.word(0), memory.word(DATA - 4)), (0, 0));
    let nop = i(0x13, 0, 0, 0, 0);
    for (pc, exit) in [(DATA - 4, None), (DATA, Some(Exit::Fault(Fault::Fetch)))] {
        memory.set_word(pc, nop);
        let mut hart = Hart::new(pc);
        hart.step(memory);
        assert_eq!(hart.exit, exit);
    }
}

#[test]
fn system_calls() {
    let memory = &mut PagedMemory::default();
    for (number, code, exit) in [
        (93, 0, Exit::Program(0)),
        (93, 127, Exit::Program(127)),
        (93, 128, Exit::Fault(Fault::SystemCall)),
        (93, u32::MAX, Exit::Fault(Fault::SystemCall)),
        (0, 0, Exit::Fault(Fault::SystemCall)),
        (94, 0, Exit::Fault(Fault::SystemCall)),
        (u32::MAX, 0, Exit::Fault(Fault::SystemCall)),
    ] {
        let hart = step(asm::ECALL, &[(17, number), (10, code)], memory);
        assert_eq!(hart.exit, Some(exit));
        assert_eq!(hart.pc, CODE);
    }
}

#[test]
fn exited_states_are_fixed_points_and_codes_are_distinct() {
    let memory = &mut PagedMemory::default();
    let mut hart = step(0, &[(1, 7)], memory);
    assert_eq!(hart.exit, Some(Exit::Fault(Fault::Illegal)));
    let before = hart;
    memory.set_word(CODE, i(0x13, 0, 1, 0, 1));
    hart.step(memory);
    assert_eq!(hart, before);
    for (index, fault) in Fault::ALL.into_iter().enumerate() {
        assert_eq!(Exit::Fault(fault).code(), 128 + index as u8);
    }
}
