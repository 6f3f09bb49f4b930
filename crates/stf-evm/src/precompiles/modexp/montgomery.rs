//! Arithmetic modulo an odd number, by Montgomery's method: a number `x` is kept as
//! `x * R`, where `R` is the power of two just beyond the limbs.

use alloc::{vec, vec::Vec};

use super::{
    limb::{self, Limb},
    power::Ring,
};

pub(super) struct Montgomery<'a, L> {
    modulus: &'a [L],
    /// What times the modulus's lowest limb is -1.
    factor: L,
    /// `R` modulo the modulus, which stands for 1.
    one: Vec<L>,
    /// `R * R` modulo the modulus, which stands for `R`.
    r: Vec<L>,
}

impl<'a, L: Limb> Montgomery<'a, L> {
    /// The modulus is odd, above 1 and has no leading zero limbs.
    pub(super) fn new(modulus: &'a [L]) -> Self {
        let mut ring =
            Self { modulus, factor: minus_inverse(modulus[0]), one: Vec::new(), r: Vec::new() };
        ring.one = ring.r_modulo();
        ring.r = ring.r_squared();
        ring
    }

    fn r_modulo(&self) -> Vec<L> {
        let len = self.modulus.len();
        let leading = self.modulus[len - 1].leading_zeros();
        // The modulus's highest bit alone is below it, since the modulus is no power of two.
        let mut number = vec![L::ZERO; len];
        number[len - 1] = L::ONE.shl(L::BITS - 1 - leading);
        for _ in 0..=leading {
            self.double(&mut number);
        }
        number
    }

    /// `R`, a power of two, in Montgomery form, built like any power.
    fn r_squared(&self) -> Vec<L> {
        let exponent = self.modulus.len() * L::BITS;
        let mut number = self.one.clone();
        let mut scratch = number.clone();
        for bit in (0..=exponent.ilog2()).rev() {
            self.mul(&number, &number, &mut scratch);
            core::mem::swap(&mut number, &mut scratch);
            if exponent >> bit & 1 == 1 {
                self.double(&mut number);
            }
        }
        number
    }

    fn double(&self, number: &mut [L]) {
        let mut carry = false;
        for limb in number.iter_mut() {
            (*limb, carry) = limb.add(*limb, carry);
        }
        self.reduce(number, carry);
    }

    /// Takes the modulus once from a number below twice the modulus.
    fn reduce(&self, number: &mut [L], carry: bool) {
        if carry || !limb::less(number, self.modulus) {
            limb::sub_assign(number, self.modulus);
        }
    }

    /// A number of any length, in Montgomery form.
    pub(super) fn enter(&self, bytes: &[u8]) -> Vec<L> {
        let len = self.modulus.len();
        let limbs = limb::from_bytes::<L>(bytes, 0);
        let mut number = vec![L::ZERO; len];
        let mut digit = vec![L::ZERO; len];
        let mut scratch = vec![L::ZERO; len];
        // Digits of base `R`, the highest first.
        for chunk in limbs.chunks(len).rev() {
            self.mul(&number, &self.r, &mut scratch);
            core::mem::swap(&mut number, &mut scratch);
            digit.fill(L::ZERO);
            digit[..chunk.len()].copy_from_slice(chunk);
            // The digit may be above the modulus: `mul` needs only one factor below it.
            self.mul(&digit, &self.r, &mut scratch);
            let carry = limb::add_assign(&mut number, &scratch);
            self.reduce(&mut number, carry);
        }
        number
    }

    /// The number that is kept in Montgomery form.
    pub(super) fn leave(&self, number: &[L]) -> Vec<L> {
        let mut one = vec![L::ZERO; number.len()];
        one[0] = L::ONE;
        let mut out = vec![L::ZERO; number.len()];
        self.mul(number, &one, &mut out);
        out
    }
}

impl<L: Limb> Ring<L> for Montgomery<'_, L> {
    fn one(&self) -> Vec<L> {
        self.one.clone()
    }

    /// `a * b / R`; one of both must be below the modulus.
    fn mul(&self, a: &[L], b: &[L], out: &mut [L]) {
        let len = self.modulus.len();
        let (a, out) = (&a[..len], &mut out[..len]);
        out.fill(L::ZERO);
        let mut overflow = false;
        for b in &b[..len] {
            let mut carry = L::ZERO;
            for (out, a) in out.iter_mut().zip(a) {
                (*out, carry) = L::mul_add(*out, *a, *b, carry);
            }
            let high = carry;
            // A multiple of the modulus that makes the lowest limb zero, so it can go.
            let multiple = out[0].wrapping_mul(self.factor);
            let (_, mut carry) = L::mul_add(out[0], multiple, self.modulus[0], L::ZERO);
            for i in 1..len {
                (out[i - 1], carry) = L::mul_add(out[i], multiple, self.modulus[i], carry);
            }
            let (top, first) = high.add(carry, overflow);
            (out[len - 1], overflow) = (top, first);
        }
        self.reduce(out, overflow);
    }
}

/// What times the odd `limb` is -1: each step doubles the number of right bits.
fn minus_inverse<L: Limb>(limb: L) -> L {
    // Right in the lowest three bits.
    let mut inverse = limb;
    let mut bits = 3;
    while bits < L::BITS {
        let (rest, _) = L::ONE.shl(1).sub(limb.wrapping_mul(inverse), false);
        inverse = inverse.wrapping_mul(rest);
        bits *= 2;
    }
    L::ZERO.sub(inverse, false).0
}
