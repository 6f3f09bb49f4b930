//! The root of a list: transactions, receipts, withdrawals.

use alloc::vec::Vec;

use tern_protocol::Hash;
use tern_stf::{Error, Preimages};

use super::{edit, nibbles, node::Node};
use crate::{
    rlp::{encoded_bytes, trimmed},
    rules::Rules,
};

/// Nothing is known: the trie is made from nothing.
struct Nothing;

impl Preimages for Nothing {
    fn get(&self, _: &Hash) -> Option<&[u8]> {
        None
    }
}

/// The root of the trie that maps the RLP of each index to its item.
pub(crate) fn ordered_root<'a, R: Rules>(
    items: impl Iterator<Item = &'a [u8]>,
) -> Result<Hash, Error> {
    let mut root = Node::Empty;
    for (index, item) in (0u64..).zip(items) {
        let digits = index.to_be_bytes();
        let key = encoded_bytes(trimmed(&digits));
        edit::insert(&mut root, &nibbles(&key), item.to_vec(), &Nothing)?;
    }
    Ok(root.root::<R>(&mut Vec::new()))
}
