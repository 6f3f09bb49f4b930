#![doc = include_str!("../README.md")]
#![no_std]

extern crate alloc;

mod address;
mod base;
mod chain;
mod error;
mod text;

pub use address::{Checksum, InteropAddress};
pub use chain::{ChainRef, ChainType};
pub use error::Error;
