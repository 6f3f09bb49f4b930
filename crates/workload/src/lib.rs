#![doc = include_str!("../README.md")]

mod asm;
mod chain;
mod kinds;
mod sign;

pub use chain::Chain;
pub use kinds::{Kind, token_creation};
pub use sign::{Key, Transaction};
