//! The state while a block runs: what was read of it, what changed, and how to go back.

use alloc::{collections::BTreeMap, collections::BTreeSet, rc::Rc, vec::Vec};

use evm::{interpreter::Valids, uint::U256};
use tern_protocol::{Address, Hash};
use tern_stf::{Error, Need, Preimages};

use crate::{
    account::{EMPTY_CODE, TrieAccount},
    crypto::keccak,
    rules::Rules,
    trie::{EMPTY_ROOT, Trie, hashed},
};

/// Code with its jump destinations.
#[derive(Debug)]
pub(crate) struct Code {
    pub(crate) bytes: Rc<Vec<u8>>,
    pub(crate) destinations: Rc<Valids>,
}

impl Code {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Self { destinations: Rc::new(Valids::new(&bytes)), bytes: Rc::new(bytes) }
    }
}

/// What a contract wrote into the receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Log {
    pub(crate) address: Address,
    pub(crate) topics: Vec<U256>,
    pub(crate) data: Vec<u8>,
}

/// A storage slot at three times.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slot {
    pub(crate) before_block: U256,
    pub(crate) before_transaction: U256,
    pub(crate) now: U256,
}

/// An account that was read.
#[derive(Debug)]
pub(crate) struct Account {
    /// As the account trie holds it; `None` if it does not.
    pub(crate) before_block: Option<TrieAccount>,
    pub(crate) nonce: u64,
    pub(crate) balance: U256,
    pub(crate) code_hash: Hash,
    /// Without the changes in `slots`.
    pub(crate) storage: Trie,
    pub(crate) storage_root: Hash,
    pub(crate) slots: BTreeMap<U256, Slot>,
    /// Whether it stands in the state, leaving aside the transaction that runs.
    pub(crate) exists: bool,
    /// In the transaction that runs.
    created: bool,
    deleted: bool,
    touched: bool,
}

impl Account {
    fn new(before_block: Option<TrieAccount>) -> Self {
        let known = before_block.unwrap_or(TrieAccount::NONE);
        Self {
            before_block,
            nonce: known.nonce,
            balance: known.balance,
            code_hash: known.code_hash,
            storage: Trie::open(known.storage_root),
            storage_root: known.storage_root,
            slots: BTreeMap::new(),
            exists: before_block.is_some(),
            created: false,
            deleted: false,
            touched: false,
        }
    }

    /// Empty as EIP-161 means it.
    pub(crate) fn is_empty(&self) -> bool {
        self.nonce == 0 && self.balance.is_zero() && self.code_hash == EMPTY_CODE
    }

    fn reset(&mut self) {
        self.nonce = 0;
        self.balance = U256::zero();
        self.code_hash = EMPTY_CODE;
        self.storage = Trie::new();
        self.storage_root = EMPTY_ROOT;
        self.slots.clear();
        self.exists = false;
    }

    /// What the transaction did becomes what was there before the next one.
    fn settle(&mut self) {
        if self.deleted || (self.touched && self.is_empty()) {
            self.reset();
        } else if !self.is_empty() {
            self.exists = true;
        }
        (self.created, self.deleted, self.touched) = (false, false, false);
    }
}

/// How to take a change back.
#[derive(Debug, Clone, Copy)]
enum Undo {
    Nonce(Address, u64),
    Balance(Address, U256),
    Code(Address, Hash),
    Created(Address),
    Deleted(Address),
    Touched(Address),
    Storage(Address, U256, U256),
    Transient(Address, U256, U256),
    WarmAccount(Address),
    WarmSlot(Address, U256),
    Log,
}

/// A point to go back to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Checkpoint(usize);

/// The state while a block runs.
pub(crate) struct World<'a> {
    pub(crate) preimages: &'a dyn Preimages,
    pub(crate) trie: Trie,
    pub(crate) accounts: BTreeMap<Address, Account>,
    pub(crate) codes: BTreeMap<Hash, Rc<Code>>,
    transient: BTreeMap<(Address, U256), U256>,
    warm_accounts: BTreeSet<Address>,
    warm_slots: BTreeSet<(Address, U256)>,
    logs: Vec<Log>,
    journal: Vec<Undo>,
}

impl<'a> World<'a> {
    pub(crate) fn open(root: Hash, preimages: &'a dyn Preimages) -> Self {
        Self {
            preimages,
            trie: Trie::open(root),
            accounts: BTreeMap::new(),
            codes: BTreeMap::from([(EMPTY_CODE, Rc::new(Code::new(Vec::new())))]),
            transient: BTreeMap::new(),
            warm_accounts: BTreeSet::new(),
            warm_slots: BTreeSet::new(),
            logs: Vec::new(),
            journal: Vec::new(),
        }
    }

