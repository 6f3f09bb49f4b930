//! A reader of RLP that accepts one form only, the canonical one.
//!
//! ethrex's own decoders read lengths and integers leniently, which a node may do with
//! its own database and a consensus rule may not.

use ethrex_common::{Address, H160, H256, U256};
use ethrex_rlp::encode::encode_length;

/// What is wrong with the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flaw(pub(crate) &'static str);

/// One item, without its header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Item<'a> {
    /// A byte string.
    Bytes(&'a [u8]),
    /// The payload of a list.
    List(&'a [u8]),
}

/// Reads items one after the other.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Opens a list that is all there is.
    pub(crate) fn sole_list(bytes: &'a [u8]) -> Result<Self, Flaw> {
        let mut outer = Self::new(bytes);
        let inner = outer.list()?;
        outer.end()?;
        Ok(inner)
    }

    pub(crate) const fn is_done(&self) -> bool {
        self.rest.is_empty()
    }

    /// What has not been read yet.
    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn end(&self) -> Result<(), Flaw> {
        if self.is_done() { Ok(()) } else { Err(Flaw("there is more than there should be")) }
    }

    /// The next item.
    pub(crate) fn item(&mut self) -> Result<Item<'a>, Flaw> {
        let (&first, after) = self.rest.split_first().ok_or(Flaw("it ends too early"))?;
        match first {
            0..=0x7f => {
                let (own, rest) = self.rest.split_at(1);
                self.rest = rest;
                Ok(Item::Bytes(own))
            }
            0x80..=0xbf => {
                let payload = self.payload(first - 0x80, after)?;
                match payload {
                    [0..=0x7f] => Err(Flaw("a small byte has a length before it")),
                    _ => Ok(Item::Bytes(payload)),
                }
            }
            0xc0..=0xff => Ok(Item::List(self.payload(first - 0xc0, after)?)),
        }
    }

    /// The next item with its header, as it stands.
    pub(crate) fn raw_item(&mut self) -> Result<(Item<'a>, &'a [u8]), Flaw> {
        let before = self.rest;
        let item = self.item()?;
        Ok((item, &before[..before.len() - self.rest.len()]))
    }

    fn payload(&mut self, marker: u8, after: &'a [u8]) -> Result<&'a [u8], Flaw> {
        let (length, body) = match marker {
            0..=55 => (usize::from(marker), after),
            _ => long_length(usize::from(marker - 55), after)?,
        };
        let (payload, rest) = body.split_at_checked(length).ok_or(Flaw("it ends too early"))?;
        self.rest = rest;
        Ok(payload)
    }

    pub(crate) fn list(&mut self) -> Result<Self, Flaw> {
        match self.item()? {
            Item::List(payload) => Ok(Self::new(payload)),
            Item::Bytes(_) => Err(Flaw("a string stands where a list should")),
        }
    }

    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], Flaw> {
        match self.item()? {
            Item::Bytes(bytes) => Ok(bytes),
            Item::List(_) => Err(Flaw("a list stands where a string should")),
        }
    }

    /// A string of exactly so many bytes.
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Flaw> {
        self.bytes()?.try_into().map_err(|_| Flaw("a string has the wrong length"))
    }

    pub(crate) fn hash(&mut self) -> Result<H256, Flaw> {
        self.array().map(H256)
    }

    pub(crate) fn address(&mut self) -> Result<Address, Flaw> {
        self.array().map(H160)
    }

    /// An integer's bytes: big-endian, without leading zeros.
    pub(crate) fn integer(&mut self) -> Result<&'a [u8], Flaw> {
        match self.bytes()? {
            [0, ..] => Err(Flaw("an integer has leading zeros")),
            bytes => Ok(bytes),
        }
    }

    pub(crate) fn u64(&mut self) -> Result<u64, Flaw> {
        small(self.integer()?).ok_or(Flaw("an integer does not fit 64 bits"))
    }

    pub(crate) fn u256(&mut self) -> Result<U256, Flaw> {
        let bytes = self.integer()?;
        if bytes.len() > 32 {
            return Err(Flaw("an integer does not fit 256 bits"));
        }
        Ok(U256::from_big_endian(bytes))
    }
}

/// A big-endian integer, if it fits 64 bits.
pub(crate) fn small(bytes: &[u8]) -> Option<u64> {
    let mut wide = [0; 8];
    wide.get_mut(8usize.checked_sub(bytes.len())?..)?.copy_from_slice(bytes);
    Some(u64::from_be_bytes(wide))
}

/// The length that stands after the first byte, and what follows it.
fn long_length(size: usize, after: &[u8]) -> Result<(usize, &[u8]), Flaw> {
    let (digits, body) = after.split_at_checked(size).ok_or(Flaw("it ends too early"))?;
    if digits.first() == Some(&0) {
        return Err(Flaw("a length has leading zeros"));
    }
    let length = small(digits)
        .and_then(|length| usize::try_from(length).ok())
        .ok_or(Flaw("a length is absurd"))?;
    if length <= 55 {
        return Err(Flaw("a length is not in its shortest form"));
    }
    Ok((length, body))
}

/// Puts a list's header before what is already its payload.
pub(crate) fn wrap_list(payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(payload.len() + 9);
    encode_length(payload.len(), &mut out);
    out.extend_from_slice(payload);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Item<'_>, Flaw> {
        let mut reader = Reader::new(bytes);
        let item = reader.item()?;
        reader.end()?;
        Ok(item)
    }

    #[test]
    fn canonical_forms_are_read() {
        assert_eq!(read(&[0x7f]), Ok(Item::Bytes(&[0x7f])));
        assert_eq!(read(&[0x80]), Ok(Item::Bytes(&[])));
        assert_eq!(read(&[0x81, 0x80]), Ok(Item::Bytes(&[0x80])));
        assert_eq!(read(&[0xc1, 0x80]), Ok(Item::List(&[0x80])));
        let long = [&[0xb8, 56][..], &[1; 56]].concat();
        assert_eq!(read(&long), Ok(Item::Bytes(&[1; 56])));
    }

    #[test]
    fn every_other_form_is_refused() {
        let padded = [&[0xb9, 0, 56][..], &[1; 56]].concat();
        let stretched = [&[0xb8, 55][..], &[1; 55]].concat();
        let cases: [&[u8]; 9] = [
            &[],
            &[0x81],
            &[0x81, 0x7f],
            &[0x80, 0x80],
            &[0xc2, 0x80],
            &[0xb8],
            &[0xbf, 255, 255, 255, 255, 255, 255, 255, 255],
            &padded,
            &stretched,
        ];
        for case in cases {
            assert!(read(case).is_err(), "{case:?}");
        }
    }

    #[test]
    fn integers_have_one_form() {
        assert_eq!(Reader::new(&[0x80]).u64(), Ok(0));
        assert_eq!(Reader::new(&[0x05]).u64(), Ok(5));
        assert!(Reader::new(&[0x00]).u64().is_err());
        assert!(Reader::new(&[0x82, 0x00, 0x80]).u64().is_err());
        assert!(Reader::new(&[0x89, 1, 0, 0, 0, 0, 0, 0, 0, 0]).u64().is_err());
    }
}
