//! Amounts and prices as people write them.

use alloy_primitives::{U256, utils::format_units};

const GWEI: U256 = U256::from_limbs([1_000_000_000, 0, 0, 0]);

/// An amount without zeros that say nothing: `0.0013 ETH`.
pub fn ether(wei: U256) -> String {
    format!("{} ETH", decimal(wei, 18))
}

/// As `ether`, with nine decimals at most, and never more than it is.
pub fn ether_down(wei: U256) -> String {
    ether(wei / GWEI * GWEI)
}

/// As `ether`, with nine decimals at most, and never less than it is.
pub fn ether_up(wei: U256) -> String {
    ether(wei.div_ceil(GWEI).saturating_mul(GWEI))
}

/// A price of gas: `1.5 gwei`.
pub fn gwei(wei: u128) -> String {
    format!("{} gwei", decimal(U256::from(wei), 9))
}

fn decimal(wei: U256, decimals: u8) -> String {
    // It fails for more decimals than there can be.
    let text = format_units(wei, decimals).unwrap_or_default();
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_end_with_a_digit_that_says_something() {
        for (wei, exactly, down, up) in [
            (0_u64, "0 ETH", "0 ETH", "0 ETH"),
            (1, "0.000000000000000001 ETH", "0 ETH", "0.000000001 ETH"),
            (1_300_000_000_000_000, "0.0013 ETH", "0.0013 ETH", "0.0013 ETH"),
            (1_300_000_000_000_001, "0.001300000000000001 ETH", "0.0013 ETH", "0.001300001 ETH"),
            (10_000_000_000_000_000_000, "10 ETH", "10 ETH", "10 ETH"),
        ] {
            let wei = U256::from(wei);
            assert_eq!((&*ether(wei), &*ether_down(wei), &*ether_up(wei)), (exactly, down, up));
        }
        assert!(ether_up(U256::MAX).ends_with(" ETH"));
    }

    #[test]
    fn prices_are_in_gwei() {
        for (wei, text) in [
            (0, "0 gwei"),
            (1, "0.000000001 gwei"),
            (1_500_000_000, "1.5 gwei"),
            (500_000_000_000, "500 gwei"),
        ] {
            assert_eq!(gwei(wei), text);
        }
    }
}
