//! Why an executor could not give a block.

use alloc::string::String;
use core::fmt;

use tern_protocol::Hash;

/// What the caller should do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// Get what is missing and try the same again.
    Retry,
    /// The block is wrong: drop it and go back to its parent.
    Reset,
    /// The input can never work here.
    Stop,
}

/// What a preimage was needed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Need {
    /// A node of the account trie or of a storage trie.
    Node,
    /// A contract's code.
    Code,
    /// The parent's or an older header.
    Header,
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Node => "trie node",
            Self::Code => "code",
            Self::Header => "header",
        })
    }
}

/// Why an executor could not give a block.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The witness lacks something.
    #[error(
        "the witness lacks the {need} {hash}: make the witness for this block and this executor"
    )]
    Missing {
        /// What it is needed for.
        need: Need,
        /// Its keccak-256.
        hash: Hash,
    },
    /// The witness holds the right preimage, but it is not what it has to be.
    #[error("the {need} {hash} is malformed: {reason}")]
    Malformed {
        /// What it is needed for.
        need: Need,
        /// Its keccak-256.
        hash: Hash,
        /// What is wrong with it.
        reason: String,
    },
    /// A block that is not a block.
    #[error("the block is not canonical RLP of a block: {0}")]
    BlockEncoding(String),
    /// A header field does not follow from the parent or from the execution.
    #[error("{field} is {got}, but must be {expected}")]
    Field {
        /// The field's JSON-RPC name.
        field: &'static str,
        /// What it must be.
        expected: String,
        /// What it is.
        got: String,
    },
    /// A transaction in a checked block is not valid where it stands.
    #[error("transaction {index} is not valid: {reason}")]
    Transaction {
        /// Its place in the block.
        index: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// A system call that must succeed did not, or gave a malformed answer (EIP-7002, EIP-7251, EIP-6110).
    #[error("a system contract failed: {0}")]
    SystemContract(String),
    /// Inputs of a block that no rule allows, for example a time not after the parent's.
    #[error("the block's inputs are impossible: {0}")]
    Inputs(String),
    /// A genesis on which the lanes would part.
    #[error("the genesis cannot be used: {0}")]
    Genesis(#[from] crate::GenesisError),
    /// A deliberately wrong executor was pointed at a chain with real money.
    #[error("dev executor {name} refuses chain {chain_id}: it is wrong on purpose")]
    DevOnProduction {
        /// The executor.
        name: String,
        /// The chain.
        chain_id: u64,
    },
}

impl Error {
    /// What the caller should do.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Missing { .. } => ErrorKind::Retry,
            Self::Malformed { .. }
            | Self::Inputs(_)
            | Self::Genesis(_)
            | Self::DevOnProduction { .. } => ErrorKind::Stop,
            Self::BlockEncoding(_)
            | Self::Field { .. }
            | Self::Transaction { .. }
            | Self::SystemContract(_) => ErrorKind::Reset,
        }
    }

    /// The error for a preimage that is not there.
    pub const fn missing(need: Need, hash: Hash) -> Self {
        Self::Missing { need, hash }
    }
}
