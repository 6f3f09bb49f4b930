//! The hashes that BLOCKHASH can reach.

use alloc::{string::ToString, vec::Vec};

use alloy_primitives::B256;
use alloy_rlp::{Decodable, Header as Item};
use tern_protocol::Hash;
use tern_stf::{Error, Need, Preimages};

/// The chain behind a block, walked from header to header as far as asked.
pub(crate) struct Ancestors<'a> {
    preimages: &'a dyn Preimages,
    /// The parent's number.
    newest: u64,
    /// Hashes from the parent backwards.
    hashes: Vec<B256>,
}

impl<'a> Ancestors<'a> {
    /// Starts at the parent; its header names the next hash.
    pub(crate) fn new(
        preimages: &'a dyn Preimages,
        newest: u64,
        parent: B256,
        grandparent: B256,
    ) -> Self {
        let hashes = [parent, grandparent].to_vec();
        Self { preimages, newest, hashes }
    }

    /// The hash of the block with a number. The EVM asks for none but the last 256.
    pub(crate) fn hash(&mut self, number: u64) -> Result<B256, Error> {
        let Some(distance) = self.newest.checked_sub(number) else {
            return Ok(B256::ZERO);
        };
        let mut at = self.hashes.len() - 1;
        while u64::try_from(at).is_ok_and(|at| at < distance) {
            self.hashes.push(self.parent_of(self.hashes[at])?);
            at += 1;
        }
        let place = usize::try_from(distance).ok();
        Ok(place.and_then(|place| self.hashes.get(place)).copied().unwrap_or_default())
    }

    fn parent_of(&self, hash: B256) -> Result<B256, Error> {
        let (need, hash) = (Need::Header, Hash(hash.0));
        let mut rlp = self.preimages.get(&hash).ok_or_else(|| Error::missing(need, hash))?;
        Item::decode_bytes(&mut rlp, true)
            .and_then(|mut fields| B256::decode(&mut fields))
            .map_err(|error| Error::Malformed { need, hash, reason: error.to_string() })
    }
}
