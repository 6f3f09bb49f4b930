//! The contracts' real bytecode beside the Rust that knows the same rules.

mod deploys;
mod evm;
mod tries;
mod world;
