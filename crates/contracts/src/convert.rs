//! Between the types of `tern-protocol` and those of the ABI.

use alloy_primitives::{Address, B256};
use tern_protocol::{BatchAcc, BlockNumber, Claim, ConfigHash, Hash};

use crate::abi;

/// A claim, for each contract that takes one: the ABI's structs are of one shape and many types.
macro_rules! claims {
    ($($contract:path),* $(,)?) => {$(
        impl From<&Claim> for $contract {
            fn from(claim: &Claim) -> Self {
                Self {
                    config: claim.config.0.0.into(),
                    parentBlock: claim.parent_block.0.into(),
                    firstBatch: claim.first_batch.0.0.into(),
                    lastBatch: claim.last_batch.0.0.into(),
                    blockHash: claim.block.0.into(),
                    blockNumber: claim.block_number.0,
                    checkpoints: claim.checkpoints.0.into(),
                }
            }
        }

        impl From<&$contract> for Claim {
            fn from(claim: &$contract) -> Self {
                let hash = |bytes: B256| Hash(bytes.0);
                Self {
                    config: ConfigHash(hash(claim.config)),
                    parent_block: hash(claim.parentBlock),
                    first_batch: BatchAcc(hash(claim.firstBatch)),
                    last_batch: BatchAcc(hash(claim.lastBatch)),
                    block: hash(claim.blockHash),
                    block_number: BlockNumber(claim.blockNumber),
                    checkpoints: hash(claim.checkpoints),
                }
            }
        }
    )*};
}

claims!(abi::settlement::Settlement::Claim, abi::bridge::Bridge::Claim);

/// An address as alloy has it.
pub fn to_alloy(address: &tern_protocol::Address) -> Address {
    Address::new(address.0)
}

/// An address as the formats have it.
pub fn from_alloy(address: &Address) -> tern_protocol::Address {
    tern_protocol::Address(address.into_array())
}
