#![doc = include_str!("../README.md")]

mod rollup;

pub use rollup::{Contracts, Deployed, Rollup, RollupError};
