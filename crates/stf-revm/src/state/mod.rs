//! The state while a block runs: what was read from the tries and what changed.

mod commit;
mod database;
mod root;

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

use alloy_primitives::{
    Address, B256, Bytes, KECCAK256_EMPTY, U256, keccak256,
    map::{AddressMap, B256Map, HashMap},
};
use alloy_rlp::Decodable;
use alloy_trie::{EMPTY_ROOT_HASH, TrieAccount};
use revm::state::{AccountId, AccountInfo, Bytecode};
use tern_protocol::Hash;
use tern_stf::{Error, Need, Preimages};

pub(crate) use database::StateError;

use crate::{ancestors::Ancestors, trie::Trie};

/// The state of all accounts, read on demand and changed in memory.
pub(crate) struct State<'a> {
    preimages: &'a dyn Preimages,
    trie: Trie<'a>,
    places: AddressMap<usize>,
    accounts: Vec<CachedAccount<'a>>,
    codes: B256Map<Bytecode>,
    ancestors: Ancestors<'a>,
    /// The first thing that could not be read. The EVM's own errors only repeat its text.
    failure: Option<Error>,
}

/// An account that something looked at.
struct CachedAccount<'a> {
    key: B256,
    /// As the trie has it.
    original: Option<TrieAccount>,
    /// As it is now.
    current: Option<AccountInfo>,
    /// Whether anything was written since.
    touched: bool,
    /// Opened at the original storage, or at nothing once that is gone.
    storage: Trie<'a>,
    slots: HashMap<U256, Slot>,
}

/// A storage slot that something looked at.
struct Slot {
    original: U256,
    current: U256,
}

impl fmt::Debug for State<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let accounts = self.accounts.len();
        f.debug_struct("State").field("accounts", &accounts).finish_non_exhaustive()
    }
}

impl<'a> State<'a> {
    pub(crate) fn new(
        preimages: &'a dyn Preimages,
        state_root: B256,
        ancestors: Ancestors<'a>,
    ) -> Self {
        Self {
            preimages,
            trie: Trie::new(preimages, state_root),
            places: AddressMap::default(),
            accounts: Vec::new(),
            codes: B256Map::default(),
            ancestors,
            failure: None,
        }
    }

    /// The error that made the EVM stop, if it was not the transaction's own fault.
    pub(crate) const fn take_failure(&mut self) -> Option<Error> {
        self.failure.take()
    }

    /// An account as it is now.
    pub(crate) fn account(&mut self, address: Address) -> Result<Option<&AccountInfo>, Error> {
        let place = self.place(address)?;
        Ok(self.accounts[place].current.as_ref())
    }

    /// Adds to a balance (EIP-4895). Nothing at all makes no account, and ends an empty one.
    pub(crate) fn credit(&mut self, address: Address, amount: U256) -> Result<(), Error> {
        let place = self.place(address)?;
        let account = &mut self.accounts[place];
        if amount.is_zero() {
            if account.current.as_ref().is_some_and(AccountInfo::is_empty) {
                account.destroy();
            }
            return Ok(());
        }
        let id = AccountId::new(place);
        let info = account.current.get_or_insert_default();
        info.account_id = id;
        info.balance = info
            .balance
            .checked_add(amount)
            .ok_or_else(|| Error::Inputs(format!("a withdrawal overflows {address}")))?;
        account.touched = true;
        Ok(())
    }

    /// Where an account is in `accounts`.
    fn place(&mut self, address: Address) -> Result<usize, Error> {
        if let Some(place) = self.places.get(&address) {
            return Ok(*place);
        }
        let key = keccak256(address);
        let original = match self.trie.get(&key)? {
            None => None,
            Some(leaf) => Some(decode_account(leaf)?),
        };
        let place = self.accounts.len();
        let current = original.as_ref().map(|account| AccountInfo {
            balance: account.balance,
            nonce: account.nonce,
            code_hash: account.code_hash,
            account_id: AccountId::new(place),
            code: (account.code_hash == KECCAK256_EMPTY).then(Bytecode::default),
        });
        let storage_root =
            original.as_ref().map_or(EMPTY_ROOT_HASH, |account| account.storage_root);
        self.accounts.push(CachedAccount {
            key,
            original,
            current,
            touched: false,
            storage: Trie::new(self.preimages, storage_root),
            slots: HashMap::default(),
        });
        self.places.insert(address, place);
        Ok(place)
    }

    fn slot(&mut self, place: usize, index: U256) -> Result<U256, Error> {
        let Some(account) = self.accounts.get_mut(place) else {
            return Ok(U256::ZERO);
        };
        if let Some(slot) = account.slots.get(&index) {
            return Ok(slot.current);
        }
        let original = match account.storage.get(&slot_key(&index))? {
            None => U256::ZERO,
            Some(leaf) => decode_slot(leaf)?,
        };
        let current = original;
        account.slots.insert(index, Slot { original, current });
        Ok(current)
    }

    fn code(&mut self, hash: B256) -> Result<Bytecode, Error> {
        if hash == KECCAK256_EMPTY {
            return Ok(Bytecode::default());
        }
        if let Some(code) = self.codes.get(&hash) {
            return Ok(code.clone());
        }
        let bytes = self
            .preimages
            .get(&Hash(hash.0))
            .ok_or_else(|| Error::missing(Need::Code, Hash(hash.0)))?;
        let code = bytecode(Bytes::copy_from_slice(bytes));
        self.codes.insert(hash, code.clone());
        Ok(code)
    }
}

impl CachedAccount<'_> {
    /// Ends the account, and with it its storage.
    fn destroy(&mut self) {
        self.touched = true;
        self.current = None;
        self.forget_storage();
    }

    fn forget_storage(&mut self) {
        self.storage.clear();
        self.slots.clear();
    }
}

/// Code that only looks like a delegation is ordinary code (EIP-7702).
fn bytecode(code: Bytes) -> Bytecode {
    Bytecode::new_raw_checked(code.clone()).unwrap_or_else(|_| Bytecode::new_legacy(code))
}

fn slot_key(index: &U256) -> B256 {
    keccak256(index.to_be_bytes::<32>())
}

fn decode_account(mut leaf: &[u8]) -> Result<TrieAccount, Error> {
    let bytes = leaf;
    match TrieAccount::decode(&mut leaf) {
        Ok(account) if leaf.is_empty() => Ok(account),
        Ok(_) => Err(malformed_leaf(bytes, "bytes follow the account".into())),
        Err(error) => Err(malformed_leaf(bytes, error.to_string())),
    }
}

fn decode_slot(mut leaf: &[u8]) -> Result<U256, Error> {
    let bytes = leaf;
    match U256::decode(&mut leaf) {
        Ok(value) if leaf.is_empty() => Ok(value),
        Ok(_) => Err(malformed_leaf(bytes, "bytes follow the slot's value".into())),
        Err(error) => Err(malformed_leaf(bytes, error.to_string())),
    }
}

fn malformed_leaf(bytes: &[u8], reason: String) -> Error {
    Error::Malformed { need: Need::Node, hash: crate::keccak(bytes), reason }
}
