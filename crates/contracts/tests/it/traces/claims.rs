//! Claims that a trace speaks of: each is a chain of block hashes over a range of batches.

use std::collections::BTreeMap;

use rand::Rng;
use tern_protocol::{
    BatchAcc, BlockNumber, Checkpoints, Claim, ClaimId, ConfigHash, Hash, keccak256,
};
use tern_settlement::Conflict;

/// A claim, and every block hash in it.
#[derive(Debug, Clone)]
pub(crate) struct Story {
    pub(crate) claim: Claim,
    /// The number of the block it starts from.
    pub(crate) from_block: u64,
    pub(crate) blocks: Vec<Hash>,
}

/// Batches so far: the accumulator after each, and the last block's number. The first is the
/// empty inbox.
pub(crate) type Batches = Vec<(BatchAcc, u64)>;

/// How a claim departs from the honest one.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Lie {
    /// Blocks from this one of the range on are others; which ones.
    pub(crate) from: u64,
    pub(crate) variant: u8,
    /// The checkpoints' root is of nothing.
    pub(crate) no_checkpoints: bool,
}

impl Story {
    /// The claim over batches `first..last` that starts from `parent`.
    pub(crate) fn new(
        config: ConfigHash,
        batches: &Batches,
        parent: Hash,
        (first, last): (usize, usize),
        lie: Lie,
    ) -> Self {
        let (from_block, to_block) = (batches[first].1, batches[last].1);
        let mut hash = parent;
        let blocks: Vec<Hash> = (0..to_block - from_block)
            .map(|block| {
                let variant = if block >= lie.from { lie.variant } else { 0 };
                hash = keccak256(&[&hash.0[..], &[variant]].concat());
                hash
            })
            .collect();
        let root = Checkpoints::new(&blocks).map_or(Hash::ZERO, |tree| tree.root());
        let claim = Claim {
            config,
            parent_block: parent,
            first_batch: batches[first].0,
            last_batch: batches[last].0,
            block: hash,
            block_number: BlockNumber(to_block),
            checkpoints: if lie.no_checkpoints { keccak256(&root.0) } else { root },
        };
        Self { claim, from_block, blocks }
    }

    /// The hash of a block in it, or of the one it starts from.
    fn block(&self, number: u64) -> Option<Hash> {
        if number == self.from_block {
            return Some(self.claim.parent_block);
        }
        self.blocks.get(usize::try_from(number.checked_sub(self.from_block + 1)?).ok()?).copied()
    }

    fn path(&self, number: u64) -> Vec<Hash> {
        let index = number.checked_sub(self.from_block + 1);
        let tree = Checkpoints::new(&self.blocks).ok();
        let proof = index.zip(tree).and_then(|(index, tree)| tree.proof(index as usize));
        proof.unwrap_or_default()
    }

    fn numbers(&self) -> std::ops::RangeInclusive<u64> {
        self.from_block..=self.from_block + self.blocks.len() as u64
    }
}

/// The conflict between two chains, with the earliest blocks that show it; if there is none,
/// something like one.
pub(crate) fn conflict(a: &[&Story], b: &[&Story], rng: &mut impl Rng) -> Conflict {
    let claims = |chain: &[&Story]| chain.iter().map(|story| story.claim).collect::<Vec<_>>();
    let mut found = Conflict::of_rivals(a[0].claim, b[0].claim);
    (found.a, found.b) = (claims(a), claims(b));
    let (last_a, last_b) = (a[a.len() - 1], b[b.len() - 1]);
    let common: Vec<u64> = a[0]
        .numbers()
        .filter(|n| a[0].block(*n).is_some_and(|hash| b[0].block(*n) == Some(hash)))
        .collect();
    let Some(common) = common.get(rng.random_range(0..common.len().max(1))).copied() else {
        return found;
    };
    let differ = last_a
        .numbers()
        .filter(|n| *n > common && *n > last_a.from_block && *n > last_b.from_block)
        .filter(|n| last_b.block(*n).is_some_and(|hash| last_a.block(*n) != Some(hash)))
        .collect::<Vec<_>>();
    let Some(differ) = differ.get(rng.random_range(0..differ.len().max(1))).copied() else {
        return found;
    };
    found.common = a[0].block(common).unwrap_or_default();
    found.common_number = BlockNumber(common);
    found.common_path_a = a[0].path(common);
    found.common_path_b = b[0].path(common);
    found.differ_number = BlockNumber(differ);
    found.hash_a = last_a.block(differ).unwrap_or_default();
    found.hash_b = last_b.block(differ).unwrap_or_default();
    found.path_a = last_a.path(differ);
    found.path_b = last_b.path(differ);
    found
}

/// One field of a conflict, made wrong.
pub(crate) fn spoil(conflict: &mut Conflict, rng: &mut impl Rng) {
    let other = keccak256(&rng.random::<[u8; 8]>());
    match rng.random_range(0..8) {
        0 => conflict.common = other,
        1 => conflict.common_number.0 = conflict.common_number.0.wrapping_add(1),
        2 => conflict.common_path_a.push(other),
        3 => conflict.differ_number = conflict.common_number,
        4 => conflict.hash_b = conflict.hash_a,
        5 => {
            conflict.path_b.pop();
        }
        6 => conflict.a.reverse(),
        _ => conflict.b.clear(),
    }
}

/// Claims by name.
pub(crate) type Stories = BTreeMap<ClaimId, Story>;
