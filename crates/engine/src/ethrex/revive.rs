//! Making states again that are not on the disk.
//!
//! ethrex keeps one state on the disk and those of the next 128 blocks or so in memory. After
//! a restart the ones in memory are gone and their blocks are executed again. A state before
//! the one on the disk is reached over a journal of what each block overwrote, which reaches
//! back to the last settled block.

use std::{
    thread,
    time::{Duration, Instant},
};

use ethrex_blockchain::error::ChainError;
use ethrex_common::{
    H256,
    types::{Block, BlockHeader},
};
use ethrex_storage::{api::tables::STATE_HISTORY, journal::JournalEntry};
use tracing::{debug, info, warn};

use super::{Inner, NAME, unknown};
use crate::{EngineError, convert::hash};

/// Blocks to look back over for a state at most.
const REACH: usize = 1 << 18;

/// In-memory states that are kept when the canonical chain is executed again.
const DEPTH: usize = 128;

/// How long a deep step back waits for ethrex's background work on a new database.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where a state can be had.
enum Base {
    /// It is there.
    State,
    /// After undoing what the journal has from this block on.
    Undo { from: u64 },
}

impl Inner {
    /// Sees to it that the state after a block is there. `canonical` is for blocks that no
    /// other branch competes with.
    pub(super) fn revive(&self, target: H256, canonical: bool) -> Result<(), EngineError> {
        let mut missing = Vec::new();
        let mut at = self.known(target)?;
        let base = loop {
            if let Some(base) = self.base(&at)? {
                break base;
            }
            if at.number == 0 || missing.len() >= REACH {
                return Err(EngineError::Gone { hash: hash(target) });
            }
            let parent = at.parent_hash;
            missing.push(at.hash());
            at = self.known(parent)?;
        };
        if let Base::Undo { from } = base {
            self.undo(from)?;
        }
        self.execute_again(&missing, canonical)
    }

    fn base(&self, header: &BlockHeader) -> Result<Option<Base>, EngineError> {
        if self.has_state_root(header.state_root)? {
            return Ok(Some(Base::State));
        }
        let from = header.number.saturating_add(1);
        let Some(entry) = self.journal(from)? else { return Ok(None) };
        let undone = self.header(entry.block_hash)?;
        let leads_here = undone.is_some_and(|block| block.parent_hash == header.hash())
            && entry.parent_state_root == header.state_root;
        Ok(leads_here.then_some(Base::Undo { from }))
    }

    pub(super) fn has_state_root(&self, root: H256) -> Result<bool, EngineError> {
        self.store.has_state_root(root).map_err(|error| self.failed("look for a state", &error))
    }

    fn journal(&self, number: u64) -> Result<Option<JournalEntry>, EngineError> {
        let bytes = self
            .store
            .read(STATE_HISTORY, number.to_be_bytes().to_vec())
            .map_err(|error| self.failed("read its journal", &error))?;
        bytes
            .map(|bytes| {
                JournalEntry::decode(&bytes).map_err(|error| EngineError::Ethrex {
                    what: "read its journal",
                    reason: error.to_string(),
                })
            })
            .transpose()
    }

    /// Puts the state before block `from` in place of the newest one on the disk. The states
    /// in memory are dropped; all of them can be made again.
    fn undo(&self, from: u64) -> Result<(), EngineError> {
        let failed = |error| self.failed("step back in its journal", &error);
        self.await_background_work()?;
        let Some(_pass) = self.chain.enter_reorg() else {
            let reason = "another step back is under way".to_owned();
            return Err(EngineError::Ethrex { what: "step back in its journal", reason });
        };
        let edge = self.store.highest_state_history_block_number().map_err(failed)?.unwrap_or(from);
        warn!(from, to = edge, "stepping back over blocks that are not canonical any more");
        // The entries were followed to the target by their blocks' hashes already.
        self.store.install_overlay_for_reorg(edge, from, |_| None).map_err(failed)
    }

    pub(super) fn await_background_work(&self) -> Result<(), EngineError> {
        let failed = |error| self.failed("look at its background work", &error);
        let begun = Instant::now();
        while !self.store.flatkeyvalue_fully_generated().map_err(failed)? {
            if begun.elapsed() > PATIENCE {
                let reason = "its background work on the state has not ended yet".to_owned();
                return Err(EngineError::Ethrex { what: "step back in its journal", reason });
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Executes blocks that were valid before; the last one in the list is the first in the chain.
    fn execute_again(&self, blocks: &[H256], canonical: bool) -> Result<(), EngineError> {
        let total = blocks.len();
        if total > 1 {
            info!(blocks = total, "executing blocks again whose states are not on the disk");
        }
        let mut said = Instant::now();
        for (done, block) in blocks.iter().rev().enumerate() {
            let block = self.whole_block(*block)?.ok_or_else(|| unknown(*block))?;
            let number = block.header.number;
            if canonical {
                let executed = self.chain.add_block_pipeline_bounded(block, None, DEPTH);
                executed.map(|_| ()).map_err(|error| self.refused(number, &error))?;
            } else {
                let executed = self.chain.add_block_pipeline(block, None);
                executed.map_err(|error| self.refused(number, &error))?;
            }
            if said.elapsed() > Duration::from_secs(2) {
                said = Instant::now();
                info!(done = done + 1, total, number, "executing blocks again");
            }
        }
        if total > 0 {
            debug!(blocks = total, "executed blocks again");
        }
        Ok(())
    }

    fn refused(&self, number: u64, error: &ChainError) -> EngineError {
        match error {
            ChainError::StoreError(error) => self.failed("execute a stored block again", error),
            other => EngineError::Ethrex {
                what: "execute a stored block again",
                reason: format!("block {number}: {other}"),
            },
        }
    }

    /// A block with its transactions, whether canonical or not.
    pub(crate) fn whole_block(&self, block: H256) -> Result<Option<Block>, EngineError> {
        let Some(header) = self.header(block)? else { return Ok(None) };
        let body = self
            .wait(self.store.get_block_body_by_hash(block))
            .map_err(|error| self.failed("read a block", &error))?;
        Ok(body.map(|body| Block::new(header, body)))
    }

    /// ethrex's verdict on a block as this crate's error.
    pub(super) fn verdict(&self, block: H256, parent: H256, error: &ChainError) -> EngineError {
        match error {
            ChainError::ParentNotFound => unknown(parent),
            ChainError::ParentStateNotFound => EngineError::Gone { hash: hash(parent) },
            ChainError::InvalidBlock(_) | ChainError::InvalidTransaction(_) => {
                EngineError::Invalid {
                    client: NAME.into(),
                    hash: hash(block),
                    reason: error.to_string(),
                }
            }
            ChainError::StoreError(error) => self.failed("keep a block", error),
            other => EngineError::Ethrex { what: "execute a block", reason: other.to_string() },
        }
    }
}
