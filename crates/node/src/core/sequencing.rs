//! What a sequencer does next.

use tern_derive::{Batch, DataBytes, derive};
use tern_node_api::{L1Ref, QueueSpan};
use tern_protocol::{BlockInputs, BlockNumber, Deposit, Forced, Hash, QueueIndex, RollupConfig};

use super::{
    inbox::{Inbox, Tip},
    pending::{OwnBlock, Pending, Run, Start},
    queue::Queued,
    throttle::{slowed, throttle},
};

/// A segment with less room than this is full.
const LEAST_ROOM: usize = 16 << 10;

/// What the inbox was deployed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct InboxRules {
    /// How many L1 blocks back an anchor may be.
    pub(crate) max_anchor_age: u64,
    /// Seconds after which an entry of a queue is overdue.
    pub(crate) forced_wait: u64,
}

/// How the sequencer is set. Times are seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) block_time: u32,
    pub(crate) max_segment_age: u64,
    /// An open segment this young is not sealed for what waits in a queue.
    pub(crate) min_segment_age: u64,
    pub(crate) confirmations: u64,
    pub(crate) max_drift: u64,
    pub(crate) max_backlog: u64,
    pub(crate) max_segment_bytes: usize,
}

/// The last block that derives from L1, and the chain of batches up to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Derived {
    pub(crate) tip: Tip,
    pub(crate) hash: Hash,
}

/// All that a decision depends on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) config: &'a RollupConfig,
    pub(crate) rules: &'a InboxRules,
    pub(crate) settings: &'a Settings,
    pub(crate) inbox: &'a Inbox,
    pub(crate) derived: &'a Derived,
    pub(crate) pending: &'a Pending,
    /// Wall clock.
    pub(crate) now: u64,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Drop the blocks after this one.
    Drop { after: u64, why: Why },
    /// Close the open segment.
    Seal,
    /// Make this block.
    Build(Box<Next>),
    /// Nothing before this time, unless L1 has something new.
    Wait { until: u64, lacks: Option<&'static str> },
}

/// Why blocks are dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// L1 has another batch in their place.
    Overtaken,
    /// The L1 block that they read is no longer one.
    Orphaned,
    /// L1 would refuse them: an entry is overdue that they do not take.
    Duty,
    /// L1 would refuse them: the L1 block that they read is too old.
    Aged,
}

/// A block to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Next {
    /// All of it but its hash and the sequencer's transactions.
    pub(crate) block: OwnBlock,
    /// What decides it, without the sequencer's transactions.
    pub(crate) inputs: BlockInputs,
    /// Bytes that the sequencer's transactions may take.
    pub(crate) bytes: usize,
    /// How many there may be.
    pub(crate) transactions: usize,
}

/// Decides. Asking again after doing what was said never says the same again.
pub(crate) fn decide(view: &View<'_>) -> Decision {
    if let Some((after, why)) = view.untenable() {
        return Decision::Drop { after, why };
    }
    if view.is_behind() {
        let lacks = Some("L1 to be as far as its blocks have read it");
        return Decision::Wait { until: view.now + 1, lacks };
    }
    match view.pending.open(view.derived.tip.block) {
        Some(open) if view.closes(&open) => Decision::Seal,
        Some(open) => view.go_on(&open),
        None => view.begin(),
    }
}

/// How much the sequencer is slowed now, and by how many bytes that wait for L1.
pub(crate) fn slowness(view: &View<'_>) -> (u64, u16) {
    let backlog = view.pending.bytes(view.derived.tip.block);
    (backlog, throttle(backlog, view.settings.max_backlog))
}

