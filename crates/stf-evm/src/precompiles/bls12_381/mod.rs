//! The curve of EIP-2537.

mod codec;
mod discounts;
mod map;
mod msm;

use alloc::vec::Vec;

use ::bls12_381::{
    G1Affine, G1Projective, G2Affine, G2Prepared, G2Projective, Gt, MillerLoopResult,
    multi_miller_loop,
};

use super::{Failure, boolean};
use codec::{G1, G2, Point, SCALAR};
pub(super) use discounts::{g1_msm_gas, g2_msm_gas};
pub(super) use map::{map_g1, map_g2};
pub(super) use msm::multiply_and_add;

/// The length of a point of G1 and a point of G2.
pub(super) const PAIR: usize = G1 + G2;
/// The length of a point of G1 and its factor.
const G1_TERM: usize = G1 + SCALAR;
/// The length of a point of G2 and its factor.
const G2_TERM: usize = G2 + SCALAR;

/// Pairs whose line coefficients are held at once: some 20 kB a pair.
const BATCH: usize = 16;

pub(super) fn g1_add(input: &[u8]) -> Result<Vec<u8>, Failure> {
    let input: &[u8; 2 * G1] = input.try_into().map_err(|_| Failure)?;
    // Addition is the one operation that takes points outside the group.
    let a = G1Affine::read_on_curve(&input[..G1])?;
    let b = G1Affine::read_on_curve(&input[G1..])?;
    Ok(G1Affine::from(G1Projective::from(a) + b).write())
}

pub(super) fn g2_add(input: &[u8]) -> Result<Vec<u8>, Failure> {
    let input: &[u8; 2 * G2] = input.try_into().map_err(|_| Failure)?;
    let a = G2Affine::read_on_curve(&input[..G2])?;
    let b = G2Affine::read_on_curve(&input[G2..])?;
    Ok(G2Affine::from(G2Projective::from(a) + b).write())
}

pub(super) fn g1_msm(input: &[u8]) -> Result<Vec<u8>, Failure> {
    let (terms, rest) = input.as_chunks::<G1_TERM>();
    let terms = read_terms::<G1Affine, G1Projective, _>(terms, rest)?;
    Ok(G1Affine::from(multiply_and_add(&terms)).write())
}

pub(super) fn g2_msm(input: &[u8]) -> Result<Vec<u8>, Failure> {
    let (terms, rest) = input.as_chunks::<G2_TERM>();
    let terms = read_terms::<G2Affine, G2Projective, _>(terms, rest)?;
    Ok(G2Affine::from(multiply_and_add(&terms)).write())
}

type Terms<P> = Vec<(P, [u8; SCALAR])>;

fn read_terms<A: Point, P: From<A>, const N: usize>(
    terms: &[[u8; N]],
    rest: &[u8],
) -> Result<Terms<P>, Failure> {
    if terms.is_empty() || !rest.is_empty() {
        return Err(Failure);
    }
    let read = |term: &[u8; N]| {
        let (point, scalar) = term.split_last_chunk().ok_or(Failure)?;
        Ok((P::from(A::read(point)?), *scalar))
    };
    terms.iter().map(read).collect()
}

pub(super) fn pairing(input: &[u8]) -> Result<Vec<u8>, Failure> {
    let (pairs, rest) = input.as_chunks::<PAIR>();
    if pairs.is_empty() || !rest.is_empty() {
        return Err(Failure);
    }
    let read = |pair: &[u8; PAIR]| {
        let (p, q) = pair.split_at(G1);
        Ok((G1Affine::read(p)?, G2Affine::read(q)?))
    };
    let pairs = pairs.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    Ok(boolean(pairs_cancel(&pairs)))
}

/// Whether the product of all pairings is one. The costly last step is made once.
pub(super) fn pairs_cancel(pairs: &[(G1Affine, G2Affine)]) -> bool {
    let mut product = MillerLoopResult::default();
    for batch in pairs.chunks(BATCH) {
        let prepared: Vec<(G1Affine, G2Prepared)> = batch
            .iter()
            .filter(|(p, q)| !bool::from(p.is_identity() | q.is_identity()))
            .map(|(p, q)| (*p, G2Prepared::from(*q)))
            .collect();
        let terms: Vec<_> = prepared.iter().map(|(p, q)| (p, q)).collect();
        // The library writes the group of these products additively.
        product += multi_miller_loop(&terms);
    }
    product.final_exponentiation() == Gt::identity()
}
