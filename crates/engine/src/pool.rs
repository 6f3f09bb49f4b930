//! The transaction pool.

use std::{
    cmp::Ordering,
    collections::{BTreeSet, BinaryHeap, HashMap, HashSet, VecDeque},
    sync::PoisonError,
    time::{Duration, Instant},
};

use ethrex_blockchain::{error::MempoolError, mempool::PendingTxFilter};
use ethrex_common::{
    Address, H256, U256,
    types::{BlockHeader, MempoolTransaction, Transaction},
};
use ethrex_crypto::NativeCrypto;
use tern_codec::length_bytes;
use tern_protocol::{Hash, Timestamp};
use tern_stf::SkipReason;
use tern_stf_ethrex::live::{self, Prepared, Supply};
use tracing::{debug, warn};

use crate::{
    Budget, EngineError, Ethrex,
    convert::hash,
    ethrex::{Inner, open::blocking},
    subscriptions::News,
};

/// The gas of the cheapest transaction.
const LEAST_GAS: u64 = 21_000;

/// How often the pool is searched for what only takes room.
const SEARCH: Duration = Duration::from_secs(1);

/// Transactions in the pool, if they are no longer than `SHORT`.
pub(crate) const MOST: usize = 100_000;
const SHORT: usize = 1_024;

/// Whether a pool of so many transactions takes one of so many bytes. The longer it is, the
/// emptier the pool must be: nobody fills the memory with what costs nothing until it enters.
const fn takes(pool: usize, bytes: usize) -> bool {
    let long = if bytes > SHORT { bytes } else { SHORT };
    pool < MOST * SHORT / long
}

/// Whether a pool of so many transactions still keeps one that waits for a lower base fee.
const fn may_wait(pool: usize) -> bool {
    pool < MOST / 10
}

impl Ethrex {
    /// Gives a signed transaction to the pool.
    pub async fn submit(&self, raw: &[u8]) -> Result<Hash, EngineError> {
        self.take(raw, true).await
    }

    /// Takes a transaction, if there is room or none is asked for.
    async fn take(&self, raw: &[u8], within: bool) -> Result<Hash, EngineError> {
        let refused = |reason: &dyn std::fmt::Display| EngineError::Refused(reason.to_string());
        let inner = self.inner.clone();
        let latest = blocking(move || inner.latest_header()).await?;
        if raw.first() == Some(&3) {
            return Err(refused(
                &"a rollup takes no blob transactions (type 3): send the data as calldata",
            ));
        }
        Prepared::new(&self.inner.spec, Timestamp(latest.timestamp), raw.to_vec())
            .map_err(|reason| refused(&reason))?;
        let transaction = live::transaction(raw).map_err(|error| refused(&error))?;
        if within {
            let base_fee = latest.base_fee_per_gas.unwrap_or_default();
            if transaction.gas_fee_cap() < base_fee.into() && !may_wait(self.count()?) {
                return Err(refused(
                    &"transaction underpriced: many wait, and its maxFeePerGas is below the base fee",
                ));
            }
            if !takes(self.count()?, raw.len()) {
                let inner = self.inner.clone();
                blocking(move || inner.drop_waiting(&latest)).await?;
            }
            if !takes(self.count()?, raw.len()) {
                return Err(refused(
                    &"the pool is too full for one of this length: send it again later, or a shorter one",
                ));
            }
        }
        let taken = self.inner.chain.add_transaction_to_pool(transaction).await;
        let taken = taken.map_err(|error| {
            match &error {
                MempoolError::StoreError(error) => self.inner.failed("read its pool", error),
                // Wallets know these by geth's words.
                MempoolError::NonceTooLow => refused(&"nonce too low"),
                MempoolError::NotEnoughBalance
                | MempoolError::InsufficientCumulativeBalance { .. } => {
                    refused(&"insufficient funds for gas * price + value")
                }
                MempoolError::UnderpricedReplacement => {
                    refused(&"replacement transaction underpriced")
                }
                other => refused(other),
            }
        })?;
        // It fails only where nobody listens.
        let _ = self.inner.news.send(News::Pending(taken));
        Ok(hash(taken))
    }

