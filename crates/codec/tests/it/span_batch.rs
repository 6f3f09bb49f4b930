//! How many bytes the OP stack's batcher would post for the same transactions: a span batch
//! (the "delta" specification) in a channel compressed with brotli. Only written, never read.

use alloy_consensus::{Transaction, TxEnvelope, Typed2718};
use alloy_eips::{Decodable2718, eip2930::AccessList};
use alloy_primitives::{TxKind, U256};
use alloy_rlp::{Encodable, Header};
use tern_codec::BatchData;

/// Of each blob's first frame: one byte of version, 16 of channel, 2 of number, 4 of length,
/// 1 of end.
const FRAME: usize = 24;
const BLOB: usize = (4 * 31 + 3) * 1024 - 4;

/// All bytes in their blobs, less what is left empty.
pub(crate) fn posted(data: &BatchData) -> usize {
    let channel = channel(data).len();
    channel + channel.div_ceil(BLOB - FRAME) * FRAME
}

fn channel(data: &BatchData) -> Vec<u8> {
    let mut batch = vec![1];
    batch.extend(span(data));
    let mut encoded = Vec::new();
    batch.as_slice().encode(&mut encoded);
    let params = brotli::enc::BrotliEncoderParams {
        quality: 11,
        lgwin: 22,
        size_hint: encoded.len(),
        ..Default::default()
    };
    let mut out = vec![1];
    brotli::BrotliCompress(&mut encoded.as_slice(), &mut out, &params).expect("memory suffices");
    out
}

fn span(data: &BatchData) -> Vec<u8> {
    let mut out = Vec::new();
    put_uvarint(&mut out, 123_456 * 2);
    put_uvarint(&mut out, 21_234_567);
    // The first bytes of two hashes: of the parent and of the L1 origin.
    out.extend((0u8..40).map(|at| at.wrapping_mul(151) ^ 0x5c));
    put_uvarint(&mut out, data.blocks.len() as u64);
    let origin_changes: Vec<bool> = (0..data.blocks.len()).map(|at| at % 6 == 0).collect();
    put_bits(&mut out, &origin_changes);
    for block in &data.blocks {
        put_uvarint(&mut out, block.len() as u64);
    }
    let transactions: Vec<TxEnvelope> = data
        .blocks
        .iter()
        .flatten()
        .map(|raw| {
            TxEnvelope::decode_2718(&mut raw.as_slice()).expect("the load is of known kinds")
        })
        .collect();
    put_transactions(&mut out, &transactions);
    out
}

fn put_transactions(out: &mut Vec<u8>, all: &[TxEnvelope]) {
    let bits = |of: &dyn Fn(&TxEnvelope) -> bool| all.iter().map(of).collect::<Vec<_>>();
    put_bits(out, &bits(&|one| one.kind() == TxKind::Create));
    put_bits(out, &bits(&|one| one.signature().v()));
    for one in all {
        out.extend(one.signature().r().to_be_bytes::<32>());
        out.extend(one.signature().s().to_be_bytes::<32>());
    }
    for to in all.iter().filter_map(Transaction::to) {
        out.extend(to.0);
    }
    for one in all {
        put_data(out, one);
    }
    for one in all {
        put_uvarint(out, one.nonce());
    }
    for one in all {
        put_uvarint(out, one.gas_limit());
    }
    let legacy = all.iter().filter(|one| one.ty() == 0);
    put_bits(out, &legacy.map(|one| one.chain_id().is_some()).collect::<Vec<_>>());
}

fn put_data(out: &mut Vec<u8>, one: &TxEnvelope) {
    let mut fields: Vec<Box<dyn Encodable>> = vec![Box::new(one.value())];
    match one.ty() {
        0 | 1 => fields.push(Box::new(U256::from(one.gas_price().expect("of its kind")))),
        _ => {
            fields.push(Box::new(one.max_priority_fee_per_gas().expect("of its kind")));
            fields.push(Box::new(one.max_fee_per_gas()));
        }
    }
    fields.push(Box::new(one.input().clone()));
    if one.ty() != 0 {
        out.push(one.ty());
        fields.push(Box::new(one.access_list().cloned().unwrap_or_else(AccessList::default)));
    }
    if let Some(authorizations) = one.authorization_list() {
        fields.push(Box::new(authorizations.to_vec()));
    }
    let payload_length = fields.iter().map(Encodable::length).sum();
    Header { list: true, payload_length }.encode(out);
    for field in fields {
        field.encode(out);
    }
}

fn put_uvarint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// A big-endian number of as few whole bytes as hold all bits; the first bit is the lowest.
fn put_bits(out: &mut Vec<u8>, bits: &[bool]) {
    let bytes = bits.len().div_ceil(8);
    let at = out.len();
    out.resize(at + bytes, 0);
    for (place, bit) in bits.iter().enumerate() {
        out[at + bytes - 1 - place / 8] |= u8::from(*bit) << (place % 8);
    }
}
