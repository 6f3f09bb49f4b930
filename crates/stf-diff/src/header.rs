//! Headers, as far as a chain must be begun and continued before anyone executed it.

use tern_protocol::{Address, Hash, Word, keccak256};
use tern_stf::Header;

use crate::rlp::Item;

/// A plain block 0 of a chain that follows Prague's rules.
pub(crate) fn genesis(state_root: Hash) -> Header {
    let empty_list = keccak256(&[0xc0]);
    let empty_trie = keccak256(&[0x80]);
    Header {
        parent_hash: Hash::ZERO,
        ommers_hash: empty_list,
        beneficiary: Address::ZERO,
        state_root,
        transactions_root: empty_trie,
        receipts_root: empty_trie,
        logs_bloom: [0; 256],
        difficulty: Word::ZERO,
        number: 0,
        gas_limit: 0,
        gas_used: 0,
        timestamp: 1_700_000_000,
        extra_data: Vec::new(),
        prev_randao: Hash::ZERO,
        nonce: [0; 8],
        base_fee_per_gas: 7,
        withdrawals_root: Some(empty_trie),
        blob_gas_used: Some(0),
        excess_blob_gas: Some(0),
        parent_beacon_block_root: Some(Hash::ZERO),
        requests_hash: Some(EMPTY_REQUESTS),
    }
}

/// SHA-256 of nothing: the hash of a block's requests when there are none (EIP-7685).
const EMPTY_REQUESTS: Hash = Hash([
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
    0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
]);

/// The header in RLP.
pub(crate) fn encode(header: &Header) -> Vec<u8> {
    let number = |value: u64| Item::number(value.into());
    let mut items = vec![
        Item::bytes(header.parent_hash),
        Item::bytes(header.ommers_hash),
        Item::bytes(header.beneficiary),
        Item::bytes(header.state_root),
        Item::bytes(header.transactions_root),
        Item::bytes(header.receipts_root),
        Item::bytes(header.logs_bloom),
        Item::bytes(header.difficulty.trimmed()),
        number(header.number),
        number(header.gas_limit),
        number(header.gas_used),
        number(header.timestamp),
        Item::bytes(&header.extra_data),
        Item::bytes(header.prev_randao),
        Item::bytes(header.nonce),
        number(header.base_fee_per_gas),
    ];
    items.extend(header.withdrawals_root.map(Item::bytes));
    items.extend(header.blob_gas_used.map(number));
    items.extend(header.excess_blob_gas.map(number));
    items.extend(header.parent_beacon_block_root.map(Item::bytes));
    items.extend(header.requests_hash.map(Item::bytes));
    Item::List(items).encode()
}

/// The state root in an encoded header.
pub(crate) fn state_root(encoded: &[u8]) -> Option<Hash> {
    let header = Item::decode(encoded)?;
    Hash::from_slice(header.as_list()?.get(3)?.as_bytes()?)
}

/// The same header over another state.
pub(crate) fn with_state_root(encoded: &[u8], root: Hash) -> Option<Vec<u8>> {
    let Item::List(mut items) = Item::decode(encoded)? else {
        return None;
    };
    *items.get_mut(3)? = Item::bytes(root);
    Some(Item::List(items).encode())
}

/// EIP-1559, so that fees can be chosen at the edge. A mistake here would cost coverage,
/// never correctness.
pub(crate) fn next_base_fee(parent: &Header) -> u64 {
    let target = (parent.gas_limit / 2).max(1);
    let base = u128::from(parent.base_fee_per_gas);
    let change = |gap: u64| base * u128::from(gap) / u128::from(target) / 8;
    let next = match parent.gas_used.checked_sub(target) {
        Some(0) => base,
        Some(above) => base + change(above).max(1),
        None => base - change(target - parent.gas_used),
    };
    u64::try_from(next).unwrap_or(u64::MAX)
}
