//! The machine's state beside its memory.

use crate::{Instruction, Memory, Op, execute::execute, map};

/// Why the machine stopped itself. Each is a normal, provable end with an exit code of
/// its own; none depends on anything but the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[repr(u8)]
pub enum Fault {
    /// The program counter left the executable part of memory.
    #[error("the program counter is outside of executable memory")]
    Fetch = 128,
    /// The word at the program counter is no RV32IM instruction.
    #[error("illegal instruction")]
    Illegal = 129,
    /// A jump or a taken branch to an address that is no multiple of four.
    #[error("jump to a misaligned address")]
    MisalignedJump = 130,
    /// A load from an address that is no multiple of its size.
    #[error("load from a misaligned address")]
    MisalignedLoad = 131,
    /// A store to an address that is no multiple of its size.
    #[error("store to a misaligned address")]
    MisalignedStore = 132,
    /// A store into executable memory.
    #[error("store into executable memory")]
    WriteExecutable = 133,
    /// An ECALL whose number or argument means nothing.
    #[error("unknown system call")]
    SystemCall = 134,
}

impl Fault {
    /// Every fault.
    pub const ALL: [Self; 7] = [
        Self::Fetch,
        Self::Illegal,
        Self::MisalignedJump,
        Self::MisalignedLoad,
        Self::MisalignedStore,
        Self::WriteExecutable,
        Self::SystemCall,
    ];
}

/// How the machine ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Exit {
    /// The program said so, with a code from 0 to 127.
    Program(u8),
    /// The machine stopped it.
    Fault(Fault),
}

impl Exit {
    /// The exit code: 0 is success, below 128 is the program's, from 128 on a fault.
    pub const fn code(self) -> u8 {
        match self {
            Self::Program(code) => code,
            Self::Fault(fault) => fault as u8,
        }
    }
}

/// The machine's state beside its memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hart {
    /// Address of the next instruction, always a multiple of four.
    pub pc: u32,
    /// The registers; the first is always zero.
    pub x: [u32; 32],
    /// Instructions tried so far, the one that halted included.
    pub steps: u64,
    /// How it ended, once it did. From then on nothing changes.
    pub exit: Option<Exit>,
}

impl Hart {
    /// A machine about to execute the instruction at `pc`, with all registers zero.
    pub const fn new(pc: u32) -> Self {
        Self { pc, x: [0; 32], steps: 0, exit: None }
    }

    /// One step, straight from the definition: fetch, decode, execute. An exited state
    /// stays as it is; a failing step changes nothing but the step count and the exit.
    pub fn step<M: Memory>(&mut self, memory: &mut M) {
        if self.exit.is_some() {
            return;
        }
        self.steps += 1;
        let done = fetch(self.pc, memory)
            .and_then(|instruction| execute(instruction, self.pc, &mut self.x, memory));
        match done {
            Ok(next) => self.pc = next,
            Err(exit) => self.exit = Some(exit),
        }
    }
}

/// The instruction at an address.
pub(crate) fn fetch<M: Memory>(pc: u32, memory: &M) -> Result<Instruction, Exit> {
    if pc >= map::DATA_START || !pc.is_multiple_of(4) {
        return Err(Exit::Fault(Fault::Fetch));
    }
    let instruction = Instruction::decode(memory.word(pc));
    if instruction.op == Op::Illegal {
        return Err(Exit::Fault(Fault::Illegal));
    }
    Ok(instruction)
}
