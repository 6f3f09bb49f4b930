//! Why nothing could be run at all. What goes wrong in one test is a failure in the report.

use std::path::PathBuf;

/// What the caller should do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// Try the same again later.
    Retry,
    /// Give another path or other options.
    Stop,
}

/// Why nothing could be run at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder that cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// No test where tests were asked for: a run of nothing must not look like a success.
    #[error(
        "there is no block test under {path}, or none that the filter lets through: check both"
    )]
    NothingToRun {
        /// Where.
        path: PathBuf,
    },
    /// No executor was given.
    #[error("no executor was given: name at least one")]
    NoExecutor,
    /// The threads could not be started.
    #[error("cannot start the worker threads: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
}

impl Error {
    /// What the caller should do.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Threads(_) => ErrorKind::Retry,
            Self::Read { .. } | Self::NothingToRun { .. } | Self::NoExecutor => ErrorKind::Stop,
        }
    }
}
