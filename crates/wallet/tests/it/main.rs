//! A user's actions on a deployed rollup, on real development nodes.

mod ends;
#[path = "../../../l1/tests/it/program.rs"]
mod program;
mod proxy;
mod queues;
mod withdrawals;
mod world;
