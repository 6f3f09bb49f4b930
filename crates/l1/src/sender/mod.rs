//! Sending many transactions of one account, in order, whatever happens in between.

use std::path::Path;

use alloy_primitives::{Address, B256};

use crate::{BlockId, Call, Key, L1, L1Error};

/// How a sender sends.
#[derive(Debug, Clone)]
pub struct SenderOptions {
    /// A transaction is done when so many blocks hold it (its own counts).
    pub confirmations: u64,
    /// After so many blocks without it, a transaction's fees are raised.
    pub patience: u64,
    /// At most so many transactions wait for a block.
    pub in_flight: usize,
    /// The most that a unit of gas may cost, in wei.
    pub max_fee: u128,
    /// The most that a unit of blob gas may cost, in wei.
    pub max_blob_fee: u128,
}

impl Default for SenderOptions {
    fn default() -> Self {
        Self {
            confirmations: 2,
            patience: 3,
            in_flight: 8,
            max_fee: 500_000_000_000,
            max_blob_fee: 500_000_000_000,
        }
    }
}

/// The two kinds of transactions. L1 nodes take only one kind of an account at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransactionKind {
    /// Without blobs.
    Ordinary,
    /// With blobs.
    Blob,
}

/// A transaction that is not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Its place among the account's.
    pub nonce: u64,
    /// What it is, for people.
    pub what: String,
    /// Its kind.
    pub kind: TransactionKind,
    /// The hash it was last sent with.
    pub hash: B256,
    /// The calldata's first four bytes and the rest, as submitted.
    pub data: alloy_primitives::Bytes,
    /// The versioned hashes of its blobs.
    pub blob_hashes: Vec<B256>,
    /// Whether `cancel_after` voided it.
    pub cancelled: bool,
    /// The block that holds it now, if one does.
    pub mined: Option<BlockId>,
}

/// What became of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is in a block, with the confirmations asked for.
    Mined {
        /// Its nonce.
        nonce: u64,
        /// Its hash.
        hash: B256,
        /// The block.
        block: BlockId,
        /// Whether it did what it should.
        success: bool,
        /// Whether it is the empty transaction that replaced a voided one.
        cancelled: bool,
    },
    /// Another transaction, that somebody else signed with the same key, took its nonce. It
    /// will never be mined; what to do is the caller's choice.
    Gone {
        /// Its nonce.
        nonce: u64,
        /// What it was, for people.
        what: String,
    },
}

/// Sends calls of one account in the order of their nonces.
#[derive(Debug)]
pub struct Sender {
    l1: L1,
    key: Key,
}

impl Sender {
    /// Opens or makes the journal at `path` and finds again what was pending.
    pub async fn open(
        _l1: L1,
        _key: Key,
        _path: &Path,
        _options: SenderOptions,
    ) -> Result<Self, L1Error> {
        todo!()
    }

    /// Signs, writes down and sends. Returns the nonce.
    ///
    /// `Retry` errors (`L1Error::Full`, `OtherKind`, `FeeCap`, `Funds`) left nothing behind.
    pub async fn submit(&mut self, _call: Call, _gas: u64) -> Result<u64, L1Error> {
        todo!()
    }

    /// Looks what became of everything pending; sends again and raises fees where that helps.
    /// Call it about once a block.
    pub async fn tick(&mut self) -> Result<Vec<Outcome>, L1Error> {
        todo!()
    }

    /// What is not done yet, in the order of nonces.
    pub fn pending(&self) -> Vec<Waiting> {
        todo!()
    }

    /// Voids every pending transaction after this nonce: each is replaced by an empty one.
    pub async fn cancel_after(&mut self, _nonce: u64) -> Result<(), L1Error> {
        todo!()
    }

    /// The account.
    pub const fn account(&self) -> Address {
        self.key.address()
    }

    /// The node.
    pub const fn l1(&self) -> &L1 {
        &self.l1
    }
}
