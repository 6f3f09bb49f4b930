//! The contracts' real bytecode beside the Rust that knows the same rules.

mod evm;
mod tries;
