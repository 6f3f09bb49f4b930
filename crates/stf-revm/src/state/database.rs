//! What the EVM asks the state.

use core::fmt;

use alloy_primitives::{Address, B256, U256};
use revm::{
    Database,
    context::DBErrorMarker,
    state::{AccountId, AccountInfo, Bytecode},
};
use tern_stf::Error;

use super::State;

/// Stops the EVM. Why it stopped is [`State::take_failure`].
#[derive(Debug)]
pub(crate) struct StateError;

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the state could not be read")
    }
}

impl core::error::Error for StateError {}
impl DBErrorMarker for StateError {}

impl State<'_> {
    pub(super) fn remember<T>(&mut self, result: Result<T, Error>) -> Result<T, StateError> {
        result.map_err(|error| {
            self.failure.get_or_insert(error);
            StateError
        })
    }

    /// Whether an account has storage. Inside a transaction only contracts gain any.
    pub(crate) fn has_storage(&mut self, address: Address) -> Result<bool, StateError> {
        let place = self.place(address);
        let place = self.remember(place)?;
        let account = &self.accounts[place];
        Ok(!account.storage.starts_empty() || account.slots.values().any(|s| !s.current.is_zero()))
    }
}

impl Database for State<'_> {
    type Error = StateError;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, StateError> {
        let place = self.place(address);
        let place = self.remember(place)?;
        Ok(self.accounts[place].current.clone())
    }

    fn code_by_hash(&mut self, hash: B256) -> Result<Bytecode, StateError> {
        let code = self.code(hash);
        self.remember(code)
    }

    fn storage(&mut self, address: Address, index: U256) -> Result<U256, StateError> {
        let place = self.place(address);
        let place = self.remember(place)?;
        let value = self.slot(place, index);
        self.remember(value)
    }

    fn storage_by_account_id(
        &mut self,
        _: Address,
        account: AccountId,
        index: U256,
    ) -> Result<U256, StateError> {
        let value = self.slot(account.get(), index);
        self.remember(value)
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, StateError> {
        let hash = self.ancestors.hash(number);
        self.remember(hash)
    }
}
