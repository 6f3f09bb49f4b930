//! Nodes on a real development L1, with real engines.

mod chain;
mod gate;
mod process;
mod speed;
mod trouble;
mod world;
