//! Receipts and the bloom filter of their logs.

use alloc::vec::Vec;

use evm::uint::U256;

use crate::{crypto::keccak, execute::Receipt, rlp::List, tx::Kind, world::Log};

/// The receipt in its EIP-2718 form.
pub(crate) fn encode(kind: Kind, receipt: &Receipt, cumulative: u64, bloom: &Bloom) -> Vec<u8> {
    let mut logs = List::new();
    for log in &receipt.logs {
        logs = logs.list(encode_log(log));
    }
    let fields =
        List::new().u64(receipt.success.into()).u64(cumulative).bytes(&bloom.0).list(logs).finish();
    match kind.type_byte() {
        None => fields,
        Some(type_byte) => [&[type_byte], fields.as_slice()].concat(),
    }
}

fn encode_log(log: &Log) -> List {
    let mut topics = List::new();
    for topic in &log.topics {
        topics = topics.bytes(&word(*topic));
    }
    List::new().bytes(&log.address.0).list(topics).bytes(&log.data)
}

fn word(value: U256) -> [u8; 32] {
    let mut bytes = [0; 32];
    value.to_big_endian(&mut bytes);
    bytes
}

/// A bloom filter of logs.
#[derive(Debug, Clone)]
pub(crate) struct Bloom(pub(crate) [u8; 256]);

impl Bloom {
    pub(crate) const EMPTY: Self = Self([0; 256]);

    pub(crate) fn of(logs: &[Log]) -> Self {
        let mut bloom = Self::EMPTY;
        for log in logs {
            bloom.add(&log.address.0);
            for topic in &log.topics {
                bloom.add(&word(*topic));
            }
        }
        bloom
    }

    /// Three bits of the filter stand for a byte string.
    fn add(&mut self, bytes: &[u8]) {
        let hash = keccak(bytes).0;
        for pair in hash[..6].chunks_exact(2) {
            let bit = usize::from(u16::from_be_bytes([pair[0], pair[1]]) & 2047);
            self.0[255 - bit / 8] |= 1 << (bit % 8);
        }
    }

    pub(crate) fn join(&mut self, other: &Self) {
        for (byte, more) in self.0.iter_mut().zip(other.0) {
            *byte |= more;
        }
    }
}
