//! Sending many transactions of one account, in order, whatever happens in between.

mod decide;
mod gap;
mod journal;
mod trouble;

use std::path::Path;

use alloy_primitives::{Address, B256, Bytes, U256};
use decide::{Action, Attempt, Nonce, Price, View, current, decide, first, is_capped};
use gap::EMPTY_GAS;
use journal::{Entry, Journal};

use crate::{
    BlockId, Call, Fees, Key, L1, L1Error, MAX_FEE, MAX_GAS, Sidecar, Verdict,
    send::{BLOB_GAS, Terms, sign},
};

/// At most so many attempts that the node refused are kept of a transaction.
const MAX_REFUSED: usize = 8;
/// A node that lags behind what it said before does so by less than this many blocks; what it said
/// of a head further on was wrong.
const MAX_LAG: u64 = 64;
/// At most so many nonces that L1 took back are filled in one look.
const MAX_NONCE_GAP: usize = 16;

/// How a sender sends.
#[derive(Debug, Clone)]
pub struct SenderOptions {
    /// A transaction is done when so many blocks hold it (its own counts).
    pub confirmations: u64,
    /// After so many blocks without it, a transaction's fees are raised.
    pub patience: u64,
    /// At most so many transactions wait for a block.
    pub in_flight: usize,
    /// The most that a unit of gas may cost, in wei.
    pub max_fee: u128,
    /// The most that a unit of blob gas may cost, in wei.
    pub max_blob_fee: u128,
}

impl Default for SenderOptions {
    fn default() -> Self {
        Self {
            confirmations: 2,
            patience: 3,
            in_flight: 8,
            max_fee: MAX_FEE,
            max_blob_fee: MAX_FEE,
        }
    }
}

/// The two kinds of transactions. L1 nodes take only one kind of an account at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransactionKind {
    /// Without blobs.
    Ordinary,
    /// With blobs.
    Blob,
}

/// A transaction that is not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Its place among the account's.
    pub nonce: u64,
    /// What it is, for people.
    pub what: String,
    /// Its kind.
    pub kind: TransactionKind,
    /// The hash it was last sent with.
    pub hash: B256,
    /// The calldata, as submitted.
    pub data: Bytes,
    /// The versioned hashes of its blobs.
    pub blob_hashes: Vec<B256>,
    /// Whether `cancel_after` voided it.
    pub cancelled: bool,
    /// The block that holds it now, if one does.
    pub mined: Option<BlockId>,
}

/// What became of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is in a block, with the confirmations asked for.
    Mined {
        /// Its nonce.
        nonce: u64,
        /// Its hash.
        hash: B256,
        /// The block.
        block: BlockId,
        /// Whether it did what it should.
        success: bool,
        /// Whether it is the empty transaction that replaced a voided one.
        cancelled: bool,
    },
    /// Another transaction, that somebody else signed with the same key, took its nonce. It
    /// will never be mined; what to do is the caller's choice.
    Gone {
        /// Its nonce.
        nonce: u64,
        /// What it was, for people.
        what: String,
    },
}

/// Sends calls of one account in the order of their nonces.
///
/// Everything that is sent is written down before: whoever is killed in between and opens the same
/// journal sends the same bytes again, under the same nonce.
#[derive(Debug)]
pub struct Sender {
    l1: L1,
    key: Key,
    options: SenderOptions,
    journal: Journal,
    entries: Vec<Tracked>,
    /// What `tick` found and did not get to return.
    outcomes: Vec<Outcome>,
    /// A blob of zeros, to replace a blob transaction by an empty one.
    empty_blob: Option<Sidecar>,
    /// The next nonce of a block, if no entry has it, and L1's last block when that was seen first.
    gap_since: Option<(u64, u64)>,
    /// What is in the way, as it was said last.
    trouble: Option<String>,
}

#[derive(Debug)]
struct Tracked {
    entry: Entry,
    mined: Option<(usize, BlockId, bool)>,
    in_pool: bool,
    strange_since: Option<u64>,
    /// Since which block the node does not know the current attempt.
    unknown_since: Option<u64>,
    /// What the node said against the last attempt.
    refusal: Option<String>,
}

