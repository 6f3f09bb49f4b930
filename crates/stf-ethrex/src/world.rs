//! The state before the block, read lazily, and the state after it.

use std::collections::HashMap;

use ethrex_common::{
    Address, H256, U256,
    constants::{EMPTY_KECCAK_HASH, EMPTY_TRIE_HASH},
    types::{AccountState, AccountUpdate, Code},
};
use ethrex_rlp::encode::RLPEncode;
use tern_stf::{Error, Need, Preimages};

use crate::{
    convert::{h256, hash},
    keccak,
    rlp::{Flaw, Reader},
    trie::Tree,
};

/// An account as the parent block left it, with its storage as far as it was read.
struct Account {
    state: AccountState,
    storage: Tree,
}

/// What a block can read, as its parent left it.
pub(crate) struct World {
    accounts: Tree,
    /// The accounts that were asked for; those that do not exist have default states.
    known: HashMap<Address, Account>,
    parent_number: u64,
    /// Hashes of the parent, its parent and so on, as far as they were asked for.
    ancestors: Vec<H256>,
}

impl World {
    pub(crate) fn new(state_root: H256, parent_number: u64, parent_hash: H256) -> Self {
        Self {
            accounts: Tree::at(state_root),
            known: HashMap::new(),
            parent_number,
            ancestors: vec![parent_hash],
        }
    }

    /// The account, with default values where there is none.
    pub(crate) fn account(
        &mut self,
        address: Address,
        source: &dyn Preimages,
    ) -> Result<AccountState, Error> {
        self.loaded(address, source).map(|account| account.state)
    }

    fn loaded(&mut self, address: Address, source: &dyn Preimages) -> Result<&mut Account, Error> {
        // Two look-ups, because a reference that is returned early cannot be let go.
        if !self.known.contains_key(&address) {
            let key = address_key(address);
            let state = match self.accounts.read(&key, source)? {
                None => AccountState::default(),
                Some(value) => decode_account(value).map_err(|flaw| Error::Malformed {
                    need: Need::Node,
                    hash: hash(key),
                    reason: format!("the account under this key: {}", flaw.0),
                })?,
            };
            let storage = Tree::at(state.storage_root);
            self.known.insert(address, Account { state, storage });
        }
        self.known.get_mut(&address).ok_or(Error::missing(Need::Node, hash(address_key(address))))
    }

    /// The value of a storage slot; zero where there is none.
    pub(crate) fn slot(
        &mut self,
        address: Address,
        slot: H256,
        source: &dyn Preimages,
    ) -> Result<U256, Error> {
        let account = self.loaded(address, source)?;
        if account.state.storage_root == *EMPTY_TRIE_HASH {
            return Ok(U256::zero());
        }
        let key = slot_key(slot);
        let Some(value) = account.storage.read(&key, source)? else {
            return Ok(U256::zero());
        };
        decode_slot(value).map_err(|flaw| Error::Malformed {
            need: Need::Node,
            hash: hash(key),
            reason: format!("the storage slot under this key: {}", flaw.0),
        })
    }

    /// The hash of an older block, found by walking up the headers.
    pub(crate) fn block_hash(
        &mut self,
        number: u64,
        source: &dyn Preimages,
    ) -> Result<H256, Error> {
        let steps = self
            .parent_number
            .checked_sub(number)
            .and_then(|steps| usize::try_from(steps).ok())
            .ok_or_else(|| Error::Inputs(format!("block {number} is not an ancestor")))?;
        loop {
            if let Some(found) = self.ancestors.get(steps) {
                return Ok(*found);
            }
            let youngest = self.ancestors.last().copied().unwrap_or_default();
            self.ancestors.push(parent_of(youngest, source)?);
        }
    }

