//! `tern force`

use clap::Args;
use tern_wallet::{Account, Amount, Data, Fate, Force as Wish};

use super::{Payer, Progress, account, amount, connect, fee, print};
use crate::{failure::Failure, runtime};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tern force --to 0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045 --amount 0.1
  tern force --to 0x7e00000000000000000000000000000000000001 --data 0x12345678 --gas 200000
  tern force --to 0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045 --amount 0.1 --nonce 4 --gas 21000 \\
    --rollup-fee 10 --rollup rollup.json --l1 http://127.0.0.1:8545 --no-wait

The transaction goes through the queue on L1, whatever the sequencer does. The key signs both: the
transaction in the rollup, and the one on L1 that pays for forcing. The last example needs no node
of the rollup at all. Exit code 1: the rollup skipped it, or its call failed.")]
pub(crate) struct Force {
    /// Who gets it, or the contract that is called.
    #[arg(long, value_name = "ADDRESS", value_parser = account)]
    to: Account,
    /// How much, in ETH unless another unit follows.
    #[arg(long, value_parser = amount, default_value = "0")]
    amount: Amount,
    /// Calldata in hexadecimal digits.
    #[arg(long, value_name = "HEX", default_value = "0x", value_parser = calldata)]
    data: Data,
    /// The account's nonce in the rollup [default: the next one, as the node says]
    #[arg(long, value_name = "N")]
    nonce: Option<u64>,
    /// The most gas it may use in the rollup [default: the node's estimate and a quarter]
    #[arg(long)]
    gas: Option<u64>,
    /// What it offers for a unit of gas in the rollup, in gwei unless another unit follows
    /// [default: ten times the price of now, --max-fee at most]
    #[arg(long, value_name = "GWEI", value_parser = fee)]
    rollup_fee: Option<Amount>,
    /// Return when L1 has it.
    #[arg(long)]
    no_wait: bool,
    #[command(flatten)]
    payer: Payer,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Calldata in the words of the command line.
pub(crate) fn calldata(text: &str) -> Result<Data, String> {
    text.parse()
        .map_err(|_| format!("{text:?} is not calldata: 0x and pairs of hexadecimal digits"))
}

/// Forces a transaction; true if it was not skipped and did not fail.
pub(crate) fn run(arguments: &Force) -> Result<bool, Failure> {
    runtime::single()?.block_on(async {
        let chains = connect(&arguments.payer.sources(), arguments.no_wait).await?;
        let key = arguments.payer.key(&chains.l1)?;
        let wish = Wish {
            to: arguments.to.on(chains.l2_chain(), "the rollup")?,
            value: arguments.amount,
            data: arguments.data.clone(),
            nonce: arguments.nonce,
            gas: arguments.gas,
            max_fee: arguments.rollup_fee.map(|fee| fee.0.saturating_to()),
            wait: !arguments.no_wait,
        };
        let mut progress = Progress::start();
        let watch = &mut |event| progress.tell(event);
        let done = tern_wallet::force(&chains, &key, &wish, watch).await?;
        drop(progress);
        let (index, transaction) = (done.index, done.transaction);
        let (ok, end) = match &done.fate {
            None => (true, "it waits for a batch".to_owned()),
            Some(Fate::Executed { block, success: true }) => {
                (true, format!("executed in block {block}"))
            }
            Some(Fate::Executed { block, success: false }) => {
                (false, format!("executed in block {block}, but its call failed"))
            }
            Some(Fate::Skipped { batch, reason }) => {
                (false, format!("skipped in batch {batch}: {reason}"))
            }
        };
        let words = format!("forced transaction {index}, {transaction}: {end}");
        print(arguments.json, &done, &words)?;
        Ok(ok)
    })
}
