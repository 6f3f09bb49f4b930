//! Following the logs of L1 through reorganisations.

mod follow;
#[cfg(test)]
mod model;
mod window;

use alloy_primitives::{Address, B256};
use alloy_rpc_types_eth::Log;
use follow::{Chain, Follow};
use window::{Claimed, claim};

use crate::{Header, L1, L1Error};

/// A block of L1 by number and hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockId {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: B256,
}

/// A log of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct L1Log {
    /// Who wrote it, and what: decode with `SolEvent::decode_log`.
    pub event: alloy_primitives::Log,
    /// The transaction.
    pub transaction: B256,
    /// Its place in the block.
    pub index: u64,
}

/// A block and what the followed addresses wrote in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct L1Block {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: B256,
    /// Its parent's hash.
    pub parent: B256,
    /// Its time.
    pub timestamp: u64,
    /// The logs of the followed addresses, in order.
    pub logs: Vec<L1Log>,
}

/// What happened on L1 since the last step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// These blocks follow the last one, each the child of the one before. Never empty.
    Forward(Vec<L1Block>),
    /// All blocks after this one are no longer part of the chain.
    Back {
        /// The last block that still is.
        to: BlockId,
    },
    /// Nothing; ask again later.
    Idle,
}

/// How a cursor reads.
#[derive(Debug, Clone)]
pub struct CursorOptions {
    /// How many blocks deep a reorganisation may be.
    pub depth: usize,
    /// At most so many blocks a step.
    pub range: u64,
}

impl Default for CursorOptions {
    fn default() -> Self {
        Self { depth: 96, range: 512 }
    }
}

/// Follows the logs of some addresses block by block.
#[derive(Debug)]
pub struct Cursor {
    follow: Follow<L1>,
}

impl Cursor {
    /// Begins after a block that was read already. `L1Error::Reorged` if it is not part of the
    /// chain: begin from an older one then.
    pub async fn start(
        l1: L1,
        addresses: Vec<Address>,
        from: BlockId,
        options: CursorOptions,
    ) -> Result<Self, L1Error> {
        Ok(Self { follow: Follow::start(l1, addresses, from, &options).await? })
    }

    /// The next step. After an error that says `Retry` it goes on where it was; `L1Error::Reorged`
    /// (it says `Reset`) means that a reorganisation was deeper than `CursorOptions::depth`: start a
    /// new cursor from an older block.
    pub async fn next(&mut self) -> Result<Step, L1Error> {
        self.follow.next().await
    }

    /// The last block that a step gave, or went back to.
    pub fn at(&self) -> BlockId {
        self.follow.tip()
    }

    /// L1's last block as the last step saw it.
    pub const fn head(&self) -> BlockId {
        self.follow.head()
    }

    /// The node.
    pub const fn l1(&self) -> &L1 {
        &self.follow.chain
    }
}

impl Chain for L1 {
    async fn header(&self, number: Option<u64>) -> Result<Option<Header>, L1Error> {
        self.find_header(number).await
    }

    async fn logs(&self, from: u64, to: u64, of: &[Address]) -> Result<Vec<Claimed>, L1Error> {
        let filter = serde_json::json!({
            "fromBlock": format!("{from:#x}"),
            "toBlock": format!("{to:#x}"),
            "address": of,
        });
        let logs: Vec<Log> = self.ask("eth_getLogs", (filter,)).await?;
        Ok(logs.into_iter().filter_map(claim).collect())
    }

    async fn logs_of(&self, block: B256, of: &[Address]) -> Result<Vec<Claimed>, L1Error> {
        let filter = serde_json::json!({ "blockHash": block, "address": of });
        let logs: Vec<Log> = self.ask("eth_getLogs", (filter,)).await?;
        Ok(logs.into_iter().filter_map(claim).collect())
    }
}

impl L1 {
    /// Whether a block is part of the chain now.
    pub async fn is_canonical(&self, number: u64, hash: B256) -> Result<bool, L1Error> {
        let header = self.find_header(Some(number)).await?;
        Ok(header.is_some_and(|header| header.hash == hash))
    }
}
