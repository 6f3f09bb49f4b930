//! A user's actions on a deployed rollup, on real development nodes.

mod proxy;
mod queues;
mod withdrawals;
mod world;
