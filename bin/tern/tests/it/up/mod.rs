//! Whole rollups, driven as people drive them.

mod kills;
mod load;
mod reorgs;
mod rpc;
mod stack;
mod trouble;
mod whole;
