//! Changing a trie, node by node from the root.

use alloc::{boxed::Box, vec::Vec};

use tern_stf::{Error, Preimages};

use super::{
    node::{Branch, Extension, Node},
    resolve,
};

fn key_too_short() -> Error {
    Error::Inputs("a trie key ends inside the path of another".into())
}

pub(super) fn insert(
    node: &mut Node,
    path: &[u8],
    value: Vec<u8>,
    preimages: &dyn Preimages,
) -> Result<(), Error> {
    resolve(node, path.len(), preimages)?;
    match node {
        Node::Empty | Node::Stub(_) => *node = Node::leaf(path.to_vec(), value),
        Node::Leaf(leaf) if leaf.path == path => {
            if leaf.value != value {
                leaf.value = value;
                leaf.known = None;
            }
        }
        Node::Leaf(_) => {
            if let Node::Leaf(leaf) = node.take() {
                let (shared, mut branch) = fork(&leaf.path, path)?;
                let (slot, rest) = after(&leaf.path, shared)?;
                branch.children[slot] = Node::leaf(rest.to_vec(), leaf.value);
                *node = grow(branch, path, shared, value)?;
            }
        }
        Node::Extension(extension) => {
            if let Some(rest) = path.strip_prefix(extension.path.as_slice()) {
                extension.known = None;
                return insert(&mut extension.child, rest, value, preimages);
            }
            if let Node::Extension(extension) = node.take() {
                let (shared, mut branch) = fork(&extension.path, path)?;
                let (slot, rest) = after(&extension.path, shared)?;
                branch.children[slot] = extension.child.below(rest);
                *node = grow(branch, path, shared, value)?;
            }
        }
        Node::Branch(branch) => {
            let (slot, rest) = after(path, 0)?;
            branch.known = None;
            return insert(&mut branch.children[slot], rest, value, preimages);
        }
    }
    Ok(())
}

/// How many nibbles two paths share, and the branch where they part.
fn fork(one: &[u8], other: &[u8]) -> Result<(usize, Box<Branch>), Error> {
    let shared = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    if shared == one.len() || shared == other.len() {
        return Err(key_too_short());
    }
    Ok((shared, Box::default()))
}

/// The nibble at `at`, and the path behind it.
fn after(path: &[u8], at: usize) -> Result<(usize, &[u8]), Error> {
    let (nibble, rest) = path.get(at..).and_then(<[u8]>::split_first).ok_or_else(key_too_short)?;
    Ok((usize::from(*nibble), rest))
}

/// Hangs a new leaf into the branch where its path parts from the others.
fn grow(mut branch: Box<Branch>, path: &[u8], at: usize, value: Vec<u8>) -> Result<Node, Error> {
    let (slot, rest) = after(path, at)?;
    branch.children[slot] = Node::leaf(rest.to_vec(), value);
    Ok(Node::Branch(branch).below(&path[..at]))
}

/// Whether anything was there to remove.
pub(super) fn remove(
    node: &mut Node,
    path: &[u8],
    preimages: &dyn Preimages,
) -> Result<bool, Error> {
    resolve(node, path.len(), preimages)?;
    let removed = match node {
        Node::Empty | Node::Stub(_) => false,
        Node::Leaf(leaf) => leaf.path == path,
        Node::Extension(extension) => match path.strip_prefix(extension.path.as_slice()) {
            Some(rest) => remove(&mut extension.child, rest, preimages)?,
            None => false,
        },
        Node::Branch(branch) => {
            let (slot, rest) = after(path, 0)?;
            remove(&mut branch.children[slot], rest, preimages)?
        }
    };
    if removed {
        tidy(node, path.len(), preimages)?;
    }
    Ok(removed)
}

/// Brings a node whose leaf or child was removed back into the one form it may have.
fn tidy(node: &mut Node, left: usize, preimages: &dyn Preimages) -> Result<(), Error> {
    match node {
        Node::Empty | Node::Stub(_) => {}
        Node::Leaf(_) => *node = Node::Empty,
        Node::Extension(Extension { path, child, .. }) => {
            let path = core::mem::take(path);
            *node = child.take().below(&path);
        }
        Node::Branch(branch) => {
            branch.known = None;
            let mut alive = (0u8..).zip(&mut branch.children);
            let mut alive = alive.by_ref().filter(|(_, child)| !matches!(child, Node::Empty));
            if let (Some((slot, only)), None) = (alive.next(), alive.next()) {
                // Its kind decides how it joins the path, so it has to be read.
                resolve(only, left.saturating_sub(1), preimages)?;
                *node = only.take().below(&[slot]);
            }
        }
    }
    Ok(())
}
