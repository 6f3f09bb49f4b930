//! Slowing down before L1 lags.

/// How much a sequencer is slowed, in parts of 1,000: not at all until half of what may wait
/// waits, then more and more, and wholly when all of it does.
pub(crate) fn throttle(backlog: u64, most: u64) -> u16 {
    let half = most / 2;
    if backlog <= half {
        return 0;
    }
    let span = u128::from(most - half).max(1);
    (u128::from(backlog - half) * 1_000 / span).min(1_000) as u16
}

/// What is left of a block's bytes.
pub(crate) fn slowed(bytes: usize, throttle: u16) -> usize {
    let left = 1_000_u128.saturating_sub(throttle.into());
    (bytes as u128 * left / 1_000) as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn more_backlog_never_means_more_room(a in any::<u64>(), b in any::<u64>(), most in any::<u64>()) {
            prop_assert!(throttle(a.min(b), most) <= throttle(a.max(b), most));
        }

        #[test]
        fn a_full_backlog_leaves_no_room(most in 1_u64.., over in any::<u64>()) {
            prop_assert_eq!(slowed(1 << 20, throttle(most.saturating_add(over), most)), 0);
            prop_assert_eq!(slowed(1 << 20, throttle(most / 2, most)), 1 << 20);
        }
    }
}
