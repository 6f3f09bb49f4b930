//! What a block's execution determines of its header.

use ethrex_common::{Bloom, H256, types::bloom_from_logs};
use ethrex_crypto::NativeCrypto;
use ethrex_rlp::encode::RLPEncode;
use ethrex_trie::Trie;
use tern_stf::{Error, Receipt};

use crate::{session::Session, system};

/// The execution's results.
pub(crate) struct Outcome {
    pub(crate) gas_used: u64,
    pub(crate) receipts: Vec<Receipt>,
    pub(crate) receipts_root: H256,
    pub(crate) logs_bloom: Bloom,
    pub(crate) requests_hash: Option<H256>,
    pub(crate) state_root: H256,
    pub(crate) created: Vec<Vec<u8>>,
}

/// Does what comes after the last transaction. `included` says for each transaction which
/// candidate it was.
pub(crate) fn finish(
    session: &mut Session<'_>,
    withdrawals: &[ethrex_common::types::Withdrawal],
    included: &[usize],
) -> Result<Outcome, Error> {
    let requests_hash = system::requests_hash(session)?;
    session.withdraw(withdrawals)?;
    let (state_root, created) = session.state_root()?;
    let mut logs_bloom = Bloom::zero();
    let receipts: Vec<Receipt> = session
        .take_receipts()
        .into_iter()
        .zip(included)
        .map(|(receipt, candidate)| {
            let bloom = bloom_from_logs(&receipt.logs, &NativeCrypto);
            logs_bloom |= bloom;
            Receipt {
                candidate: *candidate,
                success: receipt.succeeded,
                cumulative_gas_used: receipt.cumulative_gas_used,
                encoded: receipt.encode_inner_with_precomputed_bloom(bloom),
            }
        })
        .collect();
    Ok(Outcome {
        gas_used: session.gas_used,
        receipts_root: list_root(receipts.iter().map(|receipt| receipt.encoded.as_slice())),
        receipts,
        logs_bloom,
        requests_hash,
        state_root,
        created,
    })
}

/// The root of the trie in which items stand under their indices.
pub(crate) fn list_root<'a>(items: impl Iterator<Item = &'a [u8]>) -> H256 {
    let entries = items.enumerate().map(|(index, item)| (index.encode_to_vec(), item.to_vec()));
    Trie::compute_hash_from_unsorted_iter(entries, &NativeCrypto)
}
