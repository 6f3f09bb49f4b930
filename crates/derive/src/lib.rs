#![doc = include_str!("../README.md")]
#![no_std]

extern crate alloc;

mod batch;

pub use batch::{Batch, DataBytes, DeriveError, Derived, derive, forced_gas_capacity};
