//! The sequencer's own blocks: those that L1 does not have yet, and some that it has but may lose.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use tern_codec::length_bytes;
use tern_node_api::{Bytes, L1Ref, QueueSpan, Segment, SegmentAnchor};
use tern_protocol::{
    Anchor, BatchAcc, BatchHeader, BatchIndex, BatchLimits, DataRef, Hash, Timestamp,
};

/// Version and codec.
const DATA_HEAD: usize = 2;

/// A block that the sequencer made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OwnBlock {
    pub(crate) number: u64,
    pub(crate) hash: Hash,
    pub(crate) parent: Hash,
    pub(crate) timestamp: u64,
    /// The L1 block it reads.
    pub(crate) anchor: L1Ref,
    /// What its segment consumes, if it is the first of one.
    pub(crate) start: Option<Start>,
    /// The sequencer's own transactions, as they were signed.
    pub(crate) transactions: Vec<Bytes>,
}

/// What a segment consumes of the queues.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Start {
    pub(crate) deposits: QueueSpan,
    pub(crate) forced: QueueSpan,
    /// Seconds between its blocks.
    pub(crate) time_step: u32,
}

/// The sequencer's own blocks, one after the other, cut into segments.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Pending {
    blocks: VecDeque<OwnBlock>,
    /// Blocks up to this number are in sealed segments.
    sealed: u64,
}

/// The blocks of one segment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run<'a> {
    pub(crate) blocks: &'a [OwnBlock],
    pub(crate) start: Start,
}

impl Pending {
    /// From what was kept: the last blocks that hang together.
    pub(crate) fn restore(blocks: impl IntoIterator<Item = OwnBlock>, sealed: u64) -> Self {
        let mut pending = Self::default();
        for block in blocks {
            if !pending.last().is_some_and(|last| block.follows(last)) {
                pending.blocks.clear();
                if block.start.is_none() {
                    continue;
                }
            }
            pending.blocks.push_back(block);
        }
        pending.blocks.make_contiguous();
        pending.sealed = sealed.min(pending.last().map_or(0, |last| last.number));
        pending
    }

    pub(crate) fn last(&self) -> Option<&OwnBlock> {
        self.blocks.back()
    }

    pub(crate) const fn sealed(&self) -> u64 {
        self.sealed
    }

    pub(crate) fn get(&self, number: u64) -> Option<&OwnBlock> {
        let first = self.blocks.front()?.number;
        self.blocks.get(usize::try_from(number.checked_sub(first)?).ok()?)
    }

    /// The blocks after a number.
    pub(crate) fn after(&self, number: u64) -> impl Iterator<Item = &OwnBlock> {
        self.blocks.iter().filter(move |block| block.number > number)
    }

    pub(crate) fn push(&mut self, block: OwnBlock) {
        // Whatever begins behind an open segment closes it.
        if block.start.is_some() {
            self.sealed = block.number - 1;
        }
        // What was replaced by others' blocks is of no use any more.
        if !self.last().is_some_and(|last| block.follows(last)) {
            self.blocks.clear();
        }
        self.blocks.push_back(block);
        self.blocks.make_contiguous();
    }

    /// Closes the open segment.
    pub(crate) fn seal(&mut self) {
        self.sealed = self.last().map_or(self.sealed, |last| last.number);
    }

    /// Takes the blocks after a number away. What is left of a segment is open again.
    pub(crate) fn drop_after(&mut self, number: u64) -> Vec<OwnBlock> {
        let keep = self.blocks.iter().take_while(|block| block.number <= number).count();
        let dropped = self.blocks.split_off(keep).into();
        let cut = self.blocks.iter().rev().find(|block| block.start.is_some());
        if self.sealed > number {
            self.sealed = cut.map_or(0, |first| first.number - 1);
        }
        dropped
    }

    /// Forgets the blocks up to a number.
    pub(crate) fn prune(&mut self, number: u64) {
        while self.blocks.front().is_some_and(|block| block.number <= number) {
            self.blocks.pop_front();
        }
        self.blocks.make_contiguous();
    }

