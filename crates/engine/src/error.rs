//! What can go wrong in an execution client.

use std::path::PathBuf;

use tern_protocol::Hash;

/// What the caller can do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Try again later.
    Retry,
    /// Read the client's head again before going on: it misses blocks.
    Reset,
    /// Somebody has to change something.
    Stop,
}

/// Why a client did not do what it was told.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The database does not open.
    #[error("the database in {path} does not open ({reason}): {fix}")]
    Open {
        /// Where it is.
        path: PathBuf,
        /// Why.
        reason: String,
        /// What to do.
        fix: &'static str,
    },
    /// Another process has the database.
    #[error(
        "another process uses the database in {path}: stop it, or give this one a folder of its own"
    )]
    InUse {
        /// Where it is.
        path: PathBuf,
    },
    /// Another version of this program wrote the database.
    #[error(
        "the database in {path} has version {got} of this program's form, and this program reads version {want}: use the tern that wrote it, or move the folder away, then all is derived from L1 again"
    )]
    Version {
        /// Where it is.
        path: PathBuf,
        /// Its version.
        got: String,
        /// This program's.
        want: u32,
    },
    /// The genesis file cannot be read.
    #[error(
        "the genesis file {path} cannot be used ({reason}): take the file that `tern deploy` wrote with the rollup's"
    )]
    GenesisFile {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The database is of another chain.
    #[error(
        "the database in {path} begins with block {got}, but the rollup with {want}: give this rollup a folder of its own"
    )]
    OtherChain {
        /// Where it is.
        path: PathBuf,
        /// Its block 0.
        got: Hash,
        /// The rollup's block 0.
        want: Hash,
    },
    /// The genesis file is not the rollup's.
    #[error(
        "the genesis file makes block 0 {got}, but the rollup's is {want}: take the file that `tern deploy` wrote with the rollup's"
    )]
    Genesis {
        /// What the file makes.
        got: Hash,
        /// The rollup's.
        want: Hash,
    },
    /// A block that a block needs is not there.
    #[error("{client} does not have block {hash}")]
    Unknown {
        /// The client.
        client: String,
        /// The block.
        hash: Hash,
    },
    /// The block is there, but the state behind it is not.
    #[error(
        "the state after block {hash} is not kept any more: ask for a newer block, or move the head to this one first"
    )]
    Gone {
        /// The block.
        hash: Hash,
    },
    /// The tags do not lie on one chain.
    #[error("block {below} is not an ancestor of block {above}: no head was moved")]
    Heads {
        /// What should be the ancestor.
        below: Hash,
        /// Of which block.
        above: Hash,
    },
    /// The pool does not take a transaction.
    #[error("the transaction is refused: {0}")]
    Refused(String),
    /// A block breaks Ethereum's rules, says the client.
    #[error("{client} says that block {hash} is not valid: {reason}")]
    Invalid {
        /// The client.
        client: String,
        /// The block.
        hash: Hash,
        /// Why.
        reason: String,
    },
    /// No block can be made from these inputs.
    #[error("no block can be made: {0}")]
    Inputs(String),
    /// The disk is full or fails.
    #[error(
        "the database in {path} cannot be written ({reason}): free space on its disk, then start again; nothing that was written is lost"
    )]
    Disk {
        /// Where it is.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The client does not answer.
    #[error("{client} does not answer ({reason}): check its address and that it runs")]
    Unreachable {
        /// The client.
        client: String,
        /// Why.
        reason: String,
    },
    /// The client refuses the caller.
    #[error("{client} refuses the secret: give the file that it was started with (--jwt-secret)")]
    Secret {
        /// The client.
        client: String,
    },
    /// The file with the secret cannot be used.
    #[error(
        "the secret's file {path} cannot be used ({reason}): give one with 64 hexadecimal digits"
    )]
    SecretFile {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The client cannot be understood, or does not understand.
    #[error(
        "{client} answered {method} with {reason}: check that it is an execution client under Prague rules"
    )]
    Answer {
        /// The client.
        client: String,
        /// What was asked.
        method: String,
        /// What came back.
        reason: String,
    },
    /// Inside ethrex something failed that is nobody's input.
    #[error("ethrex failed to {what}: {reason}")]
    Ethrex {
        /// What was tried.
        what: &'static str,
        /// What it said.
        reason: String,
    },
}

impl EngineError {
    /// What the caller can do about it.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Unreachable { .. } => Kind::Retry,
            Self::Unknown { .. } | Self::Gone { .. } => Kind::Reset,
            _ => Kind::Stop,
        }
    }
}
