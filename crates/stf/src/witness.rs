//! What an executor needs to know of a chain to execute one block, as bytes.

use alloc::{collections::BTreeSet, string::String, vec::Vec};
use core::cell::RefCell;

use serde::{Deserialize, Serialize};
use tern_protocol::Hash;

use crate::{Keccak, PreimageSet, Preimages};

/// Trie nodes, codes and ancestor headers: one format for all lanes, that of
/// `debug_executionWitness`.
///
/// The three lists only help people: every entry is found by its keccak-256, so an entry
/// in the wrong list does no harm, and a wrong entry is never found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Witness {
    /// Nodes of the account trie and of the storage tries, in RLP.
    pub nodes: Vec<Vec<u8>>,
    /// Codes of the contracts that run or are looked at.
    pub codes: Vec<Vec<u8>>,
    /// The parent's header and as many before it as BLOCKHASH reaches, in RLP.
    pub headers: Vec<Vec<u8>>,
}

/// Bounds that no honest witness comes near, so that a hostile one is refused before it
/// costs memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WitnessLimits {
    /// Bytes in all.
    pub bytes: usize,
    /// Entries in all three lists together.
    pub entries: usize,
    /// Bytes in one entry.
    pub entry_bytes: usize,
}

impl Default for WitnessLimits {
    fn default() -> Self {
        Self { bytes: 512 << 20, entries: 4 << 20, entry_bytes: 1 << 20 }
    }
}

/// Why bytes or text are not a witness.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WitnessError {
    /// The binary form does not begin as it must.
    #[error("this is not a binary witness of version {version}: it must begin with {magic:?}")]
    NotAWitness {
        /// The version this program reads.
        version: u8,
        /// The first four bytes.
        magic: [u8; 4],
    },
    /// The binary form ends too early.
    #[error("the witness is cut off in {part}, at byte {offset}: get it again")]
    Truncated {
        /// What was being read.
        part: &'static str,
        /// Where.
        offset: usize,
    },
    /// There is something behind the end.
    #[error("the witness has {0} bytes behind its end")]
    Trailing(usize),
    /// A length is written with more bytes than it needs.
    #[error("a length in {part} at byte {offset} is not in its shortest form")]
    Length {
        /// What was being read.
        part: &'static str,
        /// Where.
        offset: usize,
    },
    /// More than the limits allow.
    #[error("the witness has {got} {unit}, more than the {limit} allowed: split the range")]
    TooLarge {
        /// What is counted.
        unit: &'static str,
        /// How many there are.
        got: usize,
        /// How many there may be.
        limit: usize,
    },
    /// The text is not the JSON of `debug_executionWitness`.
    #[error("the witness is not the JSON of debug_executionWitness: {0}")]
    Json(String),
}

const MAGIC: [u8; 4] = *b"TWIT";
const VERSION: u8 = 1;
/// Strings of the JSON that are no entries: names of fields, and what wraps an answer.
const NAMES: usize = 16;

#[derive(Serialize, Deserialize)]
struct Json {
    state: Vec<String>,
    #[serde(default)]
    codes: Vec<String>,
    #[serde(default)]
    headers: Vec<String>,
    /// Some clients list the keys they looked up; nothing here needs them.
    #[serde(default)]
    keys: Vec<String>,
}

impl Witness {
    /// Reads the JSON of `debug_executionWitness`, whether or not it is wrapped in a
    /// JSON-RPC answer.
    pub fn from_json(text: &str, limits: &WitnessLimits) -> Result<Self, WitnessError> {
        #[derive(Deserialize)]
        struct Answer {
            result: Json,
        }
        if text.len() / 2 > limits.bytes.saturating_mul(2) {
            return Err(too_large("bytes of text", text.len(), limits.bytes.saturating_mul(4)));
        }
        // Each entry is a string of two quotes: count before any of them costs memory.
        let strings = text.bytes().filter(|byte| *byte == b'"').count() / 2;
        if strings > limits.entries.saturating_add(NAMES) {
            return Err(too_large("entries", strings, limits.entries));
        }
        let json = serde_json::from_str::<Json>(text)
            .or_else(|plain| {
                serde_json::from_str::<Answer>(text).map(|answer| answer.result).map_err(|_| plain)
            })
            .map_err(|error| WitnessError::Json(alloc::format!("{error}")))?;
        let decode = |list: &str, texts: Vec<String>| -> Result<Vec<Vec<u8>>, WitnessError> {
            let one = |(at, text): (usize, &String)| {
                let digits = text.strip_prefix("0x").ok_or("it does not begin with 0x");
                digits
                    .and_then(|digits| hex::decode(digits).map_err(|_| "it is not hexadecimal"))
                    .map_err(|why| WitnessError::Json(alloc::format!("{list}[{at}]: {why}")))
            };
            texts.iter().enumerate().map(one).collect()
        };
        let witness = Self {
            nodes: decode("state", json.state)?,
            codes: decode("codes", json.codes)?,
            headers: decode("headers", json.headers)?,
        };
        witness.check(limits)?;
        Ok(witness)
    }

