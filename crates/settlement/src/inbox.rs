//! What settlement reads of the inbox.

use tern_protocol::BatchAcc;

/// The batches so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Inbox {
    /// After each batch: the accumulator, and the last block's number.
    batches: Vec<(BatchAcc, u64)>,
}

/// Two places in the inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Range {
    /// Batches before it.
    pub from_batches: u64,
    /// The last block's number before it.
    pub from_block: u64,
    /// Batches up to its end.
    pub to_batches: u64,
    /// Its last block's number.
    pub to_block: u64,
}

impl Inbox {
    /// How many batches there are.
    pub fn len(&self) -> u64 {
        self.batches.len() as u64
    }

    /// Whether there is no batch yet.
    pub fn is_empty(&self) -> bool {
        self.batches.is_empty()
    }

    /// How many batches there are up to an accumulator; none if it is not recorded.
    pub fn batches_at(&self, acc: BatchAcc) -> Option<u64> {
        self.place(acc).map(|(batches, _)| batches)
    }

    /// Both places of a range, if both are recorded.
    pub fn range(&self, from: BatchAcc, to: BatchAcc) -> Option<Range> {
        let ((from_batches, from_block), (to_batches, to_block)) =
            (self.place(from)?, self.place(to)?);
        Some(Range { from_batches, from_block, to_batches, to_block })
    }

    pub(crate) fn push(&mut self, acc: BatchAcc, blocks: u16) {
        let before = self.batches.last().map_or(0, |(_, block)| *block);
        self.batches.push((acc, before + u64::from(blocks)));
    }

    fn place(&self, acc: BatchAcc) -> Option<(u64, u64)> {
        if acc == BatchAcc::default() {
            return Some((0, 0));
        }
        let index = self.batches.iter().position(|(at, _)| *at == acc)?;
        Some((index as u64 + 1, self.batches[index].1))
    }
}
