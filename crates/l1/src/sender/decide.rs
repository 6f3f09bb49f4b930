//! What a sender decides without asking anybody.

use alloy_primitives::B256;
use serde::{Deserialize, Serialize};

use super::{SenderOptions, TransactionKind};
use crate::{BlockId, Prices};

/// What a transaction pays at most, in wei a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Price {
    pub(super) gas: u128,
    /// Of `gas`, for whoever makes the block.
    pub(super) priority: u128,
    pub(super) blob_gas: u128,
}

/// One transaction sent at a nonce.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Attempt {
    pub(super) price: Price,
    pub(super) hash: B256,
    /// L1's last block when it was first sent.
    pub(super) head: u64,
    /// Whether it is the empty one.
    pub(super) empty: bool,
    /// Whether the node refused it. It is kept, since another node may have taken it, but what was
    /// sent before it is what waits.
    #[serde(default)]
    pub(super) refused: bool,
}

/// The attempt that waits for a block: the last that was not refused.
pub(super) fn current(attempts: &[Attempt]) -> Option<&Attempt> {
    attempts.iter().rfind(|attempt| !attempt.refused).or_else(|| attempts.last())
}

/// What is known of a nonce from here and from the node.
#[derive(Debug, Clone, Copy)]
pub(super) struct Nonce<'a> {
    pub(super) nonce: u64,
    pub(super) kind: TransactionKind,
    pub(super) attempts: &'a [Attempt],
    pub(super) cancelled: bool,
    /// The attempt that a block holds, and the block.
    pub(super) mined: Option<(usize, BlockId)>,
    /// Whether the node's pool has the current attempt.
    pub(super) in_pool: bool,
    /// Since which block the nonce is used, but not by an attempt.
    pub(super) strange_since: Option<u64>,
    /// Whether no earlier one waits.
    pub(super) first: bool,
}

/// What L1 looks like.
#[derive(Debug, Clone, Copy)]
pub(super) struct View {
    /// The number of its last block.
    pub(super) head: u64,
    /// How many nonces blocks hold.
    pub(super) used: u64,
    pub(super) prices: Prices,
}

/// What to do about a nonce.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// Nothing.
    Wait,
    /// An attempt has its confirmations.
    Done(usize, BlockId),
    /// Send the current attempt again: the pool lost it.
    Resend,
    /// Replace the current attempt at this price.
    Replace(Price),
    /// The nonce is used, but not by an attempt as far as the node knows now.
    Strange,
    /// Somebody else used it.
    Taken,
}

/// So many blocks a node may know a nonce and not its receipt.
const STRANGE: u64 = 2;

pub(super) fn decide(nonce: &Nonce<'_>, view: &View, options: &SenderOptions) -> Action {
    if let Some((attempt, block)) = nonce.mined {
        let confirmations = view.head.saturating_add(1).saturating_sub(block.number);
        let enough = confirmations >= options.confirmations;
        return if enough { Action::Done(attempt, block) } else { Action::Wait };
    }
    if nonce.nonce < view.used {
        return match nonce.strange_since {
            Some(since) if view.head >= since.saturating_add(STRANGE) => Action::Taken,
            _ => Action::Strange,
        };
    }
    if nonce.attempts.is_empty() {
        return Action::Wait;
    }
    let raised = to_replace(nonce, view, options)
        .and_then(|old| replacement(nonce.kind, old.price, &view.prices, options));
    match raised {
        Some(price) => Action::Replace(price),
        None if nonce.in_pool => Action::Wait,
        None => Action::Resend,
    }
}

/// The attempt that a dearer one should replace, if one should.
fn to_replace<'a>(nonce: &Nonce<'a>, view: &View, options: &SenderOptions) -> Option<&'a Attempt> {
    let now = current(nonce.attempts)?;
    let tried = nonce.attempts.iter().map(|attempt| attempt.head).max()?;
    let Prices { base_fee, blob_base_fee, .. } = view.prices;
    let low = now.price.gas < base_fee
        || nonce.kind == TransactionKind::Blob && now.price.blob_gas < blob_base_fee;
    // Blocks are the clock: while L1 stands still, a greater fee helps nothing. And who waits
    // behind another one is not helped by a fee either, unless it is too low itself.
    let aged = view.head >= tried.saturating_add(options.patience) && (nonce.first || low);
    let to_empty = nonce.cancelled && !now.empty;
    (aged || to_empty).then_some(now)
}

