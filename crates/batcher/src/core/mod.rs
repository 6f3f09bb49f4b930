//! Decisions: functions of what is known, without clock, network or disk.

mod assemble;

pub use assemble::{Assembled, Mismatch, Tip, assemble, next_tip};
