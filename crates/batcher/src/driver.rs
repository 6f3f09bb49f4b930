//! Gathers what `core` decides on, and does what it decides.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use alloy_primitives::{Address, B256, Bytes};
use tern_contracts::Inbox;
use tern_l1::{Key, L1, L1Error, Outcome, Prices, Sender, TransactionKind};
use tern_node_api::{NodeClient, Segment};
use tern_protocol::Hash;
use tern_rollup::Rollup;

use crate::{
    BatcherError, Options, Tip,
    core::{Action, Choice, Circumstances, Fate, Flight, Habit, Pause, Pending, Pipeline, Seen},
    inbox::{InboxReader, View},
    prepare::{Encoded, Ready, anchor_headers},
    stats::{Stats, slot},
};

/// The pause after the second failure in a row, and the longest.
const FAILED_PAUSE: Duration = Duration::from_secs(30);
const LONGEST_FAILED_PAUSE: Duration = Duration::from_secs(960);

/// How it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Something was sent or came to L1.
    Moved,
    /// Nothing can be sent now.
    Waiting(&'static str),
    /// Everything sealed is on L1.
    Done,
}

/// A batcher that runs.
pub(crate) struct Driver {
    rollup: Rollup,
    l1: L1,
    node: NodeClient,
    inbox: InboxReader,
    sender: Sender,
    account: Address,
    pipeline: Pipeline,
    habit: Habit,
    circumstances: Circumstances,
    /// The segment that is next, as long as it cannot be sent.
    encoded: Option<Encoded>,
    silence: Option<u64>,
    /// How often in a row L1 took a batch's fee and not the batch, and until when none is sent.
    failures: u32,
    rest_until: Option<Instant>,
    /// The newest nonce when a failure was counted last: one setback takes all with it that are on
    /// their way.
    counted_to: Option<u64>,
    stats: Arc<Stats>,
}

/// What came of trying to send the next batch.
enum Sent {
    Yes,
    No(&'static str),
    Nothing,
}

impl Driver {
    pub(crate) fn new(
        rollup: Rollup,
        node: NodeClient,
        sender: Sender,
        key: &Key,
        options: &Options,
        stats: Arc<Stats>,
    ) -> Self {
        let l1 = sender.l1().clone();
        let inbox = InboxReader::new(&l1, &rollup.config.inbox);
        let pending = sender.pending().last().map(|waiting| waiting.kind);
        let habit = pending.map_or_else(Habit::default, |last| Habit { last, against: 0 });
        let max_blobs = rollup.config.limits.blobs;
        let circumstances = Circumstances {
            post: options.post,
            max_blobs,
            max_blob_fee: options.max_blob_fee,
            pending: None,
            hurry: false,
        };
        let pipeline = Pipeline::new(options.in_flight);
        let account = key.address();
        let (encoded, silence) = (None, None);
        Self {
            rollup,
            l1,
            node,
            inbox,
            sender,
            account,
            pipeline,
            habit,
            circumstances,
            encoded,
            silence,
            failures: 0,
            rest_until: None,
            counted_to: None,
            stats,
        }
    }

    /// What is in the way of what was sent, if anything is that does not pass with some blocks.
    pub(crate) fn trouble(&self) -> Option<&str> {
        self.sender.trouble()
    }

    /// Whether nothing but confirmations is waited for.
    pub(crate) fn is_settling(&self) -> bool {
        let pending = self.sender.pending();
        !pending.is_empty() && pending.iter().all(|waiting| waiting.mined.is_some())
    }

    /// One look at everything. Sends as many batches as may be on their way.
    pub(crate) async fn look(&mut self) -> Result<Pace, BatcherError> {
        let mut moved = self.outcomes().await?;
        // The inbox after the transactions: what these say of a block, it knows, too.
        let view = self.inbox.view().await?;
        self.check_turn(&view).await?;
        loop {
            let pending = self.pending();
            let seen = Seen { head: view.head.number, tip: view.tip, pending };
            let action = self.pipeline.plan(&seen);
            self.count(&view);
            match action {
                Action::Submit { tip, parent, settled } => {
                    match self.submit(&view, &tip, parent, settled).await? {
                        Sent::Yes => moved = true,
                        _ if moved => return Ok(Pace::Moved),
                        Sent::No(why) => return Ok(Pace::Waiting(why)),
                        Sent::Nothing if self.pipeline.is_idle() => return Ok(Pace::Done),
                        Sent::Nothing => return Ok(Pace::Waiting("the last batches are not done")),
                    }
                }
                Action::Void { after, why } => {
                    tracing::warn!(after, ?why, "batches on their way are given up");
                    self.stats.change(|counts| counts.failed += 1);
                    self.encoded = None;
                    self.sender.cancel_after(after).await?;
                }
                Action::Wait(_) if moved => return Ok(Pace::Moved),
                Action::Wait(pause) => return Ok(Pace::Waiting(words(pause))),
            }
        }
    }

