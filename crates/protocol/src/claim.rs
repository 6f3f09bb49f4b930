//! What the lanes vote on.

use alloc::vec::Vec;

use crate::{
    Address, BatchAcc, BlockNumber, ChainId, ClaimId, ConfigHash, Hash, StatementId, Word,
    keccak256, packed::Packed,
};

/// A proposed L2 block after a range of batches. It is a function of its inputs: two
/// honest claims over one range cannot differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// The rollup.
    pub config: ConfigHash,
    /// The block it starts from.
    pub parent_block: Hash,
    /// The inbox's accumulator before the range.
    pub first_batch: BatchAcc,
    /// The inbox's accumulator after the range.
    pub last_batch: BatchAcc,
    /// The block it ends with.
    pub block: Hash,
    /// That block's number.
    pub block_number: BlockNumber,
    /// The root over every block hash of the range.
    pub checkpoints: Hash,
}

impl Claim {
    /// The claim's name on one L1 contract: a vote for it is worth nothing elsewhere.
    pub fn id(&self, l1_chain: ChainId, settlement: &Address) -> ClaimId {
        ClaimId(
            Packed::tagged("tern.claim.v1")
                .u64(l1_chain.0)
                .address(settlement)
                .hash(&self.config.0)
                .hash(&self.parent_block)
                .hash(&self.first_batch.0)
                .hash(&self.last_batch.0)
                .hash(&self.block)
                .u64(self.block_number.0)
                .hash(&self.checkpoints)
                .keccak(),
        )
    }
}

/// A proof's statement in the aggregation layer. The proof's bytes are not part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statement<'a> {
    /// The proof system.
    pub system: u32,
    /// The version of its verifier.
    pub verifier_version: u32,
    /// The hash of the verification key.
    pub key: Hash,
    /// The public inputs, as the proof system writes them.
    pub public_inputs: &'a [u8],
}

impl Statement<'_> {
    /// The statement's name.
    pub fn id(&self) -> StatementId {
        StatementId(
            Packed::tagged("tern.statement.v1")
                .u32(self.system)
                .u32(self.verifier_version)
                .hash(&self.key)
                .hash(&keccak256(self.public_inputs))
                .keccak(),
        )
    }
}

/// The most block hashes one claim may cover.
pub const MAX_CHECKPOINTS: usize = 1024;

/// The Merkle tree over every block hash of a claim's range.
///
/// Leaves and inner nodes are tagged apart, and the root commits to the count, so no
/// leaf can be passed off as a node and no range as a longer one.
#[derive(Debug, Clone)]
pub struct Checkpoints {
    levels: Vec<Vec<Hash>>,
    count: usize,
}

/// A count of block hashes that no claim may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a claim covers {0} blocks, but must cover between 1 and {MAX_CHECKPOINTS}")]
pub struct CheckpointCount(pub usize);

impl Checkpoints {
    /// Builds the tree over 1 to 1,024 block hashes.
    pub fn new(blocks: &[Hash]) -> Result<Self, CheckpointCount> {
        let count = blocks.len();
        if !(1..=MAX_CHECKPOINTS).contains(&count) {
            return Err(CheckpointCount(count));
        }
        let mut level: Vec<Hash> = blocks.iter().map(leaf).collect();
        level.resize(count.next_power_of_two(), Hash::ZERO);
        let mut levels = Vec::new();
        while level.len() > 1 {
            let above = level.chunks_exact(2).map(|pair| node(&pair[0], &pair[1])).collect();
            levels.push(core::mem::replace(&mut level, above));
        }
        levels.push(level);
        Ok(Self { levels, count })
    }

    /// What a claim commits to.
    pub fn root(&self) -> Hash {
        let top = self.levels.last().and_then(|level| level.first()).copied();
        root(self.count, &top.unwrap_or_default())
    }

    /// The siblings that prove the block at an index, from the leaf up.
    pub fn proof(&self, index: usize) -> Option<Vec<Hash>> {
        if index >= self.count {
            return None;
        }
        let below_top = &self.levels[..self.levels.len() - 1];
        below_top
            .iter()
            .enumerate()
            .map(|(depth, level)| level.get(index >> depth ^ 1).copied())
            .collect()
    }

    /// Whether `block` is the hash at `index` of the `count` under `root`.
    pub fn verify(
        expected: &Hash,
        count: usize,
        index: usize,
        block: &Hash,
        proof: &[Hash],
    ) -> bool {
        if !(1..=MAX_CHECKPOINTS).contains(&count) {
            return false;
        }
        let depth = count.next_power_of_two().trailing_zeros() as usize;
        index < count && proof.len() == depth && {
            let fold = |(at, hash): (usize, Hash), sibling: &Hash| {
                let pair = if at & 1 == 0 { (&hash, sibling) } else { (sibling, &hash) };
                (at >> 1, node(pair.0, pair.1))
            };
            let (_, top) = proof.iter().fold((index, leaf(block)), fold);
            root(count, &top) == *expected
        }
    }
}

fn leaf(block: &Hash) -> Hash {
    Packed::default().u8(0).hash(block).keccak()
}

fn node(left: &Hash, right: &Hash) -> Hash {
    Packed::default().u8(1).hash(left).hash(right).keccak()
}

fn root(count: usize, top: &Hash) -> Hash {
    let count = Word::from_u64(count as u64);
    Packed::tagged("tern.checkpoints.v1").bytes(&count.0).hash(top).keccak()
}
