//! The settlement machine, searched through in small worlds.

mod faults;
mod model;
mod search;
