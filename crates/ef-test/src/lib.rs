#![doc = include_str!("../README.md")]

mod case;
mod error;
mod header;
mod json;
mod lane;
mod network;
mod report;
mod run;
mod source;

pub use error::{Error, ErrorKind};
pub use report::{CaseResult, Failure, Outcome, Rejection, Report, Summary};
pub use run::{Options, run_path};
