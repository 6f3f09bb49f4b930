//! `tern node`

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use clap::Args;
use tern_node::{Audience, Options, ReplicaOptions, RoleOptions, SequencerOptions};

use crate::{failure::Failure, runtime};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tern node --rollup rollup.json --genesis genesis.json --data node --l1 http://127.0.0.1:8545
  tern node ... --http-port 9545 --follow http://sequencer:9545
  tern node ... --sequencer --block-time 1

It answers Ethereum's JSON-RPC over HTTP and WebSocket on one port. Killed at any moment, the same
command goes on where it was; without its folder it derives everything from L1 again.")]
pub(crate) struct Node {
    /// What describes the rollup: the file that `tern deploy` wrote.
    #[arg(long, value_name = "FILE")]
    rollup: PathBuf,
    /// The rollup's block 0: the file beside it.
    #[arg(long, value_name = "FILE")]
    genesis: PathBuf,
    /// The node's own folder; made if it is not there.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// A node of the chain that the rollup settles on.
    #[arg(long, value_name = "URL")]
    l1: String,
    /// The beacon node that has L1's blobs [default: the L1 node]
    #[arg(long, value_name = "URL")]
    beacon: Option<String>,
    /// Another node of the rollup, asked for blobs that the beacon node has no more.
    #[arg(long = "archive", value_name = "URL")]
    archives: Vec<String>,
    /// The address to listen on. Whoever reaches it may send transactions and read everything.
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    http_host: IpAddr,
    /// The port to listen on; 0 takes a free one.
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    http_port: u16,
    /// Answer debug_* and txpool_* too, which may keep the node busy: for ports that only its
    /// operators reach.
    #[arg(long)]
    rpc_debug: bool,
    /// Days after which blobs are removed; L1 itself keeps them for 18 [default: never]
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u64).range(1..=36_500))]
    keep_blobs: Option<u64>,
    /// The Engine API of another execution client that is given every block, then its JWT secret's
    /// file, as URL=FILE.
    #[arg(long = "replica", value_name = "URL=FILE", value_parser = replica)]
    replicas: Vec<ReplicaOptions>,
    /// The sequencer's node, to have its blocks before L1 has them.
    #[arg(long, value_name = "URL", conflicts_with = "sequencer")]
    follow: Option<String>,
    /// Make blocks.
    #[arg(long)]
    sequencer: bool,
    #[command(flatten)]
    making: Making,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Making blocks")]
struct Making {
    /// Seconds between blocks.
    #[arg(long, value_name = "SECONDS", default_value_t = 1, requires = "sequencer",
          value_parser = clap::value_parser!(u64).range(1..=3600))]
    block_time: u64,
    /// Seconds after which blocks are handed to the batcher, however few they are.
    #[arg(long, value_name = "SECONDS", default_value_t = 24, requires = "sequencer")]
    max_segment_age: u64,
    /// Seconds before waiting deposits may end a batch: so many small ones make no more batches.
    #[arg(long, value_name = "SECONDS", default_value_t = 4, requires = "sequencer")]
    min_segment_age: u64,
    /// L1 blocks that must lie on the one that blocks read [default: 0 on a development chain, else 4]
    #[arg(long, value_name = "BLOCKS", requires = "sequencer")]
    confirmations: Option<u64>,
    /// Seconds that blocks may be ahead of L1.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, requires = "sequencer")]
    max_drift: u64,
    /// Bytes of transactions that may wait for L1; the nearer, the smaller the blocks.
    #[arg(long, value_name = "BYTES", default_value_t = 8 << 20, requires = "sequencer")]
    max_backlog: u64,
    /// Bytes in one batch at most, uncompressed: some 100000 where blobs cannot be had and batches
    /// go in calldata [default: what six blobs hold]
    #[arg(long, value_name = "BYTES", requires = "sequencer",
          value_parser = clap::value_parser!(u32).range(65_536..))]
    max_segment_bytes: Option<u32>,
}

fn replica(text: &str) -> Result<ReplicaOptions, String> {
    let (url, file) = text.rsplit_once('=').ok_or("URL=FILE is expected")?;
    Ok(ReplicaOptions { url: url.into(), jwt_secret: file.into() })
}

impl Node {
    fn options(self) -> Result<Options, Failure> {
        let role = if self.sequencer {
            RoleOptions::Sequencer(self.making.options(&self.rollup)?)
        } else {
            RoleOptions::Follower { sequencer: self.follow }
        };
        Ok(Options {
            rollup: self.rollup,
            genesis: self.genesis,
            data: self.data,
            l1: self.l1,
            beacon: self.beacon,
            archives: self.archives,
            role,
            http: SocketAddr::new(self.http_host, self.http_port),
            audience: if self.rpc_debug { Audience::Operators } else { Audience::Public },
            keep_blobs: self.keep_blobs.map(|days| Duration::from_secs(days * 86_400)),
            replicas: self.replicas,
        })
    }
}

/// A block on a real chain that has so many on it is rarely taken back.
const CONFIRMATIONS: u64 = 4;

impl Making {
    fn options(&self, rollup: &std::path::Path) -> Result<SequencerOptions, Failure> {
        let confirmations = match self.confirmations {
            Some(given) => given,
            None => {
                let rollup = tern_rollup::Rollup::load(rollup)?;
                let dev = tern_l1::is_development(rollup.config.l1_chain_id.0);
                if dev { 0 } else { CONFIRMATIONS }
            }
        };
        Ok(SequencerOptions {
            block_time: Duration::from_secs(self.block_time),
            max_segment_age: Duration::from_secs(self.max_segment_age),
            min_segment_age: Duration::from_secs(self.min_segment_age),
            confirmations,
            max_drift: Duration::from_secs(self.max_drift),
            max_backlog: self.max_backlog,
            max_segment_bytes: self.max_segment_bytes.map(|bytes| bytes as usize),
        })
    }
}

/// Runs until somebody stops it.
pub(crate) fn run(arguments: Node) -> Result<bool, Failure> {
    let options = arguments.options()?;
    let runtime = runtime::many()?;
    let ended = runtime.block_on(async {
        let stop = runtime::stop_signal()?;
        let ready = |ready: tern_node::Ready| {
            let address = ready.address;
            tracing::info!(http = %format!("http://{address}"), ws = %format!("ws://{address}"), "ready");
        };
        tern_node::run(options, ready, stop).await?;
        Ok(true)
    });
    // Work that nobody waits for any more does not keep the process.
    runtime.shutdown_timeout(Duration::from_secs(10));
    ended
}
