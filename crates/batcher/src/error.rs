//! What can go wrong in a batcher.

use std::{io, net::SocketAddr};

use alloy_primitives::Address;
use tern_l1::L1Error;
pub use tern_l1::Kind;
use tern_rollup::RollupError;

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
    #[error("the sequencer's node cannot be asked: {0}")]
    Node(#[source] L1Error),
    /// Somebody else is the sequencer.
    #[error(
        "{got} may not submit: the inbox {inbox} knows {sequencer} as its sequencer until {opens_after} (Unix time), so give that account's key, or wait"
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
    /// Nobody can listen there.
    #[error("cannot listen on {address} ({source}): give a free port, or 0 for any")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
}

impl BatcherError {
    /// What the caller can do about it.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::L1(error) | Self::Node(error) => error.kind(),
            _ => Kind::Stop,
        }
    }
}
