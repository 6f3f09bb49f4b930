//! Keys, and transactions that can be made wrong in every way.

use secp256k1::{
    Message, Secp256k1, SecretKey,
    ecdsa::{RecoverableSignature, RecoveryId},
};
use tern_protocol::Address;
use tern_stf_ethrex::keccak;

use crate::rlp::{list, number, string};

pub(crate) const CHAIN: u64 = 7357;

/// Half of secp256k1's order, rounded down, is the highest `s`.
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe,
    0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41,
];

#[derive(Clone, Copy)]
pub(crate) struct Key(SecretKey);

/// A signature as integers.
#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) is_odd: bool,
    pub(crate) r: Vec<u8>,
    pub(crate) s: Vec<u8>,
}

impl Parts {
    /// The other signature of the same message by the same key, which EIP-2 forbids.
    pub(crate) fn high(mut self) -> Self {
        let mut padded = [0; 32];
        padded[32 - self.s.len()..].copy_from_slice(&self.s);
        let mut borrow = 0;
        for (digit, order) in padded.iter_mut().zip(ORDER).rev() {
            let difference = i16::from(order) - i16::from(*digit) - borrow;
            borrow = i16::from(difference < 0);
            *digit = difference.rem_euclid(256) as u8;
        }
        self.s = padded.to_vec();
        self.is_odd = !self.is_odd;
        self
    }
}

impl Key {
    pub(crate) fn new(number: u8) -> Self {
        let mut secret = [0; 32];
        secret[31] = number;
        Self(SecretKey::from_slice(&secret).expect("a small number is a key"))
    }

    pub(crate) fn address(&self) -> Address {
        let public = self.0.public_key(&Secp256k1::new()).serialize_uncompressed();
        Address::from_slice(&keccak(&public[1..]).0[12..]).expect("20 bytes are left")
    }

    pub(crate) fn sign(&self, preimage: &[u8]) -> Parts {
        let message = Message::from_digest(keccak(preimage).0);
        let signature: RecoverableSignature =
            Secp256k1::new().sign_ecdsa_recoverable(&message, &self.0);
        let (id, bytes) = signature.serialize_compact();
        let trim = |bytes: &[u8]| -> Vec<u8> {
            bytes.iter().copied().skip_while(|byte| *byte == 0).collect()
        };
        Parts { is_odd: id == RecoveryId::One, r: trim(&bytes[..32]), s: trim(&bytes[32..]) }
    }
}

/// A transaction with every field in its encoded form, so that each can be spoilt.
#[derive(Clone)]
pub(crate) struct Tx {
    pub(crate) kind: u8,
    pub(crate) chain: Vec<u8>,
    pub(crate) nonce: Vec<u8>,
    /// One price, or tip and fee.
    pub(crate) prices: Vec<Vec<u8>>,
    pub(crate) gas: Vec<u8>,
    pub(crate) to: Vec<u8>,
    pub(crate) value: Vec<u8>,
    pub(crate) data: Vec<u8>,
    pub(crate) access: Vec<u8>,
    pub(crate) authorizations: Option<Vec<Vec<u8>>>,
}

impl Tx {
    /// A transfer of 1 wei.
    pub(crate) fn new(kind: u8, nonce: u64, to: Address) -> Self {
        let fee = number(10_000_000_000);
        let prices = if kind < 2 { vec![fee] } else { vec![number(1), fee] };
        Self {
            kind,
            chain: number(CHAIN.into()),
            nonce: number(nonce.into()),
            prices,
            gas: number(100_000),
            to: string(&to.0),
            value: number(1),
            data: string(&[]),
            access: list(&[]),
            authorizations: (kind == 4).then(Vec::new),
        }
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn fields(&self) -> Vec<Vec<u8>> {
        let mut fields = Vec::new();
        if self.kind > 0 {
            fields.push(self.chain.clone());
        }
        fields.push(self.nonce.clone());
        fields.extend(self.prices.clone());
        fields.extend([self.gas.clone(), self.to.clone(), self.value.clone(), self.data.clone()]);
        if self.kind > 0 {
            fields.push(self.access.clone());
        }
        fields.extend(self.authorizations.as_ref().map(|all| list(all)));
        fields
    }

    fn finish(&self, fields: Vec<Vec<u8>>, v: u128, parts: &Parts) -> Vec<u8> {
        let signature = [number(v), string(&parts.r), string(&parts.s)];
        let body = list(&[fields, signature.to_vec()].concat());
        if self.kind == 0 { body } else { [vec![self.kind], body].concat() }
    }

    /// Signed, with the signature changed.
    pub(crate) fn sign_as(&self, key: &Key, change: impl FnOnce(Parts) -> Parts) -> Vec<u8> {
        let fields = self.fields();
        if self.kind > 0 {
            let preimage = [vec![self.kind], list(&fields)].concat();
            let parts = change(key.sign(&preimage));
            return self.finish(fields, parts.is_odd.into(), &parts);
        }
        let mut signed = fields.clone();
        signed.extend([self.chain.clone(), number(0), number(0)]);
        let parts = change(key.sign(&list(&signed)));
        let v = 35 + 2 * u128::from(CHAIN) + u128::from(parts.is_odd);
        self.finish(fields, v, &parts)
    }

    pub(crate) fn sign(&self, key: &Key) -> Vec<u8> {
        self.sign_as(key, |parts| parts)
    }

    /// A typed transaction whose parity is any number.
    pub(crate) fn sign_with_parity(&self, key: &Key, parity: u128) -> Vec<u8> {
        let fields = self.fields();
        let preimage = [vec![self.kind], list(&fields)].concat();
        let parts = key.sign(&preimage);
        self.finish(fields, parity, &parts)
    }

    /// A legacy transaction without a chain, with this first `v`.
    pub(crate) fn sign_unprotected(&self, key: &Key, first: u128) -> Vec<u8> {
        let fields = self.fields();
        let parts = key.sign(&list(&fields));
        self.finish(fields, first + u128::from(parts.is_odd), &parts)
    }
}

/// An authorization to act with the code of `code`, with this encoded parity or the right one.
pub(crate) fn authorization(
    key: &Key,
    chain: u64,
    code: Address,
    nonce: u64,
    parity: Option<u128>,
) -> Vec<u8> {
    let fields = vec![number(chain.into()), string(&code.0), number(nonce.into())];
    let parts = key.sign(&[vec![5], list(&fields)].concat());
    let parity = parity.unwrap_or(parts.is_odd.into());
    list(&[fields, vec![number(parity), string(&parts.r), string(&parts.s)]].concat())
}
