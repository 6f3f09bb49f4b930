//! What is in the way of a transaction, said once and kept for whoever asks.

use super::{Sender, Tracked, View};

impl Sender {
    /// What keeps a transaction from its block, if anything does that will not pass with some blocks.
    pub fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    /// Says it when it changes. `capped` is the first nonce that only a price above the caps would help.
    pub(super) fn tell_trouble(&mut self, view: &View, capped: Option<u64>) {
        let unknown = self.entries.iter().find(|one| self.is_unknown(one, view)).map(unknown);
        let trouble = capped.map(|nonce| self.at_cap(nonce)).or(unknown);
        if trouble != self.trouble {
            if let Some(trouble) = &trouble {
                tracing::warn!("{trouble}");
            }
            self.trouble = trouble;
        }
    }

    fn is_unknown(&self, tracked: &Tracked, view: &View) -> bool {
        let long = |since: u64| view.head >= since.saturating_add(self.options.patience);
        tracked.mined.is_none() && tracked.unknown_since.is_some_and(long)
    }

    fn at_cap(&self, nonce: u64) -> String {
        let of_it = self.entries.iter().find(|one| one.entry.nonce == nonce);
        let what = of_it.map_or("", |one| one.entry.call.what.as_str());
        format!(
            "no block takes {what} (nonce {nonce}) at the most that it may pay: wait, or allow more with --max-fee and --max-blob-fee"
        )
    }
}

fn unknown(tracked: &Tracked) -> String {
    let (nonce, what) = (tracked.entry.nonce, &tracked.entry.call.what);
    let said = tracked.refusal.as_deref().unwrap_or("it gave no reason");
    format!(
        "the L1 node does not keep {what} (nonce {nonce}), however often it is sent ({said}): check the node's pool, or give another node"
    )
}
