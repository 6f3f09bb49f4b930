//! Reading blocks, states and proofs.

use ethrex_common::{H256, types::Transaction};
use ethrex_rlp::encode::RLPEncode;
use tern_protocol::{Address, BlockInputs, Hash, Word};
use tern_stf_ethrex::live;

use super::{Ethrex, head_of};
use crate::{
    EngineError, Head, Heads,
    convert::{h160, h256, hash},
};

/// What proves an account and slots of its storage under a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The block.
    pub block: Head,
    /// Its header as RLP.
    pub header: Vec<u8>,
    /// Nodes of the account trie, from the root to the account or to where it would be.
    pub account: Vec<Vec<u8>>,
    /// For each slot nodes of the storage trie, from the root; empty if the storage is.
    pub storage: Vec<Vec<Vec<u8>>>,
}

impl Ethrex {
    /// A block that is kept, canonical or not.
    pub fn head(&self, block: Hash) -> Result<Option<Head>, EngineError> {
        Ok(self.inner.header(h256(block))?.as_ref().map(head_of))
    }

    /// A block of the canonical chain.
    pub fn head_at(&self, number: u64) -> Result<Option<Head>, EngineError> {
        let header = self.inner.store.get_block_header(number);
        let header = header.map_err(|error| self.inner.failed("read a header", &error))?;
        Ok(header.as_ref().map(head_of))
    }

    /// The tags as they were set last; the first block where they never were.
    pub fn heads(&self) -> Result<Heads, EngineError> {
        let inner = &self.inner;
        let failed = |error| inner.failed("read its heads", &error);
        let safe = inner.wait(inner.store.get_safe_block_number()).map_err(failed)?;
        let finalized = inner.wait(inner.store.get_finalized_block_number()).map_err(failed)?;
        let latest = inner.latest_header()?;
        let canonical = |number: Option<u64>| {
            let number = number.unwrap_or(0).min(latest.number);
            let found = inner.store.get_canonical_block_hash_sync(number).map_err(failed)?;
            found.map(hash).ok_or_else(|| EngineError::Ethrex {
                what: "read its heads",
                reason: format!("block {number} is not there"),
            })
        };
        Ok(Heads {
            latest: hash(latest.hash()),
            safe: canonical(safe)?,
            finalized: canonical(finalized)?,
        })
    }

    /// The RLP of a whole block.
    pub fn block(&self, block: Hash) -> Result<Option<Vec<u8>>, EngineError> {
        Ok(self.inner.whole_block(h256(block))?.map(|block| block.encode_to_vec()))
    }

    /// A block's transactions, each as it was signed.
    pub fn transactions(&self, block: Hash) -> Result<Option<Vec<Vec<u8>>>, EngineError> {
        let block = self.inner.whole_block(h256(block))?;
        Ok(block.map(|block| {
            block.body.transactions.iter().map(Transaction::encode_canonical_to_vec).collect()
        }))
    }

    /// Whether blocks can be made on it at once. If not, `build` and `set_heads` make the state
    /// again where they can.
    pub fn has_state(&self, block: Hash) -> Result<bool, EngineError> {
        let turn = self.inner.turn();
        self.inner.is_whole(&turn, h256(block))
    }

    /// Whether the kept block was made of exactly these inputs with no candidate skipped: making
    /// it again would give the same.
    pub fn matches(&self, block: Hash, inputs: &BlockInputs) -> Result<bool, EngineError> {
        let Some(kept) = self.inner.whole_block(h256(block))? else { return Ok(false) };
        let header = &kept.header;
        let same_header = header.timestamp == inputs.timestamp.0
            && header.gas_limit == inputs.gas_limit
            && header.coinbase == h160(inputs.beneficiary)
            && header.prev_randao == h256(inputs.prev_randao)
            && header.extra_data.as_ref() == inputs.extra_data.as_slice()
            && header.parent_beacon_block_root == Some(h256(inputs.parent_beacon_block_root));
        let withdrawals = kept.body.withdrawals.as_deref().unwrap_or_default();
        let same_withdrawals = withdrawals.len() == inputs.withdrawals.len()
            && withdrawals.iter().zip(&inputs.withdrawals).all(|(got, want)| {
                (got.index, got.validator_index, got.amount)
                    == (want.index, want.validator_index, want.amount.0)
                    && got.address == h160(want.address)
            });
        let same_transactions = kept.body.transactions.len() == inputs.candidates.len()
            && kept
                .body
                .transactions
                .iter()
                .zip(&inputs.candidates)
                .all(|(got, want)| got.encode_canonical_to_vec() == want.raw);
        if !(same_header && same_withdrawals && same_transactions) {
            return Ok(false);
        }
        // A valid block may hold what the skip rule leaves out: too much forced gas, for one.
        let admissible = live::admissible(&self.inner.spec, inputs.timestamp, &inputs.candidates)
            .map_err(|error| EngineError::Inputs(error.to_string()))?;
        Ok(admissible.into_iter().all(|one| one))
    }

    /// What proves an account under a block, while the block's state is kept.
    pub fn account_proof(&self, block: Hash, account: Address) -> Result<Proof, EngineError> {
        self.outbox_proof(block, account, &[])
    }

    /// What proves slots of an account's storage under a block, while the block's state is kept.
    pub fn outbox_proof(
        &self,
        block: Hash,
        outbox: Address,
        slots: &[Word],
    ) -> Result<Proof, EngineError> {
        let inner = &self.inner;
        let header = inner.known(h256(block))?;
        // Nothing may move states to the disk while the proof is read.
        let turn = inner.turn();
        if !inner.is_whole(&turn, header.hash())? {
            return Err(EngineError::Gone { hash: block });
        }
        let slots: Vec<H256> = slots.iter().map(|slot| H256(slot.0)).collect();
        let found = inner
            .wait(inner.store.get_account_proof(header.state_root, h160(outbox), &slots))
            .map_err(|error| inner.failed("make a proof", &error))?
            .ok_or(EngineError::Gone { hash: block })?;
        Ok(Proof {
            block: head_of(&header),
            header: header.encode_to_vec(),
            account: found.proof,
            storage: found.storage_proof.into_iter().map(|slot| slot.proof).collect(),
        })
    }
}
