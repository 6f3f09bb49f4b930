//! Making states again that are not on the disk.
//!
//! ethrex keeps one state on the disk and those of the next 128 blocks or so in memory. After
//! a restart the ones in memory are gone and their blocks are executed again. A state before
//! the one on the disk is reached over a journal of what each block overwrote, which reaches
//! back to the last settled block.

use std::time::{Duration, Instant};

use ethrex_blockchain::error::ChainError;
use ethrex_common::{
    H256,
    types::{Block, BlockHeader},
};
use tracing::{debug, info};

use super::{Inner, NAME, unknown};
use crate::{EngineError, convert::hash};

/// Blocks to look back over for a state at most.
const REACH: usize = 1 << 18;

/// In-memory states that are kept when a chain without competition, or a long one, is executed again.
const DEPTH: usize = 128;

/// So many blocks are executed again without keeping all their states in memory.
const MANY: usize = 1024;

/// What is known about the states; it belongs to who has the turn.
#[derive(Debug, Default)]
pub(super) struct Turn {
    /// A block whose state is known to be there whole: blocks on it can be made at once.
    pub(super) whole: Option<H256>,
    /// The state that the last step back put before the one on the disk.
    pub(super) pivot: Option<H256>,
}

/// What the states in memory stand on; each of them is only a difference to the one before.
enum Ground {
    /// The state on the disk, or the one that a step back put before it.
    There,
    /// The state on the disk, and a step back hides it.
    Hidden,
    /// The one after undoing what the journal has from this block on.
    Undo { from: u64 },
}

/// How a state can be had.
struct Way {
    ground: Ground,
    /// Blocks to execute, the last in the chain first.
    missing: Vec<H256>,
    /// Whether states in memory stand on missing ones.
    torn: bool,
}

impl Inner {
    /// Sees to it that the state after a block is there, whole. `canonical` is for blocks that
    /// no other branch competes with.
    pub(super) fn revive(
        &self,
        turn: &mut Turn,
        target: H256,
        canonical: bool,
    ) -> Result<(), EngineError> {
        if turn.whole.take() != Some(target) {
            self.settle()?;
            let mut way = self.way(turn, target)?;
            if matches!(way.ground, Ground::Hidden) || way.torn {
                self.forget_states(turn)?;
                way = self.way(turn, target)?;
            }
            if let Ground::Undo { from } = way.ground {
                self.undo(turn, from)?;
            }
            self.execute_again(&way.missing, canonical)?;
        }
        turn.whole = Some(target);
        Ok(())
    }

    /// Whether the state after a block is there without making any again. Readers ask this under
    /// the turn, so it looks no further back than to the first state that is not in memory.
    pub(super) fn is_whole(&self, turn: &Turn, block: H256) -> Result<bool, EngineError> {
        if turn.whole == Some(block) {
            return Ok(true);
        }
        self.settle()?;
        let mut at = self.header(block)?;
        while let Some(header) = at {
            if !self.in_memory(&header)? {
                return Ok(matches!(self.ground(turn, &header)?, Some(Ground::There)));
            }
            at = match header.number {
                0 => None,
                _ => self.header(header.parent_hash)?,
            };
        }
        Ok(false)
    }

    fn in_memory(&self, header: &BlockHeader) -> Result<bool, EngineError> {
        self.store
            .is_state_in_layer_cache(header.state_root)
            .map_err(|error| self.failed("look for a state", &error))
    }

    /// Waits until ethrex has written what it was given. While it moves a state to the disk,
    /// neither the journal nor the disk can be relied on.
    pub(super) fn settle(&self) -> Result<(), EngineError> {
        self.wait(self.store.wait_for_persistence_idle())
            .map_err(|error| self.failed("write its blocks", &error))
    }

    /// Goes back from a block to what its state can be made from. That ethrex has a state's
    /// difference in memory says nothing: it may stand on a state that is not on the disk any more.
    fn way(&self, turn: &Turn, target: H256) -> Result<Way, EngineError> {
        let mut walked = Vec::new();
        let mut at = self.known(target)?;
        let ground = loop {
            let in_memory = self.in_memory(&at)?;
            if !in_memory && let Some(ground) = self.ground(turn, &at)? {
                break ground;
            }
            if at.number == 0 || walked.len() >= REACH {
                return Err(EngineError::Gone { hash: hash(target) });
            }
            walked.push((at.hash(), in_memory));
            at = self.known(at.parent_hash)?;
        };
        let standing = match ground {
            Ground::There => walked.iter().rev().take_while(|(_, in_memory)| *in_memory).count(),
            Ground::Hidden | Ground::Undo { .. } => 0,
        };
        walked.truncate(walked.len() - standing);
        let torn =
            matches!(ground, Ground::There) && walked.iter().any(|(_, in_memory)| *in_memory);
        let missing = walked.into_iter().map(|(block, _)| block).collect();
        Ok(Way { ground, missing, torn })
    }

    /// What a state is that is no difference in memory.
    fn ground(&self, turn: &Turn, header: &BlockHeader) -> Result<Option<Ground>, EngineError> {
        let failed = |error| self.failed("look for a state", &error);
        if self.store.has_state_root(header.state_root).map_err(failed)? {
            let (stepped_back, _) = self.store.reorg_overlay_size_hint().map_err(failed)?;
            let hidden = stepped_back > 0 && turn.pivot != Some(header.state_root);
            return Ok(Some(if hidden { Ground::Hidden } else { Ground::There }));
        }
        let from = header.number.saturating_add(1);
        let Some(entry) = self.journal(from)? else { return Ok(None) };
        let undone = self.header(entry.block_hash)?;
        let leads_here = undone.is_some_and(|block| block.parent_hash == header.hash())
            && entry.parent_state_root == header.state_root;
        Ok(leads_here.then_some(Ground::Undo { from }))
    }

    /// Forgets all states but the one on the disk.
    fn forget_states(&self, turn: &mut Turn) -> Result<(), EngineError> {
        turn.pivot = None;
        self.store.abort_reorg().map_err(|error| self.failed("forget states", &error))
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
            if canonical || total > MANY {
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
