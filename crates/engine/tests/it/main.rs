//! The embedded client against the executor that is proven, and against itself after it was killed.

mod blocks;
mod chain;
mod heads;
mod opening;
mod proofs;
mod rate;
mod replica;
mod rpc;
mod subscriptions;
mod trouble;
