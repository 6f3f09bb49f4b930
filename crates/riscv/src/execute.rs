//! What each instruction does to registers and memory.

use crate::{Exit, Fault, Instruction, Op, map};

/// 2^32 bytes as little-endian words. Addresses given to it are multiples of four.
pub trait Memory {
    /// The word at an address.
    fn word(&self, address: u32) -> u32;
    /// Replaces the word at an address.
    fn set_word(&mut self, address: u32, value: u32);
}

/// The number of the one system call: exit with the code in `a0`.
const EXIT: u32 = 93;
const A0: usize = 10;
const A7: usize = 17;
/// Codes from here on are the machine's own.
const FIRST_FAULT_CODE: u32 = 128;

/// Executes one instruction and returns the next program counter. On an error neither
/// registers nor memory have changed.
#[inline(always)]
pub(crate) fn execute<M: Memory>(
    instruction: Instruction,
    pc: u32,
    x: &mut [u32; 32],
    memory: &mut M,
) -> Result<u32, Exit> {
    let Instruction { op, imm, .. } = instruction;
    let a = x[usize::from(instruction.rs1 & 31)];
    let b = x[usize::from(instruction.rs2 & 31)];
    let next = pc.wrapping_add(4);
    let value = match op {
        Op::Lui => imm,
        Op::Auipc => pc.wrapping_add(imm),
        Op::Jal => return jump(pc.wrapping_add(imm), next, instruction.rd, x),
        Op::Jalr => return jump(a.wrapping_add(imm) & !1, next, instruction.rd, x),
        Op::Beq => return branch(a == b, pc, imm),
        Op::Bne => return branch(a != b, pc, imm),
        Op::Blt => return branch((a as i32) < b as i32, pc, imm),
        Op::Bge => return branch(a as i32 >= b as i32, pc, imm),
        Op::Bltu => return branch(a < b, pc, imm),
        Op::Bgeu => return branch(a >= b, pc, imm),
        Op::Lb => load(memory, a.wrapping_add(imm), 1)? as i8 as u32,
        Op::Lh => load(memory, a.wrapping_add(imm), 2)? as i16 as u32,
        Op::Lw => load(memory, a.wrapping_add(imm), 4)?,
        Op::Lbu => load(memory, a.wrapping_add(imm), 1)?,
        Op::Lhu => load(memory, a.wrapping_add(imm), 2)?,
        Op::Sb => return store(memory, a.wrapping_add(imm), b, 1).map(|()| next),
        Op::Sh => return store(memory, a.wrapping_add(imm), b, 2).map(|()| next),
        Op::Sw => return store(memory, a.wrapping_add(imm), b, 4).map(|()| next),
        Op::Fence => return Ok(next),
        Op::Ecall => return Err(system_call(x)),
        Op::Illegal => return Err(Exit::Fault(Fault::Illegal)),
        Op::Addi => a.wrapping_add(imm),
        Op::Slti => u32::from((a as i32) < imm as i32),
        Op::Sltiu => u32::from(a < imm),
        Op::Xori => a ^ imm,
        Op::Ori => a | imm,
        Op::Andi => a & imm,
        Op::Slli => a << (imm & 31),
        Op::Srli => a >> (imm & 31),
        Op::Srai => (a as i32 >> (imm & 31)) as u32,
        Op::Add => a.wrapping_add(b),
        Op::Sub => a.wrapping_sub(b),
        Op::Sll => a << (b & 31),
        Op::Slt => u32::from((a as i32) < b as i32),
        Op::Sltu => u32::from(a < b),
        Op::Xor => a ^ b,
        Op::Srl => a >> (b & 31),
        Op::Sra => (a as i32 >> (b & 31)) as u32,
        Op::Or => a | b,
        Op::And => a & b,
        Op::Mul => a.wrapping_mul(b),
        Op::Mulh => high(i64::from(a as i32).wrapping_mul(i64::from(b as i32))),
        Op::Mulhsu => high(i64::from(a as i32).wrapping_mul(i64::from(b))),
        Op::Mulhu => high(u64::from(a).wrapping_mul(u64::from(b)) as i64),
        // The manual defines division by zero and overflow; neither traps.
        Op::Div if b == 0 => u32::MAX,
        Op::Div => (a as i32).wrapping_div(b as i32) as u32,
        Op::Divu => a.checked_div(b).unwrap_or(u32::MAX),
        Op::Rem if b == 0 => a,
        Op::Rem => (a as i32).wrapping_rem(b as i32) as u32,
        Op::Remu => a.checked_rem(b).unwrap_or(a),
    };
    set(x, instruction.rd, value);
    Ok(next)
}

#[inline(always)]
fn set(x: &mut [u32; 32], rd: u8, value: u32) {
    x[usize::from(rd & 31)] = value;
    x[0] = 0;
}

#[inline(always)]
const fn high(product: i64) -> u32 {
    (product as u64 >> 32) as u32
}

#[inline(always)]
fn jump(target: u32, link: u32, rd: u8, x: &mut [u32; 32]) -> Result<u32, Exit> {
    if !target.is_multiple_of(4) {
        return Err(Exit::Fault(Fault::MisalignedJump));
    }
    set(x, rd, link);
    Ok(target)
}

#[inline(always)]
fn branch(taken: bool, pc: u32, offset: u32) -> Result<u32, Exit> {
    let target = pc.wrapping_add(if taken { offset } else { 4 });
    if !target.is_multiple_of(4) {
        return Err(Exit::Fault(Fault::MisalignedJump));
    }
    Ok(target)
}

/// The `size` bytes at an address, the rest of the word zero.
#[inline(always)]
fn load<M: Memory>(memory: &M, address: u32, size: u32) -> Result<u32, Exit> {
    if !address.is_multiple_of(size) {
        return Err(Exit::Fault(Fault::MisalignedLoad));
    }
    let shifted = memory.word(address & !3) >> (address % 4 * 8);
    Ok(shifted & mask(size))
}

#[inline(always)]
fn store<M: Memory>(memory: &mut M, address: u32, value: u32, size: u32) -> Result<(), Exit> {
    if !address.is_multiple_of(size) {
        return Err(Exit::Fault(Fault::MisalignedStore));
    }
    if address < map::DATA_START {
        return Err(Exit::Fault(Fault::WriteExecutable));
    }
    let place = address & !3;
    if size == 4 {
        memory.set_word(place, value);
        return Ok(());
    }
    let shift = address % 4 * 8;
    let mask = mask(size) << shift;
    let kept = memory.word(place) & !mask;
    memory.set_word(place, kept | value << shift & mask);
    Ok(())
}

#[inline(always)]
const fn mask(size: u32) -> u32 {
    u32::MAX >> (32 - 8 * size)
}

fn system_call(x: &[u32; 32]) -> Exit {
    match (x[A7], x[A0]) {
        (EXIT, code @ 0..FIRST_FAULT_CODE) => Exit::Program(code as u8),
        _ => Exit::Fault(Fault::SystemCall),
    }
}