    /// The JSON of `debug_executionWitness`.
    pub fn to_json(&self) -> String {
        let encode = |list: &[Vec<u8>]| {
            list.iter().map(|entry| alloc::format!("0x{}", hex::encode(entry))).collect()
        };
        let json = Json {
            state: encode(&self.nodes),
            codes: encode(&self.codes),
            headers: encode(&self.headers),
            keys: Vec::new(),
        };
        serde_json::to_string(&json).expect("lists of strings always serialise")
    }

    /// The compact form, described in `spec/witness.md`.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend_from_slice(&MAGIC);
        out.push(VERSION);
        for list in [&self.nodes, &self.codes, &self.headers] {
            put_length(&mut out, list.len());
            for entry in list {
                put_length(&mut out, entry.len());
                out.extend_from_slice(entry);
            }
        }
        out
    }

    /// Reads the compact form, strictly: one byte string for each witness.
    pub fn from_bytes(bytes: &[u8], limits: &WitnessLimits) -> Result<Self, WitnessError> {
        if bytes.len() > limits.bytes {
            return Err(too_large("bytes", bytes.len(), limits.bytes));
        }
        let head = [MAGIC[0], MAGIC[1], MAGIC[2], MAGIC[3], VERSION];
        if !bytes.starts_with(&head) {
            return Err(WitnessError::NotAWitness { version: VERSION, magic: MAGIC });
        }
        let mut reader = Reader { bytes, at: head.len(), entries: 0, limits };
        let witness = Self {
            nodes: reader.list("nodes")?,
            codes: reader.list("codes")?,
            headers: reader.list("headers")?,
        };
        match bytes.len() - reader.at {
            0 => Ok(witness),
            behind => Err(WitnessError::Trailing(behind)),
        }
    }

    /// Hashes every entry once, with the lane's own keccak.
    pub fn into_preimages(self, keccak: Keccak) -> PreimageSet {
        let mut set = PreimageSet::new(keccak);
        set.extend(self.nodes);
        set.extend(self.codes);
        set.extend(self.headers);
        set
    }

    /// How many entries and bytes there are.
    pub fn size(&self) -> (usize, usize) {
        let all = || self.nodes.iter().chain(&self.codes).chain(&self.headers);
        (all().count(), all().map(Vec::len).sum())
    }

    fn check(&self, limits: &WitnessLimits) -> Result<(), WitnessError> {
        let (entries, bytes) = self.size();
        if entries > limits.entries {
            return Err(too_large("entries", entries, limits.entries));
        }
        if bytes > limits.bytes {
            return Err(too_large("bytes", bytes, limits.bytes));
        }
        let largest = self.nodes.iter().chain(&self.codes).chain(&self.headers).map(Vec::len).max();
        match largest {
            Some(largest) if largest > limits.entry_bytes => {
                Err(too_large("bytes in one entry", largest, limits.entry_bytes))
            }
            _ => Ok(()),
        }
    }
}

const fn too_large(unit: &'static str, got: usize, limit: usize) -> WitnessError {
    WitnessError::TooLarge { unit, got, limit }
}

/// Little-endian base 128, shortest form.
fn put_length(out: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    entries: usize,
    limits: &'a WitnessLimits,
}

impl Reader<'_> {
    fn length(&mut self, part: &'static str) -> Result<usize, WitnessError> {
        let start = self.at;
        let mut value = 0usize;
        for shift in [0, 7, 14, 21, 28] {
            let byte = *self
                .bytes
                .get(self.at)
                .ok_or(WitnessError::Truncated { part, offset: self.at })?;
            self.at += 1;
            value |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                let shortest = byte != 0 || shift == 0;
                let fits = shift < 28 || byte < 0x10;
                return if shortest && fits {
                    Ok(value)
                } else {
                    Err(WitnessError::Length { part, offset: start })
                };
            }
        }
        Err(WitnessError::Length { part, offset: start })
    }

    fn list(&mut self, part: &'static str) -> Result<Vec<Vec<u8>>, WitnessError> {
        let count = self.length(part)?;
        self.entries = self.entries.saturating_add(count);
        if self.entries > self.limits.entries {
            return Err(too_large("entries", self.entries, self.limits.entries));
        }
        // An entry takes at least one byte, so a count cannot promise more than is there.
        let mut list = Vec::with_capacity(count.min(self.bytes.len() - self.at));
        for _ in 0..count {
            let len = self.length(part)?;
            if len > self.limits.entry_bytes {
                return Err(too_large("bytes in one entry", len, self.limits.entry_bytes));
            }
            let truncated = WitnessError::Truncated { part, offset: self.at };
            let end = self.at.checked_add(len).ok_or(truncated.clone())?;
            list.push(self.bytes.get(self.at..end).ok_or(truncated)?.to_vec());
            self.at = end;
        }
        Ok(list)
    }
}

