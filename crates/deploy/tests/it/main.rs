//! Deployments on a real development node.

mod batches;
mod deploy;
mod genesis;
mod node;
#[path = "../../../l1/tests/it/program.rs"]
mod program;
mod withdrawal;
