//! RLP, as little as the generator needs: a tree that can also be encoded wrongly, and a
//! reader of trie nodes and headers that executors made.

/// Something to encode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Item {
    /// A byte string.
    Bytes(Vec<u8>),
    /// A list.
    List(Vec<Self>),
    /// Bytes that are put as they are, for encodings that no encoder would make.
    Raw(Vec<u8>),
}

impl Item {
    pub(crate) fn number(value: u128) -> Self {
        Self::Bytes(trim(&value.to_be_bytes()).to_vec())
    }

    pub(crate) fn bytes(bytes: impl AsRef<[u8]>) -> Self {
        Self::Bytes(bytes.as_ref().to_vec())
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        match self {
            Self::Bytes(bytes) if bytes.len() == 1 && bytes[0] < 0x80 => bytes.clone(),
            Self::Bytes(bytes) => with_head(0x80, bytes),
            Self::List(items) => {
                let payload: Vec<u8> = items.iter().flat_map(Self::encode).collect();
                with_head(0xc0, &payload)
            }
            Self::Raw(bytes) => bytes.clone(),
        }
    }

    /// Reads one item that fills all of `bytes`.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let (item, rest) = Self::decode_first(bytes)?;
        rest.is_empty().then_some(item)
    }

    fn decode_first(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (&first, rest) = bytes.split_first()?;
        let is_list = first >= 0xc0;
        let (payload, rest) = match first {
            0..0x80 => return Some((Self::Bytes(vec![first]), rest)),
            0x80..=0xb7 => rest.split_at_checked(usize::from(first - 0x80))?,
            0xb8..=0xbf => long_payload(rest, usize::from(first - 0xb7))?,
            0xc0..=0xf7 => rest.split_at_checked(usize::from(first - 0xc0))?,
            0xf8..=0xff => long_payload(rest, usize::from(first - 0xf7))?,
        };
        if !is_list {
            return Some((Self::Bytes(payload.to_vec()), rest));
        }
        let mut items = Vec::new();
        let mut inner = payload;
        while !inner.is_empty() {
            let (item, after) = Self::decode_first(inner)?;
            items.push(item);
            inner = after;
        }
        Some((Self::List(items), rest))
    }

    pub(crate) fn as_list(&self) -> Option<&[Self]> {
        match self {
            Self::List(items) => Some(items),
            Self::Bytes(_) | Self::Raw(_) => None,
        }
    }

    pub(crate) fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            Self::List(_) | Self::Raw(_) => None,
        }
    }
}

fn long_payload(bytes: &[u8], length_bytes: usize) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_at_checked(length_bytes)?;
    let length = length
        .iter()
        .try_fold(0usize, |sum, byte| sum.checked_mul(256)?.checked_add(usize::from(*byte)))?;
    rest.split_at_checked(length)
}

/// A payload behind its shortest head; `base` is 0x80 for strings and 0xc0 for lists.
fn with_head(base: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(payload.len() + 9);
    if payload.len() < 56 {
        out.push(base + payload.len() as u8);
    } else {
        let length = (payload.len() as u64).to_be_bytes();
        let length = trim(&length);
        out.push(base + 55 + length.len() as u8);
        out.extend_from_slice(length);
    }
    out.extend_from_slice(payload);
    out
}

/// A number without its leading zero bytes.
pub(crate) fn trim(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    &bytes[zeros..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_encodings() {
        assert_eq!(Item::number(0).encode(), [0x80]);
        assert_eq!(Item::number(15).encode(), [0x0f]);
        assert_eq!(Item::number(1024).encode(), [0x82, 0x04, 0x00]);
        assert_eq!(Item::List(vec![]).encode(), [0xc0]);
        let long = Item::bytes([7; 56]).encode();
        assert_eq!(&long[..2], [0xb8, 56]);
    }

    #[test]
    fn what_is_written_reads_back() {
        let tree = Item::List(vec![
            Item::bytes([1; 300]),
            Item::List(vec![Item::number(0), Item::number(127), Item::bytes([0x80])]),
            Item::List(vec![Item::bytes([3; 60])]),
        ]);
        assert_eq!(Item::decode(&tree.encode()), Some(tree));
    }

    #[test]
    fn cut_and_trailing_bytes_are_not_read() {
        let bytes = Item::List(vec![Item::bytes([1; 300])]).encode();
        assert_eq!(Item::decode(&bytes[..bytes.len() - 1]), None);
        assert_eq!(Item::decode(&[bytes.as_slice(), &[0]].concat()), None);
        assert_eq!(Item::decode(&[0xbf, 255, 255, 255, 255, 255, 255, 255, 255]), None);
    }
}
