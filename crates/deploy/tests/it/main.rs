//! Deployments on a real development node.

mod batches;
mod deploy;
mod genesis;
mod node;
mod withdrawal;
