//! The executor from outside.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod agreement;
mod chain;
mod contracts;
mod faults;
mod skipping;