    /// Applies what the block changed and returns the new state root. Every new node and
    /// code is appended to `created`.
    pub(crate) fn apply(
        &mut self,
        updates: Vec<AccountUpdate>,
        source: &dyn Preimages,
        created: &mut Vec<Vec<u8>>,
    ) -> Result<H256, Error> {
        // What is removed goes last: an insertion may keep a branch alive whose
        // remaining child the witness would otherwise have to show.
        let mut removed = Vec::new();
        for update in updates {
            let key = address_key(update.address);
            if update.removed {
                removed.push(key);
                continue;
            }
            let state = self.changed(update, source, created)?;
            self.accounts.write(&key, state.encode_to_vec(), source)?;
        }
        for key in removed {
            self.accounts.erase(&key, source)?;
        }
        Ok(self.accounts.seal(created))
    }

    /// The new state of an account, its storage included.
    fn changed(
        &mut self,
        update: AccountUpdate,
        source: &dyn Preimages,
        created: &mut Vec<Vec<u8>>,
    ) -> Result<AccountState, Error> {
        let account = self.loaded(update.address, source)?;
        let mut state = account.state;
        if let Some(info) = update.info {
            state.nonce = info.nonce;
            state.balance = info.balance;
            state.code_hash = info.code_hash;
        }
        if let Some(code) = update.code
            && !code.is_empty()
        {
            created.push(code.code().to_vec());
        }
        if update.removed_storage {
            account.storage = Tree::default();
        }
        if update.removed_storage || !update.added_storage.is_empty() {
            let slots = update.added_storage.into_iter();
            write_slots(&mut account.storage, slots, source)?;
            state.storage_root = account.storage.seal(created);
        }
        Ok(state)
    }
}

/// Sets storage slots; those with the value zero are removed, after all others are set.
pub(crate) fn write_slots(
    storage: &mut Tree,
    slots: impl Iterator<Item = (H256, U256)>,
    source: &dyn Preimages,
) -> Result<(), Error> {
    let mut removed = Vec::new();
    for (slot, value) in slots {
        let key = slot_key(slot);
        if value.is_zero() {
            removed.push(key);
        } else {
            storage.write(&key, value.encode_to_vec(), source)?;
        }
    }
    for key in removed {
        storage.erase(&key, source)?;
    }
    Ok(())
}

/// The code with this hash.
pub(crate) fn code(code_hash: H256, source: &dyn Preimages) -> Result<Code, Error> {
    if code_hash == *EMPTY_KECCAK_HASH {
        return Ok(Code::default());
    }
    let wanted = hash(code_hash);
    let bytes = source.get(&wanted).ok_or(Error::missing(Need::Code, wanted))?;
    let bytes = bytes::Bytes::copy_from_slice(bytes);
    Ok(Code::from_bytecode_unchecked(bytes, code_hash))
}

/// Where an account stands in the account trie.
pub(crate) fn address_key(address: Address) -> H256 {
    h256(&keccak(&address.0))
}

fn slot_key(slot: H256) -> H256 {
    h256(&keccak(&slot.0))
}

fn parent_of(block: H256, source: &dyn Preimages) -> Result<H256, Error> {
    let wanted = hash(block);
    let bytes = source.get(&wanted).ok_or(Error::missing(Need::Header, wanted))?;
    Reader::sole_list(bytes).and_then(|mut fields| fields.hash()).map_err(|flaw| Error::Malformed {
        need: Need::Header,
        hash: wanted,
        reason: flaw.0.into(),
    })
}

fn decode_account(bytes: &[u8]) -> Result<AccountState, Flaw> {
    let mut fields = Reader::sole_list(bytes)?;
    let state = AccountState {
        nonce: fields.u64()?,
        balance: fields.u256()?,
        storage_root: fields.hash()?,
        code_hash: fields.hash()?,
    };
    fields.end()?;
    Ok(state)
}

fn decode_slot(bytes: &[u8]) -> Result<U256, Flaw> {
    let mut reader = Reader::new(bytes);
    let value = reader.u256()?;
    reader.end()?;
    Ok(value)
}
