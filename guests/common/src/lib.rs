#![doc = include_str!("../README.md")]
#![no_std]

extern crate alloc;

mod input;
#[cfg(target_arch = "riscv32")]
mod runtime;

pub use input::{InputError, Task};
#[cfg(target_arch = "riscv32")]
pub use runtime::{end, input};

use tern_protocol::Hash;
use tern_stf::{Error, ErrorKind, Executor, Keccak, Witness, WitnessError, WitnessLimits};

/// Why a program ended without output.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GuestError {
    /// The input is not a task.
    #[error("the input is malformed: {0}")]
    Input(#[from] InputError),
    /// The task's witness is none.
    #[error(transparent)]
    Witness(#[from] WitnessError),
    /// The executor refused the block.
    #[error(transparent)]
    Executor(#[from] Error),
}

impl GuestError {
    /// The exit code that tells of it.
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Input(_) | Self::Witness(_) => 1,
            Self::Executor(error) => match error.kind() {
                ErrorKind::Retry => 2,
                ErrorKind::Reset => 3,
                ErrorKind::Stop => 4,
            },
        }
    }
}

/// Checks the task's block with an executor and returns the block's hash.
pub fn check(executor: &impl Executor, keccak: Keccak, input: &[u8]) -> Result<Hash, GuestError> {
    let task = Task::decode(input)?;
    let witness = Witness::from_bytes(task.witness, &WitnessLimits::default())?;
    let preimages = witness.into_preimages(keccak);
    Ok(executor.check(&task.spec, task.block, &preimages)?.hash)
}
