//! Taking blocks and moving the tags.

use std::collections::BTreeSet;

use ethrex_common::{
    H256,
    types::{Block, BlockHeader, validate_block_body},
};
use ethrex_crypto::NativeCrypto;
use tracing::warn;

use super::{Ethrex, Inner, NAME, head_of, open::blocking, requests::makes_requests, unknown};
use crate::{
    Client, EngineError, Head, Heads,
    client::decode,
    convert::{h256, hash},
    subscriptions::News,
};

/// Blocks that subscribers hear of when the head moves, at most.
const ANNOUNCED: usize = 128;

impl Client for Ethrex {
    fn name(&self) -> &str {
        NAME
    }

    async fn import(&self, block: &[u8]) -> Result<Head, EngineError> {
        let inner = self.inner.clone();
        let block = decode(NAME, block)?;
        blocking(move || inner.import(block)).await
    }

    async fn set_heads(&self, heads: Heads) -> Result<(), EngineError> {
        let inner = self.inner.clone();
        blocking(move || inner.set_heads(heads)).await
    }

    async fn latest(&self) -> Result<Head, EngineError> {
        let inner = self.inner.clone();
        blocking(move || inner.latest_header().map(|header| head_of(&header))).await
    }
}

impl Inner {
    pub(crate) fn latest_header(&self) -> Result<BlockHeader, EngineError> {
        let failed = |error| self.failed("read its head", &error);
        let number = self.wait(self.store.get_latest_block_number()).map_err(failed)?;
        self.store.get_block_header(number).map_err(failed)?.ok_or_else(|| EngineError::Ethrex {
            what: "read its head",
            reason: format!("block {number} is not there"),
        })
    }

    pub(crate) fn import(&self, block: Block) -> Result<Head, EngineError> {
        let mut turn = self.turn();
        let head = head_of(&block.header);
        let (this, parent) = (block.hash(), block.header.parent_hash);
        // A header that is known says nothing about the transactions that came with it.
        validate_block_body(&block.header, &block.body, &NativeCrypto).map_err(|error| {
            EngineError::Invalid {
                client: NAME.into(),
                hash: hash(this),
                reason: error.to_string(),
            }
        })?;
        if self.header(this)?.is_some() {
            // Only blocks that were valid are kept.
            self.revive(&mut turn, this, false)?;
            return Ok(head);
        }
        if self.header(parent)?.is_none() {
            return Err(unknown(parent));
        }
        self.revive(&mut turn, parent, false)?;
        turn.whole = None;
        let requesting = makes_requests(&block.header).then(|| block.clone());
        self.chain
            .add_block_pipeline(block, None)
            .map_err(|error| self.verdict(this, parent, &error))?;
        turn.whole = Some(this);
        if let Some(block) = requesting {
            self.keep_requests(&block);
        }
        Ok(head)
    }

    pub(crate) fn set_heads(&self, heads: Heads) -> Result<(), EngineError> {
        let mut turn = self.turn();
        let before = self.latest_header()?.hash();
        let latest = self.known(h256(heads.latest))?;
        let safe = self.known(h256(heads.safe))?;
        let finalized = self.known(h256(heads.finalized))?;
        let branch = self.branch(&latest)?;
        let newest_common = branch.last().map_or(latest.number, |(number, _)| number - 1);
        for (below, above) in [(&safe, &latest), (&finalized, &safe)] {
            let this = (below.number, below.hash());
            let on_branch = branch.contains(&this);
            let on_trunk = below.number <= newest_common && self.is_canonical(this.1)?;
            if !(on_branch || on_trunk) || below.number > above.number {
                return Err(EngineError::Heads { below: hash(this.1), above: hash(above.hash()) });
            }
        }
        self.revive(&mut turn, latest.hash(), false)?;
        // The head is written at once, so its blocks must be on the disk before.
        self.settle()?;
        self.wait(self.store.forkchoice_update(
            branch.clone(),
            latest.number,
            latest.hash(),
            Some(safe.number),
            Some(finalized.number),
        ))
        .map_err(|error| self.failed("move its head", &error))?;
        self.clean_pool(&branch, latest.hash());
        // Where only the other tags moved there is nothing new to hear.
        if latest.hash() != before {
            self.announce(&branch, &latest);
        }
        Ok(())
    }

    /// The blocks from `head` back to the canonical chain, with their numbers, newest first.
    fn branch(&self, head: &BlockHeader) -> Result<Vec<(u64, H256)>, EngineError> {
        let mut branch = Vec::new();
        let mut at = head.clone();
        while !self.is_canonical(at.hash())? {
            branch.push((at.number, at.hash()));
            at = self.known(at.parent_hash)?;
        }
        Ok(branch)
    }

    pub(super) fn is_canonical(&self, block: H256) -> Result<bool, EngineError> {
        self.store.is_canonical_sync(block).map_err(|error| self.failed("read its chain", &error))
    }

    /// Takes out of the pool what the new blocks hold, and what their senders overtook.
    fn clean_pool(&self, branch: &[(u64, H256)], head: H256) {
        let mut senders = BTreeSet::new();
        for (_, block) in branch {
            match self.whole_block(*block) {
                Ok(Some(block)) => {
                    if let Err(error) = self.chain.remove_block_transactions_from_pool(&block) {
                        warn!(%error, "the pool keeps transactions that are in a block");
                    }
                    let signed = block.body.transactions.iter();
                    senders.extend(signed.filter_map(|one| one.sender(&NativeCrypto).ok()));
                }
                Ok(None) => {}
                Err(error) => warn!(%error, "the pool keeps transactions that are in a block"),
            }
        }
        if let Err(error) = self.drop_overtaken(&senders, head) {
            warn!(%error, "the pool keeps transactions that can never enter");
        }
    }

    fn announce(&self, branch: &[(u64, H256)], latest: &BlockHeader) {
        if self.news.receiver_count() == 0 {
            return;
        }
        let mut news: Vec<BlockHeader> = branch
            .iter()
            .take(ANNOUNCED)
            .filter_map(|(_, block)| self.header(*block).ok().flatten())
            .collect();
        news.reverse();
        if news.is_empty() {
            news.push(latest.clone());
        }
        for header in news {
            // It fails only where nobody listens any more.
            let _ = self.news.send(News::Head(Box::new(header)));
        }
    }
}
