//! ethrex's view of the world: a database that owns itself, over preimages that are
//! only borrowed.

use std::{
    ptr::NonNull,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::{self, ThreadId},
};

use ethrex_common::{
    Address, H256, U256,
    types::{AccountState, ChainConfig, Code, CodeMetadata},
};
use ethrex_levm::{db::Database, errors::DatabaseError};
use tern_stf::{Error, Preimages};

use crate::{
    session::Reads,
    world::{self, World},
};

/// The database that a block's execution reads.
pub(crate) struct Store {
    config: ChainConfig,
    inner: Mutex<Inner>,
}

struct Inner {
    world: World,
    loan: Option<Loan>,
    /// The first thing that could not be read. ethrex passes errors on as text, so the
    /// typed one waits here; and whatever ethrex made of it, the execution is void.
    failure: Option<Error>,
}

/// Borrowed preimages without their lifetime.
struct Loan {
    source: NonNull<dyn Preimages>,
    borrower: ThreadId,
}

// SAFETY: the pointer is only dereferenced on the thread that made it (see `Loan::get`),
// so neither moving nor sharing it lets another thread at the preimages.
unsafe impl Send for Loan {}

impl Loan {
    fn get(&self) -> Option<&dyn Preimages> {
        if thread::current().id() != self.borrower {
            return None;
        }
        // SAFETY: the pointer came from a reference that outlives the call of `lend`,
        // and `lend` takes the loan back before it returns, also when it unwinds. So
        // whoever holds a `Loan` holds it while that reference is alive.
        Some(unsafe { self.source.as_ref() })
    }
}

/// Takes the loan back when the work is done or has panicked.
struct Return<'a>(&'a Store);

impl Drop for Return<'_> {
    fn drop(&mut self) {
        self.0.lock().loan = None;
    }
}

/// Runs work on a database that reads these preimages. ethrex demands that its database
/// borrows nothing; what is left of it after the work reads nothing.
pub(crate) fn lend<R>(
    config: ChainConfig,
    world: World,
    source: &dyn Preimages,
    work: impl FnOnce(&Arc<Store>) -> R,
) -> R {
    // SAFETY: only the lifetime changes, which `Loan::get` accounts for.
    let source = unsafe {
        std::mem::transmute::<NonNull<dyn Preimages + '_>, NonNull<dyn Preimages + 'static>>(
            NonNull::from(source),
        )
    };
    let borrower = thread::current().id();
    let store = Arc::new(Store {
        config,
        inner: Mutex::new(Inner { world, loan: Some(Loan { source, borrower }), failure: None }),
    });
    let _returned = Return(&store);
    work(&store)
}

impl Store {
    /// Works on the world, with the preimages.
    pub(crate) fn with_world<T>(
        &self,
        work: impl FnOnce(&mut World, &dyn Preimages) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut inner = self.lock();
        let Inner { world, loan, .. } = &mut *inner;
        let source = loan
            .as_ref()
            .and_then(Loan::get)
            .ok_or_else(|| Error::Inputs("the state was read after its block".into()))?;
        work(world, source)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A panic elsewhere leaves the world half-read, never wrong.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read<T>(
        &self,
        work: impl FnOnce(&mut World, &dyn Preimages) -> Result<T, Error>,
    ) -> Result<T, DatabaseError> {
        self.with_world(work).map_err(|error| {
            self.lock().failure.get_or_insert(error);
            DatabaseError::Custom("a preimage could not be read".into())
        })
    }
}

impl Reads for Store {
    fn take_failure(&self) -> Option<Error> {
        self.lock().failure.take()
    }
}

impl Database for Store {
    fn get_account_state(&self, address: Address) -> Result<AccountState, DatabaseError> {
        self.read(|world, source| world.account(address, source))
    }

    fn get_storage_value(&self, address: Address, key: H256) -> Result<U256, DatabaseError> {
        self.read(|world, source| world.slot(address, key, source))
    }

    fn get_block_hash(&self, block_number: u64) -> Result<H256, DatabaseError> {
        self.read(|world, source| world.block_hash(block_number, source))
    }

    fn get_chain_config(&self) -> Result<ChainConfig, DatabaseError> {
        Ok(self.config)
    }

    fn get_account_code(&self, code_hash: H256) -> Result<Code, DatabaseError> {
        self.read(|_, source| world::code(code_hash, source))
    }

    fn get_code_metadata(&self, code_hash: H256) -> Result<CodeMetadata, DatabaseError> {
        let length = self.get_account_code(code_hash)?.len();
        Ok(CodeMetadata { length: length.try_into().unwrap_or(u64::MAX) })
    }
}
