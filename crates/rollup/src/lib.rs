#![doc = include_str!("../README.md")]

pub mod predeploys;
mod rollup;

pub use rollup::{Contracts, Deployed, Rollup, RollupError};
