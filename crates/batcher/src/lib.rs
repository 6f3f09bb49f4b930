#![doc = include_str!("../README.md")]

pub mod core;
mod driver;
mod error;
mod http;
mod inbox;
mod options;
mod patience;
mod prepare;
mod relief;
mod run;
mod stats;

pub use self::core::Tip;
pub use error::{BatcherError, Kind};
pub use options::{Options, Post};
pub use relief::{Relief, relief, relief_header};
pub use run::{Ready, Summary, run};
