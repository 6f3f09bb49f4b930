//! What a cursor decides without asking anybody.

use std::collections::VecDeque;

use alloy_primitives::{Address, B256, BloomInput};

use super::{BlockId, L1Block, L1Log};
use crate::Header;

/// The last blocks that were read, the youngest last. Never empty; each the child of the one before.
#[derive(Debug, Clone)]
pub(super) struct Window {
    depth: usize,
    blocks: VecDeque<BlockId>,
}

impl Window {
    pub(super) fn new(depth: usize, from: BlockId) -> Self {
        Self { depth: depth.max(1), blocks: VecDeque::from([from]) }
    }

    pub(super) fn tip(&self) -> BlockId {
        self.blocks[self.blocks.len() - 1]
    }

    pub(super) fn oldest(&self) -> BlockId {
        self.blocks[0]
    }

    pub(super) const fn depth(&self) -> usize {
        self.depth
    }

    pub(super) fn has(&self, block: BlockId) -> bool {
        let place = block.number.checked_sub(self.oldest().number);
        let place = place.and_then(|place| usize::try_from(place).ok());
        place.and_then(|place| self.blocks.get(place)) == Some(&block)
    }

    pub(super) fn push(&mut self, block: BlockId) {
        self.blocks.push_back(block);
        // The block that a reorganisation of the whole depth leaves is one more.
        if self.blocks.len() > self.depth + 1 {
            self.blocks.pop_front();
        }
    }

    /// Remembers blocks before the oldest one, given from the youngest to the oldest.
    pub(super) fn remember(&mut self, older: impl IntoIterator<Item = BlockId>) {
        for block in older {
            if self.blocks.len() > self.depth || block.number + 1 != self.oldest().number {
                return;
            }
            self.blocks.push_front(block);
        }
    }

    /// Forgets what comes after a block.
    pub(super) fn back_to(&mut self, block: BlockId) {
        while self.blocks.len() > 1 && self.tip().number > block.number {
            self.blocks.pop_back();
        }
    }

    /// The search for the last block that is still part of the chain.
    pub(super) fn search(&self) -> Search {
        // The tip is known not to be.
        Search {
            blocks: self.blocks.iter().copied().collect(),
            good: 0,
            bad: self.blocks.len() - 1,
        }
    }
}

/// Halves what it does not know: before the fork all blocks are part of the chain, after it none.
pub(super) struct Search {
    blocks: Vec<BlockId>,
    /// All before this place are part of the chain.
    good: usize,
    /// This one and all after are not.
    bad: usize,
}

impl Search {
    /// Which block to ask about next; none if the answer is known.
    pub(super) fn question(&self) -> Option<BlockId> {
        (self.good < self.bad).then(|| self.blocks[(self.good + self.bad) / 2])
    }

    pub(super) fn answer(&mut self, canonical: bool) {
        let middle = (self.good + self.bad) / 2;
        if canonical {
            self.good = middle + 1;
        } else {
            self.bad = middle;
        }
    }

    /// The last block that is still part of the chain, if any is.
    pub(super) fn fork(&self) -> Option<BlockId> {
        self.good.checked_sub(1).map(|last| self.blocks[last])
    }
}

/// As many headers as form a chain after the tip: what was asked for one by one may be of several
/// branches.
pub(super) fn link(tip: BlockId, headers: Vec<Option<Header>>) -> Vec<Header> {
    let mut last = tip;
    let mut linked = Vec::with_capacity(headers.len());
    for header in headers.into_iter().flatten() {
        if header.parent != last.hash || header.number != last.number + 1 {
            break;
        }
        last = BlockId { number: header.number, hash: header.hash };
        linked.push(header);
    }
    linked
}

/// Whether a block may hold logs of these addresses. "No" is certain, by the header's hash.
pub(super) fn may_have_logs(header: &Header, addresses: &[Address]) -> bool {
    addresses
        .iter()
        .any(|address| header.logs_bloom.contains_input(BloomInput::Raw(address.as_slice())))
}

