//! Nodes on a real development L1, with real engines.

mod chain;
mod far;
mod gate;
mod process;
#[path = "../../../l1/tests/it/program.rs"]
mod program;
mod speed;
mod trouble;
mod world;
