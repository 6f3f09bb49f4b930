//! A Merkle Patricia trie that loads a node when it is first needed.

use std::sync::{Arc, OnceLock};

use ethrex_common::{H256, constants::EMPTY_TRIE_HASH};
use ethrex_crypto::NativeCrypto;
use ethrex_rlp::encode::RLPEncode;
use ethrex_trie::{Nibbles, Node, NodeHash, NodeRef, TrieDB, TrieError, node::LeafNode};
use tern_protocol::Hash;
use tern_stf::{Error, Need, Preimages};

use crate::{
    convert::hash,
    keccak,
    node::{self, KEY_NIBBLES},
};

/// An ethrex trie under keys of 32 bytes. A node that is referred to by hash is read
/// from the preimages the first time a key leads through it, so that a trie costs what
/// is touched and not what there is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tree {
    root: NodeRef,
}

impl Tree {
    /// The trie with this root; nothing is read yet.
    pub(crate) fn at(root: H256) -> Self {
        if root == *EMPTY_TRIE_HASH {
            Self::default()
        } else {
            Self { root: NodeHash::Hashed(root).into() }
        }
    }

    /// The value under a key.
    pub(crate) fn read(
        &mut self,
        key: &H256,
        source: &dyn Preimages,
    ) -> Result<Option<&[u8]>, Error> {
        let path = nibbles(key);
        let mut place = &mut self.root;
        let mut depth = 0;
        loop {
            let Some(node) = load(place, depth, source)? else {
                return Ok(None);
            };
            match node {
                Node::Branch(branch) => {
                    place = &mut branch.choices[usize::from(path[depth])];
                    depth += 1;
                }
                Node::Extension(extension) => {
                    if !path[depth..].starts_with(extension.prefix.as_ref()) {
                        return Ok(None);
                    }
                    depth += extension.prefix.len();
                    place = &mut extension.child;
                }
                Node::Leaf(leaf) => {
                    let found = leaf_key(leaf) == &path[depth..];
                    return Ok(found.then_some(leaf.value.as_slice()));
                }
            }
        }
    }

    /// Puts a value, which must not be empty, under a key.
    pub(crate) fn write(
        &mut self,
        key: &H256,
        value: Vec<u8>,
        source: &dyn Preimages,
    ) -> Result<(), Error> {
        // Loads every node on the way, which is all that an insertion looks at.
        self.read(key, source)?;
        let path = Nibbles::from_bytes(&key.0);
        match &mut self.root {
            NodeRef::Node(node, known_hash) => {
                Arc::make_mut(node)
                    .insert(&Loaded, path, value)
                    .map_err(|flaw| broken(key, &flaw))?;
                known_hash.take();
            }
            NodeRef::Hash(_) => self.root = Node::from(LeafNode::new(path, value)).into(),
        }
        Ok(())
    }

    /// Removes what is under a key, if there is something.
    pub(crate) fn erase(&mut self, key: &H256, source: &dyn Preimages) -> Result<(), Error> {
        if self.read(key, source)?.is_none() {
            return Ok(());
        }
        self.load_heir(key, source)?;
        if let NodeRef::Node(node, known_hash) = &mut self.root {
            let (is_empty, _) = Arc::make_mut(node)
                .remove(&Loaded, Nibbles::from_bytes(&key.0))
                .map_err(|flaw| broken(key, &flaw))?;
            if is_empty {
                self.root = NodeRef::default();
            } else {
                known_hash.take();
            }
        }
        Ok(())
    }

    /// A branch that loses all children but one gives way to that child, so the child
    /// must be at hand. Only the last branch on the way to a key can be in this place.
    fn load_heir(&mut self, key: &H256, source: &dyn Preimages) -> Result<(), Error> {
        let path = nibbles(key);
        let Some(depth) = last_branch(&self.root, &path) else {
            return Ok(());
        };
        let mut place = &mut self.root;
        let mut at = 0;
        while let Some(node) = load(place, at, source)? {
            match node {
                Node::Branch(branch) if at == depth => {
                    let lost = usize::from(path[at]);
                    let mut others = branch
                        .choices
                        .iter_mut()
                        .enumerate()
                        .filter(|(index, child)| *index != lost && child.is_valid());
                    if let (Some((_, heir)), None) = (others.next(), others.next()) {
                        load(heir, depth + 1, source)?;
                    }
                    return Ok(());
                }
                Node::Branch(branch) => {
                    place = &mut branch.choices[usize::from(path[at])];
                    at += 1;
                }
                Node::Extension(extension) => {
                    at += extension.prefix.len();
                    place = &mut extension.child;
                }
                Node::Leaf(_) => return Ok(()),
            }
        }
        Ok(())
    }

