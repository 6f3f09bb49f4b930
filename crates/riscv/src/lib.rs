#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod decode;
mod elf;
mod execute;
mod hart;
mod machine;
pub mod map;
mod memory;

pub use decode::{Instruction, Op};
pub use elf::LoadError;
pub use execute::Memory;
pub use hart::{Exit, Fault, Hart};
pub use machine::{Halt, Machine};
pub use memory::PagedMemory;
