//! Where an executor reads the chain from.

use alloc::vec::Vec;
use core::hash::{BuildHasherDefault, Hasher};

use hashbrown::HashMap;
use tern_protocol::Hash;

/// Trie nodes, codes and headers by their keccak-256. Everything an executor knows about
/// the chain comes through this one function, so that a witness, a database and a
/// machine that asks for preimages one at a time serve alike.
///
/// Whoever implements it promises that the bytes hash to the key.
pub trait Preimages {
    /// The bytes whose keccak-256 is `hash`.
    fn get(&self, hash: &Hash) -> Option<&[u8]>;
}

/// keccak-256 as a lane computes it.
pub type Keccak = fn(&[u8]) -> Hash;

/// A set of preimages in memory. Each was hashed when it came in, so the promise of
/// [`Preimages`] holds whoever supplied them.
#[derive(Debug, Clone)]
pub struct PreimageSet {
    keccak: Keccak,
    by_hash: HashMap<Hash, Vec<u8>, BuildHasherDefault<FirstBytes>>,
}

impl PreimageSet {
    /// An empty set that hashes with the given function: each lane gives its own.
    pub fn new(keccak: Keccak) -> Self {
        Self { keccak, by_hash: HashMap::default() }
    }

    /// Adds bytes under their hash and returns it.
    pub fn insert(&mut self, bytes: Vec<u8>) -> Hash {
        let hash = (self.keccak)(&bytes);
        self.by_hash.insert(hash, bytes);
        hash
    }

    /// Adds many.
    pub fn extend(&mut self, all: impl IntoIterator<Item = Vec<u8>>) {
        for bytes in all {
            self.insert(bytes);
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.by_hash.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.by_hash.is_empty()
    }

    /// Every preimage with its hash, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&Hash, &[u8])> {
        self.by_hash.iter().map(|(hash, bytes)| (hash, bytes.as_slice()))
    }

    /// Takes one out, for tests and for pruning.
    pub fn remove(&mut self, hash: &Hash) -> Option<Vec<u8>> {
        self.by_hash.remove(hash)
    }
}

impl Preimages for PreimageSet {
    fn get(&self, hash: &Hash) -> Option<&[u8]> {
        self.by_hash.get(hash).map(Vec::as_slice)
    }
}

/// Keys are hashes already: their first bytes spread as well as any hash of them would.
#[derive(Debug, Default, Clone)]
struct FirstBytes(u64);

impl Hasher for FirstBytes {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        let mut first = [0; 8];
        let taken = bytes.len().min(8);
        first[..taken].copy_from_slice(&bytes[..taken]);
        self.0 = u64::from_le_bytes(first);
    }

    // The length prefix that arrays write would otherwise overwrite the key.
    fn write_usize(&mut self, _: usize) {}
    fn write_u64(&mut self, _: u64) {}
}
