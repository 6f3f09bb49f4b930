//! What came of a run.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use serde::Serialize;

/// What came of one test case.
#[derive(Debug, Clone)]
pub struct CaseResult {
    /// The file, or the archive and the file in it.
    pub file: String,
    /// The case's name in the file; empty when the file as a whole could not be used.
    pub case: String,
    /// What came of it.
    pub outcome: Outcome,
    /// Why each executor rejected the blocks it rejected. Tests demand that wrong blocks
    /// are rejected; whether for the right reason is for people to read.
    pub rejections: Vec<Rejection>,
}

/// What came of one test case.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// Every executor did what the test demands.
    Passed,
    /// At least one did not.
    Failed(Vec<Failure>),
    /// It was not run.
    Skipped(String),
}

/// A block that an executor rejected.
#[derive(Debug, Clone, Serialize)]
pub struct Rejection {
    /// The executor.
    pub lane: String,
    /// The block's index in the test.
    pub block: usize,
    /// The exception the test names; `None` for a block that should have been accepted.
    pub expected: Option<String>,
    /// What the executor says.
    pub reason: String,
}

/// Something an executor did that the test does not allow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The file, or the archive and the file in it.
    pub file: String,
    /// The case's name in the file; empty when the file as a whole could not be used.
    pub case: String,
    /// The executor, or several joined by `+` where they disagree; empty when the test
    /// itself could not be used.
    pub lane: String,
    /// The block's index in the test; `None` for the state before or after all blocks.
    pub block: Option<usize>,
    /// What went wrong.
    pub reason: String,
}

/// How many test cases ended how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Did what they should in every executor.
    pub passed: u64,
    /// Did not in at least one.
    pub failed: u64,
    /// Were not run: other networks, other kinds of tests.
    pub skipped: u64,
}

/// What came of a run.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// How many test cases ended how.
    pub summary: Summary,
    /// Everything that went wrong, by file, case, lane and block.
    pub failures: Vec<Failure>,
    /// Why cases were not run, and how many for each reason.
    pub skip_reasons: BTreeMap<String, u64>,
}

impl Report {
    /// Writes one JSON object a line: every failure, and last the summary.
    pub fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        for failure in &self.failures {
            serde_json::to_writer(&mut *out, failure)?;
            writeln!(out)?;
        }
        serde_json::to_writer(&mut *out, &self.summary)?;
        writeln!(out)
    }

    pub(crate) fn add(&mut self, result: CaseResult) {
        match result.outcome {
            Outcome::Passed => self.summary.passed += 1,
            Outcome::Failed(failures) => {
                self.summary.failed += 1;
                self.failures.extend(failures);
            }
            Outcome::Skipped(reason) => {
                self.summary.skipped += 1;
                *self.skip_reasons.entry(reason).or_default() += 1;
            }
        }
    }

    pub(crate) fn merge(mut self, other: Self) -> Self {
        self.summary.passed += other.summary.passed;
        self.summary.failed += other.summary.failed;
        self.summary.skipped += other.summary.skipped;
        self.failures.extend(other.failures);
        for (reason, count) in other.skip_reasons {
            *self.skip_reasons.entry(reason).or_default() += count;
        }
        self
    }

    /// Threads finish in any order; a report must not depend on it.
    pub(crate) fn sort(&mut self) {
        self.failures.sort_by(|a, b| {
            (&a.file, &a.case, &a.lane, a.block).cmp(&(&b.file, &b.case, &b.lane, b.block))
        });
    }
}