    /// Gives the transactions of dropped blocks back to the pool, in their order; says how many
    /// it took. Call it after the heads have left those blocks.
    pub async fn give_back(&self, raws: Vec<Vec<u8>>) -> usize {
        let mut taken = 0;
        for raw in raws {
            // Room was asked for when they were new.
            match self.take(&raw, false).await {
                Ok(_) => taken += 1,
                Err(error) => debug!(%error, "a dropped block's transaction does not return"),
            }
        }
        taken
    }

    fn count(&self) -> Result<usize, EngineError> {
        Ok(usize::try_from(self.pool_len()?).unwrap_or(usize::MAX))
    }

    /// How many transactions the pool holds.
    pub fn pool_len(&self) -> Result<u64, EngineError> {
        let size = self.inner.chain.mempool.get_mempool_size();
        size.map(|(plain, _)| plain).map_err(|error| EngineError::Ethrex {
            what: "read its pool",
            reason: error.to_string(),
        })
    }
}

impl Inner {
    /// Takes out what no block could take now, so that who fills the pool with it keeps nobody out:
    /// what pays less than the base fee, or whose nonce is not next, and all that follow it.
    fn drop_waiting(&self, head: &BlockHeader) -> Result<(), EngineError> {
        {
            let mut searched = self.searched.lock().unwrap_or_else(PoisonError::into_inner);
            if searched.is_some_and(|at| at.elapsed() < SEARCH) {
                return Ok(());
            }
            *searched = Some(Instant::now());
        }
        let failed = |error| self.failed("clean its pool", &error);
        let base_fee = U256::from(head.base_fee_per_gas.unwrap_or_default());
        let mut dropped = 0;
        for (sender, mut list) in self.chain.mempool.get_all_txs_by_sender().map_err(failed)? {
            let account = self.store.get_account_info_by_hash(head.hash(), sender);
            let mut next = account.map_err(failed)?.map_or(0, |account| account.nonce);
            list.sort_by_key(|one| one.nonce());
            for one in list {
                if one.nonce() == next && one.gas_fee_cap() >= base_fee {
                    next += 1;
                    continue;
                }
                let this = one.hash(&NativeCrypto);
                self.chain.remove_transaction_from_pool(&this).map_err(failed)?;
                dropped += 1;
            }
        }
        debug!(dropped, "the pool was full of what no block could take");
        Ok(())
    }

    /// Takes out what these senders have overtaken at this block.
    pub(crate) fn drop_overtaken(
        &self,
        senders: &BTreeSet<Address>,
        block: H256,
    ) -> Result<(), EngineError> {
        if senders.is_empty() {
            return Ok(());
        }
        let failed = |error| self.failed("clean its pool", &error);
        let pending = self.chain.mempool.get_all_txs_by_sender().map_err(failed)?;
        for sender in senders {
            let Some(transactions) = pending.get(sender) else { continue };
            let account = self.store.get_account_info_by_hash(block, *sender).map_err(failed)?;
            let next = account.map_or(0, |account| account.nonce);
            for old in transactions.iter().filter(|one| one.nonce() < next) {
                let old = old.hash(&NativeCrypto);
                self.chain.remove_transaction_from_pool(&old).map_err(failed)?;
            }
        }
        Ok(())
    }
}

/// A sender's next transaction.
struct Offer {
    tip: U256,
    since: u128,
    sender: Address,
    transaction: MempoolTransaction,
}

impl PartialEq for Offer {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Offer {}

impl PartialOrd for Offer {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Offer {
    /// The greatest comes first: the highest tip, then the longest wait.
    fn cmp(&self, other: &Self) -> Ordering {
        let by_wait = other.since.cmp(&self.since);
        self.tip.cmp(&other.tip).then(by_wait).then(self.sender.cmp(&other.sender))
    }
}

/// Picks from the pool for one block.
pub(crate) struct Pick<'a> {
    inner: &'a Inner,
    time: Timestamp,
    budget: Budget,
    base_fee: Option<u64>,
    heads: BinaryHeap<Offer>,
    behind: HashMap<Address, VecDeque<MempoolTransaction>>,
    bytes: usize,
    taken: usize,
    /// The one that is being tried.
    tried: Option<(Address, H256)>,
    hopeless: HashSet<H256>,
}

impl<'a> Pick<'a> {
    pub(crate) fn new(inner: &'a Inner, time: Timestamp, budget: Budget) -> Self {
        Self {
            inner,
            time,
            budget,
            base_fee: None,
            heads: BinaryHeap::new(),
            behind: HashMap::new(),
            bytes: 0,
            taken: 0,
            tried: None,
            hopeless: HashSet::new(),
        }
    }

