//! Making a block on a database of ethrex's own, for a client that keeps the whole state.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use ethrex_common::{
    Address, H256, U256,
    types::{
        AccountState, AccountUpdate, BlockHeader, ChainConfig, Code, CodeMetadata, Receipt,
        Transaction, Withdrawal,
    },
};
use ethrex_levm::{
    db::{Database, gen_db::GeneralizedDatabase},
    errors::DatabaseError,
};
use rayon::prelude::*;
use tern_protocol::{BlockInputs, Candidate, Hash, Timestamp};
use tern_stf::{ChainSpec, Error, SkipReason, Skipped};

use crate::{
    build::{self, Stop},
    outcome::{self, Effects},
    rules::Rules,
    session::{Reads, Rejection, Session},
    system,
    tx::Signed,
};

/// A transaction that may enter a block, as far as it can be told without the state.
#[derive(Debug, Clone)]
pub struct Prepared {
    signed: Signed,
    raw: Vec<u8>,
}

impl Prepared {
    /// Reads a transaction in its EIP-2718 form by the skip rule.
    pub fn new(spec: &ChainSpec, time: Timestamp, raw: Vec<u8>) -> Result<Self, SkipReason> {
        let candidate = Candidate { raw, forced_gas: None };
        let rules = Rules::at(spec, time).map_err(|_| SkipReason::TypeNotActive)?;
        let signed = build::decode(&candidate, &rules).map_err(|refusal| refusal.reason)?;
        Ok(Self { signed, raw: candidate.raw })
    }

    /// As it was signed.
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// Who signed it.
    pub const fn sender(&self) -> Address {
        self.signed.sender
    }

    /// The gas that it may use.
    pub const fn gas_limit(&self) -> u64 {
        self.signed.gas_limit
    }
}

/// What fills a block behind its candidates.
pub trait Supply {
    /// The next transaction to try, if the block is to have more. It may use `gas_left` at most.
    fn next(&mut self, gas_left: u64) -> Option<Prepared>;

    /// It entered the block.
    fn entered(&mut self, transaction: Prepared);

    /// It did not, and left no trace.
    fn refused(&mut self, transaction: Prepared, reason: SkipReason);

    /// All begins again; what was refused is not to be given a second time.
    fn restart(&mut self);
}

/// A block without its state's root.
#[derive(Debug)]
pub struct Draft {
    /// The header, complete except the state's root.
    pub header: BlockHeader,
    /// The transactions as they were signed.
    pub raw: Vec<Vec<u8>>,
    /// The credited deposits.
    pub withdrawals: Vec<Withdrawal>,
    /// Which candidates are in it.
    pub included: Vec<usize>,
    /// Which are not.
    pub skipped: Vec<Skipped>,
    /// The receipts of all transactions.
    pub receipts: Vec<Receipt>,
    /// What changes in the parent's state.
    pub updates: Vec<AccountUpdate>,
}

/// Which of the candidates can enter a block at this time, as far as it can be told without the state.
pub fn admissible(
    spec: &ChainSpec,
    time: Timestamp,
    candidates: &[Candidate],
) -> Result<Vec<bool>, Error> {
    let rules = Rules::at(spec, time)?;
    Ok(candidates.par_iter().map(|candidate| build::decode(candidate, &rules).is_ok()).collect())
}

