//! What a transaction's signature covers, and whose it is.

use ethrex_common::{Address, U256};
use ethrex_crypto::{Crypto, NativeCrypto};
use ethrex_rlp::encode::{RLPEncode, encode_length};
use tern_stf::SkipReason;

use crate::tx::Refusal;

/// An ECDSA signature on secp256k1, as transactions carry it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Signature {
    pub(crate) is_odd: bool,
    pub(crate) r: U256,
    pub(crate) s: U256,
}

impl Signature {
    /// Who signed the digest. ethrex refuses a high `s` (EIP-2) and numbers that are zero
    /// or not below the curve's order.
    pub(crate) fn sender(self, digest: &[u8; 32]) -> Result<Address, Refusal> {
        let mut bytes = [0; 65];
        bytes[..32].copy_from_slice(&self.r.to_big_endian());
        bytes[32..64].copy_from_slice(&self.s.to_big_endian());
        bytes[64] = u8::from(self.is_odd);
        NativeCrypto
            .recover_signer(&bytes, digest)
            .map_err(|_| Refusal::new(SkipReason::BadSignature, "its signature is not valid"))
    }
}

/// The parity that a legacy `v` carries and, since EIP-155, the chain's id.
pub(crate) fn legacy_v(v: U256) -> Result<(bool, Option<U256>), Refusal> {
    let first = U256::from(35);
    if v == U256::from(27) || v == U256::from(28) {
        return Ok((v == U256::from(28), None));
    }
    let offset = v
        .checked_sub(first)
        .ok_or(Refusal::new(SkipReason::BadSignature, "its v is none that there is"))?;
    Ok((offset.bit(0), Some(offset >> 1)))
}

/// What the sender of a legacy transaction signs, given the encoded fields before the
/// signature.
pub(crate) fn legacy_digest(unsigned: &[u8], chain_id: Option<u64>) -> [u8; 32] {
    let mut tail = Vec::new();
    if let Some(chain_id) = chain_id {
        chain_id.encode(&mut tail);
        tail.extend_from_slice(&[0x80, 0x80]);
    }
    let mut preimage = Vec::with_capacity(unsigned.len() + tail.len() + 9);
    encode_length(unsigned.len() + tail.len(), &mut preimage);
    preimage.extend_from_slice(unsigned);
    preimage.extend_from_slice(&tail);
    NativeCrypto.keccak256(&preimage)
}

/// What the sender of a typed transaction signs.
pub(crate) fn typed_digest(kind: u8, unsigned: &[u8]) -> [u8; 32] {
    let mut preimage = Vec::with_capacity(unsigned.len() + 10);
    preimage.push(kind);
    encode_length(unsigned.len(), &mut preimage);
    preimage.extend_from_slice(unsigned);
    NativeCrypto.keccak256(&preimage)
}
