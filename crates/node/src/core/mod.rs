//! What a node decides: functions from what is known to what to do. Nothing in here has a clock, a
//! network, a disk or a thread.

pub(crate) mod derivation;
pub(crate) mod event;
pub(crate) mod heads;
pub(crate) mod inbox;
pub(crate) mod pending;
pub(crate) mod queue;
pub(crate) mod sequencing;
pub(crate) mod throttle;

#[cfg(test)]
pub(crate) mod model;
#[cfg(test)]
mod properties;