    fn pending(&self) -> Vec<Pending> {
        let pending = |waiting: tern_l1::Waiting| Pending {
            nonce: waiting.nonce,
            kind: waiting.kind,
            mined: waiting.mined.map(|block| block.number),
        };
        self.sender.pending().into_iter().map(pending).collect()
    }

    /// Hears what became of transactions. Returns whether a batch is done.
    async fn outcomes(&mut self) -> Result<bool, BatcherError> {
        let (mut done, mut failed) = (false, None);
        for outcome in self.sender.tick().await? {
            match outcome {
                Outcome::Mined { nonce, hash, block, success, cancelled } => {
                    let fate = if success && !cancelled { Fate::Done } else { Fate::Lost };
                    let flight = self.pipeline.settled(nonce, fate, block.number);
                    match (flight, fate) {
                        (Some(flight), Fate::Done) => {
                            done = true;
                            self.paid(&flight, hash, Some(block.number)).await;
                        }
                        (Some(flight), Fate::Lost) if !cancelled => {
                            let index = flight.next.batches - 1;
                            tracing::warn!(index, nonce, %hash, "L1 refused a batch");
                            failed = Some(nonce);
                        }
                        _ => {}
                    }
                }
                Outcome::Gone { nonce, what } => {
                    tracing::warn!(nonce, what, "another program used this nonce of the account");
                    self.pipeline.settled(nonce, Fate::Lost, 0);
                }
            }
        }
        if let Some(nonce) = failed {
            if self.counted_to.is_none_or(|counted| nonce > counted) {
                self.failures = self.failures.saturating_add(1);
                self.rest_until = Instant::now().checked_add(rest(self.failures));
                let newest = self.sender.pending().last().map(|waiting| waiting.nonce);
                self.counted_to = newest.max(Some(nonce));
            }
        } else if done {
            (self.failures, self.rest_until) = (0, None);
        }
        Ok(done)
    }

    /// Counts a batch that is done. What it cost is for people: without it all goes on.
    async fn paid(&self, flight: &Flight, hash: B256, block: Option<u64>) {
        let receipt = self.l1.receipt(hash).await.ok().flatten();
        let wei = receipt.map_or(0, |receipt| {
            let gas = u128::from(receipt.gas_used).saturating_mul(receipt.effective_gas_price);
            let blob_gas = u128::from(receipt.blob_gas_used.unwrap_or(0));
            gas.saturating_add(blob_gas.saturating_mul(receipt.blob_gas_price.unwrap_or(0)))
        });
        let (index, blobs, kind) = (flight.next.batches - 1, flight.blobs, flight.kind);
        tracing::info!(index, ?block, nonce = flight.nonce, ?kind, blobs, wei, "batch on L1");
        self.stats.change(|counts| {
            counts.batches += 1;
            counts.blobs += blobs as u64;
            counts.bytes += flight.bytes as u64;
            counts.transactions += flight.transactions;
            counts.wei = counts.wei.saturating_add(wei);
            counts.by_kind[slot(kind)] += 1;
        });
    }

    /// Counts what L1 has without waiting for its confirmations.
    pub(crate) async fn finish(&self) {
        let waiting = self.sender.pending();
        for flight in self.pipeline.landed() {
            let of_it = waiting.iter().find(|waiting| waiting.nonce == flight.nonce);
            // The inbox may say that it has a batch before its transaction was looked for.
            if let Some(waiting) = of_it {
                let block = waiting.mined.map(|block| block.number);
                self.paid(flight, waiting.hash, block).await;
            }
        }
    }

    fn count(&self, view: &View) {
        let pending = self.pipeline.on_their_way().count() as u64;
        self.stats.change(|counts| {
            counts.pending = pending;
            counts.tip = view.tip.batches;
            counts.l1_head = view.head.number;
        });
    }

