//! Decisions: functions of what is known, without clock, network or disk.

mod assemble;
mod choose;
mod gas;
#[cfg(test)]
mod model;
mod plan;

pub(crate) use assemble::data;
pub use assemble::{Assembled, Mismatch, Tip, assemble, next_tip};
pub use choose::{Choice, Circumstances, Habit, Sizes, choose, cost, most_blobs};
pub use gas::{BLOB_GAS, Shape};
pub use plan::{Action, Fate, Flight, Pause, Pending, Pipeline, Seen, Setback};