/// Passes preimages on and remembers which were asked for: run every lane over one
/// recorder, and it holds the union of what they need.
pub struct Recorder<'a> {
    inner: &'a dyn Preimages,
    asked: RefCell<BTreeSet<Hash>>,
}

impl<'a> Recorder<'a> {
    /// Listens in front of `inner`.
    pub fn new(inner: &'a dyn Preimages) -> Self {
        Self { inner, asked: RefCell::default() }
    }

    /// Everything that was asked for and found.
    pub fn into_preimages(self, keccak: Keccak) -> PreimageSet {
        let mut set = PreimageSet::new(keccak);
        for hash in self.asked.into_inner() {
            set.extend(self.inner.get(&hash).map(<[u8]>::to_vec));
        }
        set
    }
}

impl Preimages for Recorder<'_> {
    fn get(&self, hash: &Hash) -> Option<&[u8]> {
        self.asked.borrow_mut().insert(*hash);
        self.inner.get(hash)
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use proptest::prelude::*;

    use super::*;

    fn small() -> Witness {
        Witness {
            nodes: vec![vec![1, 2, 3], vec![]],
            codes: vec![vec![0xfe; 200]],
            headers: vec![vec![9]],
        }
    }

    #[test]
    fn json_and_bytes_round_trip() {
        let limits = WitnessLimits::default();
        assert_eq!(Witness::from_json(&small().to_json(), &limits), Ok(small()));
        assert_eq!(Witness::from_bytes(&small().to_bytes(), &limits), Ok(small()));
    }

    #[test]
    fn json_rpc_answers_are_unwrapped() {
        let text = alloc::format!(r#"{{"jsonrpc":"2.0","id":1,"result":{}}}"#, small().to_json());
        assert_eq!(Witness::from_json(&text, &WitnessLimits::default()), Ok(small()));
    }

    #[test]
    fn json_errors_name_list_and_index() {
        let text = r#"{"state":["0x00","0xzz"]}"#;
        let error = Witness::from_json(text, &WitnessLimits::default());
        assert_eq!(error, Err(WitnessError::Json("state[1]: it is not hexadecimal".into())));
    }

    #[test]
    fn every_cut_is_noticed() {
        let bytes = small().to_bytes();
        for end in 0..bytes.len() {
            assert!(Witness::from_bytes(&bytes[..end], &WitnessLimits::default()).is_err());
        }
        let mut longer = bytes;
        longer.push(0);
        let error = Witness::from_bytes(&longer, &WitnessLimits::default());
        assert_eq!(error, Err(WitnessError::Trailing(1)));
    }

    #[test]
    fn limits_are_named() {
        let limits = WitnessLimits { entry_bytes: 199, ..WitnessLimits::default() };
        let error = Witness::from_bytes(&small().to_bytes(), &limits);
        assert_eq!(error, Err(too_large("bytes in one entry", 200, 199)));
        assert_eq!(Witness::from_json(&small().to_json(), &limits), error);

        let limits = WitnessLimits { entries: 3, ..WitnessLimits::default() };
        let error = Witness::from_bytes(&small().to_bytes(), &limits);
        assert_eq!(error, Err(too_large("entries", 4, 3)));
    }

    #[test]
    fn json_of_too_many_entries_is_refused_before_it_is_read() {
        let limits = WitnessLimits { entries: 3, ..WitnessLimits::default() };
        // Not even JSON: only the quotes were looked at.
        let text = "\"\"".repeat(3 + NAMES + 1);
        let error = Witness::from_json(&text, &limits);
        assert_eq!(error, Err(too_large("entries", 3 + NAMES + 1, 3)));
    }

    #[test]
    fn padded_lengths_are_refused() {
        let mut bytes = vec![b'T', b'W', b'I', b'T', 1];
        bytes.extend([0x80, 0x00, 0, 0]);
        let error = Witness::from_bytes(&bytes, &WitnessLimits::default());
        assert_eq!(error, Err(WitnessError::Length { part: "nodes", offset: 5 }));
    }

    #[test]
    fn wrong_entries_are_never_found() {
        let set = small().into_preimages(tern_protocol::keccak256);
        assert!(set.get(&tern_protocol::keccak256(&[1, 2, 3])).is_some());
        assert!(set.get(&Hash::ZERO).is_none());
    }

    proptest! {
        #[test]
        fn any_bytes_read_or_err_and_what_reads_is_canonical(tail in prop::collection::vec(any::<u8>(), 0..64)) {
            let mut bytes = vec![b'T', b'W', b'I', b'T', 1];
            bytes.extend(tail);
            if let Ok(witness) = Witness::from_bytes(&bytes, &WitnessLimits::default()) {
                prop_assert_eq!(witness.to_bytes(), bytes);
            }
        }
    }
}
