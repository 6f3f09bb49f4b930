//! Deployments on a real development node.

mod batches;
mod deploy;
mod node;
mod withdrawal;
