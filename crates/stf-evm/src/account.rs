//! Accounts as they stand in the account trie.

use alloc::vec::Vec;

use evm::uint::U256;
use tern_protocol::Hash;

use crate::{
    rlp::{List, Reader, Result},
    trie::EMPTY_ROOT,
};

/// The hash of no code.
pub(crate) const EMPTY_CODE: Hash = Hash([
    0xc5, 0xd2, 0x46, 0x01, 0x86, 0xf7, 0x23, 0x3c, 0x92, 0x7e, 0x7d, 0xb2, 0xdc, 0xc7, 0x03, 0xc0,
    0xe5, 0x00, 0xb6, 0x53, 0xca, 0x82, 0x27, 0x3b, 0x7b, 0xfa, 0xd8, 0x04, 0x5d, 0x85, 0xa4, 0x70,
]);

/// What the account trie says about an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TrieAccount {
    pub(crate) nonce: u64,
    pub(crate) balance: U256,
    pub(crate) storage_root: Hash,
    pub(crate) code_hash: Hash,
}

impl TrieAccount {
    /// An address of which nothing is known.
    pub(crate) const NONE: Self =
        Self { nonce: 0, balance: U256::zero(), storage_root: EMPTY_ROOT, code_hash: EMPTY_CODE };

    pub(crate) fn encode(&self) -> Vec<u8> {
        List::new()
            .u64(self.nonce)
            .u256(self.balance)
            .bytes(&self.storage_root.0)
            .bytes(&self.code_hash.0)
            .finish()
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self> {
        let mut fields = Reader::of_list(bytes)?;
        let account = Self {
            nonce: fields.u64()?,
            balance: fields.u256()?,
            storage_root: fields.hash()?,
            code_hash: fields.hash()?,
        };
        fields.finish()?;
        Ok(account)
    }
}
