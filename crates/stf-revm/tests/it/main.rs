//! The executor from outside: blocks that are built, checked, damaged and starved.

mod blocks;
mod chain;
mod forks;
mod skip;
mod witness;
