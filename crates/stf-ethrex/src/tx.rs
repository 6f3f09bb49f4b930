//! Signed transactions: one accepted form each, and who signed them.

use bytes::Bytes;
use ethrex_common::{
    Address, H256, U256,
    types::{
        AccessList, AuthorizationList, AuthorizationTuple, EIP1559Transaction, EIP2930Transaction,
        EIP4844Transaction, EIP7702Transaction, LegacyTransaction, Transaction, TxKind,
    },
};
use tern_stf::{Fork, SkipReason};

use crate::{
    rlp::{Flaw, Reader},
    signature::{self, Signature},
};

/// Why bytes are not a transaction that this chain and fork know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) reason: SkipReason,
    pub(crate) detail: &'static str,
}

impl Refusal {
    pub(crate) const fn new(reason: SkipReason, detail: &'static str) -> Self {
        Self { reason, detail }
    }
}

impl From<Flaw> for Refusal {
    fn from(flaw: Flaw) -> Self {
        Self::new(SkipReason::Undecodable, flaw.0)
    }
}

/// What the sender offers for a unit of gas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Price {
    /// Before EIP-1559: one price.
    Fixed(U256),
    /// The most that is paid, and the most that goes to the beneficiary.
    Dynamic { max: U256, tip: U256 },
}

/// A transaction with its sender.
#[derive(Debug, Clone)]
pub(crate) struct Signed {
    /// What ethrex executes. Its fee fields are zero where ethrex holds 64 bits and
    /// Ethereum 256: the machine is given `price`, and never looks at them.
    pub(crate) inner: Transaction,
    pub(crate) price: Price,
    pub(crate) nonce: u64,
    pub(crate) gas_limit: u64,
    pub(crate) blob_price: Option<U256>,
    pub(crate) blob_hashes: Vec<H256>,
    pub(crate) sender: Address,
}

/// Reads a transaction in its EIP-2718 form and recovers its sender.
pub(crate) fn decode(raw: &[u8], chain_id: u64, fork: Fork) -> Result<Signed, Refusal> {
    let (&first, payload) =
        raw.split_first().ok_or(Refusal::new(SkipReason::Undecodable, "it is empty"))?;
    let not_active = Refusal::new(SkipReason::TypeNotActive, "its type is not active yet");
    match first {
        0xc0..=0xff => legacy(raw, chain_id),
        1 => access_list(payload, chain_id),
        2 => dynamic_fee(payload, chain_id),
        3 if fork >= Fork::Cancun => blob(payload, chain_id),
        4 if fork >= Fork::Prague => set_code(payload, chain_id),
        3 | 4 => Err(not_active),
        _ => Err(Refusal::new(SkipReason::Undecodable, "its type is not known")),
    }
}

fn legacy(raw: &[u8], chain_id: u64) -> Result<Signed, Refusal> {
    let mut fields = Reader::sole_list(raw)?;
    let payload = fields.rest();
    let nonce = fields.u64()?;
    let gas_price = fields.u256()?;
    let gas = fields.u64()?;
    let to = target(&mut fields)?;
    let value = fields.u256()?;
    let data = data(&mut fields)?;
    let unsigned = signed_part(payload, fields);
    let (v, r, s) = (fields.u256()?, fields.u256()?, fields.u256()?);
    fields.end()?;
    let (is_odd, protection) = signature::legacy_v(v)?;
    if protection.is_some_and(|signed_for| signed_for != U256::from(chain_id)) {
        return Err(wrong_chain());
    }
    let digest = signature::legacy_digest(unsigned, protection.map(|_| chain_id));
    let inner = LegacyTransaction {
        nonce,
        gas_price,
        gas,
        to,
        value,
        data,
        ..LegacyTransaction::default()
    };
    Ok(Signed {
        inner: Transaction::LegacyTransaction(inner),
        price: Price::Fixed(gas_price),
        nonce,
        gas_limit: gas,
        blob_price: None,
        blob_hashes: Vec::new(),
        sender: Signature { is_odd, r, s }.sender(&digest)?,
    })
}

