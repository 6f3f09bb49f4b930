//! From nodes in memory to their hashes.

use alloc::vec::Vec;

use alloy_primitives::{B256, keccak256};
use alloy_rlp::Encodable;
use alloy_trie::{
    EMPTY_ROOT_HASH, TrieMask,
    nodes::{BranchNodeRef, ExtensionNodeRef, LeafNodeRef, RlpNode},
};

use super::{
    Trie,
    node::{Child, Node},
};

impl Trie<'_> {
    /// The root hash. Nodes that are new since the trie was opened are added to `created`.
    pub(crate) fn root(&self, created: &mut Vec<Vec<u8>>) -> B256 {
        if !self.changed {
            return self.base;
        }
        let Child::Loaded(root) = &self.root else {
            return EMPTY_ROOT_HASH;
        };
        let rlp = encode(&root.node, created);
        // A parent that points to a small node contains it, but a root is always a hash.
        let hash = keccak256(&rlp);
        created.push(rlp);
        hash
    }
}

fn encode(node: &Node<'_>, created: &mut Vec<Vec<u8>>) -> Vec<u8> {
    let mut rlp;
    match node {
        Node::Leaf { path, value } => {
            let leaf = LeafNodeRef::new(path, value);
            rlp = Vec::with_capacity(leaf.length());
            leaf.encode(&mut rlp);
        }
        Node::Extension { path, child } => {
            let child = reference(child, created);
            let extension = ExtensionNodeRef::new(path, &child);
            rlp = Vec::with_capacity(extension.length());
            extension.encode(&mut rlp);
        }
        Node::Branch { children } => {
            let mut stack: [RlpNode; 16] = Default::default();
            let mut mask = TrieMask::default();
            let mut used = 0;
            for (nibble, child) in (0u8..).zip(children.iter()) {
                if !child.is_empty() {
                    mask.set_bit(nibble);
                    stack[used] = reference(child, created);
                    used += 1;
                }
            }
            let branch = BranchNodeRef::new(&stack[..used], mask);
            rlp = Vec::with_capacity(branch.length());
            branch.encode(&mut rlp);
        }
    }
    rlp
}

/// How a parent refers to a child.
fn reference(child: &Child<'_>, created: &mut Vec<Vec<u8>>) -> RlpNode {
    let stored = match child {
        Child::Empty => &[],
        Child::Stored(stored) => *stored,
        Child::Loaded(loaded) => match loaded.stored {
            Some(stored) => stored,
            None => {
                let rlp = encode(&loaded.node, created);
                let reference = RlpNode::from_rlp(&rlp);
                if reference.is_hash() {
                    created.push(rlp);
                }
                return reference;
            }
        },
    };
    // What was loaded was checked to be a hash or smaller than one.
    RlpNode::from_raw(stored).unwrap_or_default()
}