/// A log as a node gives it, with the block it claims to be of.
#[derive(Debug, Clone)]
pub(super) struct Claimed {
    pub(super) block: BlockId,
    pub(super) log: L1Log,
}

/// The logs of one block, if all are of this block and in order.
pub(super) fn bind(header: &Header, logs: Vec<Claimed>) -> Option<L1Block> {
    let id = BlockId { number: header.number, hash: header.hash };
    let of_this = logs.iter().all(|claimed| claimed.block == id);
    let logs: Vec<_> = logs.into_iter().map(|claimed| claimed.log).collect();
    let in_order = logs.is_sorted_by(|a, b| a.index < b.index);
    (of_this && in_order).then(|| L1Block {
        number: header.number,
        hash: header.hash,
        parent: header.parent,
        timestamp: header.timestamp,
        logs,
    })
}

/// Distributes the logs of a range to its blocks. `None` for a block whose logs have to be asked
/// for by its hash: some are of another block of its number, or there should be some.
pub(super) fn distribute(
    headers: &[Header],
    addresses: &[Address],
    logs: Vec<Claimed>,
) -> Vec<Option<L1Block>> {
    let first = headers.first().map_or(0, |header| header.number);
    let mut of_block: Vec<Vec<Claimed>> = vec![Vec::new(); headers.len()];
    for claimed in logs {
        let place = claimed.block.number.checked_sub(first);
        let place = place.and_then(|place| usize::try_from(place).ok());
        if let Some(logs) = place.and_then(|place| of_block.get_mut(place)) {
            logs.push(claimed);
        }
    }
    headers
        .iter()
        .zip(of_block)
        .map(|(header, logs)| {
            let doubtful = logs.is_empty() && may_have_logs(header, addresses);
            if doubtful { None } else { bind(header, logs) }
        })
        .collect()
}

impl From<&Header> for BlockId {
    fn from(header: &Header) -> Self {
        Self { number: header.number, hash: header.hash }
    }
}

/// A log's place among what `eth_getLogs` gave.
pub(super) fn claim(log: alloy_rpc_types_eth::Log) -> Option<Claimed> {
    // Without these it is of a block that does not exist yet, or was removed.
    let (number, hash): (u64, B256) = (log.block_number?, log.block_hash?);
    if log.removed {
        return None;
    }
    Some(Claimed {
        block: BlockId { number, hash },
        log: L1Log { transaction: log.transaction_hash?, index: log.log_index?, event: log.inner },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u64, branch: u8) -> BlockId {
        BlockId { number, hash: B256::with_last_byte(branch) }
    }

    #[test]
    fn the_search_finds_every_fork_and_says_when_there_is_none() {
        for length in 2..40_u64 {
            let mut window = Window::new(64, id(100, 1));
            (1..length).for_each(|n| window.push(id(100 + n, 1)));
            // `good` blocks are still part of the chain, and never the tip.
            for good in 0..length {
                let mut search = window.search();
                let mut asked = 0;
                while let Some(block) = search.question() {
                    search.answer(block.number < 100 + good);
                    asked += 1;
                }
                let want = good.checked_sub(1).map(|last| id(100 + last, 1));
                assert_eq!(search.fork(), want);
                assert!(asked <= 7, "{asked} questions for {length} blocks");
            }
        }
    }

    #[test]
    fn the_window_forgets_what_is_too_deep_and_what_was_undone() {
        let mut window = Window::new(4, id(10, 1));
        (11..20).for_each(|number| window.push(id(number, 1)));
        assert_eq!((window.oldest().number, window.tip().number), (15, 19));
        assert!(window.has(id(17, 1)) && !window.has(id(17, 2)) && !window.has(id(14, 1)));
        window.back_to(id(16, 1));
        assert_eq!(window.tip(), id(16, 1));
        window.remember([id(14, 1), id(13, 1), id(11, 1)]);
        assert_eq!(window.oldest(), id(13, 1));
    }
}
