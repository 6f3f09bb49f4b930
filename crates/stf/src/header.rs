//! A block header, field by field, without any encoding: each lane encodes its own.

use alloc::vec::Vec;

use tern_protocol::{Address, Hash, Word};

/// An Ethereum block header from Paris to Prague.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Hash of the block before.
    pub parent_hash: Hash,
    /// Hash of the empty list since Paris.
    pub ommers_hash: Hash,
    /// Receives priority fees.
    pub beneficiary: Address,
    /// Root of the account trie after the block.
    pub state_root: Hash,
    /// Root of the transaction trie.
    pub transactions_root: Hash,
    /// Root of the receipt trie.
    pub receipts_root: Hash,
    /// Bloom filter of all logs.
    pub logs_bloom: [u8; 256],
    /// Zero since Paris.
    pub difficulty: Word,
    /// Height.
    pub number: u64,
    /// Gas the block may use.
    pub gas_limit: u64,
    /// Gas the block used.
    pub gas_used: u64,
    /// Seconds since 1970.
    pub timestamp: u64,
    /// At most 32 free bytes.
    pub extra_data: Vec<u8>,
    /// `mixHash`, which carries prevRandao.
    pub prev_randao: Hash,
    /// Zero since Paris.
    pub nonce: [u8; 8],
    /// EIP-1559.
    pub base_fee_per_gas: u64,
    /// From Shanghai.
    pub withdrawals_root: Option<Hash>,
    /// From Cancun.
    pub blob_gas_used: Option<u64>,
    /// From Cancun.
    pub excess_blob_gas: Option<u64>,
    /// From Cancun.
    pub parent_beacon_block_root: Option<Hash>,
    /// From Prague.
    pub requests_hash: Option<Hash>,
}
