#![doc = include_str!("../README.md")]

mod api;
mod checkpoint;
mod core;
mod deriving;
mod driver;
mod error;
mod following;
mod making;
mod options;
mod outbox;
mod reader;
mod replicas;
mod run;
mod shared;
mod store;

pub use error::{Kind, NodeError};
pub use options::{Options, ReplicaOptions, RoleOptions, SequencerOptions};
pub use run::{Ready, run, stop_signal};
pub use tern_engine::Audience;
