#![doc = include_str!("../README.md")]

pub mod core;
mod error;
mod inbox;
mod options;
mod relief;
mod run;

pub use core::Tip;
pub use error::{BatcherError, Kind};
pub use options::{Options, Post};
pub use relief::{Relief, relief, relief_header};
pub use run::{Ready, Summary, run};
