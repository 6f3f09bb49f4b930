//! The executor from outside: blocks that are built, checked, damaged and starved.

#![allow(clippy::unwrap_used)]

mod blocks;
mod chain;
mod forks;
mod skip;
mod witness;
