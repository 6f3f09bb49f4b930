//! Block headers: read from their only form, and told in Tern's words.

use ethrex_common::{Bloom, types::BlockHeader};
use tern_protocol::Hash;
use tern_stf::{Error, Header, Need, Preimages};

use crate::{
    convert::{hash, to_tern_address, word},
    rlp::{Flaw, Reader},
};

/// A header field that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FieldFlaw {
    pub(crate) field: &'static str,
    pub(crate) flaw: Flaw,
}

impl FieldFlaw {
    pub(crate) fn text(self) -> String {
        format!("{}: {}", self.field, self.flaw.0)
    }
}

/// Reads a header with as many fields as any fork from Paris to Prague gives it.
pub(crate) fn decode(bytes: &[u8]) -> Result<BlockHeader, FieldFlaw> {
    let mut fields = at("header", Reader::sole_list(bytes))?;
    let f = &mut fields;
    let mut header = BlockHeader {
        parent_hash: at("parentHash", f.hash())?,
        ommers_hash: at("sha3Uncles", f.hash())?,
        coinbase: at("miner", f.address())?,
        state_root: at("stateRoot", f.hash())?,
        transactions_root: at("transactionsRoot", f.hash())?,
        receipts_root: at("receiptsRoot", f.hash())?,
        logs_bloom: Bloom::from(at("logsBloom", f.array::<256>())?),
        difficulty: at("difficulty", f.u256())?,
        number: at("number", f.u64())?,
        gas_limit: at("gasLimit", f.u64())?,
        gas_used: at("gasUsed", f.u64())?,
        timestamp: at("timestamp", f.u64())?,
        extra_data: at("extraData", f.bytes())?.to_vec().into(),
        prev_randao: at("mixHash", f.hash())?,
        nonce: u64::from_be_bytes(at("nonce", f.array())?),
        base_fee_per_gas: Some(at("baseFeePerGas", f.u64())?),
        ..BlockHeader::default()
    };
    if !f.is_done() {
        header.withdrawals_root = Some(at("withdrawalsRoot", f.hash())?);
    }
    if !f.is_done() {
        header.blob_gas_used = Some(at("blobGasUsed", f.u64())?);
        header.excess_blob_gas = Some(at("excessBlobGas", f.u64())?);
        header.parent_beacon_block_root = Some(at("parentBeaconBlockRoot", f.hash())?);
    }
    if !f.is_done() {
        header.requests_hash = Some(at("requestsHash", f.hash())?);
    }
    at("header", f.end())?;
    Ok(header)
}

fn at<T>(field: &'static str, result: Result<T, Flaw>) -> Result<T, FieldFlaw> {
    result.map_err(|flaw| FieldFlaw { field, flaw })
}

/// The header with this hash.
pub(crate) fn load(wanted: Hash, source: &dyn Preimages) -> Result<BlockHeader, Error> {
    let bytes = source.get(&wanted).ok_or(Error::missing(Need::Header, wanted))?;
    decode(bytes).map_err(|flaw| Error::Malformed {
        need: Need::Header,
        hash: wanted,
        reason: flaw.text(),
    })
}

/// The header, field by field.
pub(crate) fn to_tern(header: &BlockHeader) -> Header {
    Header {
        parent_hash: hash(header.parent_hash),
        ommers_hash: hash(header.ommers_hash),
        beneficiary: to_tern_address(header.coinbase),
        state_root: hash(header.state_root),
        transactions_root: hash(header.transactions_root),
        receipts_root: hash(header.receipts_root),
        logs_bloom: header.logs_bloom.0,
        difficulty: word(header.difficulty),
        number: header.number,
        gas_limit: header.gas_limit,
        gas_used: header.gas_used,
        timestamp: header.timestamp,
        extra_data: header.extra_data.to_vec(),
        prev_randao: hash(header.prev_randao),
        nonce: header.nonce.to_be_bytes(),
        base_fee_per_gas: header.base_fee_per_gas.unwrap_or_default(),
        withdrawals_root: header.withdrawals_root.map(hash),
        blob_gas_used: header.blob_gas_used,
        excess_blob_gas: header.excess_blob_gas,
        parent_beacon_block_root: header.parent_beacon_block_root.map(hash),
        requests_hash: header.requests_hash.map(hash),
    }
}