    pub(crate) fn account(&mut self, address: Address) -> Result<&mut Account, Error> {
        use alloc::collections::btree_map::Entry;
        match self.accounts.entry(address) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(free) => {
                let key = hashed(&address.0);
                let leaf = self.trie.get(&key, self.preimages)?;
                let leaf = leaf.map(TrieAccount::decode).transpose().map_err(|wrong| {
                    Error::Malformed { need: Need::Node, hash: key, reason: wrong.0.into() }
                })?;
                Ok(free.insert(Account::new(leaf)))
            }
        }
    }

    pub(crate) fn code_by_hash(&mut self, hash: Hash) -> Result<Rc<Code>, Error> {
        if let Some(code) = self.codes.get(&hash) {
            return Ok(Rc::clone(code));
        }
        let bytes = self.preimages.get(&hash).ok_or(Error::missing(Need::Code, hash))?;
        let code = Rc::new(Code::new(bytes.to_vec()));
        self.codes.insert(hash, Rc::clone(&code));
        Ok(code)
    }

    pub(crate) fn code(&mut self, address: Address) -> Result<Rc<Code>, Error> {
        let hash = self.account(address)?.code_hash;
        self.code_by_hash(hash)
    }

    fn slot(&mut self, address: Address, key: U256) -> Result<&mut Slot, Error> {
        use alloc::collections::btree_map::Entry;
        let preimages = self.preimages;
        let account = self.account(address)?;
        match account.slots.entry(key) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(free) => {
                let leaf = account.storage.get(&slot_key(key), preimages)?;
                let value = match leaf {
                    None => U256::zero(),
                    Some(rlp) => decode_value(rlp).map_err(|reason| Error::Malformed {
                        need: Need::Node,
                        hash: account.storage_root,
                        reason: reason.into(),
                    })?,
                };
                Ok(free.insert(Slot { before_block: value, before_transaction: value, now: value }))
            }
        }
    }

    pub(crate) fn storage(&mut self, address: Address, key: U256) -> Result<Slot, Error> {
        self.slot(address, key).copied()
    }

    pub(crate) fn set_storage(
        &mut self,
        address: Address,
        key: U256,
        value: U256,
    ) -> Result<(), Error> {
        let slot = self.slot(address, key)?;
        let old = core::mem::replace(&mut slot.now, value);
        self.journal.push(Undo::Storage(address, key, old));
        Ok(())
    }

    pub(crate) fn transient(&self, address: Address, key: U256) -> U256 {
        self.transient.get(&(address, key)).copied().unwrap_or_default()
    }

    pub(crate) fn set_transient(&mut self, address: Address, key: U256, value: U256) {
        let old = self.transient.insert((address, key), value).unwrap_or_default();
        self.journal.push(Undo::Transient(address, key, old));
    }

    pub(crate) fn set_nonce(&mut self, address: Address, nonce: u64) -> Result<(), Error> {
        let old = core::mem::replace(&mut self.account(address)?.nonce, nonce);
        self.journal.push(Undo::Nonce(address, old));
        Ok(())
    }

    pub(crate) fn set_balance(&mut self, address: Address, balance: U256) -> Result<(), Error> {
        let old = core::mem::replace(&mut self.account(address)?.balance, balance);
        self.journal.push(Undo::Balance(address, old));
        Ok(())
    }

    pub(crate) fn credit(&mut self, address: Address, amount: U256) -> Result<(), Error> {
        self.touch(address)?;
        if amount.is_zero() {
            return Ok(());
        }
        let (balance, _) = self.account(address)?.balance.overflowing_add(amount);
        self.set_balance(address, balance)
    }

    /// Takes `amount` away. The caller made sure that it is there.
    pub(crate) fn debit(&mut self, address: Address, amount: U256) -> Result<(), Error> {
        if amount.is_zero() {
            return Ok(());
        }
        let balance = self.account(address)?.balance.saturating_sub(amount);
        self.set_balance(address, balance)
    }

    pub(crate) fn set_code(&mut self, address: Address, code: Vec<u8>) -> Result<(), Error> {
        let hash = keccak(&code);
        self.codes.entry(hash).or_insert_with(|| Rc::new(Code::new(code)));
        let old = core::mem::replace(&mut self.account(address)?.code_hash, hash);
        self.journal.push(Undo::Code(address, old));
        Ok(())
    }

    /// An account that stands in the state and is empty goes when it is touched (EIP-161).
    pub(crate) fn touch(&mut self, address: Address) -> Result<(), Error> {
        let account = self.account(address)?;
        if !account.touched {
            account.touched = true;
            self.journal.push(Undo::Touched(address));
        }
        Ok(())
    }

    /// Whether a contract may be made here (EIP-684, EIP-7610).
    pub(crate) fn is_free(&mut self, address: Address) -> Result<bool, Error> {
        let account = self.account(address)?;
        Ok(account.nonce == 0
            && account.code_hash == EMPTY_CODE
            && account.storage_root == EMPTY_ROOT
            && account.slots.values().all(|slot| slot.now.is_zero()))
    }

    pub(crate) fn mark_created(&mut self, address: Address) -> Result<(), Error> {
        self.account(address)?.created = true;
        self.journal.push(Undo::Created(address));
        Ok(())
    }

    pub(crate) fn was_created(&mut self, address: Address) -> Result<bool, Error> {
        Ok(self.account(address)?.created)
    }

    /// The account goes at the end of the transaction.
    pub(crate) fn mark_deleted(&mut self, address: Address) -> Result<(), Error> {
        let account = self.account(address)?;
        if !account.deleted {
            account.deleted = true;
            self.journal.push(Undo::Deleted(address));
        }
        Ok(())
    }

    /// Whether the address was cold. It no longer is.
    pub(crate) fn warm(&mut self, address: Address) -> bool {
        let was_cold = self.warm_accounts.insert(address);
        if was_cold {
            self.journal.push(Undo::WarmAccount(address));
        }
        was_cold
    }

    /// Whether the slot was cold. It no longer is.
    pub(crate) fn warm_slot(&mut self, address: Address, key: U256) -> bool {
        let was_cold = self.warm_slots.insert((address, key));
        if was_cold {
            self.journal.push(Undo::WarmSlot(address, key));
        }
        was_cold
    }

    pub(crate) fn log(&mut self, log: Log) {
        self.logs.push(log);
        self.journal.push(Undo::Log);
    }

    pub(crate) fn checkpoint(&self) -> Checkpoint {
        Checkpoint(self.journal.len())
    }

    /// Takes back everything since the checkpoint.
    pub(crate) fn revert<R: Rules>(&mut self, to: Checkpoint) {
        while self.journal.len() > to.0 {
            if let Some(undo) = self.journal.pop() {
                self.undo::<R>(undo);
            }
        }
    }

    fn undo<R: Rules>(&mut self, undo: Undo) {
        let mut with = |address: Address, change: &dyn Fn(&mut Account)| {
            if let Some(account) = self.accounts.get_mut(&address) {
                change(account);
            }
        };
        match undo {
            Undo::Nonce(address, old) => with(address, &|account| account.nonce = old),
            Undo::Balance(address, old) => with(address, &|account| account.balance = old),
            Undo::Code(address, old) => with(address, &|account| account.code_hash = old),
            Undo::Created(address) => with(address, &|account| account.created = false),
            Undo::Deleted(address) => with(address, &|account| account.deleted = false),
            Undo::Touched(address) => with(address, &|account| account.touched = false),
            Undo::Storage(address, key, old) => {
                let account = self.accounts.get_mut(&address);
                if let Some(slot) = account.and_then(|account| account.slots.get_mut(&key)) {
                    slot.now = old;
                }
            }
            Undo::Transient(address, key, old) => {
                self.transient.insert((address, key), old);
            }
            Undo::WarmAccount(address) if R::REVERT_COOLS => {
                self.warm_accounts.remove(&address);
            }
            Undo::WarmSlot(address, key) if R::REVERT_COOLS => {
                self.warm_slots.remove(&(address, key));
            }
            Undo::WarmAccount(_) | Undo::WarmSlot(..) => {}
            Undo::Log => {
                self.logs.pop();
            }
        }
    }

    /// Ends a transaction, a system call or the withdrawals: what changed stays. Returns
    /// the logs.
    pub(crate) fn settle<R: Rules>(&mut self) -> Vec<Log> {
        for undo in core::mem::take(&mut self.journal) {
            let account = match undo {
                Undo::Nonce(address, _)
                | Undo::Balance(address, _)
                | Undo::Code(address, _)
                | Undo::Created(address)
                | Undo::Deleted(address)
                | Undo::Touched(address) => self.accounts.get_mut(&address),
                Undo::Storage(address, key, _) => {
                    let account = self.accounts.get_mut(&address);
                    if let Some(slot) = account.and_then(|account| account.slots.get_mut(&key)) {
                        slot.before_transaction = slot.now;
                    }
                    None
                }
                _ => None,
            };
            if let Some(account) = account {
                account.settle();
            }
        }
        self.warm_accounts.clear();
        self.warm_slots.clear();
        if R::CLEARS_TRANSIENT_STORAGE {
            self.transient.clear();
        }
        core::mem::take(&mut self.logs)
    }
}

/// The key of a slot in the storage trie.
pub(crate) fn slot_key(key: U256) -> Hash {
    let mut bytes = [0; 32];
    key.to_big_endian(&mut bytes);
    hashed(&bytes)
}

fn decode_value(rlp: &[u8]) -> Result<U256, &'static str> {
    let mut reader = crate::rlp::Reader::new(rlp);
    let value = reader.u256().map_err(|wrong| wrong.0)?;
    reader.finish().map_err(|wrong| wrong.0)?;
    if value.is_zero() { Err("a slot that holds zero") } else { Ok(value) }
}