/// Whether only a price that is not allowed would help.
pub(super) fn is_capped(nonce: &Nonce<'_>, view: &View, options: &SenderOptions) -> bool {
    let waits = nonce.mined.is_none() && nonce.nonce >= view.used;
    waits
        && to_replace(nonce, view, options)
            .is_some_and(|old| replacement(nonce.kind, old.price, &view.prices, options).is_none())
}

/// Room for several full blocks in which the base fees grow.
pub(super) fn market(kind: TransactionKind, prices: &Prices) -> Price {
    let priority = prices.priority_fee;
    let blob_gas = match kind {
        TransactionKind::Ordinary => 0,
        TransactionKind::Blob => prices.blob_base_fee.saturating_mul(2).max(1),
    };
    Price {
        gas: prices.base_fee.saturating_mul(2).saturating_add(priority).max(1),
        priority,
        blob_gas,
    }
}

/// The most that a first attempt offers: as much as leaves room for one replacement under the cap,
/// as long as that pays the next block, whose base fee is at most an eighth more.
fn at_first(kind: TransactionKind, cap: u128, base_fee: u128, priority: u128) -> u128 {
    let roomy = match kind {
        TransactionKind::Ordinary => cap / 11 * 10,
        TransactionKind::Blob => cap / 2,
    };
    let next = base_fee.saturating_add(base_fee / 8).saturating_add(priority);
    if next <= roomy { roomy } else { cap }
}

/// The market's price, or as much of it as is allowed. `Err` says which unit costs more than that.
pub(super) fn first(
    kind: TransactionKind,
    prices: &Prices,
    options: &SenderOptions,
) -> Result<Price, (&'static str, u128, u128)> {
    let Price { gas, priority, blob_gas } = market(kind, prices);
    if prices.base_fee > options.max_fee {
        return Err(("gas", prices.base_fee, options.max_fee));
    }
    let blob = kind == TransactionKind::Blob;
    if blob && prices.blob_base_fee > options.max_blob_fee {
        return Err(("blob gas", prices.blob_base_fee, options.max_blob_fee));
    }
    let gas = gas.min(at_first(kind, options.max_fee, prices.base_fee, priority));
    let blob_cap = at_first(kind, options.max_blob_fee, prices.blob_base_fee, 0);
    let (priority, blob_gas) = (priority.min(gas), blob_gas.min(blob_cap));
    Ok(Price { gas, priority, blob_gas })
}

