//! SHA-256 and RIPEMD-160.

use ripemd::Ripemd160;
use sha2::{Digest, Sha256};

pub(super) fn sha256(input: &[u8]) -> [u8; 32] {
    Sha256::digest(input).into()
}

/// The hash as the low bytes of a word.
pub(super) fn ripemd160(input: &[u8]) -> [u8; 32] {
    let mut word = [0; 32];
    word[12..].copy_from_slice(&Ripemd160::digest(input));
    word
}