impl Tracked {
    const fn new(entry: Entry) -> Self {
        let (mined, strange_since, unknown_since, refusal) = (None, None, None, None);
        Self { entry, mined, in_pool: false, strange_since, unknown_since, refusal }
    }

    const fn kind(&self) -> TransactionKind {
        kind_of(&self.entry.call)
    }

    /// What it may cost at most.
    fn cost(&self) -> U256 {
        current(&self.entry.attempts)
            .map_or(U256::ZERO, |attempt| self.cost_of(attempt.price, attempt.empty))
    }

    fn cost_of(&self, price: Price, empty: bool) -> U256 {
        let Entry { call, gas, .. } = &self.entry;
        if !empty {
            return cost(call, *gas, price);
        }
        let blob_gas = if call.blobs.is_some() { BLOB_GAS } else { 0 };
        U256::from(EMPTY_GAS) * U256::from(price.gas)
            + U256::from(blob_gas) * U256::from(price.blob_gas)
    }
}

const fn kind_of(call: &Call) -> TransactionKind {
    if call.blobs.is_some() { TransactionKind::Blob } else { TransactionKind::Ordinary }
}

fn cost(call: &Call, gas: u64, price: Price) -> U256 {
    let blobs = call.blobs.as_ref().map_or(0, |blobs| blobs.blobs.len() as u64);
    U256::from(gas) * U256::from(price.gas)
        + U256::from(blobs * BLOB_GAS) * U256::from(price.blob_gas)
        + call.value
}

impl Sender {
    /// Opens or makes the journal at `path` and finds again what was pending.
    pub async fn open(
        l1: L1,
        key: Key,
        path: &Path,
        options: SenderOptions,
    ) -> Result<Self, L1Error> {
        let (journal, entries) = Journal::open(path, l1.chain_id(), key.address())?;
        let entries = entries.into_iter().map(Tracked::new).collect();
        let (outcomes, empty_blob, gap_since, trouble) = (Vec::new(), None, None, None);
        let mut this =
            Self { l1, key, options, journal, entries, outcomes, empty_blob, gap_since, trouble };
        if !this.entries.is_empty() {
            this.look().await?;
        }
        Ok(this)
    }

    /// Signs, writes down and sends. Returns the nonce.
    ///
    /// An error leaves nothing behind: nothing was sent, and the nonce is free.
    pub async fn submit(&mut self, call: Call, gas: u64) -> Result<u64, L1Error> {
        let account = self.account();
        let kind = kind_of(&call);
        let waiting = self.entries.iter().filter(|tracked| tracked.mined.is_none()).count();
        if gas > MAX_GAS {
            return Err(L1Error::TooMuchGas { what: call.what, gas, limit: MAX_GAS });
        }
        if self.entries.iter().any(|tracked| tracked.kind() != kind) {
            return Err(L1Error::OtherKind { account });
        }
        if waiting >= self.options.in_flight {
            return Err(L1Error::Full { account, count: waiting });
        }
        let prices = self.l1.prices_for(kind).await?;
        let price = first(kind, &prices, &self.options).map_err(|(unit, need, cap)| {
            let (role, what) = (self.l1.role.clone(), call.what.clone());
            L1Error::FeeCap { role, what, unit, need, cap }
        })?;
        self.can_pay(&call, gas, price).await?;
        let nonce = self.next_nonce().await?;
        let head = self.l1.header(None).await?.number;
        let (raw, hash) = self.sign(&call, nonce, gas, price)?;
        let attempts = vec![Attempt { price, hash, head, empty: false, refused: false }];
        let entry = Entry { nonce, call, gas, cancelled: false, attempts };
        self.journal.put(&entry)?;
        self.entries.push(Tracked::new(entry));
        let error = match self.l1.send_raw(&raw.into()).await {
            Verdict::Taken => return Ok(nonce),
            Verdict::NonceUsed(_) | Verdict::Outbid(_) => L1Error::NonceTaken { account, nonce },
            Verdict::Refused(error) => error,
        };
        self.entries.pop();
        self.journal.remove(nonce)?;
        Err(error)
    }

