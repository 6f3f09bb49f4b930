//! The runner on made-up executors, and the lanes on the public tests.

mod fixtures;
mod runner;
mod skip;
