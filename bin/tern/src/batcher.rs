//! `tern batcher`

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{Args, ValueEnum};
use tern_batcher::{Options, Post};

use crate::{failure::Failure, keys::KeyOptions, runtime};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tern batcher --rollup rollup.json --data batcher --l1 http://127.0.0.1:8545 \\
      --node http://127.0.0.1:9545 --key-file sequencer.key
  tern batcher ... --post calldata --once

Killed at any moment, the same command goes on where it was: no batch is left out or sent twice.")]
pub(crate) struct Batcher {
    /// What describes the rollup: the file that `tern deploy` wrote.
    #[arg(long, value_name = "FILE")]
    rollup: PathBuf,
    /// The batcher's own folder; made if it is not there.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// A node of the chain that the rollup settles on.
    #[arg(long, value_name = "URL")]
    l1: String,
    /// The sequencer's node.
    #[arg(long, value_name = "URL")]
    node: String,
    #[command(flatten)]
    key: KeyOptions,
    /// Where batches are put.
    #[arg(long, value_enum, default_value_t = Where::Auto)]
    post: Where,
    /// Batches that may be on their way to L1 at once.
    #[arg(long, value_name = "COUNT", default_value_t = Options::IN_FLIGHT)]
    in_flight: usize,
    /// The most that a unit of gas may cost, in gwei.
    #[arg(long, value_name = "GWEI", default_value_t = MAX_FEE)]
    max_fee: u64,
    /// The most that a unit of blob gas may cost, in gwei.
    #[arg(long, value_name = "GWEI", default_value_t = MAX_FEE)]
    max_blob_fee: u64,
    /// Seconds between two looks at L1 and the node.
    #[arg(long, value_name = "SECONDS", default_value_t = Options::POLL.as_secs(),
          value_parser = clap::value_parser!(u64).range(1..))]
    poll: u64,
    /// L1 blocks without a transaction after which it is sent again for a higher fee.
    #[arg(long, value_name = "BLOCKS", default_value_t = Options::RESUBMIT,
          value_parser = clap::value_parser!(u64).range(1..))]
    resubmit: u64,
    /// L1 blocks that must hold a batch until it is done; its own counts.
    #[arg(long, value_name = "BLOCKS", default_value_t = Options::CONFIRMATIONS,
          value_parser = clap::value_parser!(u64).range(1..))]
    confirmations: u64,
    /// Post what is ready now, wait until L1 has it, and end.
    #[arg(long)]
    once: bool,
    /// Where /metrics and /healthz answer; port 0 takes a free one [default: nowhere]
    #[arg(long, value_name = "ADDRESS:PORT")]
    http: Option<SocketAddr>,
}

/// Where batches are put.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Where {
    /// Where it costs less by today's prices.
    Auto,
    /// Always in blobs.
    Blobs,
    /// Always in calldata, for an L1 without blobs.
    Calldata,
}

const GWEI: u128 = 1_000_000_000;
#[allow(clippy::cast_possible_truncation, reason = "it is a constant that fits")]
const MAX_FEE: u64 = (Options::MAX_FEE / GWEI) as u64;

impl From<Batcher> for Options {
    fn from(given: Batcher) -> Self {
        Self {
            rollup: given.rollup,
            data: given.data,
            l1: given.l1,
            node: given.node,
            key: given.key.source(),
            post: match given.post {
                Where::Auto => Post::Auto,
                Where::Blobs => Post::Blobs,
                Where::Calldata => Post::Calldata,
            },
            in_flight: given.in_flight,
            max_fee: u128::from(given.max_fee) * GWEI,
            max_blob_fee: u128::from(given.max_blob_fee) * GWEI,
            poll: Duration::from_secs(given.poll),
            resubmit: given.resubmit,
            confirmations: given.confirmations,
            once: given.once,
            http: given.http,
        }
    }
}

/// Runs until somebody stops it, or with `--once` until all is posted.
pub(crate) fn run(arguments: Batcher) -> Result<bool, Failure> {
    runtime::many()?.block_on(async {
        let stop = runtime::stop_signal()?;
        let ready = |ready: tern_batcher::Ready| tracing::info!(http = ?ready.http, "ready");
        let summary = tern_batcher::run(arguments.into(), ready, stop).await?;
        tracing::info!(batches = summary.batches, tip = summary.tip, "done");
        Ok(true)
    })
}
