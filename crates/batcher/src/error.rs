//! What can go wrong in a batcher.

use std::{io, net::SocketAddr, path::PathBuf};

use alloy_primitives::Address;
pub use tern_l1::Kind;
use tern_l1::L1Error;
use tern_rollup::RollupError;

use crate::core::Mismatch;

/// Why a batcher does not start or stops.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BatcherError {
    /// The rollup's file cannot be read.
    #[error(transparent)]
    Rollup(#[from] RollupError),
    /// L1 could not be read or written.
    #[error(transparent)]
    L1(#[from] L1Error),
    /// The sequencer's node could not be asked.
    #[error(transparent)]
    Node(L1Error),
    /// The node follows another rollup.
    #[error(
        "the node {host} follows the rollup of the inbox {got}, but {path} is that of {want}: give the URL of a node of this rollup"
    )]
    OtherRollup {
        /// The node.
        host: String,
        /// `rollup.json`.
        path: PathBuf,
        /// The node's inbox.
        got: tern_protocol::Address,
        /// The file's.
        want: tern_protocol::Address,
    },
    /// The folder cannot be made.
    #[error(
        "cannot use the folder {path} ({source}): give another with --data, or make it writable"
    )]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Somebody else is the sequencer.
    #[error(
        "{got} may not submit: the inbox {inbox} takes batches of its sequencer {sequencer} only until {opens_after} (Unix time), so give that account's key, or wait"
    )]
    NotSequencer {
        /// Whose key was given.
        got: Address,
        /// The inbox.
        inbox: Address,
        /// Who may submit.
        sequencer: Address,
        /// After which time anyone may.
        opens_after: u64,
    },
    /// A segment does not continue what is on L1 or on its way.
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
    /// The inbox refuses a batch.
    #[error("the inbox refuses batch {index} ({reason}): L1 and the node are asked again")]
    Refused {
        /// Its place.
        index: u64,
        /// What it said.
        reason: String,
    },
    /// A segment that no transaction can carry.
    #[error(
        "batch {index} has {bytes} bytes of data, which no transaction of the allowed kind carries: allow blobs with --post auto, or start the sequencer with --max-segment-bytes"
    )]
    TooLarge {
        /// The batch's place.
        index: u64,
        /// Its data.
        bytes: usize,
    },
    /// More data than blobs are counted.
    #[error(transparent)]
    Pack(#[from] tern_codec::PackError),
    /// Nobody can listen there.
    #[error("cannot listen on {address} ({source}): give a free port, or 0 for any")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// With `--once`: the time is over.
    #[error(
        "nothing came to L1 for {seconds} s ({reason}): mend that and run again, nothing is sent twice"
    )]
    Stuck {
        /// For how long.
        seconds: u64,
        /// The last thing that was in the way.
        reason: String,
    },
    /// A part of the batcher ended.
    #[error(
        "the batcher's {0} ended: this is a defect of this program; start it again, nothing is lost"
    )]
    Ended(&'static str),
}

impl BatcherError {
    /// What the caller can do about it.
    pub const fn kind(&self) -> Kind {
        match self {
            // Somebody may send it some while it runs.
            Self::L1(L1Error::Funds { .. }) => Kind::Retry,
            Self::L1(error) | Self::Node(error) => match error.kind() {
                Kind::Stop if error.passes() => Kind::Retry,
                kind => kind,
            },
            Self::Refused { .. } => Kind::Reset,
            Self::Mismatch(Mismatch::Header(_) | Mismatch::Span { .. }) => Kind::Stop,
            Self::Mismatch(_) => Kind::Reset,
            _ => Kind::Stop,
        }
    }
}
