//! The state before the first block.

use alloc::vec::Vec;

use evm::uint::U256;
use tern_protocol::Hash;
use tern_stf::{Error, GenesisAccount, GenesisState, Preimages};

use crate::{
    account::TrieAccount,
    commit::insert_slot,
    crypto::keccak,
    rules::Rules,
    trie::{Trie, hashed},
};

/// Nothing exists before genesis.
struct Nothing;

impl Preimages for Nothing {
    fn get(&self, _: &Hash) -> Option<&[u8]> {
        None
    }
}

/// The state root of a set of accounts, with everything behind it.
pub(crate) fn genesis_state<R: Rules>(accounts: &[GenesisAccount]) -> Result<GenesisState, Error> {
    let mut created = Vec::new();
    let mut trie = Trie::new();
    for account in accounts {
        let mut storage = Trie::new();
        for (key, value) in &account.storage {
            let value = U256::from_big_endian(&value.0);
            if !value.is_zero() {
                let key = U256::from_big_endian(&key.0);
                insert_slot(&mut storage, key, value, &Nothing)?;
            }
        }
        let leaf = TrieAccount {
            nonce: account.nonce,
            balance: U256::from_big_endian(&account.balance.0),
            storage_root: storage.root::<R>(&mut created),
            code_hash: keccak(&account.code),
        };
        if !account.code.is_empty() {
            created.push(account.code.clone());
        }
        trie.insert(&hashed(&account.address.0), leaf.encode(), &Nothing)?;
    }
    let root = trie.root::<R>(&mut created);
    Ok(GenesisState { root, created })
}
