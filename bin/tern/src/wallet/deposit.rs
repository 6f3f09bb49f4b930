//! `tern deposit`

use clap::Args;
use tern_wallet::{Account, Amount};

use super::{Payer, Progress, account, amount, connect, print};
use crate::{failure::Failure, runtime};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tern deposit --amount 1
  tern deposit --amount 0.05ether --to 0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045@eip155:7357
  tern deposit --amount 20000gwei --l1 http://127.0.0.1:8545 --rollup rollup.json --no-wait

The rollup credits it at the latest when a batch comes after the inbox's waiting time. The key is
that of the account on L1 that pays; without --key-file and --keystore it comes from TERN_KEY.")]
pub(crate) struct Deposit {
    /// How much, in ETH unless another unit follows; whole gwei.
    #[arg(long, value_parser = amount)]
    amount: Amount,
    /// Who has it in the rollup [default: who pays]
    #[arg(long, value_name = "ADDRESS", value_parser = account)]
    to: Option<Account>,
    /// Return when L1 has it.
    #[arg(long)]
    no_wait: bool,
    #[command(flatten)]
    payer: Payer,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Deposits.
pub(crate) fn run(arguments: &Deposit) -> Result<bool, Failure> {
    runtime::single()?.block_on(async {
        let chains = connect(&arguments.payer.sources(), arguments.no_wait).await?;
        let key = arguments.payer.key(&chains.l1)?;
        let to = match arguments.to {
            Some(to) => to.on(chains.l2_chain(), "a deposit's receiver")?,
            None => key.address(),
        };
        let mut progress = Progress::start();
        let watch = &mut |event| progress.tell(event);
        let wait = !arguments.no_wait;
        let done = tern_wallet::deposit(&chains, &key, to, arguments.amount, wait, watch).await?;
        drop(progress);
        let (amount, to) = (arguments.amount, &done.to);
        let words = match &done.credited {
            Some(credited) => {
                let (block, sure) = (credited.block, sure(credited.safe));
                format!("{to} has {amount} more, since block {block}, {sure}")
            }
            None => format!("deposit {} of {amount} for {to} is on L1", done.index),
        };
        print(arguments.json, &done, &words)?;
        Ok(true)
    })
}

const fn sure(safe: bool) -> &'static str {
    if safe { "which L1 has (safe)" } else { "as the sequencer says; L1 will have it soon" }
}
