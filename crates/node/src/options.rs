//! What a node is started with.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use tern_engine::Audience;

/// What a node is started with.
#[derive(Debug, Clone)]
pub struct Options {
    /// `rollup.json`.
    pub rollup: PathBuf,
    /// `genesis.json`.
    pub genesis: PathBuf,
    /// The node's own folder; made if it is not there.
    pub data: PathBuf,
    /// The L1 node.
    pub l1: String,
    /// The beacon node that has L1's blobs; else the L1 node is asked.
    pub beacon: Option<String>,
    /// Other Tern nodes whose archives are asked for blobs that the beacon node has no more.
    pub archives: Vec<String>,
    /// What the node does.
    pub role: RoleOptions,
    /// Where it answers, HTTP and WebSocket; port 0 takes a free one.
    pub http: SocketAddr,
    /// Who may reach that address.
    pub audience: Audience,
    /// Other execution clients that are given every block.
    pub replicas: Vec<ReplicaOptions>,
    /// How long blobs are kept; for ever if nothing is said.
    pub keep_blobs: Option<Duration>,
}

/// What a node does.
#[derive(Debug, Clone)]
pub enum RoleOptions {
    /// Makes blocks.
    Sequencer(SequencerOptions),
    /// Derives blocks from L1.
    Follower {
        /// A sequencer's node, to have its blocks before L1 has them and to hand it transactions.
        sequencer: Option<String>,
    },
}

/// How blocks are made.
#[derive(Debug, Clone)]
pub struct SequencerOptions {
    /// Time between blocks; whole seconds.
    pub block_time: Duration,
    /// A segment is sealed when its first block is that old.
    pub max_segment_age: Duration,
    /// A segment is sealed for a deposit or a forced transaction that waits when its first block
    /// is that old: small deposits would make a batch each otherwise.
    pub min_segment_age: Duration,
    /// How many L1 blocks must lie on an anchor: 0 on a development chain, a few elsewhere.
    pub confirmations: u64,
    /// How far a block's time may be ahead of the newest L1 block's.
    pub max_drift: Duration,
    /// Bytes that may wait for L1; the nearer, the smaller the blocks.
    pub max_backlog: u64,
    /// Bytes of data in a segment at most; what a transaction's blobs hold if nothing is said.
    pub max_segment_bytes: Option<usize>,
}

/// Another execution client, behind its authenticated Engine API.
#[derive(Debug, Clone)]
pub struct ReplicaOptions {
    /// Its Engine API.
    pub url: String,
    /// The file with the secret that it was started with.
    pub jwt_secret: PathBuf,
}

impl Default for SequencerOptions {
    fn default() -> Self {
        Self {
            block_time: Duration::from_secs(1),
            max_segment_age: Duration::from_secs(24),
            min_segment_age: Duration::from_secs(4),
            confirmations: 0,
            max_drift: Duration::from_secs(60),
            max_backlog: 8 << 20,
            max_segment_bytes: None,
        }
    }
}

impl Options {
    /// Where a node answers if nobody says otherwise: this machine only, a free port.
    pub const HTTP: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
}
