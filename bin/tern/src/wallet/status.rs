//! `tern status`

use std::fmt::Write;

use clap::Args;
use tern_wallet::{Account, Amount, Status as Answer, WithdrawalRow};

use super::{Ends, account, print, value};
use crate::{failure::Failure, runtime};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tern status
  tern status 0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045
  tern status --l1 http://127.0.0.1:8545 --node http://127.0.0.1:9545 --json")]
pub(crate) struct Status {
    /// Show this account's balances and withdrawals, too.
    #[arg(value_name = "ADDRESS", value_parser = account)]
    address: Option<Account>,
    #[command(flatten)]
    ends: Ends,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Shows how far everything is.
pub(crate) fn run(arguments: &Status) -> Result<bool, Failure> {
    runtime::single()?.block_on(async {
        let chains = arguments.ends.sources().connect_l1(true).await?;
        let account = match arguments.address {
            // The same account on either end.
            Some(account) if account.chain == Some(chains.l1.chain_id()) => Some(account.address),
            Some(account) => Some(account.on(chains.l2_chain(), "the rollup")?),
            None => None,
        };
        let answer = tern_wallet::status(&chains, account).await?;
        print(arguments.json, &answer, &words(&answer))?;
        Ok(true)
    })
}

fn words(answer: &Answer) -> String {
    let mut out = String::new();
    let mut line = |name: &str, what: String| {
        // Writing into a string cannot fail.
        let _ = writeln!(out, "{name:<12} {what}");
    };
    line("inbox", answer.inbox.to_string());
    match &answer.node {
        None => {
            let why = answer.node_error.as_deref().unwrap_or("none is known");
            line("node", format!("none is asked, the rest is what L1 says: {why}"));
        }
        Some(node) => {
            let heads = &node.heads;
            line("latest", format!("block {} (the sequencer says so)", heads.latest.number));
            line("safe", format!("block {} (derived from L1)", heads.safe.number));
            line("finalized", format!("block {} (two of three proofs)", heads.finalized.number));
            if let Some(error) = &answer.node_error {
                line("not all", error.clone());
            }
            if node.backlog_bytes > 0 {
                line("backlog", format!("{} bytes are not on L1 yet", node.backlog_bytes));
            }
            if !node.trouble.is_empty() {
                line("trouble", node.trouble.clone());
            }
        }
    }
    line("on L1", format!("{} batches, up to block {}", answer.batches, answer.blocks));
    line("final on L1", format!("block {}", answer.final_block));
    line(
        "waiting",
        format!("{} deposits, {} forced", answer.deposits_waiting, answer.forced_waiting),
    );
    for claim in &answer.claims {
        let why = match claim.view.state {
            tern_wallet::withdrawal::ClaimState::Voting => claim.view.reason.to_string(),
            state => state.to_string(),
        };
        line("claim", format!("up to block {}: {why}", claim.block));
    }
    if let Some(account) = &answer.account {
        line("account", account.address.to_string());
        line("on L1", Amount(account.l1_balance).to_string());
        let in_rollup = account.l2_balance.map(|balance| Amount(balance).to_string());
        line("in rollup", in_rollup.unwrap_or_else(|| "not known without a node".into()));
        for row in &account.withdrawals {
            line("withdrawal", withdrawal(row));
        }
    }
    out
}

fn withdrawal(row: &WithdrawalRow) -> String {
    use tern_wallet::withdrawal::PayState::{Done, Failed, Ready, Waiting};
    let (nonce, amount, to) = (row.nonce, value(Amount(row.amount), row.token.as_ref()), &row.to);
    let state = match row.view.state {
        Done => "paid".to_owned(),
        state @ (Ready | Failed) => {
            format!("{state}: tern withdraw --resume {}", row.transaction)
        }
        Waiting => format!("block {} is {}; {}", row.block, row.block_state, row.view.reason),
    };
    format!("{nonce}: {amount} to {to}: {state}")
}
