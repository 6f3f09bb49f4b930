//! The inbox's two queues: deposits and forced transactions.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::{Address, Gwei, QueueAcc, QueueIndex, keccak256, packed::Packed};

/// ETH that somebody paid into the bridge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deposit {
    /// Who receives it on L2.
    pub to: Address,
    /// How much; never zero.
    pub amount: Gwei,
}

/// A signed transaction that somebody put on L1, past the sequencer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forced {
    /// The transaction as it was sent.
    pub raw: Vec<u8>,
    /// The gas that was paid for; a transaction that asks for more is skipped.
    pub gas: u64,
}

impl Deposit {
    /// The queue's accumulator after this entry.
    pub fn append_to(&self, acc: QueueAcc) -> QueueAcc {
        QueueAcc(
            Packed::tagged("tern.deposit.v1")
                .hash(&acc.0)
                .address(&self.to)
                .u64(self.amount.0)
                .keccak(),
        )
    }
}

impl Forced {
    /// The queue's accumulator after this entry.
    pub fn append_to(&self, acc: QueueAcc) -> QueueAcc {
        QueueAcc(
            Packed::tagged("tern.forced.v1")
                .hash(&acc.0)
                .u64(self.gas)
                .hash(&keccak256(&self.raw))
                .keccak(),
        )
    }
}

/// How far a queue has been consumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct QueueHead {
    /// The index of the next entry.
    pub next: QueueIndex,
    /// The accumulator over all entries before it; zero for an empty queue.
    pub acc: QueueAcc,
}

impl QueueHead {
    /// The head after consuming deposits.
    pub fn after_deposits(self, entries: &[Deposit]) -> Self {
        entries.iter().fold(self, |head, entry| head.step(entry.append_to(head.acc)))
    }

    /// The head after consuming forced transactions.
    pub fn after_forced(self, entries: &[Forced]) -> Self {
        entries.iter().fold(self, |head, entry| head.step(entry.append_to(head.acc)))
    }

    const fn step(self, acc: QueueAcc) -> Self {
        // No queue reaches 2^64 entries; a made-up index must not make anybody panic.
        Self { next: QueueIndex(self.next.0.saturating_add(1)), acc }
    }
}
