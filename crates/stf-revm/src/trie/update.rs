//! Insertion and removal.

use alloc::{borrow::Cow, boxed::Box, vec::Vec};
use core::mem;

use alloy_primitives::B256;
use alloy_trie::Nibbles;
use tern_stf::{Error, Preimages};

use super::{Trie, node::Child, node::Node, resolve};

impl Trie<'_> {
    /// Puts a value under a key.
    pub(crate) fn insert(&mut self, key: &B256, value: Vec<u8>) -> Result<(), Error> {
        self.open()?;
        let key = Nibbles::unpack_array(&key.0);
        self.changed |= insert_at(&mut self.root, self.preimages, key, value)?;
        Ok(())
    }

    /// Takes a key out, if it is there.
    pub(crate) fn remove(&mut self, key: &B256) -> Result<(), Error> {
        self.open()?;
        let key = Nibbles::unpack_array(&key.0);
        self.changed |= remove_at(&mut self.root, self.preimages, key)?;
        Ok(())
    }
}

/// Says whether anything changed.
fn insert_at<'a>(
    place: &mut Child<'a>,
    preimages: &'a dyn Preimages,
    key: Nibbles,
    value: Vec<u8>,
) -> Result<bool, Error> {
    let Some(loaded) = resolve(place, preimages, key.len())? else {
        *place = leaf(key, value.into());
        return Ok(true);
    };
    match &mut loaded.node {
        Node::Leaf { path, value: old } if *path == key => {
            if **old == *value {
                return Ok(false);
            }
            *old = value.into();
        }
        Node::Leaf { path, value: old } => {
            let shared = key.common_prefix_length(path);
            let old = leaf(path.slice(shared + 1..), mem::take(old));
            loaded.node = fork(&key, shared, (path.get_unchecked(shared), old), value);
        }
        Node::Extension { path, child } => {
            let shared = key.common_prefix_length(path);
            if shared == path.len() {
                if !insert_at(child, preimages, key.slice(shared..), value)? {
                    return Ok(false);
                }
            } else {
                let nibble = path.get_unchecked(shared);
                let old = extend(path.slice(shared + 1..), mem::take(child));
                loaded.node = fork(&key, shared, (nibble, old), value);
            }
        }
        Node::Branch { children } => {
            let child = &mut children[usize::from(key.get_unchecked(0))];
            if !insert_at(child, preimages, key.slice(1..), value)? {
                return Ok(false);
            }
        }
    }
    loaded.stored = None;
    Ok(true)
}

/// Says whether anything changed.
fn remove_at<'a>(
    place: &mut Child<'a>,
    preimages: &'a dyn Preimages,
    key: Nibbles,
) -> Result<bool, Error> {
    let Some(loaded) = resolve(place, preimages, key.len())? else {
        return Ok(false);
    };
    match &mut loaded.node {
        Node::Leaf { path, .. } => {
            if *path != key {
                return Ok(false);
            }
            *place = Child::Empty;
            return Ok(true);
        }
        Node::Extension { path, child } => {
            if !key.starts_with(path) || !remove_at(child, preimages, key.slice(path.len()..))? {
                return Ok(false);
            }
            let (path, child) = (*path, mem::take(child));
            loaded.node = prefixed(path, child, preimages, key.len() - path.len())?;
        }
        Node::Branch { children } => {
            let index = usize::from(key.get_unchecked(0));
            if !remove_at(&mut children[index], preimages, key.slice(1..))? {
                return Ok(false);
            }
            if let Some((nibble, child)) = only_child(children) {
                let path = Nibbles::from_nibbles_unchecked([nibble]);
                loaded.node = prefixed(path, child, preimages, key.len() - 1)?;
            }
        }
    }
    loaded.stored = None;
    Ok(true)
}

/// Takes the last child out of a branch, if there is only one left.
fn only_child<'a>(children: &mut [Child<'a>; 16]) -> Option<(u8, Child<'a>)> {
    let mut used = (0u8..).zip(children).filter(|(_, child)| !child.is_empty());
    let (nibble, child) = used.next()?;
    match used.next() {
        None => Some((nibble, mem::take(child))),
        Some(_) => None,
    }
}

/// The one node that stands for a path with a node at its end.
fn prefixed<'a>(
    prefix: Nibbles,
    mut child: Child<'a>,
    preimages: &'a dyn Preimages,
    remaining: usize,
) -> Result<Node<'a>, Error> {
    if let Some(loaded) = resolve(&mut child, preimages, remaining)? {
        match &mut loaded.node {
            Node::Leaf { path, value } => {
                return Ok(Node::Leaf { path: prefix.join(path), value: mem::take(value) });
            }
            Node::Extension { path, child } => {
                return Ok(Node::Extension { path: prefix.join(path), child: mem::take(child) });
            }
            Node::Branch { .. } => {}
        }
    }
    let path = prefix;
    Ok(Node::Extension { path, child })
}

/// Two ways after the shared part of a key: an old one and one to a new leaf.
fn fork<'a>(key: &Nibbles, shared: usize, old: (u8, Child<'a>), value: Vec<u8>) -> Node<'a> {
    let mut children = Box::<[Child<'a>; 16]>::default();
    children[usize::from(old.0)] = old.1;
    let nibble = usize::from(key.get_unchecked(shared));
    children[nibble] = leaf(key.slice(shared + 1..), value.into());
    let branch = Node::Branch { children };
    if shared == 0 {
        branch
    } else {
        let (path, child) = (key.slice(..shared), Child::new(branch));
        Node::Extension { path, child }
    }
}

fn leaf<'a>(path: Nibbles, value: Cow<'a, [u8]>) -> Child<'a> {
    Child::new(Node::Leaf { path, value })
}

fn extend(path: Nibbles, child: Child<'_>) -> Child<'_> {
    if path.is_empty() { child } else { Child::new(Node::Extension { path, child }) }
}
