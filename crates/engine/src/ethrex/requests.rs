//! The requests to L1 that blocks make (EIP-7685). Others need them to take a block, and its RLP
//! has only their hash.

use ethrex_blockchain::vm::StoreVmDatabase;
use ethrex_common::{
    H256,
    constants::DEFAULT_REQUESTS_HASH,
    types::{
        Block, BlockHeader,
        requests::{EncodedRequests, Requests},
    },
};
use ethrex_rlp::{decode::RLPDecode, encode::RLPEncode};
use ethrex_storage::api::tables::MISC_VALUES;
use tracing::warn;

use super::Inner;
use crate::{EngineError, convert::hash};

impl Inner {
    /// Finds a block's requests while the state before it is there, and keeps them for who asks
    /// when it is gone.
    pub(super) fn keep_requests(&self, block: &Block) {
        let kept = self.find_requests(block).and_then(|requests| {
            self.store
                .write(MISC_VALUES, key(block.hash()), requests.encode_to_vec())
                .map_err(|error| self.failed("keep a block's requests", &error))
        });
        if let Err(error) = kept {
            warn!(%error, "a replica that comes late cannot take block {}", block.header.number);
        }
    }

    /// The requests of a kept block.
    pub(crate) fn requests(&self, block: &Block) -> Result<Vec<EncodedRequests>, EngineError> {
        if !makes_requests(&block.header) {
            return Ok(Vec::new());
        }
        let kept = self
            .store
            .read(MISC_VALUES, key(block.hash()))
            .map_err(|error| self.failed("read a block's requests", &error))?;
        if let Some(kept) = kept {
            return RLPDecode::decode(&kept).map_err(|error| failed(&error));
        }
        // Who asks may be far behind, and no state is stepped back for it: that would stop whoever
        // makes blocks.
        let turn = self.turn();
        let parent = block.header.parent_hash;
        if !self.is_whole(&turn, parent)? {
            return Err(EngineError::Gone { hash: hash(parent) });
        }
        self.find_requests(block)
    }

    /// Executes a block on the state before it, which must be there.
    fn find_requests(&self, block: &Block) -> Result<Vec<EncodedRequests>, EngineError> {
        let parent = self.known(block.header.parent_hash)?;
        let reader = StoreVmDatabase::new(self.store.clone(), parent);
        let mut machine = self.chain.new_evm(reader.map_err(|error| failed(&error))?);
        let machine = machine.as_mut().map_err(|error| failed(error))?;
        let (result, _) = machine.execute_block(block).map_err(|error| failed(&error))?;
        let all = result.requests.iter().map(Requests::encode);
        Ok(all.filter(|requests| !requests.is_empty()).collect())
    }
}

/// Few blocks do.
pub(crate) fn makes_requests(header: &BlockHeader) -> bool {
    header.requests_hash != Some(*DEFAULT_REQUESTS_HASH)
}

fn key(block: H256) -> Vec<u8> {
    [b"tern_requests_".as_slice(), block.as_bytes()].concat()
}

fn failed(error: &dyn std::fmt::Display) -> EngineError {
    EngineError::Ethrex { what: "find a block's requests", reason: error.to_string() }
}
