//! From the changed accounts to the state root.

use alloc::vec::Vec;

use alloy_primitives::{B256, KECCAK256_EMPTY, map::B256Set};
use alloy_trie::TrieAccount;
use tern_stf::Error;

use super::{CachedAccount, State, slot_key};

impl State<'_> {
    /// The root of the changed state. What is new in it, nodes and codes, is added to
    /// `created`.
    pub(crate) fn root(&mut self, created: &mut Vec<Vec<u8>>) -> Result<B256, Error> {
        self.created_codes(created);
        let mut ended = Vec::new();
        for account in self.accounts.iter_mut().filter(|account| account.touched) {
            match account.leaf(created)? {
                Some(leaf) => self.trie.insert(&account.key, alloy_rlp::encode(leaf))?,
                None if account.original.is_some() => ended.push(account.key),
                None => {}
            }
        }
        for key in ended {
            self.trie.remove(&key)?;
        }
        Ok(self.trie.root(created))
    }

    fn created_codes(&self, created: &mut Vec<Vec<u8>>) {
        let mut seen = B256Set::default();
        for account in self.accounts.iter().filter(|account| account.touched) {
            let Some(info) = &account.current else {
                continue;
            };
            let before =
                account.original.as_ref().map_or(KECCAK256_EMPTY, |account| account.code_hash);
            if info.code_hash != before
                && seen.insert(info.code_hash)
                && let Some(code) = self.codes.get(&info.code_hash)
            {
                created.push(code.original_byte_slice().to_vec());
            }
        }
    }
}

impl CachedAccount<'_> {
    /// The account as it enters the trie, or nothing if it ended.
    fn leaf(&mut self, created: &mut Vec<Vec<u8>>) -> Result<Option<TrieAccount>, Error> {
        let Some(info) = &self.current else {
            return Ok(None);
        };
        let (nonce, balance, code_hash) = (info.nonce, info.balance, info.code_hash);
        let storage_root = self.storage_root(created)?;
        let account = TrieAccount::new(nonce, balance, storage_root, code_hash);
        Ok(Some(account))
    }

    fn storage_root(&mut self, created: &mut Vec<Vec<u8>>) -> Result<B256, Error> {
        let mut ended = Vec::new();
        for (index, slot) in &self.slots {
            if slot.current == slot.original {
                continue;
            }
            let key = slot_key(index);
            if slot.current.is_zero() {
                ended.push(key);
            } else {
                self.storage.insert(&key, alloy_rlp::encode(slot.current))?;
            }
        }
        for key in ended {
            self.storage.remove(&key)?;
        }
        Ok(self.storage.root(created))
    }
}
