//! What travels.

use serde::{Deserialize, Serialize};
use tern_protocol::{Address, BatchAcc, Hash, QueueHead};

/// A byte string, written `0x…`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bytes(#[serde(with = "tern_protocol::hex_bytes")] pub Vec<u8>);

/// A block of the rollup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BlockRef {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: Hash,
    /// Its parent's hash.
    pub parent: Hash,
    /// Its time.
    pub timestamp: u64,
}

/// A block of L1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct L1Ref {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: Hash,
    /// Its time.
    pub timestamp: u64,
}

/// How far the chain is, by what one has to trust.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Heads {
    /// The sequencer made it: `latest`.
    pub latest: BlockRef,
    /// L1 holds everything it is made of: `safe`.
    pub safe: BlockRef,
    /// Two of three proofs agreed on it: `finalized`.
    pub finalized: BlockRef,
}

/// What a node does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// Makes blocks.
    Sequencer,
    /// Derives blocks from L1.
    Follower,
}

/// How a node is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeStatus {
    /// What it does.
    pub role: Role,
    /// The rollup's chain id.
    pub chain_id: u64,
    /// Its inbox on L1.
    pub inbox: Address,
    /// Its heads.
    pub heads: Heads,
    /// The last L1 block it has seen, if it has seen one.
    pub l1_head: Option<L1Ref>,
    /// The last L1 block whose events it has read.
    pub l1_read: Option<L1Ref>,
    /// Batches it derived from L1.
    pub batches: u64,
    /// Bytes of transactions in blocks that are not on L1 yet.
    pub backlog_bytes: u64,
    /// Of a sequencer: how much it is slowed, in parts of 1,000 (0: not at all).
    pub throttle: u16,
    /// Deposits on L1 that no block has yet.
    pub deposits_waiting: u64,
    /// Forced transactions on L1 that no batch has yet.
    pub forced_waiting: u64,
    /// What it waits for or cannot do, in words; empty if all is well.
    pub trouble: String,
}

/// How far a batch consumes a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueueSpan {
    /// The head before it.
    pub before: QueueHead,
    /// The head after it.
    pub after: QueueHead,
}

/// An anchor of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SegmentAnchor {
    /// The first block, counted from 0, that reads it.
    pub from_block: u16,
    /// Its number on L1.
    pub number: u64,
    /// Its hash.
    pub hash: Hash,
}

/// Consecutive blocks of the sequencer that will be one batch: everything about the batch but its
/// place, its parent and where its data is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Segment {
    /// The number of its first block.
    pub first_block: u64,
    /// The hash of the block before.
    pub parent_hash: Hash,
    /// The hash of its last block.
    pub last_hash: Hash,
    /// The first block's time.
    pub first_timestamp: u64,
    /// Seconds between blocks.
    pub time_step: u32,
    /// The L1 blocks that its blocks read.
    pub anchors: Vec<SegmentAnchor>,
    /// The deposits it consumes.
    pub deposits: QueueSpan,
    /// The forced transactions it consumes.
    pub forced: QueueSpan,
    /// The sequencer's own transactions, block by block, as they were signed.
    pub blocks: Vec<Vec<Bytes>>,
}

/// A batch on L1 as a node derived it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchInfo {
    /// Its place.
    pub index: u64,
    /// The inbox's accumulator before it.
    pub parent_acc: BatchAcc,
    /// The inbox's accumulator after it.
    pub acc: BatchAcc,
    /// The header that L1 accepted.
    pub header: Bytes,
    /// The number of its first block.
    pub first_block: u64,
    /// The hashes of its blocks, in order.
    pub block_hashes: Vec<Hash>,
    /// The hash of the block before its first.
    pub parent_hash: Hash,
    /// The L1 block that has it.
    pub l1: L1Ref,
    /// The L1 transaction that brought it.
    pub l1_transaction: Hash,
    /// Why its sequencer's transactions were dropped, if they were.
    pub dropped: Option<String>,
}

/// What the L1 bridge wants to see of a message in the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MessageProof {
    /// The block it is proven against.
    pub block: BlockRef,
    /// Its header as RLP.
    pub header: Bytes,
    /// Nodes of the account trie, from the root to the outbox.
    pub account: Vec<Bytes>,
    /// Nodes of the outbox's storage trie, from the root to the message.
    pub storage: Vec<Bytes>,
}
