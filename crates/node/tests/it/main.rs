//! Nodes on a real development L1, with real engines.

mod chain;
mod world;
