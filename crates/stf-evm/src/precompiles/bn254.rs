//! The curve of EIP-196 and EIP-197, called alt_bn128 there.

use alloc::vec::Vec;

use bn::{AffineG1, AffineG2, Fq, Fq2, Fr, G1, G2, Group, Gt};

use super::{Failure, boolean, padded};

/// The length of a point of G1 and a point of G2.
pub(super) const PAIR: usize = 192;

/// Pairs whose line coefficients are held at once: some 20 kB a pair.
const BATCH: usize = 16;

pub(super) fn add(input: &[u8]) -> Result<Vec<u8>, Failure> {
    let input: [u8; 128] = padded(input);
    Ok(encode(read_g1(&input[..64])? + read_g1(&input[64..])?))
}

pub(super) fn mul(input: &[u8]) -> Result<Vec<u8>, Failure> {
    let input: [u8; 96] = padded(input);
    let point = read_g1(&input[..64])?;
    // Any 256-bit number is a scalar: this reduces it.
    let scalar = Fr::from_slice(&input[64..]).map_err(|_| Failure)?;
    Ok(encode(point * scalar))
}

pub(super) fn pairing(input: &[u8]) -> Result<Vec<u8>, Failure> {
    let (pairs, rest) = input.as_chunks::<PAIR>();
    if !rest.is_empty() {
        return Err(Failure);
    }
    let mut product = Gt::one();
    for batch in pairs.chunks(BATCH) {
        let mut terms = Vec::with_capacity(batch.len());
        for pair in batch {
            let p = read_g1(&pair[..64])?;
            let q = read_g2(&pair[64..])?;
            if !p.is_zero() && !q.is_zero() {
                terms.push((q, p));
            }
        }
        product = product * bn::miller_loop_batch(&terms).map_err(|_| Failure)?;
    }
    let result = product.final_exponentiation().ok_or(Failure)?;
    Ok(boolean(result == Gt::one()))
}

fn read_fq(bytes: &[u8]) -> Result<Fq, Failure> {
    // Refuses numbers at or above the modulus.
    Fq::from_slice(bytes).map_err(|_| Failure)
}

/// The imaginary part comes first.
fn read_fq2(bytes: &[u8]) -> Result<Fq2, Failure> {
    let (imaginary, real) = bytes.split_at(32);
    Ok(Fq2::new(read_fq(real)?, read_fq(imaginary)?))
}

fn read_g1(bytes: &[u8]) -> Result<G1, Failure> {
    let (x, y) = bytes.split_at(32);
    let (x, y) = (read_fq(x)?, read_fq(y)?);
    if x.is_zero() && y.is_zero() {
        return Ok(G1::zero());
    }
    // Checks the curve's equation; all its points are in the group.
    AffineG1::new(x, y).map(G1::from).map_err(|_| Failure)
}

fn read_g2(bytes: &[u8]) -> Result<G2, Failure> {
    let (x, y) = bytes.split_at(64);
    let (x, y) = (read_fq2(x)?, read_fq2(y)?);
    if x.is_zero() && y.is_zero() {
        return Ok(G2::zero());
    }
    // Checks the curve's equation and the order.
    AffineG2::new(x, y).map(G2::from).map_err(|_| Failure)
}

fn encode(point: G1) -> Vec<u8> {
    let mut out = alloc::vec![0; 64];
    if let Some(point) = AffineG1::from_jacobian(point) {
        let (x, y) = out.split_at_mut(32);
        point.x().to_big_endian(x).expect("32 bytes hold a field element");
        point.y().to_big_endian(y).expect("32 bytes hold a field element");
    }
    out
}