    async fn check_turn(&mut self, view: &View) -> Result<(), BatcherError> {
        if view.sequencer == self.account {
            return Ok(());
        }
        let silence = match self.silence {
            Some(silence) => silence,
            None => *self.silence.insert(self.inbox.silence().await?),
        };
        view.check_turn(self.inbox.address, silence, self.account)
    }

    /// Sends the batch that continues `tip`, if there is one.
    async fn submit(
        &mut self,
        view: &View,
        tip: &Tip,
        parent: Option<Hash>,
        settled: bool,
    ) -> Result<Sent, BatcherError> {
        if self.rest_until.is_some_and(|until| Instant::now() < until) {
            return Ok(Sent::No("L1 took the fee and not the batch more than once: a pause"));
        }
        let next = tip.block.saturating_add(1);
        let Some(segment) = self.node.segment(next).await.map_err(BatcherError::Node)? else {
            return Ok(Sent::Nothing);
        };
        if let Some(why) = self.too_early(view, tip, parent, &segment).await? {
            return Ok(Sent::No(why));
        }
        let Some(anchors) = anchor_headers(&self.l1, &segment).await? else {
            return Ok(Sent::No("an anchor is not L1's: the sequencer makes these blocks anew"));
        };
        if self.encoded.as_ref().is_none_or(|encoded| encoded.segment != segment) {
            self.encoded = Some(Encoded::new(segment, self.rollup.config.limits).await?);
        }
        let Some(mut encoded) = self.encoded.take() else { return Ok(Sent::Nothing) };
        let ready = self.ready(tip, &anchors, &mut encoded).await;
        self.encoded = Some(encoded);
        let ready = match ready? {
            Ok(ready) => ready,
            Err(why) => return Ok(Sent::No(why)),
        };
        self.send(tip, ready, settled).await
    }

    /// Why a segment cannot be sent yet.
    async fn too_early(
        &self,
        view: &View,
        tip: &Tip,
        parent: Option<Hash>,
        segment: &Segment,
    ) -> Result<Option<&'static str>, BatcherError> {
        let steps = (segment.blocks.len() as u64).saturating_sub(1);
        let last = u64::from(segment.time_step).saturating_mul(steps);
        if segment.first_timestamp.saturating_add(last) > view.head.timestamp {
            return Ok(Some("L1's time has not reached the segment's last block"));
        }
        let parent = match parent {
            Some(parent) => parent,
            None if tip.batches == 0 => self.rollup.config.genesis_hash,
            None => match self.node.batch(tip.batches - 1).await.map_err(BatcherError::Node)? {
                Some(batch) if batch.acc == tip.acc => {
                    batch.block_hashes.last().copied().unwrap_or_default()
                }
                _ => return Ok(Some("the node has not derived L1's last batch")),
            },
        };
        Ok((segment.parent_hash != parent)
            .then_some("the segment follows other blocks than those on L1 or on their way"))
    }

