//! Nodes as they stand in memory, and how they are read from the witness.

use alloc::{borrow::Cow, boxed::Box};

use alloy_rlp::{EMPTY_STRING_CODE, Header};
use alloy_trie::Nibbles;

/// Nibbles in a hashed key: how deep a trie can be.
pub(crate) const KEY_NIBBLES: usize = 64;

const HASH_CODE: u8 = EMPTY_STRING_CODE + 32;
const ODD: u8 = 0x10;
const LEAF: u8 = 0x20;

/// A place in the trie where a node may hang.
#[derive(Debug, Default)]
pub(crate) enum Child<'a> {
    /// Nothing hangs here.
    #[default]
    Empty,
    /// A node nobody has looked at: its reference in RLP, which is a hash or, for nodes
    /// of less than 32 bytes, the node itself.
    Stored(&'a [u8]),
    /// A node in memory.
    Loaded(Box<Loaded<'a>>),
}

/// A node in memory.
#[derive(Debug)]
pub(crate) struct Loaded<'a> {
    pub(crate) node: Node<'a>,
    /// The reference it was loaded by, until it changes.
    pub(crate) stored: Option<&'a [u8]>,
}

/// A decoded node. Keys all have the same length, so branches carry no values.
#[derive(Debug)]
pub(crate) enum Node<'a> {
    Leaf { path: Nibbles, value: Cow<'a, [u8]> },
    Extension { path: Nibbles, child: Child<'a> },
    Branch { children: Box<[Child<'a>; 16]> },
}

impl<'a> Child<'a> {
    pub(crate) fn new(node: Node<'a>) -> Self {
        Self::Loaded(Box::new(Loaded { node, stored: None }))
    }

    pub(crate) const fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }
}

/// The hash in a reference, unless the reference is the node itself.
pub(crate) fn referenced_hash(reference: &[u8]) -> Option<[u8; 32]> {
    match reference {
        [HASH_CODE, hash @ ..] => hash.try_into().ok(),
        _ => None,
    }
}

impl<'a> Node<'a> {
    /// Reads a node below which `remaining` nibbles of each key are left. Only shapes
    /// that a canonical trie can have are accepted.
    pub(crate) fn decode(bytes: &'a [u8], remaining: usize) -> Result<Self, &'static str> {
        let mut rest = bytes;
        let mut items = Header::decode_bytes(&mut rest, true).map_err(|_| "it is not a list")?;
        if !rest.is_empty() {
            return Err("bytes follow its list");
        }
        let mut item = || next_item(&mut items);
        let (first, second) = (item()?, item()?);
        let (Some(first), Some(second)) = (first, second) else {
            return Err("it has too few items");
        };
        match item()? {
            None => short(first, second, remaining),
            Some(third) => branch([first, second, third], item, remaining),
        }
    }
}

/// The next item of a list's payload, with its header.
fn next_item<'a>(items: &mut &'a [u8]) -> Result<Option<&'a [u8]>, &'static str> {
    if items.is_empty() {
        return Ok(None);
    }
    let start = *items;
    let header = Header::decode(items).map_err(|_| "an item is not RLP")?;
    *items = items.get(header.payload_length..).ok_or("an item is too short")?;
    Ok(start.get(..start.len() - items.len()))
}

fn branch<'a>(
    first: [&'a [u8]; 3],
    mut item: impl FnMut() -> Result<Option<&'a [u8]>, &'static str>,
    remaining: usize,
) -> Result<Node<'a>, &'static str> {
    if remaining == 0 {
        return Err("it is a branch below the end of the keys");
    }
    let mut children = Box::<[Child<'a>; 16]>::default();
    let mut used = 0;
    for (index, child) in children.iter_mut().enumerate() {
        let reference = match first.get(index) {
            Some(reference) => reference,
            None => item()?.ok_or("it has neither 2 nor 17 items")?,
        };
        if reference != [EMPTY_STRING_CODE] {
            *child = stored(reference)?;
            used += 1;
        }
    }
    if item()? != Some(&[EMPTY_STRING_CODE]) {
        return Err("a branch carries a value");
    }
    if item()?.is_some() {
        return Err("it has neither 2 nor 17 items");
    }
    if used < 2 {
        return Err("a branch has less than two children");
    }
    Ok(Node::Branch { children })
}

fn short<'a>(key: &'a [u8], item: &'a [u8], remaining: usize) -> Result<Node<'a>, &'static str> {
    let key = Header::decode_bytes(&mut &*key, false).map_err(|_| "its path is not a string")?;
    let (&flags, packed) = key.split_first().ok_or("its path is empty")?;
    let odd = flags & ODD != 0;
    if flags & !(ODD | LEAF) & 0xf0 != 0 || (!odd && flags & 0x0f != 0) {
        return Err("its path has unknown flags");
    }
    let length = 2 * packed.len() + usize::from(odd);
    if length > remaining {
        return Err("its path is longer than the keys");
    }
    let mut path = Nibbles::new();
    if odd {
        path.push(flags & 0x0f);
    }
    path.extend(&Nibbles::unpack(packed));
    if flags & LEAF != 0 {
        if length != remaining {
            return Err("a leaf ends before its key");
        }
        let value = Header::decode_bytes(&mut &*item, false).map_err(|_| "a leaf has no value")?;
        let value = Cow::Borrowed(value);
        return Ok(Node::Leaf { path, value });
    }
    if length == 0 || length == remaining {
        return Err("an extension leads nowhere");
    }
    let child = stored(item)?;
    Ok(Node::Extension { path, child })
}

fn stored(reference: &[u8]) -> Result<Child<'_>, &'static str> {
    let is_hash = referenced_hash(reference).is_some();
    let is_inline = reference.len() < 32 && reference.first().is_some_and(|code| *code >= 0xc0);
    if is_hash || is_inline {
        Ok(Child::Stored(reference))
    } else {
        Err("a child is neither a hash nor a small node")
    }
}
