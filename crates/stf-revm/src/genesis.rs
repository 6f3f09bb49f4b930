//! The state before the first block.

use alloc::{format, vec::Vec};

use alloy_primitives::{B256, U256, keccak256, map::B256Set};
use alloy_trie::{EMPTY_ROOT_HASH, TrieAccount};
use tern_protocol::Hash;
use tern_stf::{Error, GenesisAccount, GenesisState, Preimages};

use crate::{convert, trie::Trie};

/// There is nothing before the genesis.
struct Nothing;

impl Preimages for Nothing {
    fn get(&self, _: &Hash) -> Option<&[u8]> {
        None
    }
}

pub(crate) fn state(accounts: &[GenesisAccount]) -> Result<GenesisState, Error> {
    let mut created = Vec::new();
    let mut seen = B256Set::default();
    let mut trie = Trie::new(&Nothing, EMPTY_ROOT_HASH);
    for account in accounts {
        let key = keccak256(account.address);
        if !seen.insert(key) {
            let address = account.address;
            return Err(Error::Inputs(format!("{address} is twice in the genesis")));
        }
        let leaf = TrieAccount::new(
            account.nonce,
            U256::from_be_bytes(account.balance.0),
            storage_root(account, &mut created)?,
            keccak256(&account.code),
        );
        if !account.code.is_empty() {
            created.push(account.code.clone());
        }
        trie.insert(&key, alloy_rlp::encode(leaf))?;
    }
    let root = convert::hash(trie.root(&mut created));
    Ok(GenesisState { root, created })
}

fn storage_root(account: &GenesisAccount, created: &mut Vec<Vec<u8>>) -> Result<B256, Error> {
    let mut trie = Trie::new(&Nothing, EMPTY_ROOT_HASH);
    for (slot, value) in &account.storage {
        let value = U256::from_be_bytes(value.0);
        if !value.is_zero() {
            trie.insert(&keccak256(slot), alloy_rlp::encode(value))?;
        }
    }
    Ok(trie.root(created))
}
