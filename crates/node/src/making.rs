//! Making blocks: doing what `core::sequencing` decides.

use std::time::Duration;

use tern_engine::{Budget, EngineError};
use tern_node_api::Bytes;
use tern_protocol::{BlockInputs, Candidate};
use tracing::{debug, info, warn};

use crate::{
    NodeError,
    core::{
        heads::At,
        pending::{OwnBlock, Run},
        sequencing::{self, Decision, Next, Settings, decide},
    },
    driver::Driver,
    shared::{Shared, now},
};

/// L1 is looked at that often while its time holds blocks back.
const HELD: Duration = Duration::from_millis(500);

impl Driver {
    /// Makes one block or does what must come before it. Returns how long there is nothing to do.
    pub(crate) async fn sequence(&mut self) -> Result<Duration, NodeError> {
        let Some(settings) = self.shared.settings else { return Ok(HELD) };
        if !self.resumed {
            self.resume().await?;
            self.resumed = true;
        }
        let safe = self.safe();
        let decision = {
            let pending = self.shared.pending();
            decide(&self.view(&settings, &safe, &pending))
        };
        match decision {
            Decision::Wait { until, lacks } => {
                self.lacks = lacks;
                Ok(if lacks.is_some() { HELD } else { time_until(until) })
            }
            Decision::Seal => {
                // On disk before anybody can see it: once it is posted it must not grow any more.
                let Some(sealed) = self.shared.pending().last().map(|own| own.number) else {
                    return Ok(Duration::ZERO);
                };
                self.shared.store.seal(sealed)?;
                self.shared.pending().seal();
                debug!(last = sealed, "sealed a segment");
                Ok(Duration::ZERO)
            }
            Decision::Drop { after, why } => {
                warn!(after, ?why, "dropping blocks that L1 would not take");
                self.drop_after(after).await?;
                Ok(Duration::ZERO)
            }
            Decision::Build(next) => {
                self.lacks = None;
                self.build(*next, &settings).await?;
                Ok(Duration::ZERO)
            }
        }
    }

    async fn build(&mut self, next: Next, settings: &Settings) -> Result<(), NodeError> {
        let Next { mut block, inputs, bytes, transactions } = next;
        // What is left of the slot is for others.
        let time = Duration::from_secs(settings.block_time.into()) / 2;
        let until = std::time::Instant::now() + time;
        let parent = block.parent;
        let budget = Budget { bytes, transactions, until };
        let work = move |shared: &Shared| Ok(shared.engine.build(parent, &inputs, Some(budget))?);
        let built = self.shared.blocking(work).await?;
        block.hash = built.head.hash;
        block.transactions = built.from_pool.into_iter().map(Bytes).collect();
        debug!(number = block.number, transactions = block.transactions.len(), "made a block");
        self.keep(block).await
    }

    /// Keeps an own block, before anybody hears of it.
    async fn keep(&mut self, block: OwnBlock) -> Result<(), NodeError> {
        let sealed = match block.start {
            Some(_) => block.number - 1,
            None => self.shared.pending().sealed(),
        };
        let kept = block.clone();
        self.shared.blocking(move |shared| shared.store.put_own(&kept, sealed)).await?;
        self.shared.pending().push(block);
        Ok(())
    }

    /// Takes own blocks back; their transactions return to the pool.
    pub(crate) async fn drop_after(&mut self, number: u64) -> Result<(), NodeError> {
        let (dropped, sealed) = {
            let mut pending = self.shared.pending();
            (pending.drop_after(number), pending.sealed())
        };
        self.shared.store.drop_own_after(number, sealed)?;
        self.publish().await?;
        let raws: Vec<Vec<u8>> =
            dropped.into_iter().flat_map(|block| block.transactions).map(|raw| raw.0).collect();
        if !raws.is_empty() {
            let count = raws.len();
            let taken = self.shared.engine.give_back(raws).await;
            info!(count, taken, "transactions of dropped blocks are back in the pool");
        }
        Ok(())
    }

    /// Gives the transactions of batches that L1 dropped back to the pool, as far as those blocks
    /// are not the own ones, which are looked after by themselves.
    pub(crate) async fn rescue(&mut self) -> Result<(), NodeError> {
        let safe = self.safe();
        let safe = At { number: safe.tip.block, hash: safe.hash };
        let Some(before) = self.rescued.replace(safe).filter(|before| *before != safe) else {
            return Ok(());
        };
        if before.number <= safe.number && self.descends(safe, before) {
            return Ok(());
        }
        // The pool asks what is `latest` what a transaction is worth.
        self.publish().await?;
        let work = move |shared: &Shared| {
            let mut lost = Vec::new();
            let mut at = before.hash;
            while let Some(head) = shared.engine.head(at)?.filter(|head| head.number > 0) {
                if shared.engine.head_at(head.number)?.is_some_and(|one| one.hash == at) {
                    break;
                }
                if shared.pending().get(head.number).is_none_or(|own| own.hash != at) {
                    lost.push(at);
                }
                at = head.parent;
            }
            let mut raws = Vec::new();
            for block in lost.into_iter().rev() {
                raws.extend(shared.engine.transactions(block)?.unwrap_or_default());
            }
            Ok(raws)
        };
        let raws = self.shared.blocking(work).await?;
        if !raws.is_empty() {
            let count = raws.len();
            let taken = self.shared.engine.give_back(raws).await;
            info!(count, taken, "transactions of batches that L1 dropped are back in the pool");
        }
        Ok(())
    }

    /// After a start: makes the own blocks again that the engine has lost, as far as it gives the
    /// same ones.
    async fn resume(&mut self) -> Result<(), NodeError> {
        let safe = self.safe();
        let own: Vec<OwnBlock> = self.shared.pending().after(safe.tip.block).cloned().collect();
        let mut segment: Vec<OwnBlock> = Vec::new();
        for block in own {
            if block.start.is_some() {
                segment.clear();
            }
            if !self.remake(&segment, &block).await? {
                warn!(after = block.number - 1, "blocks from before the start cannot be kept");
                return self.drop_after(block.number - 1).await;
            }
            segment.push(block);
        }
        Ok(())
    }

    /// Whether the engine has an own block, now.
    async fn remake(&self, segment: &[OwnBlock], block: &OwnBlock) -> Result<bool, NodeError> {
        if self.shared.engine.head(block.hash)?.is_some() {
            return Ok(true);
        }
        let Some(start) = segment.first().unwrap_or(block).start else { return Ok(false) };
        let run = Run { blocks: segment, start };
        let config = &self.shared.rollup.config;
        let Ok(inputs) = sequencing::inputs(config, &self.inbox, &run, block) else {
            return Ok(false);
        };
        let own = block.transactions.iter();
        let own = own.map(|raw| Candidate { raw: raw.0.clone(), forced_gas: None });
        let candidates = inputs.candidates.into_iter().chain(own).collect();
        let inputs = BlockInputs { candidates, ..inputs };
        let (parent, hash) = (block.parent, block.hash);
        self.shared
            .blocking(move |shared| match shared.engine.build(parent, &inputs, None) {
                Ok(made) => Ok(made.head.hash == hash),
                // The engine's folder is lost, and what came before is on no L1.
                Err(EngineError::Unknown { .. } | EngineError::Gone { .. }) => Ok(false),
                Err(error) => Err(error.into()),
            })
            .await
    }
}

/// How long it is until a second begins.
fn time_until(second: u64) -> Duration {
    let pause = Duration::from_secs(second).saturating_sub(now());
    pause.clamp(Duration::from_millis(5), Duration::from_secs(1))
}