/// Makes the block that follows `parent`, whose state `database` is.
pub fn draft(
    spec: &ChainSpec,
    parent: &BlockHeader,
    parent_hash: Hash,
    inputs: &BlockInputs,
    database: Arc<dyn Database>,
    supply: &mut dyn Supply,
) -> Result<Draft, Error> {
    let rules = Rules::at(spec, inputs.timestamp)?;
    let withdrawals = build::withdrawals(inputs, rules.fork)?;
    let mut header = build::open_header(parent, parent_hash, inputs, &rules)?;
    let candidates: Vec<_> =
        inputs.candidates.par_iter().map(|one| build::decode(one, &rules)).collect();
    let watched = Arc::new(Watched { inner: database, failure: Mutex::new(None) });

    let made = build::loop_until_whole(&candidates, |broken| {
        loop {
            supply.restart();
            let db = GeneralizedDatabase::new(watched.clone());
            let mut session = Session::over(&rules, &header, db, watched.as_ref())?;
            if let Some(made) = attempt(&mut session, &candidates, broken, &withdrawals, supply)? {
                return Ok(made);
            }
        }
    })?;
    let mut raw: Vec<Vec<u8>> = made
        .included
        .iter()
        .filter_map(|index| inputs.candidates.get(*index))
        .map(|candidate| candidate.raw.clone())
        .collect();
    raw.extend(made.supplied);
    let listed: Vec<&[u8]> = raw.iter().map(Vec::as_slice).collect();
    build::close_header(&mut header, &made.effects.results, &listed);
    Ok(Draft {
        header,
        raw,
        withdrawals,
        included: made.included,
        skipped: made.skipped,
        receipts: made.effects.receipts,
        updates: made.effects.updates,
    })
}

struct Made {
    effects: Effects,
    included: Vec<usize>,
    skipped: Vec<Skipped>,
    supplied: Vec<Vec<u8>>,
}

/// Nothing if a supplied transaction broke the execution off: it was refused for good.
fn attempt(
    session: &mut Session<'_>,
    candidates: &[Result<Signed, crate::tx::Refusal>],
    broken: &BTreeSet<usize>,
    withdrawals: &[Withdrawal],
    supply: &mut dyn Supply,
) -> Result<Option<Made>, Stop> {
    system::before(session)?;
    let (included, skipped) = build::enter(session, candidates, broken)?;
    let mut supplied = Vec::new();
    while let Some(transaction) = supply.next(session.gas_left()) {
        match session.transact(&transaction.signed) {
            Ok(()) => {
                supplied.push(transaction.raw.clone());
                supply.entered(transaction);
            }
            Err(Rejection::Refused(refusal)) => supply.refused(transaction, refusal.reason),
            Err(Rejection::Failed(error)) => return Err(error.into()),
            Err(Rejection::Broken(_)) => {
                supply.refused(transaction, SkipReason::Undecodable);
                return Ok(None);
            }
        }
    }
    let effects = outcome::settle(session, withdrawals)?;
    Ok(Some(Made { effects, included, skipped, supplied }))
}

/// What an ethrex block body holds for the bytes of a transaction.
pub fn transaction(raw: &[u8]) -> Result<Transaction, Error> {
    Transaction::decode_canonical(raw)
        .map_err(|error| Error::Inputs(format!("ethrex cannot hold a transaction: {error}")))
}

/// A database that remembers what it could not read.
struct Watched {
    inner: Arc<dyn Database>,
    failure: Mutex<Option<Error>>,
}

impl Watched {
    fn watch<T>(&self, read: Result<T, DatabaseError>) -> Result<T, DatabaseError> {
        read.inspect_err(|error| {
            self.failure
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .get_or_insert(Error::Inputs(format!("the state cannot be read: {error}")));
        })
    }
}

impl Reads for Watched {
    fn take_failure(&self) -> Option<Error> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Database for Watched {
    fn get_account_state(&self, address: Address) -> Result<AccountState, DatabaseError> {
        self.watch(self.inner.get_account_state(address))
    }

    fn get_storage_value(&self, address: Address, key: H256) -> Result<U256, DatabaseError> {
        self.watch(self.inner.get_storage_value(address, key))
    }

    fn get_block_hash(&self, block_number: u64) -> Result<H256, DatabaseError> {
        self.watch(self.inner.get_block_hash(block_number))
    }

    fn get_chain_config(&self) -> Result<ChainConfig, DatabaseError> {
        self.watch(self.inner.get_chain_config())
    }

    fn get_account_code(&self, code_hash: H256) -> Result<Code, DatabaseError> {
        self.watch(self.inner.get_account_code(code_hash))
    }

    fn get_code_metadata(&self, code_hash: H256) -> Result<CodeMetadata, DatabaseError> {
        self.watch(self.inner.get_code_metadata(code_hash))
    }
}
