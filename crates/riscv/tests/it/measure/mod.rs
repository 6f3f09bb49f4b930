//! Counts the instructions of the guests over deterministic blocks of transfers. Shared by
//! the tests and by the examples that write the committed table.

pub(crate) mod blocks;
pub(crate) mod guests;
pub(crate) mod table;
