//! Looking at a state that executors made, and changing one account's code in it.
//!
//! Nothing here decides a block: the generator reads nonces and balances to stay in step
//! with the chain, and the shrinker cuts codes.

use tern_protocol::{Address, Hash, keccak256};
use tern_stf::{PreimageSet, Preimages};

use crate::rlp::Item;

/// An account as the trie holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) nonce: u64,
    /// Saturated: nobody owns more than 2^128 wei.
    pub(crate) balance: u128,
    pub(crate) storage_root: Hash,
    pub(crate) code_hash: Hash,
}

impl Account {
    fn decode(bytes: &[u8]) -> Option<Self> {
        let item = Item::decode(bytes)?;
        let [nonce, balance, storage_root, code_hash] = item.as_list()? else {
            return None;
        };
        let number = |item: &Item| {
            let bytes = item.as_bytes()?;
            Some(match bytes.len() {
                0..=16 => bytes.iter().fold(0, |n, byte| n << 8 | u128::from(*byte)),
                _ => u128::MAX,
            })
        };
        Some(Self {
            nonce: u64::try_from(number(nonce)?).ok()?,
            balance: number(balance)?,
            storage_root: Hash::from_slice(storage_root.as_bytes()?)?,
            code_hash: Hash::from_slice(code_hash.as_bytes()?)?,
        })
    }
}

/// The account at an address; `None` if there is none or its path is not known.
pub(crate) fn account(root: Hash, address: &Address, preimages: &dyn Preimages) -> Option<Account> {
    let key = nibbles(&keccak256(address.as_ref()).0);
    let mut path = key.as_slice();
    let mut node = Item::decode(preimages.get(&root)?)?;
    loop {
        let items = node.as_list()?;
        let next = match items.len() {
            17 => {
                let (&nibble, rest) = path.split_first()?;
                path = rest;
                items[usize::from(nibble)].clone()
            }
            2 => {
                let (part, is_leaf) = partial_path(items[0].as_bytes()?);
                path = path.strip_prefix(part.as_slice())?;
                if is_leaf {
                    return Account::decode(items[1].as_bytes()?);
                }
                items[1].clone()
            }
            _ => return None,
        };
        node = resolve(next, preimages)?;
    }
}

/// Every known account: its hashed address and what it holds.
pub(crate) fn accounts(root: Hash, preimages: &dyn Preimages) -> Vec<(Hash, Account)> {
    let mut found = Vec::new();
    collect(&Item::bytes(root), &mut Vec::new(), preimages, &mut found);
    found
}

fn collect(
    node: &Item,
    path: &mut Vec<u8>,
    preimages: &dyn Preimages,
    found: &mut Vec<(Hash, Account)>,
) {
    let Some(node) = resolve(node.clone(), preimages) else {
        return;
    };
    let Some(items) = node.as_list() else { return };
    let depth = path.len();
    if items.len() == 17 {
        for (nibble, child) in items[..16].iter().enumerate() {
            path.push(nibble as u8);
            collect(child, path, preimages, found);
            path.truncate(depth);
        }
    } else if let [Item::Bytes(part), value] = items {
        let (part, is_leaf) = partial_path(part);
        path.extend(part);
        if !is_leaf {
            collect(value, path, preimages, found);
        } else if let (Some(key), Some(account)) =
            (joined(path), value.as_bytes().and_then(Account::decode))
        {
            found.push((key, account));
        }
        path.truncate(depth);
    }
}

/// Gives an account other code; returns the new root and adds the new nodes. `None` if
/// the account is not known.
pub(crate) fn replace_code(
    root: Hash,
    hashed_address: Hash,
    code: Vec<u8>,
    preimages: &mut PreimageSet,
) -> Option<Hash> {
    let code_hash = preimages.insert(code);
    let path = nibbles(&hashed_address.0);
    let node = rewrite(&Item::bytes(root), &path, code_hash, preimages)?;
    Hash::from_slice(node.as_bytes()?)
}

/// An account is longer than 32 bytes, so each node above one is named by its hash.
fn rewrite(node: &Item, path: &[u8], code_hash: Hash, preimages: &mut PreimageSet) -> Option<Item> {
    let Item::List(mut items) = resolve(node.clone(), preimages)? else {
        return None;
    };
    if items.len() == 17 {
        let (&nibble, rest) = path.split_first()?;
        let slot = &mut items[usize::from(nibble)];
        *slot = rewrite(slot, rest, code_hash, preimages)?;
    } else {
        let (part, is_leaf) = partial_path(items.first()?.as_bytes()?);
        let rest = path.strip_prefix(part.as_slice())?;
        items[1] = if is_leaf {
            let Item::List(mut fields) = Item::decode(items[1].as_bytes()?)? else {
                return None;
            };
            *fields.get_mut(3)? = Item::bytes(code_hash);
            Item::Bytes(Item::List(fields).encode())
        } else {
            rewrite(&items[1], rest, code_hash, preimages)?
        };
    }
    Some(Item::bytes(preimages.insert(Item::List(items).encode())))
}

fn resolve(node: Item, preimages: &dyn Preimages) -> Option<Item> {
    match &node {
        Item::Bytes(bytes) => Item::decode(preimages.get(&Hash::from_slice(bytes)?)?),
        Item::List(_) | Item::Raw(_) => Some(node),
    }
}

fn nibbles(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).collect()
}

fn joined(nibbles: &[u8]) -> Option<Hash> {
    let bytes: Vec<u8> =
        nibbles.chunks(2).map(|pair| pair[0] << 4 | pair.get(1).copied().unwrap_or(0)).collect();
    Hash::from_slice(&bytes)
}

/// A leaf's or an extension's part of the path, and whether it is a leaf's.
fn partial_path(encoded: &[u8]) -> (Vec<u8>, bool) {
    let mut path = nibbles(encoded);
    let flag = path.first().copied().unwrap_or(0);
    path.drain(..path.len().min(if flag & 1 == 1 { 1 } else { 2 }));
    (path, flag & 2 == 2)
}
