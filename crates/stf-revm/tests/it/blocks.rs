//! Blocks that are wrong.

use alloy_consensus::Header;
use alloy_primitives::{B64, B256, Bloom, Bytes, U256};
use alloy_rlp::{Decodable, Header as Item};
use tern_stf::{Error, Execution};

use crate::chain::{Chain, candidate, key, sign, transfer};

fn good() -> (Chain, Execution) {
    let mut chain = Chain::prague();
    chain.grow(&chain.inputs(vec![]));
    let inputs = chain
        .inputs(vec![candidate(sign(transfer(0), key(1))), candidate(sign(transfer(1), key(1)))]);
    let built = chain.build(&inputs).unwrap();
    (chain, built)
}

/// The parts of a block, each with its own RLP header.
fn parts(block: &[u8]) -> Vec<Vec<u8>> {
    let mut rest = Item::decode_bytes(&mut &*block, true).unwrap();
    let mut parts = vec![];
    while !rest.is_empty() {
        let before = rest;
        let item = Item::decode(&mut rest).unwrap();
        rest = &rest[item.payload_length..];
        parts.push(before[..before.len() - rest.len()].to_vec());
    }
    parts
}

fn join(parts: &[Vec<u8>]) -> Vec<u8> {
    let payload = parts.concat();
    let mut block = vec![];
    Item { list: true, payload_length: payload.len() }.encode(&mut block);
    block.extend(payload);
    block
}

fn with_header(block: &[u8], change: impl Fn(&mut Header)) -> Vec<u8> {
    let mut parts = parts(block);
    let mut header = Header::decode(&mut &*parts[0]).unwrap();
    change(&mut header);
    parts[0] = alloy_rlp::encode(header);
    join(&parts)
}

type Change = fn(&mut Header);

const WRONG: [(&str, Change); 26] = [
    ("number", |h| h.number += 1),
    ("timestamp", |h| h.timestamp = 3),
    ("gasLimit", |h| h.gas_limit += h.gas_limit / 1024),
    ("gasLimit", |h| h.gas_limit -= h.gas_limit / 1024),
    ("extraData", |h| h.extra_data = Bytes::from_static(&[0; 33])),
    ("difficulty", |h| h.difficulty = U256::from(1)),
    ("nonce", |h| h.nonce = B64::with_last_byte(1)),
    ("sha3Uncles", |h| h.ommers_hash = B256::ZERO),
    ("baseFeePerGas", |h| h.base_fee_per_gas = Some(7)),
    ("gasUsed", |h| h.gas_used = h.gas_limit + 1),
    ("gasUsed", |h| h.gas_used += 1),
    ("transactionsRoot", |h| h.transactions_root = B256::ZERO),
    ("receiptsRoot", |h| h.receipts_root = B256::ZERO),
    ("logsBloom", |h| h.logs_bloom = Bloom::repeat_byte(1)),
    ("stateRoot", |h| h.state_root = B256::ZERO),
    ("withdrawalsRoot", |h| h.withdrawals_root = Some(B256::ZERO)),
    ("blobGasUsed", |h| h.blob_gas_used = Some(1)),
    ("blobGasUsed", |h| h.blob_gas_used = Some(1 << 17)),
    ("blobGasUsed", |h| h.blob_gas_used = Some(10 << 17)),
    ("excessBlobGas", |h| h.excess_blob_gas = Some(1)),
    ("requestsHash", |h| h.requests_hash = Some(B256::ZERO)),
    ("requestsHash", |h| h.requests_hash = None),
    ("blockAccessListHash", |h| h.block_access_list_hash = Some(B256::ZERO)),
    ("stateRoot", |h| h.beneficiary.0[0] ^= 1),
    ("stateRoot", |h| h.parent_beacon_block_root = Some(B256::ZERO)),
    ("parentBeaconBlockRoot", |h| {
        h.parent_beacon_block_root = None;
        h.requests_hash = None;
    }),
];

#[test]
fn a_wrong_field_is_named() {
    let (chain, built) = good();
    for (index, (name, change)) in WRONG.into_iter().enumerate() {
        match chain.check(&with_header(&built.block, change)) {
            Err(Error::Field { field, .. }) => assert_eq!(field, name, "case {index}"),
            other => panic!("case {index}, {name}: {other:?}"),
        }
    }
}

#[test]
fn a_block_has_exactly_its_parts() {
    let (chain, built) = good();
    let right = parts(&built.block);
    assert_eq!(join(&right), built.block);
    let refused = |parts: &[Vec<u8>]| match chain.check(&join(parts)) {
        Err(Error::BlockEncoding(_)) => {}
        other => panic!("{other:?}"),
    };
    refused(&right[..3]);
    refused(&right[..2]);
    refused(&[&right[..], &[vec![0xc0]]].concat());
    for at in 0..4 {
        let mut wrong = right.clone();
        wrong[at] = vec![0x80];
        refused(&wrong);
    }
    let mut with_ommer = right.clone();
    with_ommer[2] = [vec![0xf8, u8::MAX], vec![0; 255]].concat();
    let got = chain.check(&join(&with_ommer)).err();
    assert!(matches!(got, Some(Error::Field { field: "sha3Uncles", .. })), "{got:?}");
}

#[test]
fn every_cut_and_every_tail_is_refused() {
    let (chain, built) = good();
    for end in 0..built.block.len() {
        assert!(chain.check(&built.block[..end]).is_err(), "cut at {end}");
    }
    let longer = [&built.block[..], &[0]].concat();
    assert!(matches!(chain.check(&longer), Err(Error::BlockEncoding(_))));
}

#[test]
fn every_flipped_bit_makes_another_block_or_none() {
    let (chain, built) = good();
    let mut allowed = 0;
    for at in 0..built.block.len() {
        for bit in 0..8 {
            let mut block = built.block.clone();
            block[at] ^= 1 << bit;
            let Ok(other) = chain.check(&block) else { continue };
            // These are free within bounds, and nobody looked at them.
            let mut header = other.header.clone();
            header.gas_limit = built.header.gas_limit;
            header.prev_randao = built.header.prev_randao;
            header.extra_data.clone_from(&built.header.extra_data);
            assert_eq!(header, built.header, "bit {bit} of byte {at}");
            assert_ne!(other.hash, built.hash);
            allowed += 1;
        }
    }
    assert!((8 * (32 + 4)..8 * (32 + 4 + 4)).contains(&allowed), "{allowed}");
}

#[test]
fn a_transaction_that_does_not_fit_is_named() {
    let (chain, built) = good();
    let mut wrong = parts(&built.block);
    let mut transactions = parts(&wrong[1]);
    transactions.swap(0, 1);
    wrong[1] = join(&transactions);
    let mut header = Header::decode(&mut &*wrong[0]).unwrap();
    let raw: Vec<_> =
        transactions.iter().map(|item| Item::decode_bytes(&mut &**item, false).unwrap()).collect();
    header.transactions_root = alloy_trie::root::ordered_trie_root_encoded(&raw);
    wrong[0] = alloy_rlp::encode(header);
    let got = chain.check(&join(&wrong)).err();
    assert!(matches!(got, Some(Error::Transaction { index: 0, .. })), "{got:?}");
}
