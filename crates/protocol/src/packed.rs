//! Packed big-endian bytes, the encoding of everything that is hashed here. Solidity
//! writes the same with `abi.encodePacked`.

use alloc::vec::Vec;

use crate::{Address, Hash, keccak256};

/// The 32 bytes that keep one kind of hash from being taken for another.
pub(crate) fn tag(name: &str) -> Hash {
    keccak256(name.as_bytes())
}

/// Collects bytes to be hashed.
#[derive(Default)]
pub(crate) struct Packed(Vec<u8>);

impl Packed {
    /// Starts with a tag.
    pub(crate) fn tagged(name: &str) -> Self {
        Self::default().hash(&tag(name))
    }

    pub(crate) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    pub(crate) fn hash(self, hash: &Hash) -> Self {
        self.bytes(&hash.0)
    }

    pub(crate) fn address(self, address: &Address) -> Self {
        self.bytes(&address.0)
    }

    pub(crate) fn u8(self, value: u8) -> Self {
        self.bytes(&[value])
    }

    pub(crate) fn u16(self, value: u16) -> Self {
        self.bytes(&value.to_be_bytes())
    }

    pub(crate) fn u32(self, value: u32) -> Self {
        self.bytes(&value.to_be_bytes())
    }

    pub(crate) fn u64(self, value: u64) -> Self {
        self.bytes(&value.to_be_bytes())
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.0
    }

    pub(crate) fn keccak(self) -> Hash {
        keccak256(&self.0)
    }
}

/// Why bytes are not the format they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// The bytes end too early.
    #[error("the bytes end inside {0}")]
    Truncated(&'static str),
    /// There is something behind the end.
    #[error("{0} bytes follow the end")]
    Trailing(usize),
    /// A version, kind or codec that this program does not know.
    #[error("{what} {got} is unknown; this program knows {known}")]
    Unknown {
        /// What it is.
        what: &'static str,
        /// Its value.
        got: u8,
        /// The values that are known.
        known: &'static str,
    },
    /// A length that is not written in its shortest form, or does not fit 32 bits.
    #[error("a length in {0} is not in its shortest form of at most 32 bits")]
    Length(&'static str),
}

/// Takes packed bytes apart, strictly: holds what is left of them. `what` names what is read
/// in an error.
#[derive(Debug, Clone, Copy)]
pub struct Unpack<'a>(pub &'a [u8]);

impl<'a> Unpack<'a> {
    /// So many bytes.
    pub fn bytes(&mut self, len: usize, what: &'static str) -> Result<&'a [u8], FormatError> {
        let (taken, rest) = self.0.split_at_checked(len).ok_or(FormatError::Truncated(what))?;
        self.0 = rest;
        Ok(taken)
    }

    /// As many bytes as fit.
    pub fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], FormatError> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(FormatError::Truncated(what))?;
        self.0 = rest;
        Ok(*taken)
    }

    pub(crate) fn hash(&mut self, what: &'static str) -> Result<Hash, FormatError> {
        self.array(what).map(Hash)
    }

    /// One byte.
    pub fn u8(&mut self, what: &'static str) -> Result<u8, FormatError> {
        self.array::<1>(what).map(|[byte]| byte)
    }

    pub(crate) fn u16(&mut self, what: &'static str) -> Result<u16, FormatError> {
        self.array(what).map(u16::from_be_bytes)
    }

    pub(crate) fn u32(&mut self, what: &'static str) -> Result<u32, FormatError> {
        self.array(what).map(u32::from_be_bytes)
    }

    pub(crate) fn u64(&mut self, what: &'static str) -> Result<u64, FormatError> {
        self.array(what).map(u64::from_be_bytes)
    }

    /// Little-endian base 128 in its shortest form, at most 32 bits.
    pub fn length(&mut self, what: &'static str) -> Result<usize, FormatError> {
        let mut value = 0u32;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.u8(what)?;
            let low = u32::from(byte & 0x7f);
            if shift == 28 && low > 0x0f {
                break;
            }
            value |= low << shift;
            if byte & 0x80 == 0 {
                let shortest = byte != 0 || shift == 0;
                return if shortest { Ok(value as usize) } else { Err(FormatError::Length(what)) };
            }
        }
        Err(FormatError::Length(what))
    }

    /// Nothing may be left.
    pub fn end(self) -> Result<(), FormatError> {
        match self.0.len() {
            0 => Ok(()),
            behind => Err(FormatError::Trailing(behind)),
        }
    }
}

/// Little-endian base 128 in its shortest form.
pub fn put_length(out: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
