//! Keys that everybody may know, and transactions signed with them.

use alloy_consensus::{SignableTransaction, TxEip1559};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Bytes, Signature, TxKind, U256};
use k256::ecdsa::SigningKey;
use tern_protocol::{Address, Word, keccak256};

/// A development key: its secret is its number.
#[derive(Debug, Clone)]
pub struct Key {
    secret: SigningKey,
    address: Address,
}

impl Key {
    /// The key with a number, not 0.
    pub fn dev(number: u64) -> Self {
        let mut scalar = [0; 32];
        scalar[24..].copy_from_slice(&number.to_be_bytes());
        let secret = SigningKey::from_slice(&scalar)
            .expect("a small number that is not zero is a valid key");
        Self::new(secret)
    }

    /// A development key that somebody published, as `0x` and 64 digits.
    pub fn from_dev_secret(text: &str) -> Option<Self> {
        let scalar: Word = text.parse().ok()?;
        SigningKey::from_slice(&scalar.0).ok().map(Self::new)
    }

    fn new(secret: SigningKey) -> Self {
        let point = secret.verifying_key().to_encoded_point(false);
        let hash = keccak256(&point.as_bytes()[1..]);
        let address = Address::from_slice(&hash.0[12..]).expect("20 of 32 bytes are left");
        Self { secret, address }
    }

    /// Its address.
    pub const fn address(&self) -> Address {
        self.address
    }
}

/// A transaction of type 2, before it is signed.
#[derive(Debug, Clone)]
pub struct Transaction {
    /// Signed for this chain.
    pub chain_id: u64,
    /// The sender's nonce.
    pub nonce: u64,
    /// `None` creates a contract.
    pub to: Option<Address>,
    /// Wei.
    pub value: u128,
    /// The most gas it may use.
    pub gas_limit: u64,
    /// The most it pays for a unit of gas.
    pub max_fee: u128,
    /// Calldata.
    pub input: Vec<u8>,
}

impl Transaction {
    /// A plain transfer.
    pub const fn transfer(chain_id: u64, nonce: u64, to: Address, value: u128) -> Self {
        let gas_limit = 21_000;
        let max_fee = 100_000_000_000;
        Self { chain_id, nonce, to: Some(to), value, gas_limit, max_fee, input: Vec::new() }
    }

    /// Its EIP-2718 bytes, signed.
    pub fn sign(self, key: &Key) -> Vec<u8> {
        let unsigned = TxEip1559 {
            chain_id: self.chain_id,
            nonce: self.nonce,
            gas_limit: self.gas_limit,
            max_fee_per_gas: self.max_fee,
            max_priority_fee_per_gas: 1.min(self.max_fee),
            to: self.to.map_or(TxKind::Create, |to| TxKind::Call(to.0.into())),
            value: U256::from(self.value),
            access_list: alloy_eips::eip2930::AccessList::default(),
            input: Bytes::from(self.input),
        };
        let hash = unsigned.signature_hash();
        let (signature, recovery) = key
            .secret
            .sign_prehash_recoverable(hash.as_slice())
            .expect("a 32-byte hash can always be signed");
        let signature = Signature::from((signature, recovery));
        unsigned.into_signed(signature).encoded_2718()
    }
}
