//! Deployments on a real development node.

mod deploy;
mod node;
