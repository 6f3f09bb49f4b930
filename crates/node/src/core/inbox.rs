//! The inbox as the L1 blocks so far make it. Can step back as far as it remembers.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use tern_node_api::L1Ref;
use tern_protocol::{BatchAcc, BatchRecord, DataRef, Deposit, Forced, Hash, QueueHead, keccak256};

use super::{
    event::{Accepted, Event, Settled},
    queue::{Entry, Queue, Queued},
};

/// Where the chain of batches ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tip {
    /// How many batches there are.
    pub(crate) batches: u64,
    /// The accumulator after the last.
    pub(crate) acc: BatchAcc,
    /// The last block's number.
    pub(crate) block: u64,
    /// The time that the next block must be after.
    pub(crate) timestamp: u64,
    /// The number of the last anchor.
    pub(crate) anchor: u64,
    pub(crate) deposits: QueueHead,
    pub(crate) forced: QueueHead,
}

/// A batch that waits to be derived, or was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Batch {
    pub(crate) acc: BatchAcc,
    pub(crate) record: BatchRecord,
    /// Its data, if they came as calldata.
    pub(crate) calldata: Option<Vec<u8>>,
    pub(crate) l1: L1Ref,
    pub(crate) transaction: Hash,
}

/// An L1 block and what of the inbox was there after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Point {
    l1: L1Ref,
    deposits: u64,
    forced: u64,
    batches: u64,
    settled: Option<Settled>,
}

/// The inbox after some L1 block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Inbox {
    base: Tip,
    deposits: Queue<Deposit>,
    forced: Queue<Forced>,
    batches: VecDeque<Batch>,
    /// Never empty, numbers rise.
    points: VecDeque<Point>,
}

/// Everything that is needed to go on from an L1 block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Snapshot {
    pub(crate) l1: L1Ref,
    pub(crate) tip: Tip,
    pub(crate) settled: Option<Settled>,
    pub(crate) deposits: Vec<Queued<Deposit>>,
    pub(crate) forced: Vec<Queued<Forced>>,
}

