//! Whole rollups, driven as people drive them.

mod alloy;
mod faults;
mod kills;
mod load;
mod reorgs;
mod replica;
mod rpc;
mod stack;
mod trouble;
mod whole;
