//! The three lanes against each other and against wrong ones.

mod faults;
mod lanes;
mod random;
mod replays;
