//! The runner on made-up executors, and the lanes on the public tests.

mod fixtures;
mod recorded;
mod runner;
mod skip;