/// The least price at which nodes take a replacement, or the market's if it is greater; none if
/// that is more than allowed.
pub(super) fn replacement(
    kind: TransactionKind,
    old: Price,
    prices: &Prices,
    options: &SenderOptions,
) -> Option<Price> {
    // Nodes want every one of the prices to grow.
    let least = |old: u128| match kind {
        TransactionKind::Ordinary => old.saturating_add(old.div_ceil(10)).max(1),
        TransactionKind::Blob => old.saturating_mul(2).max(1),
    };
    let within =
        |least: u128, market: u128, cap: u128| (least <= cap).then(|| least.max(market).min(cap));
    let market = market(kind, prices);
    let gas = within(least(old.gas), market.gas, options.max_fee)?;
    let priority = within(least(old.priority), market.priority, gas)?;
    let blob_gas = match kind {
        TransactionKind::Ordinary => 0,
        TransactionKind::Blob => {
            within(least(old.blob_gas), market.blob_gas, options.max_blob_fee)?
        }
    };
    Some(Price { gas, priority, blob_gas })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::BlobSchedule;

    const SCHEDULE: BlobSchedule = BlobSchedule { target: 6, max: 9, update_fraction: 5_007_716 };

    fn view(head: u64, used: u64, base_fee: u128) -> View {
        let prices =
            Prices { base_fee, priority_fee: 1, blob_base_fee: base_fee, schedule: SCHEDULE };
        View { head, used, prices }
    }

    fn attempt(gas: u128) -> Attempt {
        let price = Price { gas, priority: 1, blob_gas: gas };
        Attempt { price, hash: B256::ZERO, head: 100, empty: false, refused: false }
    }

    fn waiting(attempts: &[Attempt]) -> Nonce<'_> {
        Nonce {
            nonce: 5,
            kind: TransactionKind::Ordinary,
            attempts,
            cancelled: false,
            mined: None,
            in_pool: true,
            strange_since: None,
            first: true,
        }
    }

    #[test]
    fn a_transaction_is_done_with_its_confirmations_and_not_before() {
        let options = SenderOptions { confirmations: 3, ..SenderOptions::default() };
        let attempts = [attempt(10)];
        let block = BlockId { number: 100, hash: B256::ZERO };
        let nonce = Nonce { mined: Some((0, block)), ..waiting(&attempts) };
        assert_eq!(decide(&nonce, &view(101, 6, 1), &options), Action::Wait);
        assert_eq!(decide(&nonce, &view(102, 6, 1), &options), Action::Done(0, block));
    }

    #[test]
    fn what_the_pool_lost_or_a_reorganisation_undid_is_sent_again() {
        let options = SenderOptions::default();
        let attempts = [attempt(10)];
        let nonce = Nonce { in_pool: false, ..waiting(&attempts) };
        assert_eq!(decide(&nonce, &view(100, 5, 1), &options), Action::Resend);
        assert_eq!(decide(&waiting(&attempts), &view(100, 5, 1), &options), Action::Wait);
    }

    #[test]
    fn fees_rise_with_blocks_for_the_first_and_for_whoever_is_too_low() {
        let options = SenderOptions { patience: 3, ..SenderOptions::default() };
        let attempts = [attempt(1_000)];
        let first = waiting(&attempts);
        let behind = Nonce { first: false, ..first };
        assert_eq!(decide(&first, &view(102, 5, 10), &options), Action::Wait);
        assert!(matches!(decide(&first, &view(103, 5, 10), &options), Action::Replace(_)));
        assert_eq!(decide(&behind, &view(103, 5, 10), &options), Action::Wait);
        assert!(matches!(decide(&behind, &view(103, 5, 1_001), &options), Action::Replace(_)));
    }

    #[test]
    fn a_nonce_used_by_somebody_else_is_taken_only_after_some_blocks() {
        let options = SenderOptions::default();
        let attempts = [attempt(10)];
        let nonce = waiting(&attempts);
        assert_eq!(decide(&nonce, &view(110, 6, 1), &options), Action::Strange);
        let nonce = Nonce { strange_since: Some(110), ..nonce };
        assert_eq!(decide(&nonce, &view(111, 6, 1), &options), Action::Strange);
        assert_eq!(decide(&nonce, &view(112, 6, 1), &options), Action::Taken);
    }

    #[test]
    fn a_cancelled_transaction_is_replaced_at_once_and_once() {
        let options = SenderOptions::default();
        let full = [attempt(10)];
        let nonce = Nonce { cancelled: true, first: false, ..waiting(&full) };
        assert!(matches!(decide(&nonce, &view(100, 5, 1), &options), Action::Replace(_)));
        let both = [attempt(10), Attempt { empty: true, ..attempt(20) }];
        let nonce = Nonce { attempts: &both, ..nonce };
        assert_eq!(decide(&nonce, &view(100, 5, 1), &options), Action::Wait);
    }

    #[test]
    fn a_refused_attempt_is_no_base_for_the_next_price_and_is_not_sent_again() {
        let options = SenderOptions { patience: 3, ..SenderOptions::default() };
        let attempts = [attempt(1_000), Attempt { refused: true, head: 103, ..attempt(1_100) }];
        let nonce = waiting(&attempts);
        assert_eq!(current(&attempts), Some(&attempts[0]));
        assert_eq!(decide(&nonce, &view(104, 5, 10), &options), Action::Wait);
        let Action::Replace(price) = decide(&nonce, &view(106, 5, 10), &options) else {
            panic!("it is as old as patience")
        };
        assert_eq!(price.gas, 1_100);
        let all = [Attempt { refused: true, ..attempt(7) }];
        assert_eq!(current(&all), Some(&all[0]));
    }

    #[test]
    fn a_first_price_leaves_room_for_a_replacement_where_it_can() {
        let options =
            SenderOptions { max_fee: 1_000, max_blob_fee: 1_000, ..SenderOptions::default() };
        for (kind, base) in [(TransactionKind::Blob, 400), (TransactionKind::Ordinary, 700)] {
            let prices = view(0, 0, base).prices;
            let price = first(kind, &prices, &options).expect("allowed");
            assert!(replacement(kind, price, &prices, &options).is_some(), "{kind:?}");
        }
        let dear = first(TransactionKind::Blob, &view(0, 0, 480).prices, &options);
        assert_eq!(dear.expect("allowed").gas, 961, "what pays the next block comes first");
    }

    #[test]
    fn who_would_have_to_pay_more_than_allowed_is_known() {
        let options = SenderOptions { patience: 3, max_fee: 1_000, ..SenderOptions::default() };
        let (cheap, dear) = ([attempt(10)], [attempt(1_000)]);
        assert!(!is_capped(&waiting(&cheap), &view(110, 5, 10), &options));
        assert!(is_capped(&waiting(&dear), &view(110, 5, 10), &options));
        assert!(!is_capped(&waiting(&dear), &view(101, 5, 10), &options));
        let cancelled = Nonce { cancelled: true, ..waiting(&dear) };
        assert!(is_capped(&cancelled, &view(101, 5, 10), &options));
    }

    #[test]
    fn no_number_of_a_node_is_a_panic() {
        let options = SenderOptions::default();
        let attempts = [Attempt { head: u64::MAX, ..attempt(10) }];
        let view = view(u64::MAX, 6, u128::MAX);
        let block = BlockId { number: u64::MAX, hash: B256::ZERO };
        let nonce = waiting(&attempts);
        for mined in [None, Some((0, block))] {
            for strange_since in [None, Some(u64::MAX)] {
                let _ = decide(&Nonce { mined, strange_since, ..nonce }, &view, &options);
            }
        }
    }

    #[test]
    fn more_than_allowed_is_not_paid() {
        let options = SenderOptions { max_fee: 100, max_blob_fee: 50, ..SenderOptions::default() };
        let blob = TransactionKind::Blob;
        assert_eq!(first(blob, &view(0, 0, 101).prices, &options), Err(("gas", 101, 100)));
        assert_eq!(first(blob, &view(0, 0, 60).prices, &options), Err(("blob gas", 60, 50)));
        let price = first(blob, &view(0, 0, 50).prices, &options).expect("allowed");
        assert_eq!((price.gas, price.blob_gas), (100, 50));
        assert_eq!(replacement(blob, price, &view(0, 0, 1).prices, &options), None);
    }

    proptest! {
        #[test]
        fn a_replacement_is_one_that_nodes_take_and_within_the_caps(
            gas in 1_u128..1 << 70, priority in 0_u128..1 << 60, blob_gas in 1_u128..1 << 70,
            base_fee in 0_u128..1 << 70, is_blob: bool, max_fee in 1_u128..1 << 72,
        ) {
            let kind = if is_blob { TransactionKind::Blob } else { TransactionKind::Ordinary };
            let options = SenderOptions { max_fee, max_blob_fee: max_fee, ..SenderOptions::default() };
            let old = Price { gas, priority: priority.min(gas), blob_gas };
            let prices = view(0, 0, base_fee).prices;
            let Some(new) = replacement(kind, old, &prices, &options) else { return Ok(()) };
            let percent = if is_blob { 200 } else { 110 };
            prop_assert!(new.gas * 100 >= old.gas * percent && new.gas <= max_fee);
            prop_assert!(new.priority * 100 >= old.priority * percent && new.priority <= new.gas);
            if is_blob {
                prop_assert!(new.blob_gas >= 2 * old.blob_gas && new.blob_gas <= max_fee);
            }
        }
    }
}
