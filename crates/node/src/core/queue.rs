//! One of the inbox's two queues, as far as a node still needs it.

use std::collections::VecDeque;

use tern_protocol::{Deposit, Forced, QueueAcc, QueueHead, QueueIndex};

/// What can wait in a queue.
pub(crate) trait Entry: Clone {
    /// The queue's accumulator after it.
    fn append(&self, acc: QueueAcc) -> QueueAcc;
}

impl Entry for Deposit {
    fn append(&self, acc: QueueAcc) -> QueueAcc {
        self.append_to(acc)
    }
}

impl Entry for Forced {
    fn append(&self, acc: QueueAcc) -> QueueAcc {
        self.append_to(acc)
    }
}

/// An entry, and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Queued<T> {
    pub(crate) entry: T,
    /// The number of its L1 block.
    pub(crate) l1: u64,
    /// The time of its L1 block.
    pub(crate) time: u64,
    acc: QueueAcc,
}

impl<T> Queued<T> {
    /// An entry that is not in a queue yet.
    pub(crate) fn new(entry: T, l1: u64, time: u64) -> Self {
        Self { entry, l1, time, acc: QueueAcc::default() }
    }
}

/// A queue without the entries that nobody needs any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Queue<T> {
    base: QueueHead,
    entries: VecDeque<Queued<T>>,
}

impl<T: Entry> Queue<T> {
    pub(crate) const fn from(base: QueueHead) -> Self {
        Self { base, entries: VecDeque::new() }
    }

    /// The index that the next entry will have.
    pub(crate) fn end(&self) -> u64 {
        self.base.next.0 + self.entries.len() as u64
    }

    /// Appends an entry; returns the accumulator after it.
    pub(crate) fn push(&mut self, entry: T, l1: u64, time: u64) -> QueueAcc {
        let before = self.entries.back().map_or(self.base.acc, |last| last.acc);
        let acc = entry.append(before);
        self.entries.push_back(Queued { entry, l1, time, acc });
        acc
    }

    /// The head of a queue consumed up to an entry, if that is known here.
    pub(crate) fn head(&self, next: u64) -> Option<QueueHead> {
        let at = usize::try_from(next.checked_sub(self.base.next.0)?).ok()?;
        let acc = match at.checked_sub(1) {
            None => self.base.acc,
            Some(last) => self.entries.get(last)?.acc,
        };
        Some(QueueHead { next: QueueIndex(next), acc })
    }

    /// The entries from one index on, as far as they are known here.
    pub(crate) fn since(&self, next: u64) -> impl Iterator<Item = &Queued<T>> {
        let skip = next.saturating_sub(self.base.next.0);
        self.entries.iter().skip(usize::try_from(skip).unwrap_or(usize::MAX))
    }

    /// The entries between two heads.
    pub(crate) fn between(&self, before: u64, after: u64) -> Vec<T> {
        self.waiting(before, after).into_iter().map(|queued| queued.entry).collect()
    }

    /// The entries between two heads, and where they came from.
    pub(crate) fn waiting(&self, before: u64, after: u64) -> Vec<Queued<T>> {
        let count = usize::try_from(after.saturating_sub(before)).unwrap_or(usize::MAX);
        self.since(before).take(count).cloned().collect()
    }

    /// Forgets the entries from this index on.
    pub(crate) fn truncate(&mut self, end: u64) {
        let keep = end.saturating_sub(self.base.next.0);
        self.entries.truncate(usize::try_from(keep).unwrap_or(usize::MAX));
    }

    /// Forgets the entries before this index.
    pub(crate) fn prune(&mut self, next: u64) {
        while self.base.next.0 < next {
            let Some(first) = self.entries.pop_front() else { return };
            self.base = QueueHead { next: QueueIndex(self.base.next.0 + 1), acc: first.acc };
        }
    }
}
