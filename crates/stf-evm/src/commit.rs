//! Writing a block's changes into the tries.

use alloc::vec::Vec;

use evm::uint::U256;
use tern_protocol::{Address, Hash};
use tern_stf::{Error, Preimages};

use crate::{
    account::{EMPTY_CODE, TrieAccount},
    rlp::{encoded_bytes, trimmed},
    rules::Rules,
    trie::{Trie, hashed},
    world::{Account, World, slot_key},
};

/// The state root after everything that was settled, and what the block created.
pub(crate) fn commit<R: Rules>(world: &mut World<'_>) -> Result<(Hash, Vec<Vec<u8>>), Error> {
    let mut created = Vec::new();
    let mut new_codes = Vec::new();
    let mut gone = Vec::new();
    let preimages = world.preimages;
    let (trie, codes) = (&mut world.trie, &world.codes);
    for (address, account) in &mut world.accounts {
        let Some(after) = after_block::<R>(account, preimages, &mut created)? else {
            if account.before_block.is_some() {
                gone.push(*address);
            }
            continue;
        };
        if account.before_block == Some(after) {
            continue;
        }
        let before = account.before_block.map_or(EMPTY_CODE, |before| before.code_hash);
        if after.code_hash != before && after.code_hash != EMPTY_CODE {
            new_codes.push(after.code_hash);
        }
        trie.insert(&address_key(address), after.encode(), preimages)?;
    }
    // A branch that loses a child may have to read the one that is left. After the
    // inserts fewer do, and those that still do are the same for every client.
    for address in gone {
        trie.remove(&address_key(&address), preimages)?;
    }
    let root = trie.root::<R>(&mut created);
    new_codes.sort_unstable();
    new_codes.dedup();
    created.extend(
        new_codes.iter().filter_map(|hash| codes.get(hash)).map(|code| code.bytes.to_vec()),
    );
    Ok((root, created))
}

fn address_key(address: &Address) -> Hash {
    hashed(&address.0)
}

/// What the account trie will say. `None` if the account does not stand in the state.
fn after_block<R: Rules>(
    account: &mut Account,
    preimages: &dyn Preimages,
    created: &mut Vec<Vec<u8>>,
) -> Result<Option<TrieAccount>, Error> {
    if !account.exists {
        return Ok(None);
    }
    if account.slots.values().any(|slot| slot.now != slot.before_block) {
        write_storage(account, preimages)?;
        account.storage_root = account.storage.root::<R>(created);
    }
    Ok(Some(TrieAccount {
        nonce: account.nonce,
        balance: account.balance,
        storage_root: account.storage_root,
        code_hash: account.code_hash,
    }))
}

fn write_storage(account: &mut Account, preimages: &dyn Preimages) -> Result<(), Error> {
    let changed = account.slots.iter().filter(|(_, slot)| slot.now != slot.before_block);
    let (cleared, set): (Vec<_>, Vec<_>) = changed.partition(|(_, slot)| slot.now.is_zero());
    for (key, slot) in set {
        insert_slot(&mut account.storage, *key, slot.now, preimages)?;
    }
    for (key, _) in cleared {
        account.storage.remove(&slot_key(*key), preimages)?;
    }
    Ok(())
}

/// Sets a slot of a storage trie to a value that is not zero.
pub(crate) fn insert_slot(
    storage: &mut Trie,
    key: U256,
    value: U256,
    preimages: &dyn Preimages,
) -> Result<(), Error> {
    let mut bytes = [0; 32];
    value.to_big_endian(&mut bytes);
    storage.insert(&slot_key(key), encoded_bytes(trimmed(&bytes)), preimages)
}
