//! What a running stack tells others.

use std::path::PathBuf;

use alloy_primitives::Address;
use serde::Serialize;
use tern_rollup::Contracts;

use crate::DevAccount;

/// A running stack: where it answers and with which keys one can use it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Endpoints {
    /// Where everything lies.
    pub folder: PathBuf,
    /// What describes the rollup.
    pub rollup: PathBuf,
    /// Its block 0.
    pub genesis: PathBuf,
    /// The development L1.
    pub l1: L1Endpoints,
    /// The rollup.
    pub l2: Chain,
    /// Accounts that everybody can sign for: for development only.
    pub dev_accounts: Vec<DevAccount>,
    /// Seconds from the start to the rollup's first block, or to its next one after a resumption.
    pub first_block_after: f32,
}

/// The development L1.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct L1Endpoints {
    /// Its chain id.
    pub chain_id: u64,
    /// Ethereum's JSON-RPC.
    pub http: String,
    /// The same as WebSocket.
    pub ws: String,
    /// The part of the beacon API that has blobs.
    pub beacon: String,
    /// The rollup's inbox, where deposits go.
    pub inbox: Address,
    /// The rollup's other contracts.
    pub contracts: Contracts,
}

/// The rollup.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Chain {
    /// Its chain id.
    pub chain_id: u64,
    /// The node that makes blocks.
    pub sequencer: Node,
    /// A node that trusts L1 only.
    pub follower: Node,
}

/// Where a node answers.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Node {
    /// Ethereum's JSON-RPC, and the node's own methods.
    pub http: String,
    /// The same as WebSocket.
    pub ws: String,
}

impl Node {
    pub(crate) fn new(http: String) -> Self {
        let ws = http.replacen("http", "ws", 1);
        Self { http, ws }
    }
}