    /// Looks what became of everything pending; sends again and raises fees where that helps.
    /// Call it about once a block.
    pub async fn tick(&mut self) -> Result<Vec<Outcome>, L1Error> {
        if !self.entries.is_empty() {
            let view = self.look().await?;
            let acted = self.act(&view).await;
            // What became of the others is told first: the next look meets the error again.
            if self.outcomes.is_empty() {
                acted?;
            }
        }
        Ok(std::mem::take(&mut self.outcomes))
    }

    /// What is not done yet, in the order of nonces.
    pub fn pending(&self) -> Vec<Waiting> {
        let waiting = |tracked: &Tracked| {
            let Entry { nonce, call, cancelled, attempts, .. } = &tracked.entry;
            let mined = tracked.mined;
            let last =
                mined.map_or_else(|| current(attempts), |(attempt, ..)| attempts.get(attempt));
            let blobs = call.blobs.as_ref();
            Waiting {
                nonce: *nonce,
                what: call.what.clone(),
                kind: tracked.kind(),
                hash: last.map_or(B256::ZERO, |attempt| attempt.hash),
                data: call.data.clone(),
                blob_hashes: blobs
                    .map_or_else(Vec::new, |blobs| blobs.versioned_hashes().collect()),
                cancelled: *cancelled,
                mined: mined.map(|(_, block, _)| block),
            }
        };
        self.entries.iter().map(waiting).collect()
    }

    /// Voids every transaction after this nonce that no block holds yet: each is replaced by an empty
    /// one. A block may be faster; `Outcome::Mined` says which of both it took.
    pub async fn cancel_after(&mut self, nonce: u64) -> Result<(), L1Error> {
        for tracked in &mut self.entries {
            if tracked.entry.nonce > nonce && tracked.mined.is_none() && !tracked.entry.cancelled {
                tracked.entry.cancelled = true;
                self.journal.put(&tracked.entry)?;
            }
        }
        let view = self.look().await?;
        self.act(&view).await
    }

    /// The account.
    pub const fn account(&self) -> Address {
        self.key.address()
    }

    /// The node.
    pub const fn l1(&self) -> &L1 {
        &self.l1
    }

    async fn can_pay(&self, call: &Call, gas: u64, price: Price) -> Result<(), L1Error> {
        let unpaid = self.entries.iter().filter(|tracked| tracked.mined.is_none());
        let before = unpaid.fold(U256::ZERO, |sum, tracked| sum + tracked.cost());
        self.has(before + cost(call, gas, price), call).await
    }

    /// A pool wants all that waits paid, with a replacement's new price.
    async fn can_replace(&self, place: usize, price: Price, empty: bool) -> Result<(), L1Error> {
        let unpaid = self.entries.iter().enumerate().filter(|(_, one)| one.mined.is_none());
        let need = unpaid.fold(U256::ZERO, |sum, (at, one)| {
            sum + if at == place { one.cost_of(price, empty) } else { one.cost() }
        });
        self.has(need, &self.entries[place].entry.call).await
    }

    async fn has(&self, need: U256, call: &Call) -> Result<(), L1Error> {
        let account = self.account();
        let have = self.l1.balance(account).await?;
        if have < need {
            return Err(L1Error::Funds { what: call.what.clone(), account, have, need });
        }
        Ok(())
    }

    async fn next_nonce(&self) -> Result<u64, L1Error> {
        let account = self.account();
        // A node that lags behind what a block holds says too little.
        let used = self.l1.nonce(account, false).await?;
        let on_l1 = self.l1.nonce(account, true).await?.max(used);
        let Some(last) = self.entries.last() else { return Ok(on_l1) };
        let next = last.entry.nonce + 1;
        if on_l1 > next {
            return Err(L1Error::NonceTaken { account, nonce: next });
        }
        Ok(next)
    }

