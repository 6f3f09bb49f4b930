//! What every execution client can do, and what travels.

use std::{future::Future, time::Instant};

use ethrex_common::types::Block;
use ethrex_rlp::decode::RLPDecode;
use tern_protocol::{Address, Hash};

use crate::{
    EngineError,
    ethrex::{NAME, head_of},
};

/// A block, by what others must know of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: Hash,
    /// Its parent's hash.
    pub parent: Hash,
    /// Its time.
    pub timestamp: u64,
}

/// What a block says of itself, before any of it is believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announced {
    /// The block; that its hash is right is certain.
    pub head: Head,
    /// Its gas limit.
    pub gas_limit: u64,
    /// Who receives its fees.
    pub beneficiary: Address,
    /// Its `extraData`.
    pub extra_data: Vec<u8>,
}

impl Announced {
    /// Reads a block's RLP.
    pub fn read(block: &[u8]) -> Result<Self, EngineError> {
        let Block { header, .. } = decode(NAME, block)?;
        Ok(Self {
            head: head_of(&header),
            gas_limit: header.gas_limit,
            beneficiary: Address(header.coinbase.0),
            extra_data: header.extra_data.to_vec(),
        })
    }
}

/// Decodes a block that was given to a client.
pub(crate) fn decode(client: &str, block: &[u8]) -> Result<Block, EngineError> {
    Block::decode(block).map_err(|error| EngineError::Invalid {
        client: client.to_owned(),
        hash: tern_stf_ethrex::keccak(block),
        reason: format!("it is not a block: {error}"),
    })
}

/// What the tags `latest`, `safe` and `finalized` mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heads {
    /// The last block.
    pub latest: Hash,
    /// The last block that derives from L1; an ancestor of `latest`.
    pub safe: Hash,
    /// The last block that is settled; an ancestor of `safe`.
    pub finalized: Hash,
}

/// An execution client that takes blocks and is told which one is the head.
pub trait Client: Send + Sync {
    /// What it is, for people.
    fn name(&self) -> &str;

    /// Executes and keeps a block (its RLP), whose parent it must have. Taking a block twice does nothing.
    fn import(&self, block: &[u8]) -> impl Future<Output = Result<Head, EngineError>> + Send;

    /// Moves the tags, also back and to another branch, however deep.
    fn set_heads(&self, heads: Heads) -> impl Future<Output = Result<(), EngineError>> + Send;

    /// The block that `latest` means.
    fn latest(&self) -> impl Future<Output = Result<Head, EngineError>> + Send;
}

/// How much of the pool may enter a block, beside its gas limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Bytes of transactions, each counted with the length before it.
    pub bytes: usize,
    /// Transactions.
    pub transactions: usize,
    /// When to stop adding.
    pub until: Instant,
}

/// A block that was made, and is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// The block.
    pub head: Head,
    /// As RLP.
    pub rlp: Vec<u8>,
    /// Which of the given candidates are in it, by their index, in order. They come first.
    pub included: Vec<usize>,
    /// What came from the pool behind them, as it was signed.
    pub from_pool: Vec<Vec<u8>>,
}
