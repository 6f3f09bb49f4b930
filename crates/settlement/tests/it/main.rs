//! The settlement machine, searched through in small worlds.

mod calls;
mod faults;
mod model;
mod random;
mod search;
