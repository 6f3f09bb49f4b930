//! Long numbers as limbs of the machine's own width, least significant limb first.

use alloc::{vec, vec::Vec};
use core::{cmp::Ordering, fmt::Debug};

/// One limb.
pub(super) trait Limb: Copy + Ord + Debug {
    const BITS: usize;
    const ZERO: Self;
    const ONE: Self;

    fn from_bytes(bytes: &[u8]) -> Self;
    fn to_bytes(self) -> impl DoubleEndedIterator<Item = u8>;
    /// Low and high half of `a + b * c + d`, which always fits.
    fn mul_add(a: Self, b: Self, c: Self, d: Self) -> (Self, Self);
    fn add(self, other: Self, carry: bool) -> (Self, bool);
    fn sub(self, other: Self, borrow: bool) -> (Self, bool);
    fn wrapping_mul(self, other: Self) -> Self;
    fn leading_zeros(self) -> usize;
    fn trailing_zeros(self) -> usize;
    /// `bits` is less than `BITS`.
    fn shl(self, bits: usize) -> Self;
    /// `bits` is less than `BITS`.
    fn shr(self, bits: usize) -> Self;
    fn or(self, other: Self) -> Self;
}

macro_rules! limb {
    ($limb:ty, $double:ty) => {
        impl Limb for $limb {
            const BITS: usize = <$limb>::BITS as usize;
            const ZERO: Self = 0;
            const ONE: Self = 1;

            fn from_bytes(bytes: &[u8]) -> Self {
                bytes.iter().fold(0, |limb, byte| limb << 8 | Self::from(*byte))
            }

            fn to_bytes(self) -> impl DoubleEndedIterator<Item = u8> {
                self.to_le_bytes().into_iter()
            }

            #[inline(always)]
            fn mul_add(a: Self, b: Self, c: Self, d: Self) -> (Self, Self) {
                let wide = <$double>::from(b) * <$double>::from(c)
                    + <$double>::from(a)
                    + <$double>::from(d);
                (wide as Self, (wide >> <$limb>::BITS) as Self)
            }

            #[inline(always)]
            fn add(self, other: Self, carry: bool) -> (Self, bool) {
                self.carrying_add(other, carry)
            }

            #[inline(always)]
            fn sub(self, other: Self, borrow: bool) -> (Self, bool) {
                self.borrowing_sub(other, borrow)
            }

            fn wrapping_mul(self, other: Self) -> Self {
                self.wrapping_mul(other)
            }

            fn leading_zeros(self) -> usize {
                self.leading_zeros() as usize
            }

            fn trailing_zeros(self) -> usize {
                self.trailing_zeros() as usize
            }

            fn shl(self, bits: usize) -> Self {
                self << bits
            }

            fn shr(self, bits: usize) -> Self {
                self >> bits
            }

            fn or(self, other: Self) -> Self {
                self | other
            }
        }
    };
}

limb!(u32, u64);
limb!(u64, u128);

/// The number's limbs: as many as it needs, or `len` of them if those are more.
pub(super) fn from_bytes<L: Limb>(bytes: &[u8], len: usize) -> Vec<L> {
    let mut limbs: Vec<L> = bytes.rchunks(L::BITS / 8).map(L::from_bytes).collect();
    if limbs.len() < len {
        limbs.resize(len, L::ZERO);
    }
    limbs
}

/// Writes the number to the end of `out`, which is long enough for all but leading zeros.
pub(super) fn write_bytes<L: Limb>(limbs: &[L], out: &mut [u8]) {
    let bytes = limbs.iter().flat_map(|limb| limb.to_bytes());
    for (to, byte) in out.iter_mut().rev().zip(bytes) {
        *to = byte;
    }
}

/// Adds to `a`; whether there is a carry.
pub(super) fn add_assign<L: Limb>(a: &mut [L], b: &[L]) -> bool {
    let mut carry = false;
    for (a, b) in a.iter_mut().zip(b) {
        (*a, carry) = a.add(*b, carry);
    }
    carry
}

/// Takes from `a`; whether there is a borrow.
pub(super) fn sub_assign<L: Limb>(a: &mut [L], b: &[L]) -> bool {
    let mut borrow = false;
    for (a, b) in a.iter_mut().zip(b) {
        (*a, borrow) = a.sub(*b, borrow);
    }
    borrow
}

/// Whether `a` is less; both have as many limbs.
pub(super) fn less<L: Limb>(a: &[L], b: &[L]) -> bool {
    a.iter().rev().cmp(b.iter().rev()) == Ordering::Less
}

/// The low `out.len()` limbs of a product.
pub(super) fn mul_low<L: Limb>(a: &[L], b: &[L], out: &mut [L]) {
    out.fill(L::ZERO);
    let len = out.len();
    for (i, b) in b.iter().enumerate().take(len) {
        let mut carry = L::ZERO;
        let mut place = i;
        for a in a.iter().take(len - i) {
            (out[place], carry) = L::mul_add(out[place], *a, *b, carry);
            place += 1;
        }
        if let Some(limb) = out.get_mut(place) {
            *limb = carry;
        }
    }
}

/// How many zero bits a number other than zero ends in.
pub(super) fn trailing_zeros<L: Limb>(limbs: &[L]) -> usize {
    let zeros = limbs.iter().take_while(|limb| **limb == L::ZERO).count();
    let last = limbs.get(zeros).map_or(0, |limb| limb.trailing_zeros());
    zeros * L::BITS + last
}

/// The number without its last bits and without leading zero limbs.
pub(super) fn shr<L: Limb>(limbs: &[L], bits: usize) -> Vec<L> {
    let (skip, bits) = (bits / L::BITS, bits % L::BITS);
    let mut out = limbs.get(skip..).unwrap_or_default().to_vec();
    if bits != 0 {
        let mut high = L::ZERO;
        for limb in out.iter_mut().rev() {
            let low = *limb;
            *limb = low.shr(bits).or(high.shl(L::BITS - bits));
            high = low;
        }
    }
    while out.last() == Some(&L::ZERO) {
        out.pop();
    }
    out
}

/// The number of limbs that hold so many bits, all zero.
pub(super) fn zeros<L: Limb>(bits: usize) -> Vec<L> {
    vec![L::ZERO; bits.div_ceil(L::BITS)]
}
