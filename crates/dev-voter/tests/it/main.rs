//! Votes on a real development L1 for what a node says that it derived.

mod node;
mod rollup;
mod votes;
