//! Blobs or calldata.

use tern_l1::{MAX_BLOBS, Prices, TransactionKind};

use super::gas::{BLOB_GAS, Shape};
use crate::Post;

/// The other kind must save more than this part of the costs before a change is worth it.
const SAVING: u128 = 8;
/// So many batches in a row must have been cheaper the other way before those on their way are
/// waited for; prices that halve the costs are not waited for.
const PATIENCE: u32 = 8;

/// A batch as each kind would send it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    /// Without blobs.
    pub ordinary: Shape,
    /// With blobs.
    pub blob: Shape,
}

/// What was chosen before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Habit {
    /// The kind of the last batch.
    pub last: TransactionKind,
    /// Batches in a row for which the other kind would have been worth a change.
    pub against: u32,
}

impl Default for Habit {
    fn default() -> Self {
        Self { last: TransactionKind::Blob, against: 0 }
    }
}

/// What else bears on the choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Circumstances {
    /// What the operator wants.
    pub post: Post,
    /// The most blobs of a batch, by the rollup's limits.
    pub max_blobs: u8,
    /// The most that a unit of blob gas may cost, in wei.
    pub max_blob_fee: u128,
    /// The kind of what is on its way, of which L1 nodes take one at a time.
    pub pending: Option<TransactionKind>,
    /// The sequencer is slowed down because too little reaches L1: blobs carry more.
    pub hurry: bool,
}

/// How to send a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// So.
    Send(TransactionKind),
    /// So, once everything on its way is mined.
    After(TransactionKind),
    /// No transaction can carry it.
    Impossible,
}

/// Chooses the cheaper kind, slowly, and remembers.
///
/// Without prices it stays with what it did last. What does not fit one kind goes the other way.
pub fn choose(
    sizes: &Sizes,
    prices: Option<&Prices>,
    circumstances: &Circumstances,
    habit: Habit,
) -> (Choice, Habit) {
    let fits = |kind| match kind {
        TransactionKind::Ordinary => sizes.ordinary.fits(),
        TransactionKind::Blob => {
            (1..=most_blobs(circumstances.max_blobs, prices)).contains(&sizes.blob.blobs)
        }
    };
    let other = other(habit.last);
    let allowed = |kind| match circumstances.post {
        Post::Auto => true,
        Post::Blobs => kind == TransactionKind::Blob,
        Post::Calldata => kind == TransactionKind::Ordinary,
    };
    let can = |kind| allowed(kind) && fits(kind);
    match (can(habit.last), can(other)) {
        (false, false) => return (Choice::Impossible, habit),
        (false, true) => return send(other, circumstances.pending),
        (true, false) => return send(habit.last, circumstances.pending),
        (true, true) => {}
    }
    // Blobs over their cap are not sent at all; the price of gas is that of both.
    if prices.is_some_and(|prices| prices.blob_base_fee > circumstances.max_blob_fee) {
        return send(TransactionKind::Ordinary, circumstances.pending);
    }
    if circumstances.hurry {
        return send(TransactionKind::Blob, circumstances.pending);
    }
    let Some(prices) = prices else {
        return send(habit.last, circumstances.pending);
    };
    let (now, then) = (cost(sizes, habit.last, prices), cost(sizes, other, prices));
    if then.saturating_add(now / SAVING) >= now {
        return send(habit.last, circumstances.pending);
    }
    let against = habit.against.saturating_add(1);
    let busy = circumstances.pending == Some(habit.last);
    if busy && against < PATIENCE && then.saturating_mul(2) > now {
        return (Choice::Send(habit.last), Habit { against, ..habit });
    }
    // The habit changes when the change is made: while it is waited for, it counts on.
    match send(other, circumstances.pending) {
        (Choice::After(kind), _) => (Choice::After(kind), Habit { against, ..habit }),
        sent => sent,
    }
}