    /// The root, and every node that is new since the trie was opened.
    pub(crate) fn seal(&mut self, created: &mut Vec<Vec<u8>>) -> H256 {
        if !self.root.is_valid() {
            return *EMPTY_TRIE_HASH;
        }
        let before = created.len();
        match seal(&mut self.root, created) {
            NodeHash::Hashed(root) => root,
            // A root is named by its hash however short it is.
            NodeHash::Inline((bytes, length)) => {
                let node = bytes[..usize::from(length)].to_vec();
                let root = keccak(&node);
                if created.len() == before {
                    created.push(node);
                }
                H256(root.0)
            }
        }
    }
}

/// Hashes what has changed, children first.
fn seal(place: &mut NodeRef, created: &mut Vec<Vec<u8>>) -> NodeHash {
    let (node, known_hash) = match place {
        NodeRef::Hash(hash) => return *hash,
        NodeRef::Node(node, known_hash) => (node, known_hash),
    };
    if let Some(known) = known_hash.get() {
        return *known;
    }
    match Arc::make_mut(node) {
        Node::Branch(branch) => {
            for child in &mut branch.choices {
                seal(child, created);
            }
        }
        Node::Extension(extension) => {
            seal(&mut extension.child, created);
        }
        Node::Leaf(_) => {}
    }
    let encoded = node.encode_to_vec();
    let hash = NodeHash::from_encoded(&encoded, &NativeCrypto);
    if matches!(hash, NodeHash::Hashed(_)) {
        created.push(encoded);
    }
    *known_hash.get_or_init(|| hash)
}

/// The node at a place, read if it was not yet; `None` where there is none.
fn load<'a>(
    place: &'a mut NodeRef,
    depth: usize,
    source: &dyn Preimages,
) -> Result<Option<&'a mut Node>, Error> {
    if let NodeRef::Hash(reference) = place {
        let NodeHash::Hashed(wanted) = *reference else {
            return Ok(None);
        };
        let wanted_hash = hash(wanted);
        let bytes = source.get(&wanted_hash).ok_or(Error::missing(Need::Node, wanted_hash))?;
        let node = node::decode(bytes, depth).map_err(|flaw| Error::Malformed {
            need: Need::Node,
            hash: wanted_hash,
            reason: flaw.0.into(),
        })?;
        *place = NodeRef::Node(Arc::new(node), OnceLock::from(NodeHash::Hashed(wanted)));
    }
    Ok(match place {
        NodeRef::Node(node, _) => Some(Arc::make_mut(node)),
        NodeRef::Hash(_) => None,
    })
}

/// How many nibbles stand above the last branch on the way to a key, if there is one.
fn last_branch(root: &NodeRef, path: &[u8; KEY_NIBBLES]) -> Option<usize> {
    let mut found = None;
    let mut place = root;
    let mut depth = 0;
    while let NodeRef::Node(node, _) = place {
        match node.as_ref() {
            Node::Branch(branch) => {
                found = Some(depth);
                place = &branch.choices[usize::from(*path.get(depth)?)];
                depth += 1;
            }
            Node::Extension(extension) => {
                depth += extension.prefix.len();
                place = &extension.child;
            }
            Node::Leaf(_) => break,
        }
    }
    found
}

/// A leaf's part of the key. ethrex ends it with a marker that is no nibble.
fn leaf_key(leaf: &LeafNode) -> &[u8] {
    let key = leaf.partial.as_ref();
    key.strip_suffix(&[16]).unwrap_or(key)
}

fn nibbles(key: &H256) -> [u8; KEY_NIBBLES] {
    let mut path = [0; KEY_NIBBLES];
    for (pair, byte) in path.chunks_exact_mut(2).zip(key.0) {
        pair[0] = byte >> 4;
        pair[1] = byte & 0x0f;
    }
    path
}

fn broken(key: &H256, flaw: &TrieError) -> Error {
    Error::Malformed {
        need: Need::Node,
        hash: Hash(key.0),
        reason: format!("the trie cannot be changed under this key: {flaw}"),
    }
}

/// ethrex's tries fall back to a database. Here every node they may ask for has been
/// loaded before, so the database has nothing.
struct Loaded;

impl TrieDB for Loaded {
    fn get(&self, _: Nibbles) -> Result<Option<Vec<u8>>, TrieError> {
        Ok(None)
    }

    fn put_batch(&self, _: Vec<(Nibbles, Vec<u8>)>) -> Result<(), TrieError> {
        Err(TrieError::InvalidInput)
    }
}
