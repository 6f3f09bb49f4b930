//! Sums of multiples.

use alloc::{vec, vec::Vec};
use core::ops::Add;

use ::bls12_381::{G1Projective, G2Projective};

/// What multiplying needs of a group.
pub(crate) trait Group: Copy + Add<Output = Self> {
    /// The neutral element.
    fn zero() -> Self;
    /// Twice the element.
    fn twice(&self) -> Self;
}

impl Group for G1Projective {
    fn zero() -> Self {
        Self::identity()
    }

    fn twice(&self) -> Self {
        self.double()
    }
}

impl Group for G2Projective {
    fn zero() -> Self {
        Self::identity()
    }

    fn twice(&self) -> Self {
        self.double()
    }
}

/// A factor: any 256-bit number, most significant byte first.
type Scalar = [u8; 32];

/// From here on, sorting points into buckets beats a table for each of them.
const MANY: usize = 160;

/// The sum of all points, each times its factor.
pub(crate) fn multiply_and_add<P: Group>(terms: &[(P, Scalar)]) -> P {
    if terms.len() < MANY { by_tables(terms) } else { by_buckets(terms) }
}

/// Straus: a table of small multiples for each point, doublings shared by all.
fn by_tables<P: Group>(terms: &[(P, Scalar)]) -> P {
    let tables: Vec<[P; 16]> = terms.iter().map(|(point, _)| multiples(*point)).collect();
    let mut sum = P::zero();
    for index in 0..64 {
        sum = double(sum, 4);
        for (table, (_, scalar)) in tables.iter().zip(terms) {
            let byte = scalar[index / 2];
            let digit = if index % 2 == 0 { byte >> 4 } else { byte & 15 };
            if digit != 0 {
                sum = sum + table[usize::from(digit)];
            }
        }
    }
    sum
}

fn multiples<P: Group>(point: P) -> [P; 16] {
    let mut table = [P::zero(); 16];
    for i in 1..16 {
        table[i] = table[i - 1] + point;
    }
    table
}

/// Pippenger: for each digit of the factors, points with the same digit are added first.
fn by_buckets<P: Group>(terms: &[(P, Scalar)]) -> P {
    let width = (terms.len().ilog2() - 2).min(16);
    let mut buckets = vec![P::zero(); 1 << width];
    let mut sum = P::zero();
    for window in (0..256_u32.div_ceil(width)).rev() {
        sum = double(sum, width);
        buckets.fill(P::zero());
        for (point, scalar) in terms {
            let digit = digit(scalar, window * width, width);
            if digit != 0 {
                buckets[digit] = buckets[digit] + *point;
            }
        }
        // Bucket i has to count i times: it is in the last i of these running sums.
        let mut running = P::zero();
        for bucket in buckets.iter().skip(1).rev() {
            running = running + *bucket;
            sum = sum + running;
        }
    }
    sum
}

fn double<P: Group>(point: P, times: u32) -> P {
    (0..times).fold(point, |point, _| point.twice())
}

/// `width` bits of the factor, at most 16, `from` the least significant one on.
fn digit(scalar: &Scalar, from: u32, width: u32) -> usize {
    let lowest = (from / 8) as usize;
    let byte = |index: usize| {
        let index = 31_usize.checked_sub(index);
        index.map_or(0, |index| usize::from(scalar[index]))
    };
    let bits = byte(lowest) | byte(lowest + 1) << 8 | byte(lowest + 2) << 16;
    (bits >> (from % 8)) & ((1 << width) - 1)
}

#[cfg(test)]
mod tests {
    use ::bls12_381::G1Affine;
    use proptest::prelude::*;

    use super::*;

    fn scalar() -> impl Strategy<Value = Scalar> {
        prop_oneof![
            any::<Scalar>(),
            any::<u64>().prop_map(|low| {
                let mut scalar = [0; 32];
                scalar[24..].copy_from_slice(&low.to_be_bytes());
                scalar
            }),
            Just([0xff; 32]),
            Just([0; 32]),
        ]
    }

    /// The plain method, to compare with.
    fn bit_by_bit(terms: &[(G1Projective, Scalar)]) -> G1Projective {
        let mut sum = G1Projective::identity();
        for (point, scalar) in terms {
            let mut product = G1Projective::identity();
            for bit in 0..256 {
                product = product.double();
                if scalar[bit / 8] >> (7 - bit % 8) & 1 == 1 {
                    product += point;
                }
            }
            sum += product;
        }
        sum
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]

        #[test]
        fn both_ways_give_the_plain_sum(scalars in prop::collection::vec(scalar(), 8..200)) {
            let mut point = G1Projective::from(G1Affine::generator());
            let mut terms = Vec::new();
            for (i, scalar) in scalars.into_iter().enumerate() {
                // Some points repeat, some cancel, some are infinite.
                point = if i % 7 == 3 { -point } else { point.double() };
                terms.push((if i % 11 == 5 { G1Projective::identity() } else { point }, scalar));
            }
            let expected = bit_by_bit(&terms);
            prop_assert_eq!(by_tables(&terms), expected);
            prop_assert_eq!(by_buckets(&terms), expected);
        }
    }
}
