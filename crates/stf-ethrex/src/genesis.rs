//! The state before the first block.

use std::collections::BTreeMap;

use ethrex_common::{
    H256,
    constants::{EMPTY_KECCAK_HASH, EMPTY_TRIE_HASH},
    types::AccountState,
};
use ethrex_rlp::encode::RLPEncode;
use tern_protocol::{Hash, Word};
use tern_stf::{Error, GenesisAccount, GenesisState, Preimages};

use crate::{
    convert::{h256, hash, to_ethrex_address, u256},
    keccak,
    trie::Tree,
    world::{address_key, write_slots},
};

/// A trie that begins empty reads nothing.
struct Nothing;

impl Preimages for Nothing {
    fn get(&self, _: &Hash) -> Option<&[u8]> {
        None
    }
}

/// The state root of a set of accounts, and everything behind it.
pub(crate) fn state(accounts: &[GenesisAccount]) -> Result<GenesisState, Error> {
    let mut created = Vec::new();
    let mut tree = Tree::default();
    let mut seen = BTreeMap::new();
    for account in accounts {
        if seen.insert(account.address, ()).is_some() {
            let address = account.address;
            return Err(Error::Inputs(format!("{address} is there twice")));
        }
        let state = AccountState {
            nonce: account.nonce,
            balance: u256(&account.balance),
            storage_root: storage(&account.storage, &mut created)?,
            code_hash: code(&account.code, &mut created),
        };
        let key = address_key(to_ethrex_address(&account.address));
        tree.write(&key, state.encode_to_vec(), &Nothing)?;
    }
    let root = hash(tree.seal(&mut created));
    Ok(GenesisState { root, created })
}

fn storage(slots: &[(Word, Word)], created: &mut Vec<Vec<u8>>) -> Result<H256, Error> {
    if slots.is_empty() {
        return Ok(*EMPTY_TRIE_HASH);
    }
    let mut tree = Tree::default();
    let slots = slots.iter().map(|(slot, value)| (H256(slot.0), u256(value)));
    write_slots(&mut tree, slots, &Nothing)?;
    Ok(tree.seal(created))
}

fn code(code: &[u8], created: &mut Vec<Vec<u8>>) -> H256 {
    if code.is_empty() {
        return *EMPTY_KECCAK_HASH;
    }
    created.push(code.to_vec());
    h256(&keccak(code))
}
