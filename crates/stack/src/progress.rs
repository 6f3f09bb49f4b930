//! What people see while a stack comes up.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Instant,
};

/// Numbered steps with the time since the start, on stderr.
#[derive(Debug, Clone)]
pub(crate) struct Progress {
    start: Instant,
    steps: Arc<AtomicU32>,
}

impl Progress {
    pub(crate) fn new() -> Self {
        Self { start: Instant::now(), steps: Arc::default() }
    }

    /// Something is done.
    pub(crate) fn step(&self, what: &str) {
        let number = self.steps.fetch_add(1, Ordering::Relaxed) + 1;
        eprintln!("[{number}] {:>6.1}s  {what}", self.seconds());
    }

    /// Something happened that is no step.
    pub(crate) fn note(&self, what: &str) {
        eprintln!("    {:>6.1}s  {what}", self.seconds());
    }

    /// Since the start.
    pub(crate) fn seconds(&self) -> f32 {
        self.start.elapsed().as_secs_f32()
    }
}
