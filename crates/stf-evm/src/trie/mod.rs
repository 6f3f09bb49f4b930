//! Ethereum's Merkle Patricia trie, of which only what is needed is known.
//!
//! Nodes are read through [`Preimages`] when a path reaches them, and kept. Branches hold
//! no values: every key of one trie has the same length, or no key begins another.

mod edit;
mod node;
mod ordered;
#[cfg(test)]
mod tests;

use alloc::vec::Vec;

use tern_protocol::Hash;
use tern_stf::{Error, Need, Preimages};

use crate::{crypto::keccak, rules::Rules};
use node::Node;
pub(crate) use ordered::ordered_root;

/// The root of a trie that holds nothing.
pub(crate) const EMPTY_ROOT: Hash = Hash([
    0x56, 0xe8, 0x1f, 0x17, 0x1b, 0xcc, 0x55, 0xa6, 0xff, 0x83, 0x45, 0xe6, 0x92, 0xc0, 0xf8, 0x6e,
    0x5b, 0x48, 0xe0, 0x1b, 0x99, 0x6c, 0xad, 0xc0, 0x01, 0x62, 0x2f, 0xb5, 0xe3, 0x63, 0xb4, 0x21,
]);

/// A trie with keys of 32 bytes.
#[derive(Debug)]
pub(crate) struct Trie {
    root: Node,
}

impl Trie {
    pub(crate) const fn new() -> Self {
        Self { root: Node::Empty }
    }

    /// The trie with this root.
    pub(crate) fn open(root: Hash) -> Self {
        Self { root: if root == EMPTY_ROOT { Node::Empty } else { Node::Stub(root) } }
    }

    /// The value of a key.
    pub(crate) fn get(
        &mut self,
        key: &Hash,
        preimages: &dyn Preimages,
    ) -> Result<Option<&[u8]>, Error> {
        let path = nibbles(&key.0);
        let mut at = &mut self.root;
        let mut rest = path.as_slice();
        loop {
            resolve(at, rest.len(), preimages)?;
            match at {
                Node::Empty | Node::Stub(_) => return Ok(None),
                Node::Leaf(leaf) => {
                    return Ok((leaf.path == rest).then_some(leaf.value.as_slice()));
                }
                Node::Extension(extension) => match rest.strip_prefix(extension.path.as_slice()) {
                    Some(after) => {
                        rest = after;
                        at = &mut extension.child;
                    }
                    None => return Ok(None),
                },
                Node::Branch(branch) => match rest.split_first() {
                    Some((nibble, after)) => {
                        rest = after;
                        at = &mut branch.children[usize::from(*nibble)];
                    }
                    None => return Ok(None),
                },
            }
        }
    }

    /// Sets the value of a key.
    pub(crate) fn insert(
        &mut self,
        key: &Hash,
        value: Vec<u8>,
        preimages: &dyn Preimages,
    ) -> Result<(), Error> {
        edit::insert(&mut self.root, &nibbles(&key.0), value, preimages)
    }

    /// Takes a key out, if it is there.
    pub(crate) fn remove(&mut self, key: &Hash, preimages: &dyn Preimages) -> Result<(), Error> {
        edit::remove(&mut self.root, &nibbles(&key.0), preimages).map(drop)
    }

    /// The root. Adds the nodes that were made since the trie was opened to `created`.
    pub(crate) fn root<R: Rules>(&mut self, created: &mut Vec<Vec<u8>>) -> Hash {
        self.root.root::<R>(created)
    }
}

/// Reads a node that is known by its hash only.
fn resolve(node: &mut Node, left: usize, preimages: &dyn Preimages) -> Result<(), Error> {
    if let Node::Stub(hash) = node {
        let hash = *hash;
        let bytes = preimages.get(&hash).ok_or(Error::missing(Need::Node, hash))?;
        *node = node::decode(bytes, left, Some(hash)).map_err(|wrong| Error::Malformed {
            need: Need::Node,
            hash,
            reason: wrong.0.into(),
        })?;
    }
    Ok(())
}

/// A hashed key, to look a trie up by.
pub(crate) fn hashed(key: &[u8]) -> Hash {
    keccak(key)
}

fn nibbles(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).collect()
}
