//! What a block's execution determines of its header.

use ethrex_common::{
    Bloom, H256,
    types::{AccountUpdate, bloom_from_logs},
};
use ethrex_crypto::NativeCrypto;
use ethrex_rlp::encode::RLPEncode;
use ethrex_trie::Trie;
use tern_stf::{Error, Receipt};

use crate::{session::Session, store::Store, system};

/// What the header says of the execution, beside the state's root.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Results {
    pub(crate) gas_used: u64,
    pub(crate) receipts_root: H256,
    pub(crate) logs_bloom: Bloom,
    pub(crate) requests_hash: Option<H256>,
}

/// An execution that is written to the state.
pub(crate) struct Outcome {
    pub(crate) results: Results,
    pub(crate) receipts: Vec<Receipt>,
    pub(crate) state_root: H256,
    pub(crate) created: Vec<Vec<u8>>,
}

/// An execution that is not written to the state yet.
pub(crate) struct Effects {
    pub(crate) results: Results,
    pub(crate) receipts: Vec<ethrex_common::types::Receipt>,
    /// The receipts as the trie holds them.
    encoded: Vec<Vec<u8>>,
    pub(crate) updates: Vec<AccountUpdate>,
}

/// Does what comes after the last transaction.
pub(crate) fn settle(
    session: &mut Session<'_>,
    withdrawals: &[ethrex_common::types::Withdrawal],
) -> Result<Effects, Error> {
    let requests_hash = system::requests_hash(session)?;
    session.withdraw(withdrawals)?;
    let updates = session.updates()?;
    let mut logs_bloom = Bloom::zero();
    let receipts = session.take_receipts();
    let encoded: Vec<Vec<u8>> = receipts
        .iter()
        .map(|receipt| {
            let bloom = bloom_from_logs(&receipt.logs, &NativeCrypto);
            logs_bloom |= bloom;
            receipt.encode_inner_with_precomputed_bloom(bloom)
        })
        .collect();
    let receipts_root = list_root(encoded.iter().map(Vec::as_slice));
    let results = Results { gas_used: session.gas_used, receipts_root, logs_bloom, requests_hash };
    Ok(Effects { results, receipts, encoded, updates })
}

/// Does what comes after the last transaction, and writes what changed to the state.
/// `included` says for each transaction which candidate it was.
pub(crate) fn finish(
    session: &mut Session<'_>,
    store: &Store,
    withdrawals: &[ethrex_common::types::Withdrawal],
    included: &[usize],
) -> Result<Outcome, Error> {
    let effects = settle(session, withdrawals)?;
    let mut created = Vec::new();
    let state_root =
        store.with_world(|world, source| world.apply(effects.updates, source, &mut created))?;
    let receipts = effects
        .receipts
        .into_iter()
        .zip(effects.encoded)
        .zip(included)
        .map(|((receipt, encoded), candidate)| Receipt {
            candidate: *candidate,
            success: receipt.succeeded,
            cumulative_gas_used: receipt.cumulative_gas_used,
            encoded,
        })
        .collect();
    Ok(Outcome { results: effects.results, receipts, state_root, created })
}

/// The root of the trie in which items stand under their indices.
pub(crate) fn list_root<'a>(items: impl Iterator<Item = &'a [u8]>) -> H256 {
    let entries = items.enumerate().map(|(index, item)| (index.encode_to_vec(), item.to_vec()));
    Trie::compute_hash_from_unsorted_iter(entries, &NativeCrypto)
}
