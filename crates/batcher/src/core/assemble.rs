//! From a segment to a batch.

use tern_codec::BatchData;
use tern_node_api::{QueueSpan, Segment};
use tern_protocol::{
    Anchor, BatchAcc, BatchHeader, BatchIndex, BatchLimits, BatchRecord, BlockNumber, DataRef,
    HeaderError, QueueHead, Timestamp,
};

/// Where a chain of batches ends: the inbox's, or behind what is on its way to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tip {
    /// Batches so far.
    pub batches: u64,
    /// The accumulator after the last.
    pub acc: BatchAcc,
    /// The last block's number; block 0 is the genesis.
    pub block: u64,
    /// The last block's time.
    pub timestamp: u64,
    /// The L1 number of the last anchor.
    pub anchor: u64,
    /// How far the deposits are consumed.
    pub deposits: QueueHead,
    /// How far the forced transactions are consumed.
    pub forced: QueueHead,
}

/// A batch that L1 can be given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assembled {
    /// What L1 keeps of it.
    pub record: BatchRecord,
    /// The inbox's accumulator after it.
    pub acc: BatchAcc,
    /// Where the chain of batches ends with it.
    pub next: Tip,
}

/// A segment that does not continue a chain of batches: L1 and the node have to be asked again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Mismatch {
    /// It begins with another block.
    #[error("the segment begins with block {got}, but block {want} is next")]
    Block {
        /// Where it begins.
        got: u64,
        /// The next block.
        want: u64,
    },
    /// It consumes a queue from elsewhere.
    #[error(
        "the segment takes {queue} from entry {got} on, but entry {want} is next, or those before are others: L1 was reorganised, or the node is of another inbox"
    )]
    Queue {
        /// Which one.
        queue: &'static str,
        /// Where the segment begins.
        got: u64,
        /// The next entry.
        want: u64,
    },
    /// A queue's head goes back, or by more than a header counts.
    #[error("the segment takes {queue} from {from} to {to}, which no batch can")]
    Span {
        /// Which one.
        queue: &'static str,
        /// The first entry.
        from: u64,
        /// The entry after the last.
        to: u64,
    },
    /// Its first block is not later than the last one.
    #[error("the segment begins at {got}, but the last block's time is {last}")]
    Time {
        /// The first block's time.
        got: u64,
        /// The time of the block before.
        last: u64,
    },
    /// An anchor lies before the last one.
    #[error("the segment's first anchor is L1 block {got}, but the last batch's was {last}")]
    Anchor {
        /// The segment's.
        got: u64,
        /// The last batch's.
        last: u64,
    },
    /// It breaks a rule that does not depend on what is before.
    #[error("the segment cannot be a batch: {0}")]
    Header(#[from] HeaderError),
}

/// Makes a batch of a segment that continues `tip`.
pub fn assemble(
    segment: &Segment,
    tip: &Tip,
    data: DataRef,
    limits: &BatchLimits,
) -> Result<Assembled, Mismatch> {
    let want = tip.block.saturating_add(1);
    if segment.first_block != want {
        return Err(Mismatch::Block { got: segment.first_block, want });
    }
    if segment.first_timestamp <= tip.timestamp {
        return Err(Mismatch::Time { got: segment.first_timestamp, last: tip.timestamp });
    }
    let deposits = taken("deposits", &segment.deposits, tip.deposits)?;
    let forced = taken("forced transactions", &segment.forced, tip.forced)?;
    let anchor = |anchor: &tern_node_api::SegmentAnchor| Anchor {
        from_block: anchor.from_block,
        number: anchor.number,
        hash: anchor.hash,
    };
    let header = BatchHeader {
        parent: tip.acc,
        index: BatchIndex(tip.batches),
        // More blocks than a header counts are more than any limit allows.
        block_count: u16::try_from(segment.blocks.len()).unwrap_or(u16::MAX),
        first_timestamp: Timestamp(segment.first_timestamp),
        time_step: segment.time_step,
        deposits,
        forced,
        anchors: segment.anchors.iter().map(anchor).collect(),
        data,
    };
    header.check(limits)?;
    match header.anchors.first() {
        Some(first) if first.number < tip.anchor => {
            return Err(Mismatch::Anchor { got: first.number, last: tip.anchor });
        }
        _ => {}
    }
    let record = BatchRecord {
        header,
        first_block: BlockNumber(segment.first_block),
        deposits: (segment.deposits.before, segment.deposits.after),
        forced: (segment.forced.before, segment.forced.after),
    };
    let acc = record.acc();
    let next = next_tip(&record, tip);
    Ok(Assembled { record, acc, next })
}

/// Where the chain of batches ends with this one.
pub fn next_tip(record: &BatchRecord, tip: &Tip) -> Tip {
    let header = &record.header;
    let last = header.timestamp(header.block_count.saturating_sub(1));
    Tip {
        batches: tip.batches.saturating_add(1),
        acc: record.acc(),
        block: tip.block.saturating_add(header.block_count.into()),
        timestamp: last.map_or(u64::MAX, |time| time.0),
        anchor: header.anchors.last().map_or(tip.anchor, |anchor| anchor.number),
        deposits: record.deposits.1,
        forced: record.forced.1,
    }
}

/// How many entries a span takes from a queue that is consumed up to `head`.
fn taken(queue: &'static str, span: &QueueSpan, head: QueueHead) -> Result<u16, Mismatch> {
    let (from, to) = (span.before.next.0, span.after.next.0);
    if span.before != head {
        return Err(Mismatch::Queue { queue, got: from, want: head.next.0 });
    }
    let error = Mismatch::Span { queue, from, to };
    let count = to.checked_sub(from).and_then(|count| u16::try_from(count).ok()).ok_or(error)?;
    if count == 0 && span.after != span.before {
        return Err(Mismatch::Span { queue, from, to });
    }
    Ok(count)
}

/// The sequencer's transactions of a segment, or nothing if no block has any: then the batch needs
/// no data at all.
pub(crate) fn data(segment: &Segment) -> Option<BatchData> {
    if segment.blocks.iter().all(Vec::is_empty) {
        return None;
    }
    let block = |block: &Vec<tern_node_api::Bytes>| block.iter().map(|raw| raw.0.clone()).collect();
    Some(BatchData { blocks: segment.blocks.iter().map(block).collect() })
}
