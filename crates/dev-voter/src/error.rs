//! What can go wrong with a vote.

use alloy_primitives::Address;
use tern_l1::L1Error;

pub use tern_l1::Kind;

/// Why there is no vote.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VoterError {
    /// L1 or the node cannot be asked, or a transaction was not taken.
    #[error(transparent)]
    L1(#[from] L1Error),
    /// Signatures must not decide on a chain that is worth something.
    #[error(
        "the dev voter only votes on development chains, but L1 is chain {chain_id}: use the lanes that prove"
    )]
    NotDevelopment {
        /// The chain.
        chain_id: u64,
    },
    /// A lane is no `DevLane`.
    #[error(
        "the {lane} lane of this rollup is no dev lane, so no signature votes for it: use a rollup that tern deploy --dev made"
    )]
    NotDev {
        /// The lane.
        lane: &'static str,
    },
    /// A lane believes another key.
    #[error(
        "the {lane} dev lane believes {attestor}, but the key is of {key}: give the key of lanes.devAttestor"
    )]
    OtherKey {
        /// The lane.
        lane: &'static str,
        /// Whom the lane believes.
        attestor: Address,
        /// Whose the key is.
        key: Address,
    },
    /// A lane does not vote any more.
    #[error(
        "the {lane} dev lane is frozen, so nothing becomes final by it: somebody signed what cannot all be right; start a new rollup"
    )]
    Frozen {
        /// The lane.
        lane: &'static str,
    },
    /// A contract answered with what its interface does not allow.
    #[error(
        "{what} answers with what its interface does not allow: check that the node's rollup.json is of this L1"
    )]
    Answer {
        /// What was asked.
        what: &'static str,
    },
    /// The node does not derive what is final.
    #[error(
        "what is final on L1 up to batch {batches} is not what the node derived: its node follows another branch of L1, or derives wrongly"
    )]
    OtherChain {
        /// How many batches are final.
        batches: u64,
    },
    /// The node's batches do not follow each other.
    #[error("the node's batch {index} does not follow the one before it: it is reading L1 anew")]
    Gap {
        /// The batch.
        index: u64,
    },
}

impl VoterError {
    /// What the caller can do about it.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::L1(error) => error.kind(),
            Self::OtherChain { .. } | Self::Gap { .. } => Kind::Reset,
            _ => Kind::Stop,
        }
    }
}