    /// Takes what can never enter out of the pool.
    pub(crate) fn drop_hopeless(&self) -> Result<(), EngineError> {
        for one in &self.hopeless {
            debug!(transaction = ?one, "dropped from the pool: it can never enter a block");
            self.inner
                .chain
                .remove_transaction_from_pool(one)
                .map_err(|error| self.inner.failed("clean its pool", &error))?;
        }
        Ok(())
    }

    /// Offers a sender's next transaction.
    fn advance(&mut self, sender: Address) {
        let Some(behind) = self.behind.get_mut(&sender) else { return };
        let Some(transaction) = behind.pop_front() else { return };
        // One that pays no base fee stands before all that follow it.
        let Some(tip) = transaction.effective_gas_tip(self.base_fee) else { return };
        let since = transaction.time();
        self.heads.push(Offer { tip, since, sender, transaction });
    }
}

impl Supply for Pick<'_> {
    fn restart(&mut self) {
        self.heads.clear();
        self.behind.clear();
        (self.bytes, self.taken, self.tried) = (0, 0, None);
        let filter = PendingTxFilter { only_plain_txs: true, ..PendingTxFilter::default() };
        let pending = self.inner.chain.mempool.filter_transactions(&filter);
        let pending = pending.unwrap_or_else(|error| {
            warn!(%error, "the pool cannot be read");
            Default::default()
        });
        let senders: Vec<Address> = pending.keys().copied().collect();
        self.behind = pending.into_iter().map(|(who, list)| (who, list.into())).collect();
        for sender in senders {
            self.advance(sender);
        }
    }

    fn next(&mut self, gas_left: u64) -> Option<Prepared> {
        while let Some(offer) = self.heads.pop() {
            let budget = &self.budget;
            if gas_left < LEAST_GAS
                || self.taken >= budget.transactions
                || self.bytes >= budget.bytes
                || Instant::now() >= budget.until
            {
                return None;
            }
            let inner: &Transaction = offer.transaction.transaction();
            let this = inner.hash(&NativeCrypto);
            // Without it none of its sender's others can enter.
            if inner.gas_limit() > gas_left || self.hopeless.contains(&this) {
                continue;
            }
            let raw = inner.encode_canonical_to_vec();
            if self.bytes + length_bytes(raw.len()) + raw.len() > budget.bytes {
                continue;
            }
            match Prepared::new(&self.inner.spec, self.time, raw) {
                Ok(prepared) => {
                    self.tried = Some((offer.sender, this));
                    return Some(prepared);
                }
                Err(_) => {
                    self.hopeless.insert(this);
                }
            }
        }
        None
    }

    fn entered(&mut self, transaction: Prepared) {
        let length = transaction.raw().len();
        self.bytes += length_bytes(length) + length;
        self.taken += 1;
        if let Some((sender, _)) = self.tried.take() {
            self.advance(sender);
        }
    }

    fn refused(&mut self, _: Prepared, reason: SkipReason) {
        let Some((sender, this)) = self.tried.take() else { return };
        match reason {
            // Candidates of the same block may have overtaken it, but not the one behind it.
            SkipReason::Nonce => self.advance(sender),
            SkipReason::Fee | SkipReason::Funds | SkipReason::GasLimit => {}
            _ => {
                self.hopeless.insert(this);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_sent_the_pool_holds_no_more_than_600_mebibytes() {
        // The worst there is: as many of each length as enter, from the longest down.
        let (mut count, mut bytes) = (0, 0);
        for length in (1..=128).rev().map(|kibibytes| kibibytes * SHORT) {
            while takes(count, length) {
                (count, bytes) = (count + 1, bytes + length);
            }
        }
        assert_eq!(count, MOST);
        assert!(bytes <= 600 << 20, "{bytes}");
    }
}
