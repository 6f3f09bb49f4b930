//! The contracts' real bytecode beside the Rust that knows the same rules.

mod deploys;
mod doubles;
mod evm;
mod gas;
mod proofs;
mod traces;
mod tries;
mod world;