impl View<'_> {
    /// The time that blocks are made by: the wall clock, but neither before L1's nor far after.
    fn clock(&self) -> u64 {
        let l1 = self.inbox.head().timestamp;
        self.now.clamp(l1, l1.saturating_add(self.settings.max_drift))
    }

    /// Whether L1 is not as far as own blocks have read it: its node was restored, or another one
    /// answers. Whether those blocks can stay is not known before it is.
    fn is_behind(&self) -> bool {
        let read = self.pending.after(self.derived.tip.block).last().map(|own| own.anchor.number);
        read.is_some_and(|number| number > self.inbox.head().number)
    }

    /// How far behind a block may be before its slot counts as missed.
    fn patience(&self) -> u64 {
        (3 * u64::from(self.settings.block_time)).max(5)
    }

    /// The first own block that cannot stay, by the number before it.
    fn untenable(&self) -> Option<(u64, Why)> {
        let tip = &self.derived.tip;
        let first = self.pending.after(tip.block).next()?;
        let follows = first.number == tip.block + 1
            && first.parent == self.derived.hash
            && first.start.is_some_and(|start| {
                (start.deposits.before, start.forced.before) == (tip.deposits, tip.forced)
            });
        if !follows {
            return Some((tip.block, Why::Overtaken));
        }
        let orphaned =
            |block: &&OwnBlock| self.inbox.is_orphaned(block.anchor.number, &block.anchor.hash);
        let orphan = self.pending.after(tip.block).find(orphaned).map(|block| block.number - 1);
        let refused = self.pending.segments(tip.block).into_iter().find_map(|run| {
            let why = self.refused(&run)?;
            Some((run.first().number - 1, why))
        });
        match (orphan, refused) {
            (Some(after), Some((before, why))) if before < after => Some((before, why)),
            (Some(after), _) => Some((after, Why::Orphaned)),
            (None, refused) => refused,
        }
    }

    /// Whether the next L1 block, and so each after it, would refuse a segment.
    fn refused(&self, run: &Run<'_>) -> Option<Why> {
        let head = self.inbox.head();
        if head.number + 1 > run.first().anchor.number + self.rules.max_anchor_age {
            return Some(Why::Aged);
        }
        let now = head.timestamp + 1;
        let due = |time: u64| now > time.saturating_add(self.rules.forced_wait);
        let limits = &self.config.limits;
        let Start { deposits, forced, .. } = run.start;
        let taken = deposits.after.next.0 - deposits.before.next.0;
        let next = self.inbox.deposits().since(deposits.after.next.0).next();
        if taken < u64::from(limits.deposits) && next.is_some_and(|entry| due(entry.time)) {
            return Some(Why::Duty);
        }
        let next = self.inbox.forced().since(forced.after.next.0).next()?;
        let taken = self.inbox.forced().between(forced.before.next.0, forced.after.next.0);
        let fits = Load::of(&taken).and(&next.entry).fits(self.config);
        (due(next.time) && fits).then_some(Why::Duty)
    }

    /// Whether the open segment should be closed.
    fn closes(&self, open: &Run<'_>) -> bool {
        if !open.is_complete() {
            return false;
        }
        let (bytes, transactions) = open.room(&self.config.limits, self.settings.max_segment_bytes);
        let full = open.blocks.len() >= usize::from(self.config.limits.blocks)
            || bytes < LEAST_ROOM
            || transactions == 0;
        let clock = self.clock();
        let aged = clock >= open.first().timestamp.saturating_add(self.settings.max_segment_age);
        let next = open.last().timestamp.saturating_add(open.start.time_step.into());
        let missed = clock > next.saturating_add(self.patience());
        let other_step = open.start.time_step != self.settings.block_time;
        full || aged || missed || other_step || self.entries_wait(open)
    }

    /// Whether a new segment could take an entry that the open one does not.
    fn entries_wait(&self, open: &Run<'_>) -> bool {
        // Never so long that what waits could become overdue.
        let young = self.settings.min_segment_age.min(self.rules.forced_wait / 8);
        if self.clock() < open.first().timestamp.saturating_add(young) {
            return false;
        }
        let last = open.last();
        let slot = last.timestamp.saturating_add(open.start.time_step.into());
        let Some(anchor) = self.anchor(last.anchor.number, slot) else {
            return false;
        };
        let Start { deposits, forced, .. } = open.start;
        let deposit = self.inbox.deposits().since(deposits.after.next.0).next();
        let forced = self.inbox.forced().since(forced.after.next.0).next();
        deposit.is_some_and(|entry| entry.l1 <= anchor.number)
            || forced.is_some_and(|entry| entry.l1 <= anchor.number)
    }

    /// The newest L1 block that a block of this time may read.
    fn anchor(&self, least: u64, time: u64) -> Option<L1Ref> {
        let head = self.inbox.head().number;
        let deep = head.saturating_sub(self.settings.confirmations);
        let oldest = head.saturating_sub(self.rules.max_anchor_age / 2).max(least);
        let fits = |l1: &&L1Ref| l1.number <= deep && l1.timestamp <= time;
        self.inbox.l1_blocks().find(fits).filter(|l1| l1.number >= oldest).copied()
    }

    /// The next block of the open segment.
    fn go_on(&self, open: &Run<'_>) -> Decision {
        let last = open.last();
        let timestamp = last.timestamp.saturating_add(open.start.time_step.into());
        if self.clock() < timestamp {
            return self.wait(timestamp);
        }
        let anchors = open.anchors();
        let (since, current) = anchors.last().map_or((0, last.anchor), |(at, l1)| (*at, *l1));
        let spacing = self.anchor_spacing();
        let may_change = anchors.len() < usize::from(self.config.limits.anchors)
            && open.blocks.len() >= usize::from(since) + spacing;
        let newer = self.anchor(current.number, timestamp).filter(|l1| l1.number > current.number);
        let anchor = newer.filter(|_| may_change).unwrap_or(current);
        let block = OwnBlock {
            number: last.number + 1,
            hash: Hash::ZERO,
            parent: last.hash,
            timestamp,
            anchor,
            start: None,
            transactions: Vec::new(),
        };
        self.build(block, open)
    }

    /// Blocks between two anchors, so that they last for a segment.
    fn anchor_spacing(&self) -> usize {
        let step = u64::from(self.settings.block_time).max(1);
        let blocks = (self.settings.max_segment_age / step).min(self.config.limits.blocks.into());
        let spacing = blocks.div_ceil(self.config.limits.anchors.max(1).into());
        usize::try_from(spacing).unwrap_or(usize::MAX).max(1)
    }

    /// The first block of a new segment.
    fn begin(&self) -> Decision {
        let tip = &self.derived.tip;
        let last = self.pending.after(tip.block).last();
        let ends = self.pending.segments(tip.block).pop().map(|run| run.start);
        let (number, parent, time) = last
            .map_or((tip.block, self.derived.hash, tip.timestamp), |last| {
                (last.number, last.hash, last.timestamp)
            });
        let (deposits, forced) = ends
            .map_or((tip.deposits, tip.forced), |start| (start.deposits.after, start.forced.after));
        let clock = self.clock();
        let slot = time.saturating_add(self.settings.block_time.into());
        if clock < slot {
            return self.wait(slot);
        }
        let timestamp = if clock > slot + self.patience() { clock } else { slot };
        let least = last.map_or(tip.anchor, |last| last.anchor.number);
        let Some(anchor) = self.anchor(least, timestamp) else {
            let lacks = Some("an L1 block that is new enough to be read");
            return Decision::Wait { until: self.now + 1, lacks };
        };
        let start = Start {
            deposits: self.take_deposits(deposits, anchor.number),
            forced: self.take_forced(forced, anchor.number),
            time_step: self.settings.block_time,
        };
        let block = OwnBlock {
            number: number + 1,
            hash: Hash::ZERO,
            parent,
            timestamp,
            anchor,
            start: Some(start),
            transactions: Vec::new(),
        };
        let run = Run { blocks: &[], start };
        self.build(block, &run)
    }

    fn take_deposits(&self, before: tern_protocol::QueueHead, anchor: u64) -> QueueSpan {
        let queue = self.inbox.deposits();
        let most = usize::from(self.config.limits.deposits);
        let seen = |queued: &&Queued<Deposit>| queued.l1 <= anchor;
        let count = queue.since(before.next.0).take(most).take_while(seen).count();
        let after = queue.head(before.next.0 + count as u64).unwrap_or(before);
        QueueSpan { before, after }
    }

    /// As many as surely fit the second block, and a batch.
    fn take_forced(&self, before: tern_protocol::QueueHead, anchor: u64) -> QueueSpan {
        let queue = self.inbox.forced();
        let mut load = Load::default();
        let mut count = 0;
        for queued in queue.since(before.next.0).take_while(|queued| queued.l1 <= anchor) {
            load = load.and(&queued.entry);
            if !load.fits(self.config) {
                break;
            }
            count += 1;
        }
        let after = queue.head(before.next.0 + count).unwrap_or(before);
        QueueSpan { before, after }
    }

    fn build(&self, block: OwnBlock, run: &Run<'_>) -> Decision {
        let (room, transactions) = run.room(&self.config.limits, self.settings.max_segment_bytes);
        let (_, throttle) = slowness(self);
        let bytes = slowed(room, throttle);
        match inputs(self.config, self.inbox, run, &block) {
            Ok(inputs) => Decision::Build(Box::new(Next { block, inputs, bytes, transactions })),
            // The queues went back under the segment.
            Err(_) => {
                let after = run.blocks.first().map_or(block.number, |first| first.number) - 1;
                Decision::Drop { after, why: Why::Orphaned }
            }
        }
    }

    /// The wall-clock time at which the clock is there, or soon, if L1's time holds it back.
    fn wait(&self, time: u64) -> Decision {
        let l1 = self.inbox.head().timestamp;
        let held = time > l1.saturating_add(self.settings.max_drift);
        let lacks = held.then_some("a newer L1 block, to know the time");
        Decision::Wait { until: time.max(self.now + u64::from(time <= self.now || held)), lacks }
    }
}

