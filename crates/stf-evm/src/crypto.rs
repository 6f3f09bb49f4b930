//! Hashing and sender recovery.

use sha3::{Digest, Keccak256};
use tern_protocol::{Address, Hash};

use crate::precompiles::recover_address;

/// keccak-256 as this lane computes it.
pub fn keccak(bytes: &[u8]) -> Hash {
    Hash(Keccak256::digest(bytes).into())
}

/// Half of the order of secp256k1, rounded down: the largest `s` that EIP-2 allows.
const HALF_ORDER: [u8; 32] = [
    0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0x5d, 0x57, 0x6e, 0x73, 0x57, 0xa4, 0x50, 0x1d, 0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0,
];

/// An ECDSA signature as transactions and authorizations carry it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Signature {
    pub(crate) y_parity: u8,
    pub(crate) r: [u8; 32],
    pub(crate) s: [u8; 32],
}

impl Signature {
    /// Who signed `hash`. `None` when no key can have, or `s` is in the upper half.
    pub(crate) fn signer(&self, hash: &Hash) -> Option<Address> {
        if self.y_parity > 1 || self.s > HALF_ORDER {
            return None;
        }
        recover_address(&hash.0, self.y_parity == 1, &self.r, &self.s).map(Address)
    }
}
