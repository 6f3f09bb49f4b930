//! A Merkle-Patricia trie of which only the visited part is in memory.

mod encode;
mod node;
mod update;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

use alloc::{boxed::Box, string::ToString};

use alloy_primitives::B256;
use alloy_trie::{EMPTY_ROOT_HASH, Nibbles};
use tern_protocol::Hash;
use tern_stf::{Error, Need, Preimages};

use node::{Child, KEY_NIBBLES, Loaded, Node, referenced_hash};

/// A trie with hashed keys, read from preimages as far as needed.
///
/// Apply insertions before removals: a removal that leaves a branch with one child looks
/// at that child, which a minimal witness has only if the branch shrinks in the end.
pub(crate) struct Trie<'a> {
    preimages: &'a dyn Preimages,
    /// The root it was opened at.
    base: B256,
    root: Child<'a>,
    opened: bool,
    changed: bool,
}

impl<'a> Trie<'a> {
    pub(crate) const fn new(preimages: &'a dyn Preimages, base: B256) -> Self {
        Self { preimages, base, root: Child::Empty, opened: false, changed: false }
    }

    /// Empties the trie without looking at it.
    pub(crate) fn clear(&mut self) {
        *self = Self::new(self.preimages, EMPTY_ROOT_HASH);
    }

    /// Whether it was opened at nothing.
    pub(crate) fn starts_empty(&self) -> bool {
        self.base == EMPTY_ROOT_HASH
    }

    fn open(&mut self) -> Result<(), Error> {
        if !self.opened {
            if self.base != EMPTY_ROOT_HASH {
                let bytes = node_bytes(self.preimages, Hash(self.base.0))?;
                let node = Node::decode(bytes, KEY_NIBBLES)
                    .map_err(|reason| malformed(Hash(self.base.0), reason))?;
                self.root = Child::new(node);
            }
            self.opened = true;
        }
        Ok(())
    }

    /// The value under a key.
    pub(crate) fn get(&mut self, key: &B256) -> Result<Option<&[u8]>, Error> {
        self.open()?;
        let key = Nibbles::unpack_array(&key.0);
        let mut depth = 0;
        let mut place = &mut self.root;
        loop {
            let Some(loaded) = resolve(place, self.preimages, KEY_NIBBLES - depth)? else {
                return Ok(None);
            };
            match &mut loaded.node {
                Node::Leaf { path, value } => {
                    return Ok((key.slice(depth..) == *path).then_some(&**value));
                }
                Node::Extension { path, child } => {
                    if !key.slice(depth..).starts_with(path) {
                        return Ok(None);
                    }
                    depth += path.len();
                    place = child;
                }
                Node::Branch { children } => {
                    place = &mut children[usize::from(key.get_unchecked(depth))];
                    depth += 1;
                }
            }
        }
    }
}

/// Brings the node at a place into memory. `remaining` nibbles of each key are left.
fn resolve<'c, 'a>(
    place: &'c mut Child<'a>,
    preimages: &'a dyn Preimages,
    remaining: usize,
) -> Result<Option<&'c mut Loaded<'a>>, Error> {
    if let Child::Stored(reference) = *place {
        let hash = referenced_hash(reference).map(Hash);
        let bytes = match hash {
            Some(hash) => node_bytes(preimages, hash)?,
            None => reference,
        };
        let node = Node::decode(bytes, remaining)
            .map_err(|reason| malformed(hash.unwrap_or_else(|| crate::keccak(bytes)), reason))?;
        let stored = Some(reference);
        *place = Child::Loaded(Box::new(Loaded { node, stored }));
    }
    Ok(match place {
        Child::Loaded(loaded) => Some(loaded),
        Child::Empty | Child::Stored(_) => None,
    })
}

fn node_bytes(preimages: &dyn Preimages, hash: Hash) -> Result<&[u8], Error> {
    preimages.get(&hash).ok_or_else(|| Error::missing(Need::Node, hash))
}

fn malformed(hash: Hash, reason: &str) -> Error {
    Error::Malformed { need: Need::Node, hash, reason: reason.to_string() }
}
