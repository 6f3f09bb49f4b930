//! Asking a node.

use tern_l1::{L1, L1Error};
use tern_protocol::Hash;
use tern_rollup::Rollup;

use crate::{BatchInfo, Bytes, MessageProof, NodeStatus, Segment};

/// A node of a rollup, with Ethereum's own methods behind `rpc`.
#[derive(Debug, Clone)]
pub struct NodeClient {
    rpc: L1,
}

impl NodeClient {
    /// Asks the node for its chain id.
    pub async fn connect(url: &str) -> Result<Self, L1Error> {
        Ok(Self { rpc: L1::connect_as("rollup node", url).await? })
    }

    /// The most that what is sent from here may pay for a unit of gas, in wei.
    #[must_use]
    pub fn with_max_fee(self, wei: u128) -> Self {
        Self { rpc: self.rpc.with_max_fee(wei) }
    }

    /// Ethereum's own methods.
    pub const fn rpc(&self) -> &L1 {
        &self.rpc
    }

    /// The rollup that it follows.
    pub async fn rollup(&self) -> Result<Rollup, L1Error> {
        self.rpc.ask("tern_rollup", ()).await
    }

    /// How it is.
    pub async fn status(&self) -> Result<NodeStatus, L1Error> {
        self.rpc.ask("tern_status", ()).await
    }

    /// The sealed segment that begins with this block, if there is one.
    pub async fn segment(&self, first_block: u64) -> Result<Option<Segment>, L1Error> {
        self.rpc.ask("tern_segment", (first_block,)).await
    }

    /// A batch on L1, if the node has derived it.
    pub async fn batch(&self, index: u64) -> Result<Option<BatchInfo>, L1Error> {
        self.rpc.ask("tern_batch", (index,)).await
    }

    /// Consecutive blocks as RLP.
    pub async fn blocks(&self, from: u64, count: u64) -> Result<Vec<Bytes>, L1Error> {
        self.rpc.ask("tern_blocks", (from, count)).await
    }

    /// A blob of the archive, if it is there.
    pub async fn blob(&self, versioned_hash: Hash) -> Result<Option<Bytes>, L1Error> {
        self.rpc.ask("tern_blob", (versioned_hash,)).await
    }

    /// The proof of a message under a block.
    pub async fn message_proof(&self, nonce: u64, block: u64) -> Result<MessageProof, L1Error> {
        self.rpc.ask("tern_messageProof", (nonce, block)).await
    }
}
