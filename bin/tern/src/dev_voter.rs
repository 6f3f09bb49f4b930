//! `tern dev-voter`

use std::time::Duration;

use clap::Args;
use tern_dev_voter::Options;

use crate::{failure::Failure, keys::KeyOptions, runtime};

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  tern dev-voter --l1 http://127.0.0.1:8545 --node http://127.0.0.1:9545 --key-file voter.key

It proves nothing, and works on development chains only.")]
pub(crate) struct DevVoter {
    /// A node of the chain that the rollup settles on.
    #[arg(long, value_name = "URL")]
    l1: String,
    /// A node of the rollup: what it derived from L1 is voted for.
    #[arg(long, value_name = "URL")]
    node: String,
    #[command(flatten)]
    key: KeyOptions,
    /// Seconds between two looks.
    #[arg(long, value_name = "SECONDS", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    interval: u64,
}

/// Runs until somebody stops it.
pub(crate) fn run(arguments: DevVoter) -> Result<bool, Failure> {
    let options = Options {
        node: arguments.node,
        l1: arguments.l1,
        key: arguments.key.source(),
        interval: Duration::from_secs(arguments.interval),
    };
    runtime::single()?.block_on(async {
        let stop = runtime::stop_signal()?;
        tern_dev_voter::run(options, stop).await?;
        Ok(true)
    })
}