/// Why an L1 block cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InboxError {
    #[error("{what} has number {got} where {want} comes next")]
    Order { what: &'static str, got: u64, want: u64 },
    #[error("the accumulator after {what} {index} is another than its entries make")]
    Acc { what: &'static str, index: u64 },
    #[error("batch {0} does not continue the batch before")]
    Chain(u64),
    #[error("the data of batch {0} are not those of its header")]
    Data(u64),
}

/// L1 went back further than this inbox remembers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooDeep;

impl Inbox {
    /// The inbox at an L1 block before its deployment.
    pub(crate) fn before(l1: L1Ref) -> Self {
        Self::restore(Snapshot {
            l1,
            tip: Tip {
                batches: 0,
                acc: BatchAcc::default(),
                block: 0,
                timestamp: l1.timestamp,
                anchor: 0,
                deposits: QueueHead::default(),
                forced: QueueHead::default(),
            },
            settled: None,
            deposits: Vec::new(),
            forced: Vec::new(),
        })
    }

    pub(crate) fn restore(snapshot: Snapshot) -> Self {
        let Snapshot { l1, tip, settled, deposits, forced } = snapshot;
        let deposits = refill(tip.deposits, deposits);
        let forced = refill(tip.forced, forced);
        let (ends, batches) = ((deposits.end(), forced.end()), tip.batches);
        let point = Point { l1, deposits: ends.0, forced: ends.1, batches, settled };
        Self { base: tip, deposits, forced, batches: VecDeque::new(), points: [point].into() }
    }

    /// What is needed to go on from the last L1 block, if all batches up to it are derived.
    pub(crate) fn snapshot(&self) -> Snapshot {
        self.at(self.last(), self.tip())
    }

    /// The oldest L1 block that is remembered.
    pub(crate) fn tail(&self) -> L1Ref {
        self.points[0].l1
    }

    /// What is needed to go on from the oldest L1 block that is remembered.
    pub(crate) fn oldest(&self) -> Snapshot {
        self.at(self.points[0], self.base)
    }

    fn at(&self, point: Point, tip: Tip) -> Snapshot {
        Snapshot {
            l1: point.l1,
            tip,
            settled: point.settled,
            deposits: self.deposits.waiting(tip.deposits.next.0, point.deposits),
            forced: self.forced.waiting(tip.forced.next.0, point.forced),
        }
    }

    /// The last L1 block.
    pub(crate) fn head(&self) -> L1Ref {
        self.last().l1
    }

    /// The last block that two of three proofs agreed on.
    pub(crate) fn settled(&self) -> Option<Settled> {
        self.last().settled
    }

    /// As `settled`, as it was after an L1 block; nothing if that is not remembered.
    pub(crate) fn settled_by(&self, l1: u64) -> Option<Settled> {
        self.points.iter().rev().find(|point| point.l1.number <= l1)?.settled
    }

    fn last(&self) -> Point {
        self.points[self.points.len() - 1]
    }

    /// The L1 blocks that are remembered, newest first.
    pub(crate) fn l1_blocks(&self) -> impl Iterator<Item = &L1Ref> {
        self.points.iter().rev().map(|point| &point.l1)
    }

    /// Whether an L1 block is surely not of this branch. One after the head may still come.
    pub(crate) fn is_orphaned(&self, number: u64, hash: &Hash) -> bool {
        self.l1_blocks()
            .find(|l1| l1.number <= number)
            .is_some_and(|l1| l1.number == number && l1.hash != *hash)
    }

    pub(crate) const fn deposits(&self) -> &Queue<Deposit> {
        &self.deposits
    }

    pub(crate) const fn forced(&self) -> &Queue<Forced> {
        &self.forced
    }

    /// Where the chain of batches that are forgotten ends.
    pub(crate) const fn base(&self) -> Tip {
        self.base
    }

    /// Where the chain of batches ends.
    pub(crate) fn tip(&self) -> Tip {
        self.batches.back().map_or(self.base, Batch::tip)
    }

    /// How many batches there are.
    pub(crate) fn batches(&self) -> u64 {
        self.base.batches + self.batches.len() as u64
    }

    /// A batch by its place, if it is remembered.
    pub(crate) fn batch(&self, index: u64) -> Option<&Batch> {
        self.batches.get(usize::try_from(index.checked_sub(self.base.batches)?).ok()?)
    }

    /// Whether a batch is remembered.
    pub(crate) fn has(&self, acc: BatchAcc) -> bool {
        self.batches.iter().any(|batch| batch.acc == acc)
    }

    /// Takes the next L1 block. After an error the inbox is of no more use.
    pub(crate) fn forward(&mut self, l1: L1Ref, events: Vec<Event>) -> Result<(), InboxError> {
        let want = self.head().number + 1;
        if l1.number < want {
            return Err(InboxError::Order { what: "an L1 block", got: l1.number, want });
        }
        let mut settled = self.settled();
        for event in events {
            match event {
                Event::Settled(now) => settled = Some(now),
                other => self.apply(l1, other)?,
            }
        }
        self.points.push_back(Point {
            l1,
            deposits: self.deposits.end(),
            forced: self.forced.end(),
            batches: self.batches(),
            settled,
        });
        Ok(())
    }

    fn apply(&mut self, l1: L1Ref, event: Event) -> Result<(), InboxError> {
        match event {
            Event::Deployed => {
                // L1 wants the first block to be later than this.
                self.base.timestamp = l1.timestamp;
                Ok(())
            }
            Event::SequencerSet | Event::Settled(_) => Ok(()),
            Event::Deposited { index, deposit, acc } => {
                append(&mut self.deposits, ("deposit", index), deposit, l1, acc)
            }
            Event::Forced { index, entry, acc } => {
                append(&mut self.forced, ("forced transaction", index), entry, l1, acc)
            }
            Event::Batch(batch) => self.accept(l1, *batch),
            Event::Data { index, data } => {
                let last = self.batches.back_mut();
                let Some(last) = last.filter(|last| last.record.header.index.0 == index) else {
                    return Err(InboxError::Data(index));
                };
                if last.record.header.data != DataRef::Calldata(keccak256(&data)) {
                    return Err(InboxError::Data(index));
                }
                last.calldata = Some(data);
                Ok(())
            }
        }
    }

    fn accept(&mut self, l1: L1Ref, batch: Accepted) -> Result<(), InboxError> {
        let Accepted { index, acc, record, transaction } = batch;
        let tip = self.tip();
        if index != tip.batches || record.header.index.0 != index {
            return Err(InboxError::Order { what: "a batch", got: index, want: tip.batches });
        }
        if record.acc() != acc {
            return Err(InboxError::Acc { what: "batch", index });
        }
        let queues = (record.deposits.0, record.forced.0) == (tip.deposits, tip.forced)
            && self.deposits.head(record.deposits.1.next.0) == Some(record.deposits.1)
            && self.forced.head(record.forced.1.next.0) == Some(record.forced.1);
        let follows = record.header.parent == tip.acc && record.first_block.0 == tip.block + 1;
        if !queues || !follows {
            return Err(InboxError::Chain(index));
        }
        self.batches.push_back(Batch { acc, record, calldata: None, l1, transaction });
        Ok(())
    }

    /// Goes back to an L1 block: those after it are no longer of L1.
    pub(crate) fn back(&mut self, to: u64) -> Result<(), TooDeep> {
        if self.points[0].l1.number > to {
            return Err(TooDeep);
        }
        while self.last().l1.number > to {
            self.points.pop_back();
        }
        let point = self.last();
        self.deposits.truncate(point.deposits);
        self.forced.truncate(point.forced);
        let keep = point.batches.saturating_sub(self.base.batches);
        self.batches.truncate(usize::try_from(keep).unwrap_or(usize::MAX));
        Ok(())
    }

    /// Forgets what is more than `depth` L1 blocks back, but nothing that is not derived.
    pub(crate) fn prune(&mut self, depth: u64, derived: u64) {
        let newest = self.head().number.saturating_sub(depth);
        while self.points.len() > 1
            && self.points[1].l1.number <= newest
            && self.points[1].batches <= derived
        {
            self.points.pop_front();
        }
        while self.base.batches < self.points[0].batches {
            let Some(batch) = self.batches.pop_front() else { break };
            self.base = batch.tip();
        }
        self.deposits.prune(self.base.deposits.next.0);
        self.forced.prune(self.base.forced.next.0);
    }
}

impl Batch {
    /// Where the chain of batches ends with this one.
    pub(crate) fn tip(&self) -> Tip {
        let header = &self.record.header;
        let last = header.block_count.saturating_sub(1);
        Tip {
            batches: header.index.0 + 1,
            acc: self.acc,
            block: self.record.first_block.0 + u64::from(last),
            timestamp: header.timestamp(last).map_or(u64::MAX, |time| time.0),
            anchor: header.anchors.last().map_or(0, |anchor| anchor.number),
            deposits: self.record.deposits.1,
            forced: self.record.forced.1,
        }
    }
}

fn refill<T: Entry>(base: QueueHead, entries: Vec<Queued<T>>) -> Queue<T> {
    let mut queue = Queue::from(base);
    for Queued { entry, l1, time, .. } in entries {
        queue.push(entry, l1, time);
    }
    queue
}

fn append<T: Entry>(
    queue: &mut Queue<T>,
    (what, index): (&'static str, u64),
    entry: T,
    l1: L1Ref,
    acc: tern_protocol::QueueAcc,
) -> Result<(), InboxError> {
    let want = queue.end();
    if index != want {
        return Err(InboxError::Order { what, got: index, want });
    }
    if queue.push(entry, l1.number, l1.timestamp) == acc {
        return Ok(());
    }
    Err(InboxError::Acc { what, index })
}

#[cfg(test)]
mod tests {
    use tern_protocol::{Address, Gwei, QueueAcc};

    use super::*;

    fn l1(number: u64) -> L1Ref {
        L1Ref { number, hash: Hash([number as u8; 32]), timestamp: number * 12 }
    }

    fn deposited(index: u64, acc: QueueAcc) -> (Event, QueueAcc) {
        let deposit = Deposit { to: Address([1; 20]), amount: Gwei(index + 1) };
        let acc = deposit.append_to(acc);
        (Event::Deposited { index, deposit, acc }, acc)
    }

    #[test]
    fn what_does_not_follow_from_what_was_read_is_refused() {
        let (first, acc) = deposited(0, QueueAcc::default());
        let (second, _) = deposited(1, acc);
        let (wrong_acc, _) = deposited(0, QueueAcc(Hash([9; 32])));
        let cases = [(vec![second.clone()], "comes next"), (vec![wrong_acc], "accumulator")];
        for (events, says) in cases {
            let error = Inbox::before(l1(5)).forward(l1(6), events).expect_err("it is wrong");
            assert!(error.to_string().contains(says), "{error}");
        }
        let mut inbox = Inbox::before(l1(5));
        inbox.forward(l1(6), vec![first, second]).expect("it follows");
        assert!(inbox.forward(l1(6), vec![]).is_err(), "the same block twice");
    }

    #[test]
    fn going_back_forgets_what_came_after_and_no_more_than_is_remembered() {
        let (first, acc) = deposited(0, QueueAcc::default());
        let (second, _) = deposited(1, acc);
        let mut inbox = Inbox::before(l1(5));
        inbox.forward(l1(6), vec![first]).expect("it follows");
        let before = inbox.clone();
        let settled = Settled { number: 1, hash: Hash([7; 32]) };
        inbox.forward(l1(7), vec![second, Event::Settled(settled)]).expect("it follows");
        assert_eq!(inbox.settled(), Some(settled));
        let by = [4, 5, 6, 7, 8].map(|l1| inbox.settled_by(l1));
        assert_eq!(by, [None, None, None, Some(settled), Some(settled)]);
        assert!(inbox.is_orphaned(7, &Hash([8; 32])) && !inbox.is_orphaned(7, &l1(7).hash));
        assert_eq!(inbox.back(6), Ok(()));
        assert!(!inbox.is_orphaned(7, &l1(7).hash), "it may come again");
        assert_eq!(inbox, before);
        assert_eq!(inbox.back(4), Err(TooDeep));
    }

    #[test]
    fn what_is_pruned_changes_nothing_that_is_ahead() {
        let (first, acc) = deposited(0, QueueAcc::default());
        let mut inbox = Inbox::before(l1(5));
        inbox.forward(l1(6), vec![first]).expect("it follows");
        for number in 7..40 {
            inbox.forward(l1(number), vec![]).expect("it follows");
        }
        let (tip, snapshot) = (inbox.tip(), inbox.snapshot());
        inbox.prune(10, 0);
        assert_eq!((inbox.tip(), inbox.snapshot()), (tip, snapshot));
        assert_eq!(inbox.deposits().head(1).map(|head| head.acc), Some(acc));
        let oldest = inbox.oldest();
        assert_eq!((oldest.l1, oldest.deposits.len()), (l1(29), 1));
        let mut again = Inbox::restore(oldest);
        for number in 30..40 {
            again.forward(l1(number), vec![]).expect("it follows");
        }
        assert_eq!(again, inbox, "read again from there, it is the same");
        assert_eq!(inbox.back(20), Err(TooDeep));
        assert_eq!(inbox.back(30), Ok(()));
    }
}