    /// Chooses how to send a batch and makes it.
    async fn ready(
        &mut self,
        tip: &Tip,
        anchors: &[Bytes],
        encoded: &mut Encoded,
    ) -> Result<Result<Ready, &'static str>, BatcherError> {
        let waiting = self.sender.pending();
        // Also those that a block holds: it may be taken back.
        self.circumstances.pending = waiting.last().map(|waiting| waiting.kind);
        let status = self.node.status().await.map_err(BatcherError::Node)?;
        self.circumstances.hurry = status.throttle > 0;
        let prices = match self.l1.prices().await {
            Ok(prices) => Some(prices),
            Err(error) => {
                tracing::debug!(%error, "no prices: as before");
                None
            }
        };
        let (choice, habit) =
            encoded.choose(anchors, prices.as_ref(), &self.circumstances, self.habit);
        if habit.last != self.habit.last {
            tracing::info!(kind = ?habit.last, ?prices, "another kind of transactions from now on");
        }
        self.habit = habit;
        let kind = match choice {
            Choice::Send(kind) => kind,
            Choice::After(_) => return Ok(Err("transactions of the other kind are on their way")),
            Choice::Impossible => {
                let (index, bytes) = (tip.batches, encoded.size());
                return Err(BatcherError::TooLarge { index, bytes });
            }
        };
        let unmined = waiting.iter().filter(|waiting| waiting.mined.is_none());
        let ahead: usize = unmined.map(|waiting| waiting.blob_hashes.len()).sum();
        if kind == TransactionKind::Blob && ahead > room(prices.as_ref()) {
            return Ok(Err("as many blobs as L1 takes are on their way"));
        }
        Ok(Ok(encoded.ready(&self.rollup, tip, anchors, kind).await?))
    }

    async fn send(&mut self, tip: &Tip, ready: Ready, settled: bool) -> Result<Sent, BatcherError> {
        let Ready { batch, call, shape, kind, bytes, transactions, last_hash } = ready;
        let gas = if settled { self.estimate(tip, &call, shape.gas_limit()).await? } else { None };
        let gas = gas.unwrap_or_else(|| shape.gas_limit());
        let index = tip.batches;
        let nonce = match self.sender.submit(call, gas).await {
            Ok(nonce) => nonce,
            Err(L1Error::Full { .. }) => return Ok(Sent::No("many transactions are on their way")),
            Err(L1Error::OtherKind { .. }) => {
                return Ok(Sent::No("transactions of the other kind are not done"));
            }
            Err(error) => return Err(error.into()),
        };
        self.encoded = None;
        let blobs = shape.blobs;
        let blocks = batch.record.header.block_count;
        tracing::info!(index, blocks, nonce, ?kind, blobs, bytes, transactions, gas, "batch sent");
        let (parent, next) = (tip.acc, batch.next);
        self.pipeline.submitted(Flight {
            nonce,
            parent,
            next,
            last_hash,
            kind,
            blobs,
            bytes,
            transactions,
        });
        Ok(Sent::Yes)
    }

    /// The gas of a batch whose parent L1 has, as far as the node can estimate it, or why the inbox
    /// refuses it.
    async fn estimate(
        &self,
        tip: &Tip,
        call: &tern_l1::Call,
        bound: u64,
    ) -> Result<Option<u64>, BatcherError> {
        let estimate = match self.l1.estimate(self.account, call).await {
            Ok(gas) => Ok(Some(gas.saturating_add(gas / 4).min(bound.max(gas)))),
            Err(error @ (L1Error::Reverted { .. } | L1Error::Unreachable { .. })) => Err(error),
            // Nodes may leave the blobs out of a call: the inbox would refuse what is right.
            Err(error) if call.blobs.is_some() => Err(error),
            // A call still says whether the inbox takes it.
            Err(error) => {
                tracing::debug!(%error, "no estimate: a bound is used");
                self.l1.call(&call.what, &call.request(self.account)).await.map(|_| None)
            }
        };
        match estimate {
            Err(L1Error::Reverted { data, .. }) => {
                let reason = reason(&data);
                Err(BatcherError::Refused { index: tip.batches, reason })
            }
            Err(error @ L1Error::Unreachable { .. }) => Err(error.into()),
            Err(error) => {
                tracing::debug!(%error, "the batch is not tried before it is sent");
                Ok(None)
            }
            Ok(gas) => Ok(gas),
        }
    }
}

/// The pause after so many failures in a row. The first is often nobody's fault: another batch, or a
/// reorganisation, came in between.
fn rest(failures: u32) -> Duration {
    let Some(more) = failures.checked_sub(2) else { return Duration::ZERO };
    FAILED_PAUSE.saturating_mul(2_u32.saturating_pow(more)).min(LONGEST_FAILED_PAUSE)
}

/// Blobs that may be on their way before the next batch: those of two blocks.
fn room(prices: Option<&Prices>) -> usize {
    let block = prices.map_or(tern_l1::MAX_BLOBS as u64, |prices| prices.schedule.max);
    usize::try_from(block.saturating_mul(2)).unwrap_or(usize::MAX)
}

const fn words(pause: Pause) -> &'static str {
    match pause {
        Pause::Full => "as many batches as may be are on their way",
        Pause::Draining => "transactions from before are not mined",
        Pause::Behind => "the L1 node answers from before what it has told",
    }
}

/// What the inbox says, by the names of its errors.
fn reason(data: &Bytes) -> String {
    use alloy_sol_types::SolInterface;
    match Inbox::InboxErrors::abi_decode(data) {
        Ok(error) => format!("{error:?}"),
        Err(_) => format!("{data}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_after_the_second_failure_and_end_somewhere() {
        let seconds = |failures| rest(failures).as_secs();
        assert_eq!([0, 1, 2, 3, 4].map(seconds), [0, 0, 30, 60, 120]);
        assert_eq!(rest(u32::MAX), LONGEST_FAILED_PAUSE);
    }
}