fn access_list(payload: &[u8], chain_id: u64) -> Result<Signed, Refusal> {
    let mut fields = Reader::sole_list(payload)?;
    let start = fields.rest();
    expect_chain(&mut fields, chain_id)?;
    let nonce = fields.u64()?;
    let gas_price = fields.u256()?;
    let gas_limit = fields.u64()?;
    let to = target(&mut fields)?;
    let value = fields.u256()?;
    let data = data(&mut fields)?;
    let access_list = accesses(&mut fields)?;
    let sender = signer(1, start, fields)?;
    let inner = EIP2930Transaction {
        chain_id,
        nonce,
        gas_price,
        gas_limit,
        to,
        value,
        data,
        access_list,
        ..EIP2930Transaction::default()
    };
    Ok(Signed {
        inner: Transaction::EIP2930Transaction(inner),
        price: Price::Fixed(gas_price),
        nonce,
        gas_limit,
        blob_price: None,
        blob_hashes: Vec::new(),
        sender,
    })
}

/// The fields that every type since EIP-1559 begins with.
struct Common {
    nonce: u64,
    price: Price,
    gas_limit: u64,
    to: TxKind,
    value: U256,
    data: Bytes,
    access_list: AccessList,
}

impl Common {
    fn read(fields: &mut Reader<'_>, chain_id: u64) -> Result<Self, Refusal> {
        expect_chain(fields, chain_id)?;
        let nonce = fields.u64()?;
        let tip = fields.u256()?;
        let max = fields.u256()?;
        Ok(Self {
            nonce,
            price: Price::Dynamic { max, tip },
            gas_limit: fields.u64()?,
            to: target(fields)?,
            value: fields.u256()?,
            data: data(fields)?,
            access_list: accesses(fields)?,
        })
    }

    fn callee(&self, reason: SkipReason) -> Result<Address, Refusal> {
        match &self.to {
            TxKind::Call(address) => Ok(*address),
            TxKind::Create => Err(Refusal::new(reason, "its type cannot create")),
        }
    }
}

fn dynamic_fee(payload: &[u8], chain_id: u64) -> Result<Signed, Refusal> {
    let mut fields = Reader::sole_list(payload)?;
    let start = fields.rest();
    let common = Common::read(&mut fields, chain_id)?;
    let sender = signer(2, start, fields)?;
    let inner = EIP1559Transaction {
        chain_id,
        nonce: common.nonce,
        gas_limit: common.gas_limit,
        to: common.to,
        value: common.value,
        data: common.data,
        access_list: common.access_list,
        ..EIP1559Transaction::default()
    };
    Ok(Signed {
        inner: Transaction::EIP1559Transaction(inner),
        price: common.price,
        nonce: common.nonce,
        gas_limit: common.gas_limit,
        blob_price: None,
        blob_hashes: Vec::new(),
        sender,
    })
}

fn blob(payload: &[u8], chain_id: u64) -> Result<Signed, Refusal> {
    let mut fields = Reader::sole_list(payload)?;
    let start = fields.rest();
    let common = Common::read(&mut fields, chain_id)?;
    let to = common.callee(SkipReason::Blob)?;
    let blob_price = fields.u256()?;
    let blob_hashes = hashes(fields.list()?)?;
    let sender = signer(3, start, fields)?;
    let inner = EIP4844Transaction {
        chain_id,
        nonce: common.nonce,
        gas: common.gas_limit,
        to,
        value: common.value,
        data: common.data,
        access_list: common.access_list,
        max_fee_per_blob_gas: blob_price,
        blob_versioned_hashes: blob_hashes.clone(),
        ..EIP4844Transaction::default()
    };
    Ok(Signed {
        inner: Transaction::EIP4844Transaction(inner),
        price: common.price,
        nonce: common.nonce,
        gas_limit: common.gas_limit,
        blob_price: Some(blob_price),
        blob_hashes,
        sender,
    })
}

