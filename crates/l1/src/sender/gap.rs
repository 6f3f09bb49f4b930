//! Nonces that nobody uses any more.
//!
//! A sender forgets a transaction that has its confirmations. If a deeper reorganisation undoes it,
//! and the node's pool does not bring it back, everything after it would wait for ever: an empty
//! transaction takes its place.

use alloy_eips::eip4844::Blob;

use super::{
    Call, L1Error, MAX_NONCE_GAP, Sender, Tracked, TransactionKind,
    decide::{Attempt, View, first},
    journal::Entry,
};
use crate::sidecar_parallel;

/// Gas of a transaction that does nothing.
pub(super) const EMPTY_GAS: u64 = 21_000;

/// The nonces from the next one that a block may hold up to the last entry's that have no entry.
fn missing(used: u64, entries: &[u64]) -> Vec<u64> {
    let last = entries.last().copied().unwrap_or(used);
    (used..last).filter(|nonce| !entries.contains(nonce)).take(MAX_NONCE_GAP).collect()
}

impl Sender {
    /// Sends an empty transaction for every missing nonce that the node's pool has none for.
    pub(super) async fn fill_gaps(&mut self, view: &View) -> Result<(), L1Error> {
        let entries: Vec<u64> = self.entries.iter().map(|tracked| tracked.entry.nonce).collect();
        let missing = missing(view.used, &entries);
        if missing.is_empty() {
            self.gap_since = None;
            return Ok(());
        }
        let since = match self.gap_since {
            Some((used, since)) if used == view.used => since,
            _ => view.head,
        };
        self.gap_since = Some((view.used, since));
        // A pool that brings transactions back has them mined soon. Not all of them count right.
        let waited = view.head >= since.saturating_add(self.options.patience);
        for nonce in missing {
            if waited || self.l1.nonce(self.account(), true).await? <= nonce {
                self.fill(nonce, view).await?;
            }
        }
        Ok(())
    }

    async fn fill(&mut self, nonce: u64, view: &View) -> Result<(), L1Error> {
        // The kind of what waits behind it, since a pool takes no other.
        let kind = self.entries.last().map_or(TransactionKind::Ordinary, Tracked::kind);
        let what = format!("nothing in place of transaction {nonce}, which L1 took back");
        let price = first(kind, &view.prices, &self.options).map_err(|(unit, need, cap)| {
            let (role, what) = (self.l1.role.clone(), what.clone());
            L1Error::FeeCap { role, what, unit, need, cap }
        })?;
        let call = self.nothing(what, kind).await?;
        let (_, hash) = self.sign(&call, nonce, EMPTY_GAS, price)?;
        let attempts = vec![Attempt { price, hash, head: view.head, empty: true, refused: false }];
        let entry = Entry { nonce, call, gas: EMPTY_GAS, cancelled: true, attempts };
        tracing::warn!(nonce, "L1 took back a transaction that was done: an empty one replaces it");
        self.journal.put(&entry)?;
        let place = self.entries.partition_point(|tracked| tracked.entry.nonce < nonce);
        self.entries.insert(place, Tracked { in_pool: true, ..Tracked::new(entry) });
        self.send(place, price, true).await?;
        Ok(())
    }

    /// A call that does nothing, of this kind: a pool replaces a transaction only by one of its kind.
    pub(super) async fn nothing(
        &mut self,
        what: String,
        kind: TransactionKind,
    ) -> Result<Call, L1Error> {
        let mut nothing = Call::new(what, self.account(), []);
        if kind == TransactionKind::Blob {
            if self.empty_blob.is_none() {
                self.empty_blob = Some(sidecar_parallel(vec![Blob::ZERO]).await?);
            }
            nothing.blobs.clone_from(&self.empty_blob);
        }
        Ok(nothing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_lies_before_an_entry_and_is_not_used() {
        assert_eq!(missing(3, &[5, 6]), [3, 4]);
        assert_eq!(missing(3, &[3, 5]), [4]);
        assert_eq!(missing(4, &[2, 3, 4]), Vec::<u64>::new());
        assert_eq!(missing(9, &[2, 3]), Vec::<u64>::new());
        assert_eq!(missing(9, &[]), Vec::<u64>::new());
        assert_eq!(missing(0, &[1_000]).len(), MAX_NONCE_GAP);
    }
}
