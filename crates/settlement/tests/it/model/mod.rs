//! Small worlds, searched through to the last state.

pub(crate) mod fixture;
pub(crate) mod invariants;
pub(crate) mod search;
pub(crate) mod world;
pub(crate) mod worlds;
