//! What a transaction leaves behind.

use alloy_primitives::{Address, KECCAK256_EMPTY, U256, map::AddressMap};
use revm::{
    DatabaseCommit,
    state::{Account, AccountId},
};
use tern_stf::Error;

use super::{Slot, State};

impl DatabaseCommit for State<'_> {
    fn commit(&mut self, changes: AddressMap<Account>) {
        for (address, account) in changes {
            if account.is_touched() {
                let committed = self.commit_account(address, account);
                // The block ends with this error: see `take_failure`.
                let _ = self.remember(committed);
            }
        }
    }
}

impl State<'_> {
    fn commit_account(&mut self, address: Address, account: Account) -> Result<(), Error> {
        let place = self.place(address)?;
        let cached = &mut self.accounts[place];
        // An empty account that was touched ends too (EIP-161).
        if account.is_selfdestructed() || account.is_empty() && !account.is_created() {
            cached.destroy();
            return Ok(());
        }
        if account.is_created() {
            cached.forget_storage();
        }
        for (index, slot) in account.storage {
            if slot.is_changed() {
                let original = U256::ZERO;
                let current = slot.present_value;
                cached.slots.entry(index).or_insert(Slot { original, current }).current = current;
            }
        }
        let mut info = account.info;
        info.account_id = AccountId::new(place);
        if let Some(code) = info.code.as_ref().filter(|_| info.code_hash != KECCAK256_EMPTY) {
            self.codes.entry(info.code_hash).or_insert_with(|| code.clone());
        }
        cached.touched = true;
        cached.current = Some(info);
        Ok(())
    }
}
