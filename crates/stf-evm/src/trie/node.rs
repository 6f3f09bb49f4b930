//! Nodes and their RLP.

use alloc::{boxed::Box, vec::Vec};
use core::mem;

use tern_protocol::Hash;

use super::EMPTY_ROOT;
use crate::{
    crypto::keccak,
    rlp::{Item, List, Malformed, Reader, Result},
    rules::Rules,
};

/// A node. `known` is the hash under which its RLP is a preimage already.
#[derive(Debug, Default)]
pub(super) enum Node {
    #[default]
    Empty,
    /// Known by its hash only.
    Stub(Hash),
    Leaf(Leaf),
    Extension(Extension),
    Branch(Box<Branch>),
}

#[derive(Debug)]
pub(super) struct Leaf {
    pub(super) path: Vec<u8>,
    pub(super) value: Vec<u8>,
    pub(super) known: Option<Hash>,
}

#[derive(Debug)]
pub(super) struct Extension {
    pub(super) path: Vec<u8>,
    pub(super) child: Box<Node>,
    pub(super) known: Option<Hash>,
}

#[derive(Debug, Default)]
pub(super) struct Branch {
    pub(super) children: [Node; 16],
    pub(super) known: Option<Hash>,
}

impl Node {
    pub(super) const fn leaf(path: Vec<u8>, value: Vec<u8>) -> Self {
        Self::Leaf(Leaf { path, value, known: None })
    }

    /// This node below `path`.
    pub(super) fn below(self, path: &[u8]) -> Self {
        if path.is_empty() {
            return self;
        }
        let joined = |rest: &[u8]| [path, rest].concat();
        match self {
            Self::Empty => Self::Empty,
            Self::Leaf(leaf) => Self::leaf(joined(&leaf.path), leaf.value),
            Self::Extension(extension) => Self::Extension(Extension {
                path: joined(&extension.path),
                child: extension.child,
                known: None,
            }),
            Self::Branch(_) | Self::Stub(_) => Self::Extension(Extension {
                path: path.to_vec(),
                child: Box::new(self),
                known: None,
            }),
        }
    }

    pub(super) fn take(&mut self) -> Self {
        mem::take(self)
    }

    pub(super) fn root<R: Rules>(&mut self, created: &mut Vec<Vec<u8>>) -> Hash {
        if let Some(hash) = self.known() {
            return hash;
        }
        if matches!(self, Self::Empty) {
            return EMPTY_ROOT;
        }
        let rlp = self.encode::<R>(created);
        self.publish(rlp, created)
    }

    const fn known(&self) -> Option<Hash> {
        match self {
            Self::Empty => None,
            Self::Stub(hash) => Some(*hash),
            Self::Leaf(leaf) => leaf.known,
            Self::Extension(extension) => extension.known,
            Self::Branch(branch) => branch.known,
        }
    }

    fn publish(&mut self, rlp: Vec<u8>, created: &mut Vec<Vec<u8>>) -> Hash {
        let hash = keccak(&rlp);
        match self {
            Self::Empty | Self::Stub(_) => {}
            Self::Leaf(leaf) => leaf.known = Some(hash),
            Self::Extension(extension) => extension.known = Some(hash),
            Self::Branch(branch) => branch.known = Some(hash),
        }
        created.push(rlp);
        hash
    }

    /// How the node above refers to this one: by hash, or with the node itself if that
    /// is shorter.
    fn append_to<R: Rules>(&mut self, list: List, created: &mut Vec<Vec<u8>>) -> List {
        if let Some(hash) = self.known() {
            return list.bytes(&hash.0);
        }
        if matches!(self, Self::Empty) {
            return list.bytes(&[]);
        }
        let rlp = self.encode::<R>(created);
        if rlp.len() < 32 { list.raw(&rlp) } else { list.bytes(&self.publish(rlp, created).0) }
    }

