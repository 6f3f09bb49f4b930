//! Transactions in their EIP-2718 form.

use alloc::vec::Vec;

use evm::uint::U256;
use tern_protocol::{Address, Hash};

use crate::{
    crypto::{Signature, keccak},
    rlp::{List, Malformed, Reader, Result},
};

/// The types that exist up to Prague.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Legacy,
    AccessList,
    DynamicFee,
    Blob,
    SetCode,
}

impl Kind {
    /// The byte before the payload. Legacy transactions have none.
    pub(crate) const fn type_byte(self) -> Option<u8> {
        match self {
            Self::Legacy => None,
            Self::AccessList => Some(1),
            Self::DynamicFee => Some(2),
            Self::Blob => Some(3),
            Self::SetCode => Some(4),
        }
    }

    /// The type of an envelope, by its first byte.
    pub(crate) const fn of(raw: &[u8]) -> Option<Self> {
        match raw.first() {
            Some(0xc0..=0xff) => Some(Self::Legacy),
            Some(1) => Some(Self::AccessList),
            Some(2) => Some(Self::DynamicFee),
            Some(3) => Some(Self::Blob),
            Some(4) => Some(Self::SetCode),
            _ => None,
        }
    }
}

/// Storage keys of one address that a transaction announces (EIP-2930).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Access {
    pub(crate) address: Address,
    pub(crate) keys: Vec<U256>,
}

/// Permission to run a contract's code as one's own (EIP-7702).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Authorization {
    pub(crate) chain_id: U256,
    pub(crate) address: Address,
    pub(crate) nonce: u64,
    pub(crate) signature: Signature,
}

impl Authorization {
    /// What the authority signs.
    pub(crate) fn signing_hash(&self) -> Hash {
        let mut message = Vec::from([0x05]);
        message.extend(
            List::new().u256(self.chain_id).bytes(&self.address.0).u64(self.nonce).finish(),
        );
        keccak(&message)
    }
}

/// A decoded transaction of any type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Transaction {
    pub(crate) kind: Kind,
    /// Legacy transactions may be without.
    pub(crate) chain_id: Option<U256>,
    pub(crate) nonce: u64,
    pub(crate) gas_limit: u64,
    /// `maxFeePerGas`, or `gasPrice`.
    pub(crate) max_fee: U256,
    /// `maxPriorityFeePerGas`, or `gasPrice`.
    pub(crate) max_tip: U256,
    /// `None` creates a contract.
    pub(crate) to: Option<Address>,
    pub(crate) value: U256,
    pub(crate) data: Vec<u8>,
    pub(crate) access_list: Vec<Access>,
    pub(crate) max_blob_fee: U256,
    pub(crate) blob_hashes: Vec<Hash>,
    pub(crate) authorizations: Vec<Authorization>,
    pub(crate) signature: Signature,
    pub(crate) signing_hash: Hash,
}

impl Transaction {
    /// Reads the canonical form, and nothing else.
    pub(crate) fn decode(raw: &[u8]) -> Result<Self> {
        let kind = Kind::of(raw).ok_or(Malformed("an unknown transaction type"))?;
        match kind.type_byte() {
            None => decode_legacy(raw),
            Some(type_byte) => decode_typed(kind, type_byte, &raw[1..]),
        }
    }

    /// Who sent it, if the signature is valid.
    pub(crate) fn sender(&self) -> Option<Address> {
        self.signature.signer(&self.signing_hash)
    }
}

