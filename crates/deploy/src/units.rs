//! Durations and amounts as people write them.

use alloy_primitives::{U256, utils::parse_units};
use serde::{
    Deserialize, Deserializer,
    de::{Error, Visitor},
};

const DURATIONS: [(&str, u64); 5] =
    [("week", 604_800), ("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)];

/// A duration, written as "7 days" or "1 day 12 hours".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seconds(pub u64);

/// An amount of ETH in wei, written as "0.05 ether", "10 gwei" or "1 wei".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wei(pub U256);

/// An amount of the governance token with its 18 decimals, written as "1000 tokens".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tokens(pub U256);

impl Seconds {
    /// Reads pairs of a whole number and a unit.
    pub fn parse(text: &str) -> Option<Self> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let (pairs, rest) = words.as_chunks::<2>();
        if pairs.is_empty() || !rest.is_empty() {
            return None;
        }
        let total = pairs.iter().try_fold(0_u64, |total, [count, unit]| {
            let singular = unit.strip_suffix('s').unwrap_or(unit);
            let (_, seconds) = DURATIONS.iter().find(|(name, _)| *name == singular)?;
            total.checked_add(count.parse::<u64>().ok()?.checked_mul(*seconds)?)
        })?;
        Some(Self(total))
    }
}

impl std::fmt::Display for Seconds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Weeks are read but not written: 30 days is what people compare.
        let mut left = self.0;
        let mut parts = Vec::new();
        for (unit, seconds) in &DURATIONS[1..] {
            let count = left / seconds;
            left %= seconds;
            if count > 0 {
                parts.push(format!("{count} {unit}{}", if count == 1 { "" } else { "s" }));
            }
        }
        if parts.is_empty() { f.write_str("0 seconds") } else { f.write_str(&parts.join(" ")) }
    }
}

impl Wei {
    /// Reads a decimal number and a unit.
    pub fn parse(text: &str) -> Option<Self> {
        let (number, unit) = text.trim().split_once(' ')?;
        let unit = unit.trim();
        if !matches!(unit, "ether" | "gwei" | "wei") {
            return None;
        }
        decimal(number, unit).map(Self)
    }
}

impl Wei {
    /// In ETH, rounded: for prices, which are different a moment later.
    pub fn about(self) -> String {
        format!("{:.6} ether", self.0.saturating_to::<u128>() as f64 / 1e18)
    }
}

impl std::fmt::Display for Wei {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&shortest(self.0, &[("ether", 18), ("gwei", 9), ("wei", 0)]))
    }
}

impl Tokens {
    /// Reads a decimal number and "tokens".
    pub fn parse(text: &str) -> Option<Self> {
        let (number, unit) = text.trim().split_once(' ')?;
        matches!(unit.trim(), "token" | "tokens").then(|| decimal(number, "ether").map(Self))?
    }
}

impl std::fmt::Display for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let one = U256::from(10).pow(U256::from(18));
        let whole = self.0 / one;
        let rest = (self.0 % one).to_string();
        match format!("{rest:0>18}").trim_end_matches('0') {
            "" => write!(f, "{whole} tokens"),
            rest => write!(f, "{whole}.{rest} tokens"),
        }
    }
}

/// An unsigned decimal number, no more precise than its unit.
fn decimal(number: &str, unit: &str) -> Option<U256> {
    let digits = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if !digits || !number.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let fraction = number.split_once('.').map_or("", |(_, fraction)| fraction);
    let precision = match unit {
        "ether" => 18,
        "gwei" => 9,
        _ => 0,
    };
    if fraction.len() > precision || number.ends_with('.') {
        return None;
    }
    parse_units(number, unit).ok().map(alloy_primitives::utils::ParseUnits::get_absolute)
}

/// In the largest unit of which three decimals say all of it.
fn shortest(amount: U256, units: &[(&str, usize)]) -> String {
    for (unit, decimals) in units {
        let thousandth = U256::from(10).pow(U256::from(decimals.saturating_sub(3)));
        if amount % thousandth != U256::ZERO {
            continue;
        }
        let text = alloy_primitives::utils::format_units(amount, *decimals as u8)
            .unwrap_or_else(|_| amount.to_string());
        let text = match text.split_once('.') {
            Some((whole, fraction)) => match fraction.trim_end_matches('0') {
                "" => whole.to_owned(),
                fraction => format!("{whole}.{fraction}"),
            },
            None => text,
        };
        return format!("{text} {unit}");
    }
    format!("{amount} wei")
}

macro_rules! deserialize {
    ($($name:ident, $like:literal;)*) => {$(
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
                struct Text;
                impl Visitor<'_> for Text {
                    type Value = $name;
                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str(concat!("a text like ", $like))
                    }
                    fn visit_str<E: Error>(self, text: &str) -> Result<$name, E> {
                        $name::parse(text)
                            .ok_or_else(|| E::custom(format!("{text:?} is not like {}", $like)))
                    }
                }
                input.deserialize_str(Text)
            }
        }
    )*};
}

deserialize! {
    Seconds, "\"7 days\" or \"1 hour 30 minutes\"";
    Wei, "\"0.05 ether\", \"10 gwei\" or \"1 wei\"";
    Tokens, "\"1000 tokens\"";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_they_are_written() {
        for (text, seconds) in [
            ("7 days", 604_800),
            ("1 week", 604_800),
            ("1 day 12 hours", 129_600),
            ("90 seconds", 90),
            ("0 seconds", 0),
        ] {
            assert_eq!(Seconds::parse(text), Some(Seconds(seconds)), "{text}");
            assert_eq!(Seconds::parse(&Seconds(seconds).to_string()), Some(Seconds(seconds)));
        }
        for text in
            ["", "7", "days", "7 fortnights", "7 days 3", "-1 days", "99999999999999999 weeks"]
        {
            assert_eq!(Seconds::parse(text), None, "{text}");
        }
    }

    #[test]
    fn amounts_read_as_they_are_written() {
        for (text, wei, shown) in [
            ("0.05 ether", 50_000_000_000_000_000_u64, "0.05 ether"),
            ("10 gwei", 10_000_000_000, "10 gwei"),
            ("1 wei", 1, "1 wei"),
            ("1 ether", 1_000_000_000_000_000_000, "1 ether"),
        ] {
            assert_eq!(Wei::parse(text), Some(Wei(U256::from(wei))), "{text}");
            assert_eq!(Wei(U256::from(wei)).to_string(), shown);
        }
        for text in
            ["1", "1 eth", "-1 ether", "0.5 wei", ".5 ether", "1e3 wei", "1. ether", "0x1 wei"]
        {
            assert_eq!(Wei::parse(text), None, "{text}");
        }
        assert_eq!(Tokens::parse("1.5 tokens").map(|t| t.to_string()), Some("1.5 tokens".into()));
    }
}
