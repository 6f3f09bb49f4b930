#![doc = include_str!("../README.md")]

mod client;
mod error;

pub use client::{Budget, Built, Client, Head, Heads};
pub use error::{EngineError, Kind};
