//! Votes on a real development L1 for what a node says that it derived.

mod node;
#[path = "../../../l1/tests/it/program.rs"]
mod program;
mod rollup;
mod votes;
