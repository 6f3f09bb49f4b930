//! Arithmetic modulo a power of two, and how even moduli come out of it.

use alloc::vec::Vec;

use super::{
    limb::{self, Limb},
    power::Ring,
};

pub(super) struct PowerOfTwo {
    bits: usize,
}

impl PowerOfTwo {
    /// Modulo 2^bits; at least one bit.
    pub(super) fn new(bits: usize) -> Self {
        Self { bits }
    }

    /// A number of any length, reduced.
    pub(super) fn enter<L: Limb>(&self, bytes: &[u8]) -> Vec<L> {
        let len = self.bits.div_ceil(L::BITS);
        let mut number = limb::from_bytes(bytes, len);
        number.truncate(len);
        self.reduce(&mut number);
        number
    }

    /// Drops the bits that are too high.
    fn reduce<L: Limb>(&self, number: &mut [L]) {
        let used = self.bits % L::BITS;
        if let (Some(top), true) = (number.last_mut(), used != 0) {
            *top = top.shl(L::BITS - used).shr(L::BITS - used);
        }
    }
}

impl<L: Limb> Ring<L> for PowerOfTwo {
    fn one(&self) -> Vec<L> {
        let mut one = limb::zeros(self.bits);
        one[0] = L::ONE;
        one
    }

    fn mul(&self, a: &[L], b: &[L], out: &mut [L]) {
        limb::mul_low(a, b, out);
        self.reduce(out);
    }
}

/// The number below `odd * 2^twos` that is `by_odd` modulo `odd` and `by_twos` modulo
/// 2^twos: `by_odd + odd * t`, with `t = (by_twos - by_odd) / odd` modulo 2^twos.
pub(super) fn combine<L: Limb>(by_odd: &[L], odd: &[L], by_twos: &[L], twos: usize) -> Vec<L> {
    let ring = PowerOfTwo::new(twos);
    let len = by_twos.len();
    let mut difference = by_twos.to_vec();
    let mut low = by_odd.to_vec();
    low.resize(len, L::ZERO);
    limb::sub_assign(&mut difference, &low);
    let mut t = limb::zeros(twos);
    ring.mul(&difference, &inverse(&ring, odd, len), &mut t);

    let mut result = alloc::vec![L::ZERO; odd.len() + len];
    limb::mul_low(odd, &t, &mut result);
    let mut addend = by_odd.to_vec();
    addend.resize(result.len(), L::ZERO);
    limb::add_assign(&mut result, &addend);
    result
}

/// What times the odd number is 1: each step doubles the number of right bits.
fn inverse<L: Limb>(ring: &PowerOfTwo, odd: &[L], len: usize) -> Vec<L> {
    let mut odd = odd.to_vec();
    odd.resize(len, L::ZERO);
    // Right in the lowest three bits.
    let mut inverse = odd.clone();
    ring.reduce(&mut inverse);
    let mut product = alloc::vec![L::ZERO; len];
    let mut next = product.clone();
    let mut bits = 3;
    while bits < ring.bits {
        ring.mul(&odd, &inverse, &mut product);
        let mut rest = alloc::vec![L::ZERO; len];
        rest[0] = L::ONE.shl(1);
        limb::sub_assign(&mut rest, &product);
        ring.mul(&inverse, &rest, &mut next);
        core::mem::swap(&mut inverse, &mut next);
        bits *= 2;
    }
    inverse
}
