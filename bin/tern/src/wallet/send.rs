//! `tern send`

use clap::Args;
use tern_wallet::{Account, Amount};

use super::{Payer, Progress, account, amount, print};
use crate::{failure::Failure, runtime};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tern send --to 0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045 --amount 0.5
  tern send --to 0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045@eip155:7357 --amount 3gwei --json
  tern send --to 0x7e00000000000000000000000000000000000003 --data 0x12345678 --node http://127.0.0.1:9545

Says how sure the block is: latest (the sequencer says so), safe (L1 has what it is made of), or
finalized (two of three proofs agree).")]
pub(crate) struct Send {
    /// Who gets it, or the contract that is called.
    #[arg(long, value_name = "ADDRESS", value_parser = account)]
    to: Account,
    /// How much, in ETH unless another unit follows.
    #[arg(long, value_parser = amount, default_value = "0")]
    amount: Amount,
    /// Calldata in hexadecimal digits.
    #[arg(long, value_name = "HEX", default_value = "0x", value_parser = super::force::calldata)]
    data: tern_wallet::Data,
    #[command(flatten)]
    payer: Payer,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Sends.
pub(crate) fn run(arguments: &Send) -> Result<bool, Failure> {
    runtime::single()?.block_on(async {
        let node = arguments.payer.sources().node(arguments.to.chain.is_some()).await?;
        let key = arguments.payer.key(node.rpc())?;
        let to = arguments.to.on(node.rpc().chain_id(), "the node")?;
        let mut progress = Progress::start();
        let watch = &mut |event| progress.tell(event);
        let (amount, data) = (arguments.amount, arguments.data.clone());
        let sent = tern_wallet::send(&node, &key, to, amount, data, watch).await?;
        drop(progress);
        let words = format!(
            "{amount} went to {}\ntransaction {}, in block {} ({}), {} gas",
            sent.to, sent.transaction, sent.block, sent.state, sent.gas
        );
        print(arguments.json, &sent, &words)?;
        Ok(true)
    })
}
