//! What to claim. Pure: nothing is asked.

use alloy_primitives::{B256, keccak256};
use alloy_sol_types::SolValue;
use tern_node_api::BatchInfo;
use tern_protocol::{
    BatchAcc, BlockNumber, Checkpoints, Claim, ConfigHash, Hash, MAX_CHECKPOINTS, RollupConfig,
};

use crate::VoterError;

/// The last final block, as the settlement contract keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Names the block and the accumulator after its batch.
    pub point: B256,
    /// How many batches are final.
    pub batches: u64,
    /// The block's number.
    pub block_number: u64,
}

/// Where a claim starts: a block after an accumulator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Start {
    /// The block.
    pub block: Hash,
    /// The accumulator.
    pub acc: BatchAcc,
}

impl Start {
    /// Before the first batch.
    pub fn genesis(config: &RollupConfig) -> Self {
        Self { block: config.genesis_hash, acc: BatchAcc::default() }
    }

    /// After a batch.
    pub fn after(batch: &BatchInfo) -> Self {
        let block = batch.block_hashes.last().copied().unwrap_or(batch.parent_hash);
        Self { block, acc: batch.acc }
    }

    /// Its name, as the settlement contract computes it.
    pub fn point(&self) -> B256 {
        keccak256((B256::from(self.block.0), B256::from(self.acc.0.0)).abi_encode())
    }
}

/// The claim from what is final over as many of these batches as one claim may cover; none if
/// there is no batch. The batches are the node's, from the first that is not final on.
pub fn next(
    config: ConfigHash,
    head: &Head,
    start: Start,
    batches: &[BatchInfo],
) -> Result<Option<Claim>, VoterError> {
    if start.point() != head.point {
        return Err(VoterError::OtherChain { batches: head.batches });
    }
    let mut end = start;
    let mut hashes: Vec<Hash> = Vec::new();
    for (index, batch) in (head.batches..).zip(batches) {
        let first = head.block_number + hashes.len() as u64 + 1;
        let follows = batch.index == index
            && batch.parent_acc == end.acc
            && batch.parent_hash == end.block
            && batch.first_block == first
            && !batch.block_hashes.is_empty();
        if !follows {
            return Err(VoterError::Gap { index });
        }
        if hashes.len() + batch.block_hashes.len() > MAX_CHECKPOINTS {
            break;
        }
        hashes.extend(&batch.block_hashes);
        end = Start::after(batch);
    }
    // No batch is larger than a claim: only an empty list has no tree.
    let Ok(checkpoints) = Checkpoints::new(&hashes) else { return Ok(None) };
    Ok(Some(Claim {
        config,
        parent_block: start.block,
        first_batch: start.acc,
        last_batch: end.acc,
        block: end.block,
        block_number: BlockNumber(head.block_number + hashes.len() as u64),
        checkpoints: checkpoints.root(),
    }))
}

#[cfg(test)]
mod tests {
    use tern_node_api::{Bytes, L1Ref};

    use super::*;

    const CONFIG: ConfigHash = ConfigHash(Hash([9; 32]));

    fn hash(kind: u8, number: u64) -> Hash {
        let mut bytes = [kind; 32];
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        Hash(bytes)
    }

    fn genesis() -> Start {
        Start { block: hash(0xb1, 0), acc: BatchAcc::default() }
    }

    /// Batches of so many blocks each, from the genesis.
    fn batches(counts: &[u64]) -> Vec<BatchInfo> {
        let mut before = (genesis(), 0);
        let mut all = Vec::new();
        for (index, count) in counts.iter().enumerate() {
            let index = index as u64;
            let (start, last) = before;
            let batch = BatchInfo {
                index,
                parent_acc: start.acc,
                acc: BatchAcc(hash(0xac, index)),
                header: Bytes::default(),
                first_block: last + 1,
                block_hashes: (last + 1..=last + count).map(|block| hash(0xb1, block)).collect(),
                parent_hash: start.block,
                l1: L1Ref { number: 0, hash: Hash::ZERO, timestamp: 0 },
                l1_transaction: Hash::ZERO,
                dropped: None,
            };
            before = (Start::after(&batch), last + count);
            all.push(batch);
        }
        all
    }

    fn head(start: Start, batches: u64, block_number: u64) -> Head {
        Head { point: start.point(), batches, block_number }
    }

    #[test]
    fn a_claim_covers_what_is_not_final_yet() {
        let all = batches(&[3, 1, 2]);
        let claim = next(CONFIG, &head(genesis(), 0, 0), genesis(), &all);
        let claim = claim.expect("they follow").expect("there is something to claim");
        assert_eq!((claim.parent_block, claim.first_batch), (genesis().block, genesis().acc));
        assert_eq!((claim.block, claim.last_batch), (hash(0xb1, 6), all[2].acc));
        assert_eq!(claim.block_number, BlockNumber(6));

        let start = Start::after(&all[0]);
        let claim = next(CONFIG, &head(start, 1, 3), start, &all[1..]);
        let claim = claim.expect("they follow").expect("there is something to claim");
        assert_eq!((claim.parent_block, claim.first_batch), (hash(0xb1, 3), all[0].acc));
        let hashes: Vec<Hash> = (4..=6).map(|block| hash(0xb1, block)).collect();
        assert_eq!(claim.checkpoints, Checkpoints::new(&hashes).expect("three").root());
    }

    #[test]
    fn a_claim_covers_whole_batches_and_at_most_1024_blocks() {
        let head = head(genesis(), 0, 0);
        for (counts, covers) in
            [(&[1_000, 24, 1][..], 1_024), (&[1_000, 25][..], 1_000), (&[1_024][..], 1_024)]
        {
            let claim = next(CONFIG, &head, genesis(), &batches(counts)).expect("they follow");
            assert_eq!(claim.expect("something").block_number, BlockNumber(covers));
        }
        assert_eq!(next(CONFIG, &head, genesis(), &[]).expect("nothing"), None);
    }

    #[test]
    fn nothing_is_claimed_on_top_of_another_chain() {
        let all = batches(&[3, 1]);
        let elsewhere = Start { block: hash(0xee, 0), ..genesis() };
        let error = next(CONFIG, &head(elsewhere, 0, 0), genesis(), &all).expect_err("no");
        assert!(matches!(error, VoterError::OtherChain { batches: 0 }), "{error}");
    }

    #[test]
    fn batches_of_two_moments_are_not_mixed() {
        let head = head(genesis(), 0, 0);
        type Change = fn(&mut BatchInfo);
        let changes: [Change; 5] = [
            |b| b.index = 7,
            |b| b.parent_acc = BatchAcc(hash(1, 1)),
            |b| b.parent_hash = hash(1, 1),
            |b| b.first_block += 1,
            |b| b.block_hashes.clear(),
        ];
        for change in changes {
            let mut all = batches(&[3, 1]);
            change(&mut all[1]);
            let error = next(CONFIG, &head, genesis(), &all).expect_err("they do not follow");
            assert!(matches!(error, VoterError::Gap { index: 1 }), "{error}");
        }
    }
}
