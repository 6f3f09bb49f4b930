//! Making blocks.

use std::sync::Arc;

use ethrex_blockchain::vm::StoreVmDatabase;
use ethrex_common::types::{Block, BlockBody, BlockHeader};
use ethrex_levm::db::Database;
use ethrex_rlp::encode::RLPEncode;
use ethrex_vm::{BlockExecutionResult, DynVmDatabase};
use tern_protocol::{BlockInputs, Hash};
use tern_stf_ethrex::live::{self, Draft, Prepared, Supply};

use super::{Ethrex, Inner, Turn, head_of, requests::makes_requests};
use crate::{
    Budget, Built, EngineError,
    convert::{h256, hash},
    pool::Pick,
};

impl Ethrex {
    /// Makes the block that follows `parent` from these inputs by the skip rule, and then from
    /// the pool as far as the budget goes, and keeps it. No head moves. It executes a block, so
    /// it blocks the thread.
    pub fn build(
        &self,
        parent: Hash,
        inputs: &BlockInputs,
        pool: Option<Budget>,
    ) -> Result<Built, EngineError> {
        let inner = &self.inner;
        let mut turn = inner.turn();
        let parent = inner.known(h256(parent))?;
        inner.revive(&mut turn, parent.hash(), false)?;
        let Some(budget) = pool else {
            let draft = inner.draft(&parent, inputs, &mut Nothing)?;
            return inner.keep(&mut turn, &parent, draft);
        };
        let mut pick = Pick::new(inner, inputs.timestamp, budget);
        let draft = inner.draft(&parent, inputs, &mut pick)?;
        pick.drop_hopeless()?;
        inner.keep(&mut turn, &parent, draft)
    }
}

/// For blocks without transactions from the pool.
struct Nothing;

impl Supply for Nothing {
    fn next(&mut self, _: u64) -> Option<Prepared> {
        None
    }

    fn entered(&mut self, _: Prepared) {}

    fn refused(&mut self, _: Prepared, _: tern_stf::SkipReason) {}

    fn restart(&mut self) {}
}

impl Inner {
    fn draft(
        &self,
        parent: &BlockHeader,
        inputs: &BlockInputs,
        supply: &mut dyn Supply,
    ) -> Result<Draft, EngineError> {
        let reader = StoreVmDatabase::new(self.store.clone(), parent.clone()).map_err(|error| {
            EngineError::Ethrex { what: "open a state", reason: error.to_string() }
        })?;
        let reader: DynVmDatabase = Box::new(reader);
        let database: Arc<dyn Database> = Arc::new(reader);
        live::draft(&self.spec, parent, hash(parent.hash()), inputs, database, supply)
            .map_err(|error| EngineError::Inputs(error.to_string()))
    }

    /// Writes what a draft changes, without executing it again.
    fn keep(
        &self,
        turn: &mut Turn,
        parent: &BlockHeader,
        draft: Draft,
    ) -> Result<Built, EngineError> {
        let updates = self
            .store
            .apply_account_updates_batch(parent.hash(), &draft.updates)
            .map_err(|error| self.failed("write a state", &error))?
            .ok_or_else(|| EngineError::Gone { hash: hash(parent.hash()) })?;
        let header = BlockHeader { state_root: updates.state_trie_hash, ..draft.header };
        let transactions: Result<Vec<_>, _> =
            draft.raw.iter().map(|raw| live::transaction(raw)).collect();
        let transactions = transactions.map_err(|error| EngineError::Inputs(error.to_string()))?;
        let withdrawals = Some(draft.withdrawals);
        let block = Block::new(header, BlockBody { transactions, ommers: Vec::new(), withdrawals });
        let built = Built {
            head: head_of(&block.header),
            rlp: block.encode_to_vec(),
            from_pool: draft.raw.get(draft.included.len()..).unwrap_or_default().to_vec(),
            included: draft.included,
        };
        let (this, before) = (block.hash(), parent.hash());
        let in_memory = self.store.is_state_in_layer_cache(block.header.state_root);
        let in_memory = in_memory.map_err(|error| self.failed("look for a state", &error))?;
        if in_memory && self.header(this)?.is_some() {
            turn.whole = Some(this);
            return Ok(built);
        }
        let result = BlockExecutionResult {
            block_gas_used: block.header.gas_used,
            receipts: draft.receipts,
            requests: Vec::new(),
            tx_gas_breakdowns: Vec::new(),
        };
        if makes_requests(&block.header) {
            self.keep_requests(&block);
        }
        turn.whole = None;
        self.chain
            .store_block(block, updates, result)
            .map_err(|error| self.verdict(this, before, &error))?;
        turn.whole = Some(this);
        Ok(built)
    }
}