    fn encode<R: Rules>(&mut self, created: &mut Vec<Vec<u8>>) -> Vec<u8> {
        let list = List::new();
        match self {
            Self::Empty | Self::Stub(_) => list,
            Self::Leaf(leaf) => list.bytes(&packed(&leaf.path, true)).bytes(&leaf.value),
            Self::Extension(extension) => {
                let list = list.bytes(&packed(&extension.path, false));
                extension.child.append_to::<R>(list, created)
            }
            Self::Branch(branch) => {
                let mut list = list;
                for position in 0..16 {
                    let child = &mut branch.children[R::branch_child(position) & 15];
                    list = child.append_to::<R>(list, created);
                }
                list.bytes(&[])
            }
        }
        .finish()
    }
}

/// Nibbles in hex-prefix form.
fn packed(path: &[u8], is_leaf: bool) -> Vec<u8> {
    let flag = if is_leaf { 0x20 } else { 0 };
    let (first, even) = match path.split_first() {
        Some((first, rest)) if path.len() % 2 == 1 => (flag | 0x10 | first, rest),
        _ => (flag, path),
    };
    let mut bytes = Vec::with_capacity(1 + even.len() / 2);
    bytes.push(first);
    bytes.extend(even.chunks_exact(2).map(|pair| (pair[0] << 4) | pair[1]));
    bytes
}

fn unpacked(bytes: &[u8]) -> Result<(Vec<u8>, bool)> {
    let (first, even) = bytes.split_first().ok_or(Malformed("a path without its flag"))?;
    let (flag, nibble) = (first >> 4, first & 15);
    if flag > 3 || (flag & 1 == 0 && nibble != 0) {
        return Err(Malformed("a path with a wrong flag"));
    }
    let mut path = Vec::with_capacity(1 + even.len() * 2);
    if flag & 1 == 1 {
        path.push(nibble);
    }
    path.extend(super::nibbles(even));
    Ok((path, flag & 2 == 2))
}

/// Reads a node with `left` nibbles of the path to go.
pub(super) fn decode(bytes: &[u8], left: usize, known: Option<Hash>) -> Result<Node> {
    let mut items = Reader::of_list(bytes)?;
    let (first, second) = (items.item()?, items.item()?);
    if items.is_empty() {
        return decode_short(&first, &second, left, known);
    }
    let below = left.checked_sub(1).ok_or(Malformed("a branch below the end of the keys"))?;
    let mut branch = Branch { known, ..Branch::default() };
    branch.children[0] = reference(&first, below)?;
    branch.children[1] = reference(&second, below)?;
    for child in &mut branch.children[2..] {
        *child = reference(&items.item()?, below)?;
    }
    if !items.bytes()?.is_empty() {
        return Err(Malformed("a branch with a value"));
    }
    items.finish()?;
    Ok(Node::Branch(Box::new(branch)))
}

fn decode_short(
    first: &Item<'_>,
    second: &Item<'_>,
    left: usize,
    known: Option<Hash>,
) -> Result<Node> {
    if first.is_list {
        return Err(Malformed("a list where a path belongs"));
    }
    let (path, is_leaf) = unpacked(first.payload)?;
    if is_leaf {
        if second.is_list || path.len() != left {
            return Err(Malformed("a leaf of the wrong form"));
        }
        return Ok(Node::Leaf(Leaf { path, value: second.payload.to_vec(), known }));
    }
    let below = left.checked_sub(path.len()).filter(|below| !path.is_empty() && *below > 0);
    let below = below.ok_or(Malformed("an extension of the wrong length"))?;
    match reference(second, below)? {
        child @ (Node::Stub(_) | Node::Branch(_)) => {
            Ok(Node::Extension(Extension { path, child: Box::new(child), known }))
        }
        _ => Err(Malformed("an extension that leads to no branch")),
    }
}

fn reference(item: &Item<'_>, left: usize) -> Result<Node> {
    match (item.is_list, item.payload.len()) {
        (false, 0) => Ok(Node::Empty),
        (false, 32) => Hash::from_slice(item.payload)
            .map(Node::Stub)
            .ok_or(Malformed("a hash of wrong length")),
        (true, _) if item.raw.len() < 32 => decode(item.raw, left, None),
        _ => Err(Malformed("a reference that is neither a hash nor a short node")),
    }
}
