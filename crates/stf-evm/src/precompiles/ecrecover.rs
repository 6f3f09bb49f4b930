//! Who signed a hash.

use alloc::vec::Vec;

use libsecp256k1::{Message, RecoveryId, Signature};

use super::padded;
use crate::crypto::keccak;

/// The address whose key made the signature. Both halves of the range of `s` are fine
/// here; transactions and authorizations have to refuse the upper one themselves (EIP-2).
pub(crate) fn recover_address(
    hash: &[u8; 32],
    y_is_odd: bool,
    r: &[u8; 32],
    s: &[u8; 32],
) -> Option<[u8; 20]> {
    let mut both = [0; 64];
    both[..32].copy_from_slice(r);
    both[32..].copy_from_slice(s);
    // Refuses numbers at or above the group's order; recovery refuses zero.
    let signature = Signature::parse_standard(&both).ok()?;
    let id = RecoveryId::parse(y_is_odd.into()).ok()?;
    let key = libsecp256k1::recover(&Message::parse(hash), &signature, &id).ok()?;
    let hash = keccak(&key.serialize()[1..]);
    let mut address = [0; 20];
    address.copy_from_slice(&hash.0[12..]);
    Some(address)
}

/// Hash, v, r, s to an address; nothing if there is none.
pub(super) fn run(input: &[u8]) -> Vec<u8> {
    recover(&padded(input)).unwrap_or_default()
}

fn recover(input: &[u8; 128]) -> Option<Vec<u8>> {
    let (words, _) = input.as_chunks::<32>();
    let [hash, v, r, s] = words else { return None };
    let (v, leading) = v.split_last()?;
    if leading.iter().any(|byte| *byte != 0) || !matches!(v, 27 | 28) {
        return None;
    }
    let address = recover_address(hash, *v == 28, r, s)?;
    let mut word = alloc::vec![0; 32];
    word[12..].copy_from_slice(&address);
    Some(word)
}
