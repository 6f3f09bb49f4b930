#![doc = include_str!("../README.md")]

pub mod claim;
mod error;
mod lanes;
mod run;

pub use error::{Kind, VoterError};
pub use run::{Options, run};
