//! Powers, in whatever ring.

use alloc::{vec, vec::Vec};

use super::{
    even::{self, PowerOfTwo},
    limb::{self, Limb},
    montgomery::Montgomery,
};

/// An exponent: digits, then so many zero bytes.
#[derive(Clone, Copy)]
pub(super) struct Exponent<'a> {
    pub(super) digits: &'a [u8],
    pub(super) zeros: usize,
}

impl Exponent<'_> {
    /// Four bits at a time, most significant first, without leading zeros.
    fn nibbles(self) -> impl Iterator<Item = usize> {
        self.digits
            .iter()
            .copied()
            .chain(core::iter::repeat_n(0, self.zeros))
            .flat_map(|byte| [byte >> 4, byte & 15])
            .map(usize::from)
            .skip_while(|nibble| *nibble == 0)
    }

    /// The number, if it is small.
    fn small(self) -> Option<u32> {
        let mut nibbles = self.nibbles();
        let number = nibbles.by_ref().take(8).fold(0, |number, nibble| number << 4 | nibble as u32);
        nibbles.next().is_none().then_some(number)
    }
}

/// Numbers that can be multiplied, in the ring's own form.
pub(super) trait Ring<L: Limb> {
    /// One, in that form.
    fn one(&self) -> Vec<L>;
    /// Multiplies into `out`.
    fn mul(&self, a: &[L], b: &[L], out: &mut [L]);
}

/// `base` to the power of `exponent`.
pub(super) fn power<L: Limb, R: Ring<L>>(ring: &R, base: &[L], exponent: Exponent<'_>) -> Vec<L> {
    match exponent.small() {
        Some(exponent) => by_bits(ring, base, exponent),
        None => by_nibbles(ring, base, exponent),
    }
}

/// For exponents such as 3 and 65537, for which a table would cost more than it saves.
fn by_bits<L: Limb, R: Ring<L>>(ring: &R, base: &[L], exponent: u32) -> Vec<L> {
    let mut result = ring.one();
    let mut scratch = result.clone();
    if exponent == 0 {
        return result;
    }
    result.copy_from_slice(base);
    for bit in (0..exponent.ilog2()).rev() {
        ring.mul(&result, &result, &mut scratch);
        core::mem::swap(&mut result, &mut scratch);
        if exponent >> bit & 1 == 1 {
            ring.mul(&result, base, &mut scratch);
            core::mem::swap(&mut result, &mut scratch);
        }
    }
    result
}

fn by_nibbles<L: Limb, R: Ring<L>>(ring: &R, base: &[L], exponent: Exponent<'_>) -> Vec<L> {
    let mut table = vec![ring.one(), base.to_vec()];
    for i in 2..16 {
        let mut next = ring.one();
        ring.mul(&table[i - 1], base, &mut next);
        table.push(next);
    }
    let mut nibbles = exponent.nibbles();
    let mut result = table[nibbles.next().unwrap_or(0)].clone();
    let mut scratch = result.clone();
    for nibble in nibbles {
        for _ in 0..4 {
            ring.mul(&result, &result, &mut scratch);
            core::mem::swap(&mut result, &mut scratch);
        }
        if nibble != 0 {
            ring.mul(&result, &table[nibble], &mut scratch);
            core::mem::swap(&mut result, &mut scratch);
        }
    }
    result
}

#[cfg(target_pointer_width = "64")]
type Native = u64;
#[cfg(not(target_pointer_width = "64"))]
type Native = u32;

/// Writes `base` to the power of `exponent` modulo `modulus`, which is not zero, to the
/// end of `out`, which is as long as `modulus`.
pub(super) fn modular(base: &[u8], exponent: Exponent<'_>, modulus: &[u8], out: &mut [u8]) {
    let result = modular_limbs::<Native>(base, exponent, modulus);
    limb::write_bytes(&result, out);
}

fn modular_limbs<L: Limb>(base: &[u8], exponent: Exponent<'_>, modulus: &[u8]) -> Vec<L> {
    let modulus = limb::from_bytes::<L>(modulus, 0);
    let twos = limb::trailing_zeros(&modulus);
    let odd = limb::shr(&modulus, twos);
    let by_odd = (odd[..] != [L::ONE]).then(|| {
        let ring = Montgomery::new(&odd);
        let power = power(&ring, &ring.enter(base), exponent);
        ring.leave(&power)
    });
    let by_twos = (twos != 0).then(|| {
        let ring = PowerOfTwo::new(twos);
        power(&ring, &ring.enter(base), exponent)
    });
    match (by_odd, by_twos) {
        (Some(by_odd), Some(by_twos)) => even::combine(&by_odd, &odd, &by_twos, twos),
        (Some(result), None) | (None, Some(result)) => result,
        (None, None) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use num_bigint::BigUint;
    use proptest::prelude::*;

    use super::*;

    fn number() -> impl Strategy<Value = Vec<u8>> {
        let random = prop::collection::vec(any::<u8>(), 0..90);
        let sparse = prop::collection::vec(prop_oneof![Just(0_u8), Just(0xff), Just(1)], 0..70);
        let power_of_two = (0..40_usize, 0..8_u32).prop_map(|(len, bit)| {
            let mut number = vec![0; len + 1];
            number[0] = 1 << bit;
            number
        });
        prop_oneof![random, sparse, power_of_two]
    }

    fn check<L: Limb>(base: &[u8], exponent: Exponent<'_>, modulus: &[u8], expected: &BigUint) {
        let mut out = vec![0; modulus.len()];
        let result = modular_limbs::<L>(base, exponent, modulus);
        limb::write_bytes(&result, &mut out);
        assert_eq!(BigUint::from_bytes_be(&out), *expected);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn both_widths_agree_with_another_library(
            base in number(), digits in number(), zeros in 0_usize..3, modulus in number(),
        ) {
            let limbs = BigUint::from_bytes_be(&modulus);
            prop_assume!(limbs != BigUint::ZERO);
            let mut all = digits.clone();
            all.resize(digits.len() + zeros, 0);
            let expected = BigUint::from_bytes_be(&base)
                .modpow(&BigUint::from_bytes_be(&all), &limbs);
            let exponent = Exponent { digits: &digits, zeros };
            // The caller strips leading zeros from the modulus, this need not rely on it.
            check::<u32>(&base, exponent, &limbs.to_bytes_be(), &expected);
            check::<u64>(&base, exponent, &limbs.to_bytes_be(), &expected);
        }
    }
}
