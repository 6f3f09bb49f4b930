#![doc = include_str!("../README.md")]

mod file;
pub mod predeploys;
mod rollup;

pub use file::write_whole;
pub use rollup::{Contracts, Deployed, Rollup, RollupError};
