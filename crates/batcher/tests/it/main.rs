//! Batches on a real inbox, with a node that only seals.

mod l1;
mod line;
mod node;
mod posting;
mod queues;
mod trouble;
