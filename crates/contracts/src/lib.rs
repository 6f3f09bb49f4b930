#![doc = include_str!("../README.md")]

mod abi;

pub use abi::*;
