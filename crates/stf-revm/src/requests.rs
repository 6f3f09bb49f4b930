//! Requests to the consensus layer (EIP-7685): deposits, withdrawals, consolidations.

use alloc::{format, vec::Vec};

use alloy_consensus::TxReceipt;
use alloy_primitives::{Address, B256, Log, b256};
use revm::precompile::crypto;
use tern_stf::Error;

/// Type of deposit requests (EIP-6110).
pub(crate) const DEPOSIT: u8 = 0;
/// Type of withdrawal requests (EIP-7002).
pub(crate) const WITHDRAWAL: u8 = 1;
/// Type of consolidation requests (EIP-7251).
pub(crate) const CONSOLIDATION: u8 = 2;

/// keccak-256 of `DepositEvent(bytes,bytes,bytes,bytes,bytes)`.
const DEPOSIT_EVENT: B256 =
    b256!("649bbc62d0e31342afea4e5cd82d4049e7e1ee912fc0889aa790803be39038c5");

const DEPOSIT_EVENT_LEN: usize = 576;

/// Public key, withdrawal credentials, amount, signature, index: where each begins in the
/// event's data, and its length.
const DEPOSIT_FIELDS: [(usize, usize); 5] = [(160, 48), (256, 32), (320, 8), (384, 96), (512, 8)];

/// All requests of a block, hashed as the header wants them.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    digests: Vec<u8>,
}

impl Requests {
    /// Adds the requests of one type; types come in ascending order, without empty ones.
    pub(crate) fn push(&mut self, kind: u8, data: &[u8]) {
        if data.is_empty() {
            return;
        }
        let mut request = Vec::with_capacity(1 + data.len());
        request.push(kind);
        request.extend_from_slice(data);
        self.digests.extend(crypto().sha256(&request));
    }

    /// The header's `requestsHash`.
    pub(crate) fn hash(&self) -> B256 {
        B256::new(crypto().sha256(&self.digests))
    }
}

/// The deposit requests in a block's logs.
pub(crate) fn deposits<R: TxReceipt<Log = Log>>(
    contract: Address,
    receipts: &[R],
) -> Result<Vec<u8>, Error> {
    let mut requests = Vec::new();
    for log in receipts.iter().flat_map(TxReceipt::logs) {
        if log.address == contract && log.topics().first() == Some(&DEPOSIT_EVENT) {
            push_deposit(&log.data.data, &mut requests).ok_or_else(|| {
                Error::SystemContract(format!("the deposit event is malformed: {}", log.data.data))
            })?;
        }
    }
    Ok(requests)
}

/// Reads an event's data, which has one allowed layout.
fn push_deposit(data: &[u8], requests: &mut Vec<u8>) -> Option<()> {
    if data.len() != DEPOSIT_EVENT_LEN {
        return None;
    }
    for (index, (begin, len)) in DEPOSIT_FIELDS.into_iter().enumerate() {
        let fits = word_is(data, 32 * index, begin) && word_is(data, begin, len);
        let field = data.get(begin + 32..begin + 32 + len)?;
        fits.then(|| requests.extend_from_slice(field))?;
    }
    Some(())
}

fn word_is(data: &[u8], at: usize, expected: usize) -> bool {
    let mut word = [0; 32];
    word[24..].copy_from_slice(&(expected as u64).to_be_bytes());
    data.get(at..at + 32) == Some(&word)
}