    /// The segments after a block, at whose end one must begin, the open one last.
    pub(crate) fn segments(&self, after: u64) -> Vec<Run<'_>> {
        let (mut blocks, _) = self.blocks.as_slices();
        let skip = blocks.iter().take_while(|block| block.number <= after).count();
        blocks = &blocks[skip..];
        let mut segments = Vec::new();
        while let Some(start) = blocks.first().and_then(|first| first.start) {
            let begins = |block: &OwnBlock| block.start.is_some();
            let end = blocks.iter().skip(1).position(begins).map_or(blocks.len(), |at| at + 1);
            let (run, rest) = blocks.split_at(end);
            segments.push(Run { blocks: run, start });
            blocks = rest;
        }
        segments
    }

    /// The open segment, if there are blocks in one.
    pub(crate) fn open(&self, after: u64) -> Option<Run<'_>> {
        let last = self.segments(after).pop()?;
        (last.blocks[0].number > self.sealed).then_some(last)
    }

    /// The sealed segment that begins with a block.
    pub(crate) fn sealed_segment(&self, first: u64) -> Option<Segment> {
        let before = first.checked_sub(1)?;
        let segments = self.segments(before);
        let run = segments.first().filter(|run| run.blocks[0].number == first)?;
        (run.last().number <= self.sealed).then(|| run.segment())
    }

    /// Bytes of data in the blocks after a number.
    pub(crate) fn bytes(&self, after: u64) -> u64 {
        self.after(after).map(|block| block.bytes() as u64).sum()
    }
}

impl OwnBlock {
    fn follows(&self, last: &Self) -> bool {
        self.parent == last.hash && self.number == last.number + 1
    }

    /// The bytes it takes in a batch's data.
    pub(crate) fn bytes(&self) -> usize {
        let each = self.transactions.iter().map(|raw| length_bytes(raw.0.len()) + raw.0.len());
        length_bytes(self.transactions.len()) + each.sum::<usize>()
    }
}

/// What a segment's data may hold, so that it can always be posted: also where a rollup allows more
/// blobs than a transaction carries.
pub(crate) fn capacity(limits: &BatchLimits) -> usize {
    let blobs = usize::from(limits.blobs).min(tern_l1::MAX_BLOBS);
    let blobs = tern_codec::capacity(blobs).saturating_sub(DATA_HEAD);
    blobs.min(limits.decoded_bytes as usize)
}

impl Run<'_> {
    pub(crate) fn first(&self) -> &OwnBlock {
        &self.blocks[0]
    }

    pub(crate) fn last(&self) -> &OwnBlock {
        &self.blocks[self.blocks.len() - 1]
    }

    /// The L1 blocks it reads, each with the first block that does.
    pub(crate) fn anchors(&self) -> Vec<(u16, L1Ref)> {
        let mut anchors: Vec<(u16, L1Ref)> = Vec::new();
        for (at, block) in (0_u16..).zip(self.blocks) {
            if anchors.last().is_none_or(|(_, anchor)| *anchor != block.anchor) {
                anchors.push((at, block.anchor));
            }
        }
        anchors
    }

    pub(crate) fn forced(&self) -> u64 {
        self.start.forced.after.next.0 - self.start.forced.before.next.0
    }

    /// Whether it could be a batch as it is: forced transactions begin with the second block.
    pub(crate) fn is_complete(&self) -> bool {
        self.forced() == 0 || self.blocks.len() > 1
    }

    /// Bytes and transactions that its data may still take, if blocks up to the limit follow and it
    /// is to have `most` bytes.
    pub(crate) fn room(&self, limits: &BatchLimits, most: usize) -> (usize, usize) {
        let used: usize = self.blocks.iter().map(OwnBlock::bytes).sum();
        let transactions: usize = self.blocks.iter().map(|block| block.transactions.len()).sum();
        let empty = usize::from(limits.blocks).saturating_sub(self.blocks.len());
        (
            // The next block's count takes up to five bytes, those of empty ones one.
            capacity(limits).min(most).saturating_sub(used + empty + 5),
            (limits.transactions as usize).saturating_sub(transactions),
        )
    }

    /// The header of the batch that it would be, without a place and without data.
    pub(crate) fn header(&self) -> BatchHeader {
        let anchor = |(from_block, l1): (u16, L1Ref)| Anchor {
            from_block,
            number: l1.number,
            hash: l1.hash,
        };
        let count = |span: &QueueSpan| (span.after.next.0 - span.before.next.0) as u16;
        BatchHeader {
            parent: BatchAcc::default(),
            index: BatchIndex(0),
            block_count: self.blocks.len() as u16,
            first_timestamp: Timestamp(self.first().timestamp),
            time_step: self.start.time_step,
            deposits: count(&self.start.deposits),
            forced: count(&self.start.forced),
            anchors: self.anchors().into_iter().map(anchor).collect(),
            data: DataRef::None,
        }
    }

    fn segment(&self) -> Segment {
        let anchor = |(from_block, l1): (u16, L1Ref)| SegmentAnchor {
            from_block,
            number: l1.number,
            hash: l1.hash,
        };
        Segment {
            first_block: self.first().number,
            parent_hash: self.first().parent,
            last_hash: self.last().hash,
            first_timestamp: self.first().timestamp,
            time_step: self.start.time_step,
            anchors: self.anchors().into_iter().map(anchor).collect(),
            deposits: self.start.deposits,
            forced: self.start.forced,
            blocks: self.blocks.iter().map(|block| block.transactions.clone()).collect(),
        }
    }
}
