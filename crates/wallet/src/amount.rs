//! Amounts of ETH as people write them.

use std::fmt;

use alloy_primitives::{U256, utils::parse_units};

use crate::WalletError;

/// An amount of ETH in wei. Shows in ETH.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(pub U256);

const GWEI: U256 = U256::from_limbs([1_000_000_000, 0, 0, 0]);

impl Amount {
    /// From gwei.
    pub fn from_gwei(gwei: u64) -> Self {
        Self(U256::from(gwei) * GWEI)
    }

    /// In gwei, if it is a whole number of them.
    pub fn gwei(self) -> Option<u64> {
        (self.0 % GWEI).is_zero().then(|| u64::try_from(self.0 / GWEI).ok())?
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&tern_l1::ether(self.0))
    }
}

/// Reads a decimal number and its unit; without a unit it is ETH.
pub fn parse(text: &str) -> Result<Amount, WalletError> {
    let wrong = |rule| WalletError::Amount { text: text.into(), rule };
    let trimmed = text.trim();
    let end = trimmed.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(trimmed.len());
    let (number, unit) = (trimmed[..end].trim_end(), &trimmed[end..]);
    let decimals: u8 = match unit.to_ascii_lowercase().as_str() {
        "" | "eth" | "ether" => 18,
        "gwei" => 9,
        "wei" => 0,
        _ => return Err(wrong("its unit is none of ether, gwei and wei")),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|c| c.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) {
        return Err(wrong("it is not a decimal number"));
    }
    if fraction.trim_end_matches('0').len() > usize::from(decimals) {
        return Err(wrong("it has a part smaller than one wei"));
    }
    let number = format!("{whole}.{}0", fraction.trim_end_matches('0'));
    let number = if decimals == 0 { whole.to_owned() } else { number };
    match parse_units(&number, decimals) {
        Ok(value) => Ok(Amount(value.get_absolute())),
        Err(_) => Err(wrong("it is too large")),
    }
}

/// Reads what a unit of gas may cost; without a unit it is gwei.
pub fn parse_fee(text: &str) -> Result<Amount, WalletError> {
    let has_unit = text.trim_end().ends_with(|c: char| c.is_ascii_alphabetic());
    if has_unit { parse(text) } else { parse(&format!("{text}gwei")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fee_without_a_unit_is_in_gwei() {
        for (text, wei) in [
            ("500", 500_000_000_000_u64),
            ("0.5", 500_000_000),
            ("7wei", 7),
            ("2 gwei", 2_000_000_000),
        ] {
            assert_eq!(parse_fee(text).expect(text).0, U256::from(wei), "{text}");
        }
        for text in ["", "gwei", "-1", "0.0000000001"] {
            assert!(parse_fee(text).is_err(), "{text}");
        }
    }

    #[test]
    fn amounts_are_read_in_each_unit_and_shown_in_eth() {
        for (text, wei, shown) in [
            ("1", 1_000_000_000_000_000_000_u64, "1 ETH"),
            ("0.25", 250_000_000_000_000_000, "0.25 ETH"),
            ("0.5 ether", 500_000_000_000_000_000, "0.5 ETH"),
            ("20gwei", 20_000_000_000, "0.00000002 ETH"),
            ("1.5 gwei", 1_500_000_000, "0.0000000015 ETH"),
            ("7wei", 7, "0.000000000000000007 ETH"),
            ("10", 10_000_000_000_000_000_000, "10 ETH"),
            ("0", 0, "0 ETH"),
        ] {
            let amount = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!((amount.0, amount.to_string().as_str()), (U256::from(wei), shown), "{text}");
        }
    }

    #[test]
    fn what_is_no_amount_says_how_one_looks() {
        for text in ["", "-1", ".5", "1.", "1e3", "0x1", "1 btc", "0.5wei", "1,5", "1 2", "ether"] {
            let error = parse(text).expect_err(text).to_string();
            assert!(error.contains("write one like"), "{error}");
        }
        assert!(parse(&"9".repeat(70)).is_err());
        assert_eq!(parse("1wei").expect("right").gwei(), None);
        assert_eq!(parse("3gwei").expect("right").gwei(), Some(3));
    }
}
