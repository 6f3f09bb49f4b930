//! Field elements and points as EIP-2537 writes them: a field element is 64 bytes, the
//! first 16 of them zero, and the point at infinity is all zeros.

use alloc::{vec, vec::Vec};

use ::bls12_381::{G1Affine, G2Affine};

use super::super::Failure;

/// The length of a field element, padded.
pub(super) const FIELD: usize = 64;
/// The length of an element of the extension field.
pub(super) const FIELD2: usize = 2 * FIELD;
/// The length of a point of G1.
pub(super) const G1: usize = 2 * FIELD;
/// The length of a point of G2.
pub(super) const G2: usize = 2 * FIELD2;
/// The length of a factor.
pub(super) const SCALAR: usize = 32;

const PADDING: usize = 16;
/// The length of a field element.
pub(super) const DIGITS: usize = FIELD - PADDING;

const MODULUS: [u8; DIGITS] = [
    0x1a, 0x01, 0x11, 0xea, 0x39, 0x7f, 0xe6, 0x9a, 0x4b, 0x1b, 0xa7, 0xb6, 0x43, 0x4b, 0xac, 0xd7,
    0x64, 0x77, 0x4b, 0x84, 0xf3, 0x85, 0x12, 0xbf, 0x67, 0x30, 0xd2, 0xa0, 0xf6, 0xb0, 0xf6, 0x24,
    0x1e, 0xab, 0xff, 0xfe, 0xb1, 0x53, 0xff, 0xff, 0xb9, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xaa, 0xab,
];

/// The digits of a padded number, if it is below the modulus. The library keeps flags in
/// the three highest bits; no such number has any of them set.
pub(super) fn read_field(bytes: &[u8]) -> Result<[u8; DIGITS], Failure> {
    let (padding, digits) = bytes.split_at_checked(PADDING).ok_or(Failure)?;
    let digits: [u8; DIGITS] = digits.try_into().map_err(|_| Failure)?;
    if padding.iter().any(|byte| *byte != 0) || digits >= MODULUS {
        return Err(Failure);
    }
    Ok(digits)
}

fn read_fields<const N: usize>(bytes: &[u8]) -> Result<[[u8; DIGITS]; N], Failure> {
    let mut fields = [[0; DIGITS]; N];
    let (chunks, _) = bytes.as_chunks::<FIELD>();
    for (field, chunk) in fields.iter_mut().zip(chunks) {
        *field = read_field(chunk)?;
    }
    Ok(fields)
}

/// Points of either group.
pub(super) trait Point: Sized {
    /// A point on the curve, of whatever order.
    fn read_on_curve(bytes: &[u8]) -> Result<Self, Failure>;
    /// Whether the point is in the group.
    fn is_in_group(&self) -> bool;
    /// The point's bytes.
    fn write(&self) -> Vec<u8>;

    /// A point of the group.
    fn read(bytes: &[u8]) -> Result<Self, Failure> {
        let point = Self::read_on_curve(bytes)?;
        point.is_in_group().then_some(point).ok_or(Failure)
    }
}

impl Point for G1Affine {
    fn read_on_curve(bytes: &[u8]) -> Result<Self, Failure> {
        let coordinates = read_fields::<2>(bytes)?;
        if coordinates == [[0; DIGITS]; 2] {
            return Ok(Self::identity());
        }
        let mut plain = [0; 2 * DIGITS];
        plain.copy_from_slice(coordinates.as_flattened());
        let point = Self::from_uncompressed_unchecked(&plain);
        let point = Option::<Self>::from(point).ok_or(Failure)?;
        bool::from(point.is_on_curve()).then_some(point).ok_or(Failure)
    }

    fn is_in_group(&self) -> bool {
        self.is_torsion_free().into()
    }

    fn write(&self) -> Vec<u8> {
        if bool::from(self.is_identity()) {
            return vec![0; G1];
        }
        let plain = self.to_uncompressed();
        write_fields(&plain, [0, 1])
    }
}

/// The library puts the second half of each coordinate first.
const G2_ORDER: [usize; 4] = [1, 0, 3, 2];

impl Point for G2Affine {
    fn read_on_curve(bytes: &[u8]) -> Result<Self, Failure> {
        let coordinates = read_fields::<4>(bytes)?;
        if coordinates == [[0; DIGITS]; 4] {
            return Ok(Self::identity());
        }
        let mut plain = [0; 4 * DIGITS];
        plain.copy_from_slice(G2_ORDER.map(|i| coordinates[i]).as_flattened());
        let point = Self::from_uncompressed_unchecked(&plain);
        let point = Option::<Self>::from(point).ok_or(Failure)?;
        bool::from(point.is_on_curve()).then_some(point).ok_or(Failure)
    }

    fn is_in_group(&self) -> bool {
        self.is_torsion_free().into()
    }

    fn write(&self) -> Vec<u8> {
        if bool::from(self.is_identity()) {
            return vec![0; G2];
        }
        let plain = self.to_uncompressed();
        write_fields(&plain, G2_ORDER)
    }
}

/// Pads numbers that stand one after the other, and puts them in another order.
pub(super) fn write_fields<const N: usize>(plain: &[u8], order: [usize; N]) -> Vec<u8> {
    let (fields, _) = plain.as_chunks::<DIGITS>();
    let mut out = Vec::with_capacity(N * FIELD);
    for index in order {
        out.extend([0; PADDING]);
        out.extend(fields[index]);
    }
    out
}
