//! Recursive Length Prefix, canonical form only.

use alloc::vec::Vec;

use evm::uint::U256;
use tern_protocol::{Address, Hash};

/// Bytes that are not the canonical RLP of what was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) &'static str);

pub(crate) type Result<T> = core::result::Result<T, Malformed>;

/// One item: a byte string or a list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Item<'a> {
    pub(crate) is_list: bool,
    pub(crate) payload: &'a [u8],
    /// The item with its prefix.
    pub(crate) raw: &'a [u8],
}

/// Reads items one after the other.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Reads the items of `bytes`.
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Reads the fields of the one list that `bytes` has to be.
    pub(crate) fn of_list(bytes: &'a [u8]) -> Result<Self> {
        let mut outer = Self::new(bytes);
        let inner = outer.list()?;
        outer.finish()?;
        Ok(inner)
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The bytes not read yet.
    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Nothing may be left.
    pub(crate) const fn finish(self) -> Result<()> {
        if self.rest.is_empty() { Ok(()) } else { Err(Malformed("more items than expected")) }
    }

    pub(crate) fn item(&mut self) -> Result<Item<'a>> {
        let (is_list, start, end) = span(self.rest)?;
        let (raw, rest) = self.rest.split_at(end);
        self.rest = rest;
        Ok(Item { is_list, payload: &raw[start..], raw })
    }

    pub(crate) fn bytes(&mut self) -> Result<&'a [u8]> {
        let item = self.item()?;
        if item.is_list { Err(Malformed("a list where bytes belong")) } else { Ok(item.payload) }
    }

    pub(crate) fn list(&mut self) -> Result<Reader<'a>> {
        let item = self.item()?;
        if item.is_list {
            Ok(Reader::new(item.payload))
        } else {
            Err(Malformed("bytes where a list belongs"))
        }
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        self.bytes()?.try_into().map_err(|_| Malformed("bytes of the wrong length"))
    }

    pub(crate) fn hash(&mut self) -> Result<Hash> {
        self.array().map(Hash)
    }

    pub(crate) fn address(&mut self) -> Result<Address> {
        self.array().map(Address)
    }

    /// An address, or nothing.
    pub(crate) fn target(&mut self) -> Result<Option<Address>> {
        let bytes = self.bytes()?;
        if bytes.is_empty() {
            return Ok(None);
        }
        Address::from_slice(bytes).map(Some).ok_or(Malformed("an address that is not 20 bytes"))
    }

    fn integer(&mut self, longest: usize) -> Result<&'a [u8]> {
        let bytes = self.bytes()?;
        if bytes.first() == Some(&0) {
            return Err(Malformed("an integer with a leading zero"));
        }
        if bytes.len() > longest {
            return Err(Malformed("an integer too large for its field"));
        }
        Ok(bytes)
    }

    pub(crate) fn u8(&mut self) -> Result<u8> {
        Ok(self.integer(1)?.first().copied().unwrap_or(0))
    }

    pub(crate) fn u64(&mut self) -> Result<u64> {
        let bytes = self.integer(8)?;
        Ok(bytes.iter().fold(0, |value, byte| (value << 8) | u64::from(*byte)))
    }

    pub(crate) fn u256(&mut self) -> Result<U256> {
        Ok(U256::from_big_endian(self.integer(32)?))
    }

    /// A number of at most 32 bytes, padded.
    pub(crate) fn word(&mut self) -> Result<[u8; 32]> {
        let bytes = self.integer(32)?;
        let mut word = [0; 32];
        word[32 - bytes.len()..].copy_from_slice(bytes);
        Ok(word)
    }
}

/// Whether the first item is a list, where its payload starts and where it ends.
fn span(bytes: &[u8]) -> Result<(bool, usize, usize)> {
    const SHORT: Malformed = Malformed("the bytes end inside an item");
    let first = *bytes.first().ok_or(SHORT)?;
    let (is_list, start, len) = match first {
        0x00..=0x7f => return Ok((false, 0, 1)),
        0x80..=0xb7 => (false, 1, usize::from(first - 0x80)),
        0xb8..=0xbf => {
            let (start, len) = long_length(bytes, usize::from(first - 0xb7))?;
            (false, start, len)
        }
        0xc0..=0xf7 => (true, 1, usize::from(first - 0xc0)),
        0xf8..=0xff => {
            let (start, len) = long_length(bytes, usize::from(first - 0xf7))?;
            (true, start, len)
        }
    };
    let end = start.checked_add(len).filter(|end| *end <= bytes.len()).ok_or(SHORT)?;
    if first == 0x81 && bytes[1] < 0x80 {
        return Err(Malformed("a single byte with a prefix"));
    }
    Ok((is_list, start, end))
}

fn long_length(bytes: &[u8], width: usize) -> Result<(usize, usize)> {
    let digits = bytes.get(1..1 + width).ok_or(Malformed("the bytes end inside a length"))?;
    if digits[0] == 0 {
        return Err(Malformed("a length with a leading zero"));
    }
    let mut len: usize = 0;
    for digit in digits {
        len = len
            .checked_mul(256)
            .map(|high| high | usize::from(*digit))
            .ok_or(Malformed("the bytes end inside an item"))?;
    }
    if len < 56 {
        return Err(Malformed("a long length for a short item"));
    }
    Ok((1 + width, len))
}

/// Writes the items of one list.
#[derive(Debug, Default)]
pub(crate) struct List {
    payload: Vec<u8>,
}

