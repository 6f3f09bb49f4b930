//! Modular exponentiation of numbers of any length (EIP-198), priced by EIP-2565.

mod even;
mod limb;
mod montgomery;
mod power;

use alloc::{vec, vec::Vec};

use super::{Failure, padded};
use power::Exponent;

/// Where the numbers begin: after the three words that say how long they are.
const HEAD: usize = 96;

/// What the words at the input's beginning say; `None` for lengths above 64 bits.
struct Lengths {
    base: Option<u64>,
    exponent: Option<u64>,
    modulus: Option<u64>,
}

impl Lengths {
    fn read(input: &[u8]) -> Self {
        let head: [u8; HEAD] = padded(input);
        let length = |from: usize| {
            let (high, low) = head[from..from + 32].split_at(24);
            let low = low.try_into().map(u64::from_be_bytes).ok();
            low.filter(|_| high.iter().all(|byte| *byte == 0))
        };
        Self { base: length(0), exponent: length(32), modulus: length(64) }
    }

    /// With neither base nor modulus there is nothing to do, however long the exponent.
    fn nothing_to_do(&self) -> bool {
        self.base == Some(0) && self.modulus == Some(0)
    }
}

const CHEAPEST: u64 = 200;

/// The price; `None` if it is more than 64 bits can say.
pub(super) fn gas(input: &[u8]) -> Option<u64> {
    let lengths = Lengths::read(input);
    if lengths.nothing_to_do() {
        return Some(CHEAPEST);
    }
    // A length above 64 bits costs more than 64 bits of gas: as base or modulus its
    // square does; as exponent 8 times itself, a third of which is left at the least.
    let base = lengths.base?;
    let exponent = lengths.exponent?;
    let words = u128::from(base.max(lengths.modulus?).div_ceil(8));
    let head: [u8; 32] = padded(tail(input, base.saturating_add(HEAD as u64)));
    let cost = (words * words).checked_mul(iterations(exponent, &head))? / 3;
    Some(u64::try_from(cost).ok()?.max(CHEAPEST))
}

/// How many squarings the exponent asks for. `head` is its beginning and may run on into
/// the modulus.
fn iterations(length: u64, head: &[u8; 32]) -> u128 {
    let digits = length.min(32) as usize;
    let bits = leading_zeros(&head[..digits])
        .map_or(0, |zeros| digits as u32 * 8 - zeros)
        .saturating_sub(1);
    let more = u128::from(length.saturating_sub(32)) * 8;
    (more + u128::from(bits)).max(1)
}

/// `None` if there is no other digit.
fn leading_zeros(bytes: &[u8]) -> Option<u32> {
    let first = bytes.iter().position(|byte| *byte != 0)?;
    Some(first as u32 * 8 + bytes[first].leading_zeros())
}

/// The input from a place on, which may lie behind its end.
fn tail(input: &[u8], from: u64) -> &[u8] {
    let from = usize::try_from(from).unwrap_or(usize::MAX);
    input.get(from..).unwrap_or_default()
}

/// Called with the price paid, which bounds all lengths.
pub(super) fn run(input: &[u8]) -> Result<Vec<u8>, Failure> {
    let lengths = Lengths::read(input);
    if lengths.nothing_to_do() {
        return Ok(Vec::new());
    }
    let size = |length: Option<u64>| {
        let length = length.ok_or(Failure)?;
        usize::try_from(length).map_err(|_| Failure)
    };
    let rest = input.get(HEAD..).unwrap_or_default();
    let (base, rest) = take(rest, size(lengths.base)?);
    let (exponent, rest) = take(rest, size(lengths.exponent)?);
    let (modulus, _) = take(rest, size(lengths.modulus)?);
    let output_len = modulus.len();

    let modulus = modulus.to_vec();
    let first = modulus.iter().position(|byte| *byte != 0);
    let mut output = vec![0; output_len];
    if let Some(first) = first {
        let exponent = Exponent { digits: exponent.present, zeros: exponent.missing };
        power::modular(&base.to_vec(), exponent, &modulus[first..], &mut output[first..]);
    }
    Ok(output)
}

/// Digits of a number whose end the input may lack; zeros stand for it.
#[derive(Clone, Copy)]
struct Digits<'a> {
    present: &'a [u8],
    missing: usize,
}

impl Digits<'_> {
    fn len(&self) -> usize {
        self.present.len() + self.missing
    }

    fn to_vec(self) -> Vec<u8> {
        let mut digits = vec![0; self.len()];
        digits[..self.present.len()].copy_from_slice(self.present);
        digits
    }
}

fn take(input: &[u8], len: usize) -> (Digits<'_>, &[u8]) {
    let (present, rest) = input.split_at(len.min(input.len()));
    let missing = len - present.len();
    (Digits { present, missing }, rest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn huge_lengths_cost_more_than_there_is() {
        for position in [0, 32, 64] {
            for high in 0..24 {
                let mut input = [0; HEAD];
                // Something to do, or the exponent's length would not matter.
                input[95] = 1;
                input[position + high] = 1;
                assert_eq!(gas(&input), None, "{position} {high}");
            }
            let mut input = [0xff; HEAD];
            assert_eq!(gas(&input), None);
            input[position..position + 32].fill(0);
            assert_eq!(gas(&input), None);
        }
    }

    #[test]
    fn an_exponent_alone_is_free() {
        let mut input = [0; HEAD];
        input[32..64].fill(0xff);
        assert_eq!(gas(&input), Some(CHEAPEST));
        assert_eq!(run(&input), Ok(Vec::new()));
    }

    proptest! {
        #[test]
        fn small_numbers_as_by_hand(base: u16, exponent in 0_u32..40, modulus: u16) {
            let mut input = vec![0; HEAD];
            (input[31], input[63], input[95]) = (2, 4, 2);
            input.extend(base.to_be_bytes());
            input.extend(exponent.to_be_bytes());
            input.extend(modulus.to_be_bytes());
            let modulus = u64::from(modulus);
            let mut expected = if modulus == 0 { 0 } else { 1 % modulus };
            for _ in 0..exponent {
                expected = if modulus == 0 { 0 } else { expected * u64::from(base) % modulus };
            }
            prop_assert_eq!(run(&input), Ok((expected as u16).to_be_bytes().to_vec()));
        }
    }
}
