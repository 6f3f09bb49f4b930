#![doc = include_str!("../README.md")]

mod accounts;
mod anvil;
mod backoff;
mod endpoints;
mod error;
mod folder;
mod fund;
mod guard;
mod log;
mod options;
mod parts;
mod ports;
mod progress;
mod run;
mod supervisor;

pub use accounts::{DevAccount, Role, account};
pub use endpoints::{Chain, Endpoints, L1Endpoints, Node};
pub use error::StackError;
pub use guard::die_with_parent;
pub use options::Options;
pub use parts::{GUARD, commands};
pub use run::run;