    /// Asks what became of every entry.
    async fn look(&mut self) -> Result<View, L1Error> {
        // In this order: what uses a nonce by now has a receipt by then.
        let used = self.l1.nonce(self.account(), false).await?;
        let head = self.l1.header(None).await?.number;
        for tracked in &mut self.entries {
            tracked.mined = None;
            tracked.in_pool = false;
            for attempt in &mut tracked.entry.attempts {
                if attempt.head > head.saturating_add(MAX_LAG) {
                    attempt.head = head;
                }
            }
            if tracked.entry.nonce >= used {
                tracked.strange_since = None;
                if let Some(now) = current(&tracked.entry.attempts) {
                    let known: Option<serde_json::Value> =
                        self.l1.ask("eth_getTransactionByHash", (now.hash,)).await?;
                    tracked.in_pool = known.is_some();
                }
                let since = tracked.unknown_since.map_or(head, |since| since.min(head));
                tracked.unknown_since = (!tracked.in_pool).then_some(since);
                continue;
            }
            for (place, attempt) in tracked.entry.attempts.iter().enumerate().rev() {
                let Some(receipt) = self.l1.receipt(attempt.hash).await? else { continue };
                let (Some(number), Some(hash)) = (receipt.block_number, receipt.block_hash) else {
                    continue;
                };
                tracked.mined = Some((place, BlockId { number, hash }, receipt.status()));
                (tracked.strange_since, tracked.unknown_since) = (None, None);
                break;
            }
        }
        let has_blobs = self.entries.iter().any(|one| one.kind() == TransactionKind::Blob);
        let kind = if has_blobs { TransactionKind::Blob } else { TransactionKind::Ordinary };
        let prices = self.l1.prices_for(kind).await?;
        Ok(View { head, used, prices })
    }

    async fn act(&mut self, view: &View) -> Result<(), L1Error> {
        self.fill_gaps(view).await?;
        let mut first = true;
        let (mut actions, mut capped) = (Vec::new(), None);
        for tracked in &self.entries {
            let Tracked { entry, mined, in_pool, strange_since, .. } = tracked;
            let nonce = Nonce {
                nonce: entry.nonce,
                kind: tracked.kind(),
                attempts: &entry.attempts,
                cancelled: entry.cancelled,
                mined: mined.map(|(attempt, block, _)| (attempt, block)),
                in_pool: *in_pool,
                strange_since: *strange_since,
                first,
            };
            first &= mined.is_some();
            actions.push((entry.nonce, decide(&nonce, view, &self.options)));
            if capped.is_none() && is_capped(&nonce, view, &self.options) {
                capped = Some(entry.nonce);
            }
        }
        let mut unpaid = Ok(());
        for (nonce, action) in actions {
            let Some(place) = self.entries.iter().position(|one| one.entry.nonce == nonce) else {
                continue;
            };
            match self.carry_out(place, action, view).await {
                // What is wrong with one holds up no other.
                Err(error @ L1Error::Funds { .. }) => unpaid = unpaid.and(Err(error)),
                done => done?,
            }
        }
        self.tell_trouble(view, capped);
        unpaid
    }

    async fn carry_out(
        &mut self,
        place: usize,
        action: Action,
        view: &View,
    ) -> Result<(), L1Error> {
        let nonce = self.entries[place].entry.nonce;
        match action {
            Action::Wait => Ok(()),
            Action::Strange => {
                self.entries[place].strange_since.get_or_insert(view.head);
                Ok(())
            }
            Action::Done(attempt, block) => {
                let Tracked { entry, mined, .. } = &self.entries[place];
                let success = mined.is_some_and(|(_, _, success)| success);
                let Attempt { hash, empty: cancelled, .. } = entry.attempts[attempt];
                self.close(place, Outcome::Mined { nonce, hash, block, success, cancelled })
            }
            Action::Taken => {
                let what = self.entries[place].entry.call.what.clone();
                tracing::warn!(nonce, what, "somebody else used the nonce with the same key");
                self.close(place, Outcome::Gone { nonce, what })
            }
            Action::Resend => self.resend(place).await,
            Action::Replace(price) => self.replace(place, price, view).await,
        }
    }

