//! The RLP of a block header.

use alloc::vec::Vec;

use tern_protocol::Word;
use tern_stf::Header;

use crate::rlp::{List, Reader, Result};

/// The header in RLP: the preimage of the block's hash.
pub(crate) fn encode(header: &Header) -> Vec<u8> {
    let mut list = List::new()
        .bytes(&header.parent_hash.0)
        .bytes(&header.ommers_hash.0)
        .bytes(&header.beneficiary.0)
        .bytes(&header.state_root.0)
        .bytes(&header.transactions_root.0)
        .bytes(&header.receipts_root.0)
        .bytes(&header.logs_bloom)
        .bytes(header.difficulty.trimmed())
        .u64(header.number)
        .u64(header.gas_limit)
        .u64(header.gas_used)
        .u64(header.timestamp)
        .bytes(&header.extra_data)
        .bytes(&header.prev_randao.0)
        .bytes(&header.nonce)
        .u64(header.base_fee_per_gas);
    if let Some(root) = &header.withdrawals_root {
        list = list.bytes(&root.0);
    }
    if let Some(gas) = header.blob_gas_used {
        list = list.u64(gas);
    }
    if let Some(gas) = header.excess_blob_gas {
        list = list.u64(gas);
    }
    if let Some(root) = &header.parent_beacon_block_root {
        list = list.bytes(&root.0);
    }
    if let Some(hash) = &header.requests_hash {
        list = list.bytes(&hash.0);
    }
    list.finish()
}

/// Reads a header of any fork from Paris on. Which of the later fields must be there is
/// for the caller to check.
pub(crate) fn decode(bytes: &[u8]) -> Result<Header> {
    let mut fields = Reader::of_list(bytes)?;
    let mut header = Header {
        parent_hash: fields.hash()?,
        ommers_hash: fields.hash()?,
        beneficiary: fields.address()?,
        state_root: fields.hash()?,
        transactions_root: fields.hash()?,
        receipts_root: fields.hash()?,
        logs_bloom: fields.array()?,
        difficulty: Word(fields.word()?),
        number: fields.u64()?,
        gas_limit: fields.u64()?,
        gas_used: fields.u64()?,
        timestamp: fields.u64()?,
        extra_data: fields.bytes()?.to_vec(),
        prev_randao: fields.hash()?,
        nonce: fields.array()?,
        base_fee_per_gas: fields.u64()?,
        withdrawals_root: None,
        blob_gas_used: None,
        excess_blob_gas: None,
        parent_beacon_block_root: None,
        requests_hash: None,
    };
    if !fields.is_empty() {
        header.withdrawals_root = Some(fields.hash()?);
    }
    if !fields.is_empty() {
        header.blob_gas_used = Some(fields.u64()?);
        header.excess_blob_gas = Some(fields.u64()?);
        header.parent_beacon_block_root = Some(fields.hash()?);
    }
    if !fields.is_empty() {
        header.requests_hash = Some(fields.hash()?);
    }
    fields.finish()?;
    Ok(header)
}
