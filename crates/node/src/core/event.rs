//! What the inbox logs, read.

use alloy_primitives::Log;
use alloy_sol_types::{SolEvent, SolEventInterface};
use serde::{Deserialize, Serialize};
use tern_contracts::{
    inbox::Inbox::{self, InboxEvents},
    settlement::Settlement,
};
use tern_protocol::{
    BatchAcc, BatchHeader, BatchRecord, BlockNumber, Deposit, Forced, FormatError, Gwei, Hash,
    QueueAcc, QueueHead, QueueIndex,
};

/// Something that happened to the inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    /// The inbox was deployed.
    Deployed,
    /// Its sequencer changed: nothing that a node follows.
    SequencerSet,
    /// ETH was paid in.
    Deposited { index: u64, deposit: Deposit, acc: QueueAcc },
    /// A transaction was forced.
    Forced { index: u64, entry: Forced, acc: QueueAcc },
    /// A batch was accepted.
    Batch(Box<Accepted>),
    /// The data of the batch before, if it came as calldata.
    Data { index: u64, data: Vec<u8> },
    /// Two of three proofs agreed on a block.
    Settled(Settled),
}

/// The last block that two of three proofs agreed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Settled {
    pub(crate) number: u64,
    pub(crate) hash: Hash,
}

/// A batch as L1 logged it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Accepted {
    pub(crate) index: u64,
    pub(crate) acc: BatchAcc,
    pub(crate) record: BatchRecord,
    /// The L1 transaction.
    pub(crate) transaction: Hash,
}

/// Why a log cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum EventError {
    /// Not as the contract's ABI says.
    #[error("a log of the inbox is not as its ABI says: {0}")]
    Abi(String),
    /// A header that the inbox cannot have accepted.
    #[error("a batch's header cannot be read: {0}")]
    Header(#[from] FormatError),
}

impl Event {
    /// Reads a log of the settlement contract; most of what it says is not for nodes.
    pub(crate) fn decode_settlement(log: &Log) -> Result<Option<Self>, EventError> {
        if log.topics().first() != Some(&Settlement::Final::SIGNATURE_HASH) {
            return Ok(None);
        }
        let event =
            Settlement::Final::decode_log(log).map_err(|e| EventError::Abi(e.to_string()))?;
        let (number, hash) = (event.blockNumber, Hash(event.blockHash.0));
        Ok(Some(Self::Settled(Settled { number, hash })))
    }

    /// Reads a log of the inbox.
    pub(crate) fn decode(log: &Log, transaction: Hash) -> Result<Self, EventError> {
        let event = InboxEvents::decode_log(log).map_err(|e| EventError::Abi(e.to_string()))?;
        Ok(match event.data {
            InboxEvents::SequencerSet(e) if e.before.is_zero() => Self::Deployed,
            InboxEvents::SequencerSet(_) => Self::SequencerSet,
            InboxEvents::Deposited(e) => Self::Deposited {
                index: e.index,
                deposit: Deposit {
                    to: tern_contracts::from_alloy(&e.to),
                    amount: Gwei(e.amountGwei),
                },
                acc: QueueAcc(Hash(e.acc.0)),
            },
            InboxEvents::Forced(e) => Self::Forced {
                index: e.index,
                entry: Forced { raw: e.raw.to_vec(), gas: e.gas },
                acc: QueueAcc(Hash(e.acc.0)),
            },
            InboxEvents::BatchSubmitted(e) => Self::Batch(Box::new(Accepted {
                index: e.index,
                acc: BatchAcc(Hash(e.acc.0)),
                record: record(&e)?,
                transaction,
            })),
            InboxEvents::BatchData(e) => Self::Data { index: e.index, data: e.data.to_vec() },
        })
    }
}

fn record(event: &Inbox::BatchSubmitted) -> Result<BatchRecord, FormatError> {
    let head = |head: &Inbox::QueueHead| QueueHead {
        next: QueueIndex(head.next),
        acc: QueueAcc(Hash(head.acc.0)),
    };
    let queues = &event.queues;
    Ok(BatchRecord {
        header: BatchHeader::decode(&event.header)?,
        first_block: BlockNumber(event.firstBlock),
        deposits: (head(&queues.depositsBefore), head(&queues.depositsAfter)),
        forced: (head(&queues.forcedBefore), head(&queues.forcedAfter)),
    })
}
