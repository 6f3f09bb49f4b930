//! Keys and signatures.

use k256::{
    U256,
    ecdsa::SigningKey,
    elliptic_curve::{PrimeField, bigint::Encoding, sec1::ToEncodedPoint},
};
use tern_protocol::{Address, keccak256};

use super::dice::named;

/// Who can sign.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    signing: SigningKey,
    pub(crate) address: Address,
}

/// A signature, also one that is not valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Signature {
    pub(crate) parity: u8,
    pub(crate) r: [u8; 32],
    pub(crate) s: [u8; 32],
}

impl Key {
    /// The same key for the same name, always.
    pub(crate) fn named(name: &str, number: u64) -> Self {
        let signing = SigningKey::from_slice(&named(name, number))
            .expect("a hash is a valid key but for one in 2^128");
        let point = signing.verifying_key().as_affine().to_encoded_point(false);
        let hash = keccak256(&point.as_bytes()[1..]);
        let mut address = Address::ZERO;
        address.0.copy_from_slice(&hash.0[12..]);
        Self { signing, address }
    }

    pub(crate) fn sign(&self, hash: &[u8; 32]) -> Signature {
        let (signature, id) = self
            .signing
            .sign_prehash_recoverable(hash)
            .expect("a hash of 32 bytes can always be signed");
        let (r, s) = signature.split_bytes();
        Signature { parity: u8::from(id.is_y_odd()), r: r.into(), s: s.into() }
    }
}

impl Signature {
    /// The twin that EIP-2 forbids.
    pub(crate) fn with_high_s(self) -> Self {
        let order = U256::from_be_hex(k256::Scalar::MODULUS.trim_start_matches("0x"));
        let s = order.wrapping_sub(&U256::from_be_bytes(self.s));
        Self { parity: self.parity ^ 1, s: s.to_be_bytes(), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twins_share_everything_but_the_half() {
        let signature = Key::named("test", 0).sign(&[7; 32]);
        assert!(signature.s[0] < 0x80);
        let high = signature.with_high_s();
        assert!(high.s[0] >= 0x7f && high.parity != signature.parity);
        assert_eq!(high.with_high_s(), signature);
    }
}
