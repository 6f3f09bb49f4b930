//! From a test's header to the executors' and to RLP.

use tern_protocol::Hash;
use tern_stf::Header;

use crate::json::HeaderJson;

/// The header as executors give it.
pub(crate) fn parse(json: &HeaderJson) -> Result<Header, String> {
    let bloom = json.bloom.0.as_slice().try_into();
    let nonce = json.nonce.0.as_slice().try_into();
    Ok(Header {
        parent_hash: json.parent_hash,
        ommers_hash: json.uncle_hash,
        beneficiary: json.coinbase,
        state_root: json.state_root,
        transactions_root: json.transactions_trie,
        receipts_root: json.receipt_trie,
        logs_bloom: bloom.map_err(|_| "the header's bloom is not 256 bytes long")?,
        difficulty: json.difficulty.0,
        number: json.number.0,
        gas_limit: json.gas_limit.0,
        gas_used: json.gas_used.0,
        timestamp: json.timestamp.0,
        extra_data: json.extra_data.0.clone(),
        prev_randao: json.mix_hash,
        nonce: nonce.map_err(|_| "the header's nonce is not 8 bytes long")?,
        base_fee_per_gas: json.base_fee_per_gas.0,
        withdrawals_root: json.withdrawals_root,
        blob_gas_used: json.blob_gas_used.map(|gas| gas.0),
        excess_blob_gas: json.excess_blob_gas.map(|gas| gas.0),
        parent_beacon_block_root: json.parent_beacon_block_root,
        requests_hash: json.requests_hash,
    })
}

/// The header in RLP, written here because a test's genesis needs it before any lane has
/// a say.
pub(crate) fn encode(header: &Header) -> Vec<u8> {
    let mut fields = Vec::new();
    let numbers = [header.number, header.gas_limit, header.gas_used, header.timestamp];
    for hash in [header.parent_hash, header.ommers_hash] {
        string(&mut fields, &hash.0);
    }
    string(&mut fields, &header.beneficiary.0);
    for hash in [header.state_root, header.transactions_root, header.receipts_root] {
        string(&mut fields, &hash.0);
    }
    string(&mut fields, &header.logs_bloom);
    string(&mut fields, header.difficulty.trimmed());
    numbers.into_iter().for_each(|value| number(&mut fields, value));
    string(&mut fields, &header.extra_data);
    string(&mut fields, &header.prev_randao.0);
    string(&mut fields, &header.nonce);
    number(&mut fields, header.base_fee_per_gas);
    optional_hash(&mut fields, header.withdrawals_root);
    for gas in [header.blob_gas_used, header.excess_blob_gas].into_iter().flatten() {
        number(&mut fields, gas);
    }
    optional_hash(&mut fields, header.parent_beacon_block_root);
    optional_hash(&mut fields, header.requests_hash);

    let mut out = Vec::with_capacity(fields.len() + 4);
    length(&mut out, 0xc0, fields.len());
    out.extend(fields);
    out
}

fn optional_hash(out: &mut Vec<u8>, hash: Option<Hash>) {
    if let Some(hash) = hash {
        string(out, &hash.0);
    }
}

fn number(out: &mut Vec<u8>, value: u64) {
    let bytes = value.to_be_bytes();
    string(out, &bytes[(value.leading_zeros() / 8) as usize..]);
}

fn string(out: &mut Vec<u8>, bytes: &[u8]) {
    match bytes {
        [byte] if *byte < 0x80 => out.push(*byte),
        _ => {
            length(out, 0x80, bytes.len());
            out.extend(bytes);
        }
    }
}

fn length(out: &mut Vec<u8>, offset: u8, len: usize) {
    const LONGEST_SHORT: usize = 55;
    if len <= LONGEST_SHORT {
        out.push(offset + len as u8);
    } else {
        let bytes = (len as u64).to_be_bytes();
        let significant = &bytes[((len as u64).leading_zeros() / 8) as usize..];
        out.push(offset + LONGEST_SHORT as u8 + significant.len() as u8);
        out.extend(significant);
    }
}