fn decode_legacy(raw: &[u8]) -> Result<Transaction> {
    let mut fields = Reader::of_list(raw)?;
    let all = fields.rest();
    let nonce = fields.u64()?;
    let gas_price = fields.u256()?;
    let gas_limit = fields.u64()?;
    let to = fields.target()?;
    let value = fields.u256()?;
    let data = fields.bytes()?.to_vec();
    let signed = List::new().raw(&all[..all.len() - fields.rest().len()]);
    let v = fields.u256()?;
    let (chain_id, y_parity) = split_v(v)?;
    let signed = match chain_id {
        Some(chain_id) => signed.u256(chain_id).u64(0).u64(0),
        None => signed,
    };
    let signature = Signature { y_parity, r: fields.word()?, s: fields.word()? };
    fields.finish()?;
    Ok(Transaction {
        kind: Kind::Legacy,
        chain_id,
        nonce,
        gas_limit,
        max_fee: gas_price,
        max_tip: gas_price,
        to,
        value,
        data,
        access_list: Vec::new(),
        max_blob_fee: U256::zero(),
        blob_hashes: Vec::new(),
        authorizations: Vec::new(),
        signature,
        signing_hash: keccak(&signed.finish()),
    })
}

/// The chain id (EIP-155), if there is one, and the parity in a legacy `v`.
fn split_v(v: U256) -> Result<(Option<U256>, u8)> {
    let parity = |odd: bool| if odd { 0 } else { 1 };
    if v == U256::from(27) || v == U256::from(28) {
        return Ok((None, parity(v.bit(0))));
    }
    let shifted = v.checked_sub(U256::from(35)).ok_or(Malformed("a v that is no v"))?;
    Ok((Some(shifted >> 1), parity(v.bit(0))))
}

fn decode_typed(kind: Kind, type_byte: u8, payload: &[u8]) -> Result<Transaction> {
    let mut fields = Reader::of_list(payload)?;
    let all = fields.rest();
    let chain_id = fields.u256()?;
    let nonce = fields.u64()?;
    let max_tip = fields.u256()?;
    let max_fee = if kind == Kind::AccessList { max_tip } else { fields.u256()? };
    let gas_limit = fields.u64()?;
    let to = fields.target()?;
    let value = fields.u256()?;
    let data = fields.bytes()?.to_vec();
    let access_list = read_all(&mut fields, access)?;
    let (max_blob_fee, blob_hashes) = if kind == Kind::Blob {
        (fields.u256()?, read_all(&mut fields, Reader::hash)?)
    } else {
        (U256::zero(), Vec::new())
    };
    let authorizations =
        if kind == Kind::SetCode { read_all(&mut fields, authorization)? } else { Vec::new() };
    let signed = List::new().raw(&all[..all.len() - fields.rest().len()]).finish();
    let signature = Signature { y_parity: fields.u8()?, r: fields.word()?, s: fields.word()? };
    fields.finish()?;
    let mut message = Vec::with_capacity(signed.len() + 1);
    message.push(type_byte);
    message.extend_from_slice(&signed);
    Ok(Transaction {
        kind,
        chain_id: Some(chain_id),
        nonce,
        gas_limit,
        max_fee,
        max_tip,
        to,
        value,
        data,
        access_list,
        max_blob_fee,
        blob_hashes,
        authorizations,
        signature,
        signing_hash: keccak(&message),
    })
}

fn read_all<'a, T>(
    fields: &mut Reader<'a>,
    one: impl Fn(&mut Reader<'a>) -> Result<T>,
) -> Result<Vec<T>> {
    let mut items = fields.list()?;
    let mut all = Vec::new();
    while !items.is_empty() {
        all.push(one(&mut items)?);
    }
    Ok(all)
}

fn access(items: &mut Reader<'_>) -> Result<Access> {
    let mut fields = items.list()?;
    let address = fields.address()?;
    let keys = read_all(&mut fields, |keys| Ok(U256::from_big_endian(&keys.array::<32>()?)))?;
    fields.finish()?;
    Ok(Access { address, keys })
}

fn authorization(items: &mut Reader<'_>) -> Result<Authorization> {
    let mut fields = items.list()?;
    let authorization = Authorization {
        chain_id: fields.u256()?,
        address: fields.address()?,
        nonce: fields.u64()?,
        signature: Signature { y_parity: fields.u8()?, r: fields.word()?, s: fields.word()? },
    };
    fields.finish()?;
    Ok(authorization)
}