impl List {
    pub(crate) const fn new() -> Self {
        Self { payload: Vec::new() }
    }

    #[must_use]
    pub(crate) fn bytes(mut self, bytes: &[u8]) -> Self {
        put_bytes(&mut self.payload, bytes);
        self
    }

    #[must_use]
    pub(crate) fn u64(self, value: u64) -> Self {
        let bytes = value.to_be_bytes();
        self.bytes(trimmed(&bytes))
    }

    #[must_use]
    pub(crate) fn u256(self, value: U256) -> Self {
        let mut bytes = [0; 32];
        value.to_big_endian(&mut bytes);
        self.bytes(trimmed(&bytes))
    }

    /// Appends what is RLP already.
    #[must_use]
    pub(crate) fn raw(mut self, item: &[u8]) -> Self {
        self.payload.extend_from_slice(item);
        self
    }

    #[must_use]
    pub(crate) fn list(self, inner: Self) -> Self {
        self.raw(&inner.finish())
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.payload.len() + 9);
        put_prefix(&mut out, 0xc0, self.payload.len());
        out.extend_from_slice(&self.payload);
        out
    }
}

/// The RLP of a byte string.
pub(crate) fn encoded_bytes(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + 9);
    put_bytes(&mut out, bytes);
    out
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    if let [only] = bytes
        && *only < 0x80
    {
        out.push(*only);
        return;
    }
    put_prefix(out, 0x80, bytes.len());
    out.extend_from_slice(bytes);
}

fn put_prefix(out: &mut Vec<u8>, base: u8, len: usize) {
    if let Ok(short) = u8::try_from(len)
        && short < 56
    {
        out.push(base + short);
        return;
    }
    let digits = len.to_be_bytes();
    let digits = trimmed(&digits);
    out.push(base + 55 + digits.len() as u8);
    out.extend_from_slice(digits);
}

/// Without leading zero bytes.
pub(crate) fn trimmed(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    &bytes[zeros..]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone)]
    enum Tree {
        Bytes(Vec<u8>),
        List(Vec<Tree>),
    }

    fn trees() -> impl Strategy<Value = Tree> {
        let lengths = prop_oneof![0..4usize, 30..34usize, 54..58usize, 254..258usize];
        let bytes = lengths
            .prop_flat_map(|len| prop::collection::vec(any::<u8>(), len))
            .prop_map(Tree::Bytes);
        bytes.prop_recursive(4, 32, 6, |inner| {
            prop::collection::vec(inner, 0..6).prop_map(Tree::List)
        })
    }

    fn encode(tree: &Tree) -> Vec<u8> {
        match tree {
            Tree::Bytes(bytes) => encoded_bytes(bytes),
            Tree::List(items) => {
                items.iter().fold(List::new(), |list, item| list.raw(&encode(item))).finish()
            }
        }
    }

    /// Reads everything there is and writes it again.
    fn rewrite(reader: &mut Reader<'_>) -> Result<Vec<u8>> {
        let item = reader.item()?;
        if !item.is_list {
            return Ok(encoded_bytes(item.payload));
        }
        let mut inner = Reader::new(item.payload);
        let mut list = List::new();
        while !inner.is_empty() {
            list = list.raw(&rewrite(&mut inner)?);
        }
        Ok(list.finish())
    }

    fn rewrite_all(bytes: &[u8]) -> Result<Vec<u8>> {
        let mut reader = Reader::new(bytes);
        let written = rewrite(&mut reader)?;
        reader.finish()?;
        Ok(written)
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(tree in trees()) {
            let bytes = encode(&tree);
            prop_assert_eq!(rewrite_all(&bytes), Ok(bytes));
        }

        #[test]
        fn nothing_is_read_from_two_forms(
            tree in trees(),
            at in any::<prop::sample::Index>(),
            byte in any::<u8>(),
            cut in any::<bool>(),
        ) {
            let mut bytes = encode(&tree);
            let at = at.index(bytes.len());
            if cut {
                bytes.truncate(at);
            } else {
                bytes[at] = byte;
            }
            if let Ok(written) = rewrite_all(&bytes) {
                prop_assert_eq!(written, bytes);
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(written) = rewrite_all(&bytes) {
                prop_assert_eq!(written, bytes);
            }
        }

        #[test]
        fn numbers_survive(small in any::<u64>(), large in any::<[u8; 32]>()) {
            let large = U256::from_big_endian(&large);
            let bytes = List::new().u64(small).u256(large).finish();
            let mut reader = Reader::of_list(&bytes).unwrap();
            prop_assert_eq!(reader.u64(), Ok(small));
            prop_assert_eq!(reader.u256(), Ok(large));
            prop_assert_eq!(reader.finish(), Ok(()));
        }
    }

    #[test]
    fn other_forms_of_the_same_value_are_refused() {
        let refused: [&[u8]; 10] = [
            &[],
            &[0x81, 0x7f],
            &[0x82, 0x01],
            &[0xb8, 0x01, 0x80],
            &[0xb9, 0x00, 0x38],
            &[0xbf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            &[0xc2, 0x80],
            &[0xf8, 0x01, 0x80],
            &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            &[0x80, 0x80],
        ];
        for bytes in refused {
            assert!(rewrite_all(bytes).is_err(), "{bytes:02x?}");
        }
        assert!(Reader::new(&[0x00]).u64().is_err());
        assert!(Reader::new(&[0x82, 0x00, 0x80]).u256().is_err());
        assert_eq!(Reader::new(&[0x80]).u64(), Ok(0));
    }
}
