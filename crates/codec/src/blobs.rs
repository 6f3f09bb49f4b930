//! Bytes to blobs and back.
//!
//! An element of a blob is a number below a prime of 255 bits, so 254 bits of each are used.
//! Four elements make a group of 127 bytes: 31 bytes in each, and the 24 bits of the last
//! three bytes as six bits at the top of each.

use alloc::{vec, vec::Vec};

use crate::DataError;

/// The bytes of a blob.
pub const BLOB_BYTES: usize = 4096 * ELEMENT;

/// A blob as EIP-4844 has it.
pub type Blob = [u8; BLOB_BYTES];

const ELEMENT: usize = 32;
/// The bytes of an element below its first.
const LOW: usize = ELEMENT - 1;
const GROUP: usize = 4 * ELEMENT;
/// The bytes that a group holds.
const GROUP_HOLDS: usize = 4 * LOW + 3;
const BLOB_HOLDS: usize = BLOB_BYTES / GROUP * GROUP_HOLDS;
const LENGTH: usize = 4;
/// A header counts blobs in one byte.
const MOST_BLOBS: usize = 255;

/// The most bytes that so many blobs hold together.
pub const fn capacity(blobs: usize) -> usize {
    (blobs * BLOB_HOLDS).saturating_sub(LENGTH)
}

/// Bytes that no batch can carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{got} bytes do not fit the {most} that a batch's blobs hold: make smaller batches")]
pub struct PackError {
    /// How many there are.
    pub got: usize,
    /// How many fit.
    pub most: usize,
}

/// Puts bytes into as few blobs as hold them, at least one.
pub fn pack(bytes: &[u8]) -> Result<Vec<Blob>, PackError> {
    let most = capacity(MOST_BLOBS);
    let length = u32::try_from(bytes.len()).ok().filter(|_| bytes.len() <= most);
    let Some(length) = length else {
        return Err(PackError { got: bytes.len(), most });
    };
    let blobs = (LENGTH + bytes.len()).div_ceil(BLOB_HOLDS);
    let mut held = Vec::with_capacity(blobs * BLOB_HOLDS);
    held.extend_from_slice(&length.to_be_bytes());
    held.extend_from_slice(bytes);
    held.resize(blobs * BLOB_HOLDS, 0);

    let mut out = vec![[0; BLOB_BYTES]; blobs];
    let groups = out.iter_mut().flat_map(|blob| blob.chunks_exact_mut(GROUP));
    for (group, held) in groups.zip(held.chunks_exact(GROUP_HOLDS)) {
        pack_group(group, held);
    }
    Ok(out)
}

fn pack_group(group: &mut [u8], held: &[u8]) {
    let (low, high) = held.split_at(4 * LOW);
    let high = high.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte));
    for (at, (element, low)) in
        group.chunks_exact_mut(ELEMENT).zip(low.chunks_exact(LOW)).enumerate()
    {
        element[0] = (high >> (18 - 6 * at)) as u8 & 0x3f;
        element[1..].copy_from_slice(low);
    }
}

/// Takes bytes out of their blobs, in order. There is one way to pack: whatever packing would
/// not have made is refused.
pub fn unpack(blobs: &[&[u8]]) -> Result<Vec<u8>, DataError> {
    if blobs.is_empty() || blobs.iter().any(|blob| blob.len() != BLOB_BYTES) {
        return Err(DataError::Packing("a blob has not the length of one"));
    }
    let mut held = Vec::with_capacity(blobs.len() * BLOB_HOLDS);
    for group in blobs.iter().flat_map(|blob| blob.chunks_exact(GROUP)) {
        let mut high = 0u32;
        for element in group.chunks_exact(ELEMENT) {
            if element[0] > 0x3f {
                return Err(DataError::Packing("an element has more than 254 bits"));
            }
            high = high << 6 | u32::from(element[0]);
            held.extend_from_slice(&element[1..]);
        }
        held.extend_from_slice(&high.to_be_bytes()[1..]);
    }
    let (length, rest) = held.split_at(LENGTH);
    let length = length.iter().fold(0usize, |sum, byte| sum << 8 | usize::from(*byte));
    if length > rest.len() {
        return Err(DataError::Packing("the length exceeds what the blobs hold"));
    }
    if blobs.len() > 1 && length <= capacity(blobs.len() - 1) {
        return Err(DataError::Packing("there are more blobs than the length needs"));
    }
    if rest[length..].iter().any(|byte| *byte != 0) {
        return Err(DataError::Packing("something follows the data"));
    }
    held.truncate(LENGTH + length);
    held.drain(..LENGTH);
    Ok(held)
}
