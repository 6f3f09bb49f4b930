//! `tern relieve`

use std::time::Duration;

use clap::Args;
use tern_batcher::BatcherError;
use tern_l1::{Kind, L1Error};

use super::{Payer, connect, print};
use crate::{failure::Failure, runtime};

/// Between two looks at L1 while the sequencer's turn lasts.
const PAUSE: Duration = Duration::from_secs(2);

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tern relieve --rollup rollup.json --l1 http://127.0.0.1:8545 --key-file my.key
  tern relieve --rollup rollup.json --l1 http://127.0.0.1:8545 --key-file my.key --wait

While a sequencer posts, the queues on L1 are its business. Once it has been silent for as long as the
inbox says, anybody may post a batch: this command posts one of two blocks without data, which takes
the deposits and forced transactions that are due. No node of the rollup is needed.")]
pub(crate) struct Relieve {
    /// Wait until the sequencer has been silent for long enough.
    #[arg(long)]
    wait: bool,
    #[command(flatten)]
    payer: Payer,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Posts a batch that takes the queues.
pub(crate) fn run(arguments: &Relieve) -> Result<bool, Failure> {
    runtime::single()?.block_on(async {
        let chains = connect(&arguments.payer.sources(), true).await?;
        let key = arguments.payer.key(&chains.l1)?;
        let mut told = String::new();
        let mut waits = |why: String| {
            if told != why {
                eprintln!("{why}; waiting");
                told = why;
            }
            tokio::time::sleep(PAUSE)
        };
        let done = loop {
            match tern_batcher::relief(&chains.l1, &chains.rollup, &key).await {
                Err(BatcherError::NotSequencer { opens_after, .. }) if arguments.wait => {
                    let turn =
                        format!("the sequencer has its turn until L1's time is {opens_after}");
                    waits(turn).await;
                }
                // After something was sent nothing is sent again: those errors say to read anew.
                Err(BatcherError::L1(error))
                    if arguments.wait
                        && error.passes()
                        && error.kind() != Kind::Reset
                        && !is_refused(&error) =>
                {
                    waits(error.to_string()).await;
                }
                done => break done?,
            }
        };
        let words = format!(
            "batch {} took {} deposits and {} forced transactions, {}",
            done.index, done.deposits, done.forced, done.transaction
        );
        print(arguments.json, &done, &words)?;
        Ok(true)
    })
}

/// Whether the node did not want the transaction: it would not want the same one later.
fn is_refused(error: &L1Error) -> bool {
    matches!(error, L1Error::Refused { method, .. } if method == "eth_sendRawTransaction")
}