    async fn resend(&mut self, place: usize) -> Result<(), L1Error> {
        let Some(now) = current(&self.entries[place].entry.attempts) else { return Ok(()) };
        let (price, empty) = (now.price, now.empty);
        if self.send(place, price, empty).await? {
            return Ok(());
        }
        // What may be wrong on this side says more than the node does.
        self.can_replace(place, price, empty).await
    }

    async fn replace(&mut self, place: usize, price: Price, view: &View) -> Result<(), L1Error> {
        let empty = self.entries[place].entry.cancelled;
        if let Err(error) = self.can_replace(place, price, empty).await {
            // A block may still take the one before.
            if !self.entries[place].in_pool {
                self.resend(place).await?;
            }
            return Err(error);
        }
        let (_, hash) = self.signed(place, price, empty).await?;
        let entry = &mut self.entries[place].entry;
        // What was refused may be tried again at the same price.
        entry.attempts.retain(|attempt| attempt.hash != hash);
        let refused = entry.attempts.iter().filter(|attempt| attempt.refused).count();
        if refused >= MAX_REFUSED
            && let Some(oldest) = entry.attempts.iter().position(|attempt| attempt.refused)
        {
            entry.attempts.remove(oldest);
        }
        entry.attempts.push(Attempt { price, hash, head: view.head, empty, refused: false });
        self.journal.put(entry)?;
        if self.send(place, price, empty).await? {
            return Ok(());
        }
        let entry = &mut self.entries[place].entry;
        if let Some(last) = entry.attempts.last_mut() {
            last.refused = true;
        }
        self.journal.put(entry)
    }

    fn close(&mut self, place: usize, outcome: Outcome) -> Result<(), L1Error> {
        self.journal.remove(self.entries[place].entry.nonce)?;
        self.entries.remove(place);
        self.outcomes.push(outcome);
        Ok(())
    }

    /// Whether the node did not refuse it.
    async fn send(&mut self, place: usize, price: Price, empty: bool) -> Result<bool, L1Error> {
        let (raw, hash) = self.signed(place, price, empty).await?;
        let Entry { nonce, call, .. } = &self.entries[place].entry;
        let (nonce, what) = (*nonce, call.what.clone());
        let verdict = self.l1.send_raw(&raw.into()).await;
        self.entries[place].refusal = None;
        match verdict {
            Verdict::Taken => tracing::debug!(nonce, what, %hash, "sent again"),
            // The next look says by whom, or raises the fees over it.
            Verdict::NonceUsed(_) | Verdict::Outbid(_) => {
                tracing::debug!(nonce, what, %hash, "the nonce is occupied");
            }
            Verdict::Refused(error) => {
                tracing::warn!(nonce, what, %error, "a transaction is refused");
                self.entries[place].refusal = Some(error.to_string());
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn signed(
        &mut self,
        place: usize,
        price: Price,
        empty: bool,
    ) -> Result<(Vec<u8>, B256), L1Error> {
        let Entry { nonce, call, gas, .. } = &self.entries[place].entry;
        if !empty {
            return self.sign(call, *nonce, *gas, price);
        }
        let (nonce, kind) = (*nonce, self.entries[place].kind());
        let what = format!("nothing instead of {}", call.what);
        let nothing = self.nothing(what, kind).await?;
        self.sign(&nothing, nonce, EMPTY_GAS, price)
    }

    fn sign(
        &self,
        call: &Call,
        nonce: u64,
        gas: u64,
        price: Price,
    ) -> Result<(Vec<u8>, B256), L1Error> {
        let fees = Fees { max: price.gas, priority: price.priority };
        let (chain_id, blob_fee) = (self.l1.chain_id(), price.blob_gas);
        sign(&Terms { chain_id, nonce, gas, fees, blob_fee }, &self.key, call)
    }
}
