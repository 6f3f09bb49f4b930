//! `tern withdraw`

use std::path::PathBuf;

use clap::Args;
use tern_l1::Key;
use tern_wallet::{Account, Amount, Chains, Following, Journal, Paid, TxHash};

use super::{Payer, Progress, account, amount, print, value};
use crate::{failure::Failure, runtime};

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("what").args(["amount", "resume"]).required(true)))]
#[command(after_help = "\
Examples:
  tern withdraw --amount 0.25
  tern withdraw --amount 0.25 --to 0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045@eip155:31337
  tern withdraw --amount 1 --no-wait
  tern withdraw --resume                 go on with all that are not paid
  tern withdraw --resume 0x52…           go on with one, also if it was begun elsewhere

It is paid when two of three proofs agree on the block it is in, and the bridge's delay is over.
Stopped at any moment, --resume goes on where it stopped. What is paid is kept until an L1 block that
is final has it: should L1 take the payment back before that, --resume pays again. The key is that of
the account in the rollup, and pays for gas on L1, too.")]
pub(crate) struct Withdraw {
    /// How much, in ETH unless another unit follows.
    #[arg(long, value_parser = amount)]
    amount: Option<Amount>,
    /// Who is paid on L1 [default: who withdraws]
    #[arg(long, value_name = "ADDRESS", value_parser = account, requires = "amount")]
    to: Option<Account>,
    /// Go on with a withdrawal by its L2 transaction, or with all of the journal.
    #[arg(long, value_name = "TRANSACTION", num_args = 0..=1)]
    #[allow(clippy::option_option, reason = "given or not, with one or without")]
    resume: Option<Option<TxHash>>,
    /// If the receiver's call failed: try again with this gas.
    #[arg(long, value_name = "GAS", requires = "resume")]
    retry_gas: Option<u64>,
    /// Return when the rollup has it.
    #[arg(long, requires = "amount")]
    no_wait: bool,
    /// Withdraw also while it is open what came of the withdrawal before.
    #[arg(long, requires = "amount")]
    another: bool,
    /// Where withdrawals that are not paid are kept.
    #[arg(long, value_name = "DIR", default_value = ".tern/withdrawals")]
    journal: PathBuf,
    #[command(flatten)]
    payer: Payer,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

/// Withdraws, or goes on with it.
pub(crate) fn run(arguments: &Withdraw) -> Result<bool, Failure> {
    runtime::single()?.block_on(async {
        let chains = arguments.payer.sources().connect().await?;
        let key = arguments.payer.key(chains.node()?.rpc())?;
        let journal = Journal::new(arguments.journal.clone());
        let Some(amount) = arguments.amount else {
            return resume(arguments, &chains, &key, &journal).await;
        };
        let to = match arguments.to {
            Some(to) => to.on(chains.l1.chain_id(), "a withdrawal's receiver")?,
            None => key.address(),
        };
        let mut progress = Progress::start();
        let watch = &mut |event| progress.tell(event);
        let another = arguments.another;
        let entry =
            tern_wallet::initiate(&chains, &key, to, amount, another, &journal, watch).await?;
        drop(progress);
        if arguments.no_wait {
            let hash = entry.transaction;
            let words = format!(
                "withdrawal {hash} is kept and sent; go on with tern withdraw --resume {hash}"
            );
            print(arguments.json, &serde_json::json!({ "transaction": hash }), &words)?;
            return Ok(true);
        }
        follow(arguments, &chains, &key, entry.transaction, &journal).await
    })
}

async fn resume(
    arguments: &Withdraw,
    chains: &Chains,
    key: &Key,
    journal: &Journal,
) -> Result<bool, Failure> {
    if let Some(Some(transaction)) = arguments.resume {
        return follow(arguments, chains, key, transaction, journal).await;
    }
    let (left, broken) = journal.unfinished(chains.config_hash())?;
    let mut all = broken.is_empty();
    for error in broken {
        eprintln!("{error}");
    }
    if left.is_empty() {
        eprintln!("no withdrawal in {} is unfinished", journal.folder().display());
    }
    let mut following = Following::new(chains, key, journal, left, ends(arguments));
    loop {
        let mut progress = Progress::start();
        let Some((transaction, end)) = following.next(&mut |event| progress.tell(event)).await
        else {
            return Ok(all);
        };
        drop(progress);
        match end {
            Ok(paid) => tell(arguments, &paid)?,
            // One that cannot go on, or not with this key, must not hold up the others.
            Err(error) => {
                eprintln!("withdrawal {transaction}: {error}");
                all = false;
            }
        }
    }
}

async fn follow(
    arguments: &Withdraw,
    chains: &Chains,
    key: &Key,
    transaction: TxHash,
    journal: &Journal,
) -> Result<bool, Failure> {
    let mut progress = Progress::start();
    let watch = &mut |event| progress.tell(event);
    let paid =
        tern_wallet::resume(chains, key, transaction, journal, ends(arguments), watch).await?;
    drop(progress);
    tell(arguments, &paid)?;
    Ok(true)
}

const fn ends(arguments: &Withdraw) -> tern_wallet::Ends {
    tern_wallet::Ends { retry_gas: arguments.retry_gas }
}

/// One line for each message of a transaction.
fn tell(arguments: &Withdraw, paid: &[Paid]) -> Result<(), Failure> {
    for paid in paid {
        print(arguments.json, paid, &words(paid))?;
    }
    if paid.iter().any(|paid| !paid.is_final) {
        eprintln!("it is kept until that L1 block is final; tern withdraw --resume looks then");
    }
    Ok(())
}

fn words(paid: &Paid) -> String {
    let by = paid.paid_by.map_or_else(String::new, |hash| format!(", by L1 transaction {hash}"));
    format!("paid: {} to {}{by}", value(Amount(paid.amount), paid.token.as_ref()), paid.to)
}
