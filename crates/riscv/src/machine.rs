//! A machine with memory, loaded with a program, that runs fast.

use alloc::vec::Vec;

use crate::{
    Exit, Hart, Instruction, LoadError, PagedMemory,
    elf::Image,
    execute::execute,
    hart::fetch,
    map::{INPUT, INPUT_END},
};

const A1: usize = 11;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Halt {
    /// How.
    pub exit: Exit,
    /// After how many instructions, the last one included.
    pub steps: u64,
}

/// A loaded machine. It does exactly what [`Hart::step`] does, only faster: executable
/// memory cannot change, so its instructions are decoded once.
#[derive(Debug, Clone)]
pub struct Machine {
    hart: Hart,
    memory: PagedMemory,
    code_start: u32,
    code: Vec<Instruction>,
}

impl Machine {
    /// A machine that is about to run a program.
    pub fn load_elf(elf: &[u8]) -> Result<Self, LoadError> {
        let image = Image::parse(elf)?;
        let mut memory = PagedMemory::default();
        for segment in &image.segments {
            memory.write(segment.address, segment.bytes);
        }
        let (code_start, words) = image.code;
        let code = words
            .chunks_exact(4)
            .map(|word| {
                Instruction::decode(u32::from_le_bytes([word[0], word[1], word[2], word[3]]))
            })
            .collect();
        Ok(Self { hart: Hart::new(image.entry), memory, code_start, code })
    }

    /// Places the input where the program expects it.
    pub fn set_input(&mut self, input: &[u8]) -> Result<(), LoadError> {
        let most = (INPUT_END - INPUT - 4) as usize;
        let length = u32::try_from(input.len()).ok().filter(|_| input.len() <= most);
        let length = length.ok_or(LoadError::InputTooLong { length: input.len(), most })?;
        self.memory.write(INPUT, &length.to_le_bytes());
        self.memory.write(INPUT + 4, input);
        Ok(())
    }

    /// Runs until the program ends or `max_steps` instructions were executed; `None` if
    /// it has not ended by then. It can be called again to go on.
    pub fn run(&mut self, max_steps: u64) -> Option<Halt> {
        self.run_observed(max_steps, |_| {})
    }

    /// Like [`Self::run`], and tells the program counter of each step.
    pub fn run_observed(&mut self, max_steps: u64, mut observe: impl FnMut(u32)) -> Option<Halt> {
        let Self { hart, memory, code_start, code } = self;
        let (mut pc, mut x, mut left) = (hart.pc, hart.x, max_steps);
        while hart.exit.is_none() && left > 0 {
            left -= 1;
            observe(pc);
            let place = pc.wrapping_sub(*code_start) >> 2;
            let done = match code.get(place as usize) {
                Some(instruction) => execute(*instruction, pc, &mut x, memory),
                None => fetch(pc, memory)
                    .and_then(|instruction| execute(instruction, pc, &mut x, memory)),
            };
            match done {
                Ok(next) => pc = next,
                Err(exit) => hart.exit = Some(exit),
            }
        }
        hart.pc = pc;
        hart.x = x;
        hart.steps += max_steps - left;
        hart.exit.map(|exit| Halt { exit, steps: hart.steps })
    }

    /// One step, straight from the definition.
    pub fn step(&mut self) {
        self.hart.step(&mut self.memory);
    }

    /// The registers and what belongs to them.
    pub const fn hart(&self) -> &Hart {
        &self.hart
    }

    /// The memory.
    pub const fn memory(&self) -> &PagedMemory {
        &self.memory
    }

    /// The 32 bytes that the program committed to, once it has succeeded: they lie where
    /// `a1` points.
    pub fn output(&self) -> Option<[u8; 32]> {
        if self.hart.exit != Some(Exit::Program(0)) {
            return None;
        }
        let mut output = [0; 32];
        self.memory.read(self.hart.x[A1], &mut output);
        Some(output)
    }
}
