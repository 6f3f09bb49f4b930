//! What can go wrong in a node.

use std::{io, net::SocketAddr, path::PathBuf};

use tern_engine::EngineError;
use tern_l1::L1Error;
use tern_protocol::Hash;
use tern_rollup::RollupError;

/// What the caller can do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Try again later.
    Retry,
    /// Read L1 and the chain again before going on.
    Reset,
    /// Somebody has to change something.
    Stop,
}

/// Why a node does not start or stops.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NodeError {
    /// The rollup's files cannot be read.
    #[error(transparent)]
    Rollup(#[from] RollupError),
    /// L1 cannot be read.
    #[error(transparent)]
    L1(#[from] L1Error),
    /// The execution client failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Another L1 of the same chain id.
    #[error(
        "the L1 node {host} has {} as block {number}, but the rollup was deployed on an L1 that has {want} there: give the URL of that L1, or deploy again",
        .got.map_or_else(|| "nothing".to_owned(), |hash| hash.to_string())
    )]
    OtherL1 {
        /// The node.
        host: String,
        /// The block before the rollup's first.
        number: u64,
        /// What the node has there.
        got: Option<Hash>,
        /// What `rollup.json` has.
        want: Hash,
    },
    /// The folder cannot be made or written.
    #[error(
        "cannot use the folder {path} ({source}): give another with --data, or make it writable"
    )]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another process has the folder.
    #[error(
        "another node uses the folder {path}: stop it, or give this one a folder of its own with --data"
    )]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// The store is of another version of this program.
    #[error(
        "{path} was written by version {got} of this program's store, and this one reads version {want}: use the tern that wrote it, or move the folder away, then all is derived from L1 again"
    )]
    StoreVersion {
        /// The file.
        path: PathBuf,
        /// Its version.
        got: u64,
        /// This program's.
        want: u64,
    },
    /// The store belongs to another rollup.
    #[error("{path} is of another rollup: give each rollup a folder of its own with --data")]
    StoreRollup {
        /// The file.
        path: PathBuf,
    },
    /// The store cannot be read or written.
    #[error(
        "{path} cannot be used ({reason}): free space on its disk, or move the folder away, then all is derived from L1 again"
    )]
    Store {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Nobody can listen there.
    #[error(
        "cannot listen on {address} ({source}): give a free port with --http-port, or 0 for any"
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// A value that a node cannot be started with.
    #[error("{0}")]
    Option(String),
    /// What L1 says contradicts what this program computes from it.
    #[error(
        "L1 block {block} says what this program cannot follow ({reason}): this program is older than the contracts, or the L1 node is wrong"
    )]
    Inbox {
        /// The L1 block.
        block: u64,
        /// What is wrong.
        reason: String,
    },
    /// A part of the node ended without an error.
    #[error(
        "the node's {0} ended: this is a defect of this program; start it again, nothing is lost"
    )]
    Ended(&'static str),
}

impl NodeError {
    /// Whether a node that was running should go on.
    pub(crate) const fn passes(&self) -> bool {
        match self {
            Self::L1(error) => error.passes(),
            _ => !matches!(self.kind(), Kind::Stop),
        }
    }

    /// What the caller can do about it.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::L1(error) => match error.kind() {
                tern_l1::Kind::Retry => Kind::Retry,
                tern_l1::Kind::Reset => Kind::Reset,
                tern_l1::Kind::Stop => Kind::Stop,
            },
            Self::Engine(error) => match error.kind() {
                tern_engine::Kind::Retry => Kind::Retry,
                tern_engine::Kind::Reset => Kind::Reset,
                tern_engine::Kind::Stop => Kind::Stop,
            },
            _ => Kind::Stop,
        }
    }
}