/// What decides a block behind those of its segment, as derivation will see it: the sequencer's
/// transactions are those it has already.
pub(crate) fn inputs(
    config: &RollupConfig,
    inbox: &Inbox,
    run: &Run<'_>,
    block: &OwnBlock,
) -> Result<BlockInputs, tern_derive::DeriveError> {
    let Start { deposits, forced, .. } = run.start;
    let blocks: Vec<OwnBlock> = run.blocks.iter().chain([block]).cloned().collect();
    let whole = Run { blocks: &blocks, start: run.start };
    let mut header = whole.header();
    let deposits_taken = inbox.deposits().between(deposits.before.next.0, deposits.after.next.0);
    let mut forced_taken = Vec::new();
    if header.block_count < 2 {
        // Forced transactions come from the second block on.
        header.forced = 0;
    } else {
        forced_taken = inbox.forced().between(forced.before.next.0, forced.after.next.0);
    }
    let derived = derive(
        config,
        &Batch {
            header: &header,
            first_block: BlockNumber(whole.first().number),
            data: DataBytes::None,
            first_deposit: QueueIndex(deposits.before.next.0),
            deposits: &deposits_taken,
            forced: &forced_taken,
        },
    )?;
    // As many as the header counts, which is at least this one.
    derived.blocks.into_iter().next_back().ok_or(tern_derive::DeriveError::Impossible("no block"))
}

/// Forced transactions, as far as they are bounded.
#[derive(Debug, Clone, Copy, Default)]
struct Load {
    count: usize,
    bytes: usize,
    gas: u128,
}

impl Load {
    fn of(entries: &[Forced]) -> Self {
        entries.iter().fold(Self::default(), Self::and)
    }

    fn and(self, entry: &Forced) -> Self {
        Self {
            count: self.count + 1,
            bytes: self.bytes + entry.raw.len(),
            gas: self.gas + u128::from(entry.gas),
        }
    }

    /// Within the bounds of a batch of two blocks.
    fn fits(self, config: &RollupConfig) -> bool {
        let limits = &config.limits;
        self.count <= usize::from(limits.forced)
            && self.bytes <= limits.forced_bytes as usize
            && self.gas <= tern_derive::forced_gas_capacity(config, 2)
    }
}
