//! Batches on a real inbox, with a node that only seals.

mod l1;
mod line;
mod node;
mod posting;
#[path = "../../../l1/tests/it/program.rs"]
mod program;
mod queues;
mod trouble;
