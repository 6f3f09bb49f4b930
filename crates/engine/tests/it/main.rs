//! The embedded client against the executor that is proven, and against itself after it was killed.

mod blocks;
mod chain;
mod heads;
mod opening;
mod replica;
mod rpc;
