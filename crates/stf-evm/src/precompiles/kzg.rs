//! That a committed polynomial has a value at a point (EIP-4844).

use alloc::vec::Vec;

use ::bls12_381::{G1Affine, G1Projective, G2Affine, Scalar};

use super::{
    Failure,
    bls12_381::{multiply_and_add, pairs_cancel},
    hashes::sha256,
};

/// The trusted setup's secret times the generator of G2 (the second entry of the
/// ceremony's `g2_monomial`), uncompressed.
const TAU_G2: [u8; 192] = [
    0x15, 0xbf, 0xd7, 0xdd, 0x8c, 0xde, 0xb1, 0x28, 0x84, 0x3b, 0xc2, 0x87, 0x23, 0x0a, 0xf3, 0x89,
    0x26, 0x18, 0x70, 0x75, 0xcb, 0xfb, 0xef, 0xa8, 0x10, 0x09, 0xa2, 0xce, 0x61, 0x5a, 0xc5, 0x3d,
    0x29, 0x14, 0xe5, 0x87, 0x0c, 0xb4, 0x52, 0xd2, 0xaf, 0xaa, 0xab, 0x24, 0xf3, 0x49, 0x9f, 0x72,
    0x18, 0x5c, 0xbf, 0xee, 0x53, 0x49, 0x27, 0x14, 0x73, 0x44, 0x29, 0xb7, 0xb3, 0x86, 0x08, 0xe2,
    0x39, 0x26, 0xc9, 0x11, 0xcc, 0xec, 0xea, 0xc9, 0xa3, 0x68, 0x51, 0x47, 0x7b, 0xa4, 0xc6, 0x0b,
    0x08, 0x70, 0x41, 0xde, 0x62, 0x10, 0x00, 0xed, 0xc9, 0x8e, 0xda, 0xda, 0x20, 0xc1, 0xde, 0xf2,
    0x16, 0x66, 0xc5, 0x4b, 0x0a, 0x32, 0x52, 0x95, 0x03, 0x43, 0x2f, 0xca, 0xe0, 0x18, 0x1b, 0x4b,
    0xef, 0x79, 0xde, 0x09, 0xfc, 0x63, 0x67, 0x1f, 0xda, 0x5e, 0xd1, 0xba, 0x9b, 0xfa, 0x07, 0x89,
    0x94, 0x95, 0x34, 0x6f, 0x3d, 0x7a, 0xc9, 0xcd, 0x23, 0x04, 0x8e, 0xf3, 0x0d, 0x0a, 0x15, 0x4f,
    0x01, 0x43, 0x53, 0xbd, 0xb9, 0x6b, 0x62, 0x6d, 0xd7, 0xd5, 0xee, 0x85, 0x99, 0xd1, 0xfc, 0xa2,
    0x13, 0x15, 0x69, 0x49, 0x0e, 0x28, 0xde, 0x18, 0xe8, 0x24, 0x51, 0xa4, 0x96, 0xa9, 0xc9, 0x79,
    0x4c, 0xe2, 0x6d, 0x10, 0x59, 0x41, 0xf3, 0x83, 0xee, 0x68, 0x9b, 0xfb, 0xbb, 0x83, 0x2a, 0x99,
];

/// What a successful call returns: 4096, the number of field elements in a blob, and the
/// order of their field.
const ANSWER: [[u8; 32]; 2] = [
    [
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0x10, 0x00,
    ],
    [
        0x73, 0xed, 0xa7, 0x53, 0x29, 0x9d, 0x7d, 0x48, 0x33, 0x39, 0xd8, 0x08, 0x09, 0xa1, 0xd8,
        0x05, 0x53, 0xbd, 0xa4, 0x02, 0xff, 0xfe, 0x5b, 0xfe, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00,
        0x00, 0x01,
    ],
];

pub(super) fn run(input: &[u8]) -> Result<Vec<u8>, Failure> {
    let input: &[u8; 192] = input.try_into().map_err(|_| Failure)?;
    let (words, points) = input.split_at(96);
    let (commitment, proof) = points.split_at(48);
    if words[..32] != versioned_hash(commitment) {
        return Err(Failure);
    }
    let z = read_scalar(&words[32..64]).ok_or(Failure)?;
    let y = read_scalar(&words[64..]).ok_or(Failure)?;
    let commitment = read_point(commitment).ok_or(Failure)?;
    let proof = read_point(proof).ok_or(Failure)?;
    if !verify(commitment, z, y, proof).ok_or(Failure)? {
        return Err(Failure);
    }
    Ok(ANSWER.concat())
}

fn versioned_hash(commitment: &[u8]) -> [u8; 32] {
    let mut hash = sha256(commitment);
    hash[0] = 1;
    hash
}

fn read_scalar(bytes: &[u8]) -> Option<Scalar> {
    let mut bytes: [u8; 32] = bytes.try_into().ok()?;
    bytes.reverse();
    // Refuses numbers at or above the order.
    Scalar::from_bytes(&bytes).into()
}

fn read_point(bytes: &[u8]) -> Option<G1Affine> {
    // Checks the encoding, the curve's equation and the order.
    G1Affine::from_compressed(bytes.try_into().ok()?).into()
}

/// Whether `commitment - y` is `proof` times `tau - z`. Moving `z` to the other side
/// leaves two fixed points of G2 and arithmetic in G1 only.
fn verify(commitment: G1Affine, z: Scalar, y: Scalar, proof: G1Affine) -> Option<bool> {
    let terms = [(G1Affine::generator(), -y), (proof, z)].map(|(point, scalar)| {
        let mut bytes = scalar.to_bytes();
        bytes.reverse();
        (G1Projective::from(point), bytes)
    });
    let left = G1Affine::from(multiply_and_add(&terms) + commitment);
    // On the curve and of the right order: the tests check it once, calls need not.
    let tau = Option::from(G2Affine::from_uncompressed_unchecked(&TAU_G2))?;
    Some(pairs_cancel(&[(left, -G2Affine::generator()), (proof, tau)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_setup_is_the_published_one() {
        let published = hex::decode(concat!(
            "b5bfd7dd8cdeb128843bc287230af38926187075cbfbefa81009a2ce615ac53d",
            "2914e5870cb452d2afaaab24f3499f72185cbfee53492714734429b7b38608e2",
            "3926c911cceceac9a36851477ba4c60b087041de621000edc98edada20c1def2",
        ));
        let published: [u8; 96] =
            published.ok().and_then(|bytes| bytes.try_into().ok()).expect("96 bytes");
        let tau: Option<G2Affine> = G2Affine::from_uncompressed(&TAU_G2).into();
        assert_eq!(tau.map(|tau| tau.to_compressed()), Some(published));
    }
}
