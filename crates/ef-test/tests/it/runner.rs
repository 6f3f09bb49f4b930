//! What the runner makes of executors that are made up.