/// What a batch costs as this kind of transaction, in wei, without the tip that both pay.
pub fn cost(sizes: &Sizes, kind: TransactionKind, prices: &Prices) -> u128 {
    let gas = |shape: &Shape| u128::from(shape.gas()).saturating_mul(prices.base_fee);
    match kind {
        TransactionKind::Ordinary => gas(&sizes.ordinary),
        TransactionKind::Blob => {
            let blob_gas = u128::from(BLOB_GAS) * sizes.blob.blobs as u128;
            gas(&sizes.blob).saturating_add(blob_gas.saturating_mul(prices.blob_base_fee))
        }
    }
}

/// The most blobs of one transaction: by the rollup, by EIP-7594, and by what a block takes.
pub fn most_blobs(limit: u8, prices: Option<&Prices>) -> usize {
    let block = prices
        .map_or(usize::MAX, |prices| usize::try_from(prices.schedule.max).unwrap_or(usize::MAX));
    usize::from(limit).min(MAX_BLOBS).min(block)
}

const fn other(kind: TransactionKind) -> TransactionKind {
    match kind {
        TransactionKind::Ordinary => TransactionKind::Blob,
        TransactionKind::Blob => TransactionKind::Ordinary,
    }
}

fn send(kind: TransactionKind, pending: Option<TransactionKind>) -> (Choice, Habit) {
    let habit = Habit { last: kind, against: 0 };
    match pending {
        Some(pending) if pending != kind => (Choice::After(kind), habit),
        _ => (Choice::Send(kind), habit),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tern_l1::BlobSchedule;

    use super::*;

    use TransactionKind::{Blob, Ordinary};

    fn sizes(data: usize) -> Sizes {
        let head = Shape { bytes: 1_100, zeros: 420, anchors: 1, ..Shape::default() };
        let ordinary = Shape { bytes: 1_100 + data, data, ..head };
        Sizes { ordinary, blob: Shape { blobs: (data + 4).div_ceil(130_048), ..head } }
    }

    fn prices(base_fee: u128, blob_base_fee: u128) -> Prices {
        let schedule = BlobSchedule { target: 14, max: 21, update_fraction: 11_684_671 };
        Prices { base_fee, priority_fee: 0, blob_base_fee, schedule }
    }

    const FREE: Circumstances = Circumstances {
        post: Post::Auto,
        max_blobs: 6,
        max_blob_fee: u128::MAX,
        pending: None,
        hurry: false,
    };

    fn habit(last: TransactionKind) -> Habit {
        Habit { last, against: 0 }
    }

    #[test]
    fn what_costs_less_is_chosen_by_the_whole_transaction() {
        let pick = |data, prices: Prices| choose(&sizes(data), Some(&prices), &FREE, habit(Blob)).0;
        // The least that a blob costs is a sixteenth of the gas (EIP-7918): some 205 bytes.
        assert_eq!(pick(2_000, prices(1_600, 100)), Choice::Send(Blob));
        // Where no data are, a blob is a waste, but too small a one to change for at this price.
        assert_eq!(pick(20, prices(1_600, 300)), Choice::Send(Ordinary));
        assert_eq!(pick(20, prices(1_600, 100)), Choice::Send(Blob));
        // With a full blob, calldata wins above some forty times the gas price.
        assert_eq!(pick(120_000, prices(100, 3_000)), Choice::Send(Blob));
        assert_eq!(pick(120_000, prices(100, 6_000)), Choice::Send(Ordinary));
    }

    #[test]
    fn a_small_saving_changes_nothing_in_either_direction() {
        let size = sizes(120_000);
        // Where both cost the same.
        let gas = size.ordinary.gas() - size.blob.gas();
        let even = prices(131_072, u128::from(gas));
        for kind in [Blob, Ordinary] {
            assert_eq!(choose(&size, Some(&even), &FREE, habit(kind)).0, Choice::Send(kind));
        }
    }

    #[test]
    fn without_prices_it_stays_with_the_last_choice() {
        for kind in [Blob, Ordinary] {
            assert_eq!(choose(&sizes(500), None, &FREE, habit(kind)).0, Choice::Send(kind));
        }
    }

    #[test]
    fn what_no_ordinary_transaction_carries_goes_into_blobs() {
        let (choice, habit) = choose(&sizes(200_000), None, &FREE, habit(Ordinary));
        assert_eq!((choice, habit.last), (Choice::Send(Blob), Blob));
        let only = Circumstances { post: Post::Calldata, ..FREE };
        assert_eq!(choose(&sizes(200_000), None, &only, habit).0, Choice::Impossible);
        assert_eq!(choose(&sizes(900_000), None, &FREE, habit).0, Choice::Impossible);
    }

    #[test]
    fn a_chain_with_few_blobs_a_block_gets_no_more_of_them() {
        let mut few = prices(1, 1);
        few.schedule.max = 3;
        assert_eq!(most_blobs(6, Some(&few)), 3);
        assert_eq!(most_blobs(2, Some(&few)), 2);
        few.schedule.max = 72;
        assert_eq!(most_blobs(21, Some(&few)), 6);
    }

    #[test]
    fn haste_goes_into_blobs_whatever_they_cost() {
        let hurry = Circumstances { hurry: true, ..FREE };
        let dear = prices(1, 1_000_000);
        assert_eq!(choose(&sizes(9), Some(&dear), &hurry, habit(Ordinary)).0, Choice::Send(Blob));
    }

    #[test]
    fn blobs_over_their_cap_are_left_for_calldata_where_that_carries_it() {
        let dear = prices(1, 1_000_001);
        for hurry in [false, true] {
            let capped = Circumstances { max_blob_fee: 1_000_000, hurry, ..FREE };
            for last in [Blob, Ordinary] {
                let pick = |data| choose(&sizes(data), Some(&dear), &capped, habit(last)).0;
                assert_eq!(pick(9), Choice::Send(Ordinary));
                assert_eq!(pick(200_000), Choice::Send(Blob), "nothing else carries it");
            }
        }
    }

    #[test]
    fn a_change_waits_for_what_is_on_its_way_but_not_for_ever() {
        let busy = Circumstances { pending: Some(Blob), ..FREE };
        // A third is saved: worth a change, not worth a pause.
        let size = sizes(120_000);
        let gas = size.ordinary.gas() - size.blob.gas();
        let price = prices(131_072, u128::from(gas * 8 / 5));
        let mut habit = habit(Blob);
        for _ in 1..PATIENCE {
            let (choice, next) = choose(&size, Some(&price), &busy, habit);
            assert_eq!(choice, Choice::Send(Blob));
            habit = next;
        }
        let (choice, habit) = choose(&size, Some(&price), &busy, habit);
        assert_eq!(choice, Choice::After(Ordinary));
        assert_eq!(choose(&size, Some(&price), &busy, habit).0, Choice::After(Ordinary));
        assert_eq!(choose(&size, Some(&price), &FREE, habit).0, Choice::Send(Ordinary));
        let half = prices(131_072, u128::from(gas * 4));
        assert_eq!(choose(&size, Some(&half), &busy, self::habit(Blob)).0, Choice::After(Ordinary));
    }

    proptest! {
        #[test]
        fn never_a_kind_beside_the_other_nor_one_that_does_not_fit(
            data in 0..1_000_000_usize,
            base in 1..10_u128.pow(12),
            blob in 1..10_u128.pow(14),
            known in any::<bool>(),
            hurry in any::<bool>(),
            last in prop::bool::ANY,
            against in 0..20_u32,
            pending in prop::option::of(prop::bool::ANY),
        ) {
            let kind = |blob| if blob { Blob } else { Ordinary };
            let circumstances = Circumstances { pending: pending.map(kind), hurry, ..FREE };
            let price = prices(base, blob);
            let habit = Habit { last: kind(last), against };
            let size = sizes(data);
            match choose(&size, known.then_some(&price), &circumstances, habit).0 {
                Choice::Send(kind) => {
                    prop_assert!(circumstances.pending.is_none_or(|pending| pending == kind));
                    let fits = if kind == Blob { size.blob.blobs <= 6 } else { size.ordinary.fits() };
                    prop_assert!(fits);
                }
                Choice::After(kind) => prop_assert_ne!(circumstances.pending, Some(kind)),
                Choice::Impossible => prop_assert!(size.blob.blobs > 6),
            }
        }
    }
}
