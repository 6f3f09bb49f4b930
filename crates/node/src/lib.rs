#![doc = include_str!("../README.md")]

mod error;
mod options;
mod run;

pub use error::{Kind, NodeError};
pub use options::{Options, ReplicaOptions, RoleOptions, SequencerOptions};
pub use run::{Ready, run, stop_signal};
