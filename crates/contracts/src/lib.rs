#![doc = include_str!("../README.md")]

mod abi;
mod artifact;
mod convert;

pub use abi::*;
pub use artifact::{ALL, Artifact, DEV_LANE, part_code_hashes, parts};
pub use convert::{from_alloy, to_alloy};