fn set_code(payload: &[u8], chain_id: u64) -> Result<Signed, Refusal> {
    let mut fields = Reader::sole_list(payload)?;
    let start = fields.rest();
    let common = Common::read(&mut fields, chain_id)?;
    let to = common.callee(SkipReason::SetCodeForm)?;
    let authorization_list = authorizations(fields.list()?)?;
    let sender = signer(4, start, fields)?;
    let inner = EIP7702Transaction {
        chain_id,
        nonce: common.nonce,
        gas_limit: common.gas_limit,
        to,
        value: common.value,
        data: common.data,
        access_list: common.access_list,
        authorization_list,
        ..EIP7702Transaction::default()
    };
    Ok(Signed {
        inner: Transaction::EIP7702Transaction(inner),
        price: common.price,
        nonce: common.nonce,
        gas_limit: common.gas_limit,
        blob_price: None,
        blob_hashes: Vec::new(),
        sender,
    })
}

fn wrong_chain() -> Refusal {
    Refusal::new(SkipReason::WrongChain, "it is signed for another chain")
}

fn expect_chain(fields: &mut Reader<'_>, chain_id: u64) -> Result<(), Refusal> {
    if fields.u64()? == chain_id { Ok(()) } else { Err(wrong_chain()) }
}

fn target(fields: &mut Reader<'_>) -> Result<TxKind, Flaw> {
    match fields.bytes()? {
        [] => Ok(TxKind::Create),
        bytes => {
            let address: [u8; 20] =
                bytes.try_into().map_err(|_| Flaw("the target is not an address"))?;
            Ok(TxKind::Call(Address::from(address)))
        }
    }
}

fn data(fields: &mut Reader<'_>) -> Result<Bytes, Flaw> {
    fields.bytes().map(Bytes::copy_from_slice)
}

fn accesses(fields: &mut Reader<'_>) -> Result<AccessList, Flaw> {
    let mut entries = fields.list()?;
    let mut list = AccessList::new();
    while !entries.is_done() {
        let mut entry = entries.list()?;
        let address = entry.address()?;
        let slots = hashes(entry.list()?)?;
        entry.end()?;
        list.push((address, slots));
    }
    Ok(list)
}

fn hashes(mut items: Reader<'_>) -> Result<Vec<H256>, Flaw> {
    let mut hashes = Vec::new();
    while !items.is_done() {
        hashes.push(items.hash()?);
    }
    Ok(hashes)
}

fn authorizations(mut items: Reader<'_>) -> Result<AuthorizationList, Flaw> {
    let mut list = AuthorizationList::new();
    while !items.is_done() {
        let mut fields = items.list()?;
        let chain_id = fields.u256()?;
        let address = fields.address()?;
        let nonce = fields.u64()?;
        let y_parity = fields.u256()?;
        if y_parity > U256::from(u8::MAX) {
            return Err(Flaw("an authorization's parity does not fit 8 bits"));
        }
        list.push(AuthorizationTuple {
            chain_id,
            address,
            nonce,
            y_parity,
            r_signature: fields.u256()?,
            s_signature: fields.u256()?,
        });
        fields.end()?;
    }
    Ok(list)
}

/// The bytes between where a list began and where its reader stands: what was signed.
fn signed_part<'a>(start: &'a [u8], now: Reader<'a>) -> &'a [u8] {
    &start[..start.len() - now.rest().len()]
}

/// Reads the signature that ends a typed transaction and recovers who made it.
fn signer(kind: u8, start: &[u8], mut fields: Reader<'_>) -> Result<Address, Refusal> {
    let unsigned = signed_part(start, fields);
    let parity = fields.u256()?;
    let (r, s) = (fields.u256()?, fields.u256()?);
    fields.end()?;
    if parity > U256::one() {
        return Err(Refusal::new(SkipReason::BadSignature, "its parity is neither 0 nor 1"));
    }
    let is_odd = parity == U256::one();
    let digest = signature::typed_digest(kind, unsigned);
    Signature { is_odd, r, s }.sender(&digest)
}
