//! Trie nodes from preimages, with their shape checked before ethrex sees them.
//!
//! ethrex's node decoder and its insert and remove take a well-formed trie for granted.
//! A preimage is only known to have the right hash, so everything they rely on is
//! established here: key lengths, no empty extension, no branch with fewer than two
//! children, no value in a branch.

use std::sync::{Arc, OnceLock};

use ethrex_common::H256;
use ethrex_trie::{
    Nibbles, Node, NodeHash, NodeRef,
    node::{BranchNode, ExtensionNode, LeafNode},
};

use crate::rlp::{Flaw, Item, Reader};

/// Nibbles in a key: every key is a keccak-256.
pub(crate) const KEY_NIBBLES: usize = 64;

/// Reads the node that stands `depth` nibbles below the root.
pub(crate) fn decode(bytes: &[u8], depth: usize) -> Result<Node, Flaw> {
    let fields = Reader::sole_list(bytes)?;
    match count(fields)? {
        2 => decode_short(fields, depth),
        17 => decode_branch(fields, depth),
        _ => Err(Flaw("a node has neither 2 nor 17 items")),
    }
}

fn count(mut fields: Reader<'_>) -> Result<usize, Flaw> {
    let mut count = 0;
    while !fields.is_done() {
        fields.item()?;
        count += 1;
    }
    Ok(count)
}

fn decode_short(mut fields: Reader<'_>, depth: usize) -> Result<Node, Flaw> {
    let compact = fields.bytes()?;
    let path = checked_path(compact)?;
    let below = depth + path.nibbles;
    if path.is_leaf {
        let value = fields.bytes()?;
        if below != KEY_NIBBLES || value.is_empty() {
            return Err(Flaw("a leaf's key or value has the wrong length"));
        }
        let partial = Nibbles::decode_compact(compact);
        return Ok(LeafNode::new(partial, value.to_vec()).into());
    }
    if path.nibbles == 0 || below >= KEY_NIBBLES {
        return Err(Flaw("an extension is empty or too long"));
    }
    let child = decode_child(&mut fields, below)?;
    if !child.is_valid() {
        return Err(Flaw("an extension leads nowhere"));
    }
    Ok(ExtensionNode::new(Nibbles::decode_compact(compact), child).into())
}

fn decode_branch(mut fields: Reader<'_>, depth: usize) -> Result<Node, Flaw> {
    if depth >= KEY_NIBBLES {
        return Err(Flaw("a branch stands below the end of the key"));
    }
    let mut choices = BranchNode::EMPTY_CHOICES;
    let mut children = 0;
    for choice in &mut choices {
        *choice = decode_child(&mut fields, depth + 1)?;
        children += usize::from(choice.is_valid());
    }
    if children < 2 {
        return Err(Flaw("a branch has fewer than two children"));
    }
    if !fields.bytes()?.is_empty() {
        return Err(Flaw("a branch has a value"));
    }
    Ok(BranchNode::new(choices).into())
}

/// A reference to a child: nothing, a hash, or the child itself if it is short.
fn decode_child(fields: &mut Reader<'_>, depth: usize) -> Result<NodeRef, Flaw> {
    let (item, raw) = fields.raw_item()?;
    match item {
        Item::Bytes([]) => Ok(NodeRef::default()),
        Item::Bytes(bytes) => {
            let hash: [u8; 32] =
                bytes.try_into().map_err(|_| Flaw("a reference to a node is not a hash"))?;
            Ok(NodeHash::Hashed(H256(hash)).into())
        }
        Item::List(_) if raw.len() < 32 => {
            let node = decode(raw, depth)?;
            let mut inline = [0; 31];
            inline[..raw.len()].copy_from_slice(raw);
            // At most 31 bytes, so the length fits.
            let hash = NodeHash::Inline((inline, raw.len() as u8));
            Ok(NodeRef::Node(Arc::new(node), OnceLock::from(hash)))
        }
        Item::List(_) => Err(Flaw("a long node is not referred to by its hash")),
    }
}

struct Path {
    is_leaf: bool,
    nibbles: usize,
}

/// What a compact path says, if it is in its only form.
fn checked_path(compact: &[u8]) -> Result<Path, Flaw> {
    let first = *compact.first().ok_or(Flaw("a path has no flags"))?;
    let is_odd = first & 0x10 != 0;
    if first >= 0x40 || (!is_odd && first & 0x0f != 0) {
        return Err(Flaw("a path has unknown flags"));
    }
    Ok(Path { is_leaf: first & 0x20 != 0, nibbles: (compact.len() - 1) * 2 + usize::from(is_odd) })
}
