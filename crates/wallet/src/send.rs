//! Transactions in the rollup.

use alloy_primitives::{Address, B256, Bytes};
use serde::Serialize;
use tern_interop_address::InteropAddress;
use tern_l1::{Call, Key};
use tern_node_api::{Heads, NodeClient};

use crate::{Amount, Event, WalletError, Watch, account::interop};

/// A transaction in the rollup.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Sent {
    /// The transaction.
    pub transaction: B256,
    /// The block that has it.
    pub block: u64,
    /// Its sender.
    pub from: InteropAddress,
    /// Who got it.
    pub to: InteropAddress,
    /// Gas it used.
    pub gas: u64,
    /// How sure its block is: latest, safe or finalized.
    pub state: &'static str,
}

/// Sends and waits for the block that takes it.
pub async fn send(
    node: &NodeClient,
    key: &Key,
    to: Address,
    amount: Amount,
    data: Bytes,
    watch: Watch<'_>,
) -> Result<Sent, WalletError> {
    let rpc = node.rpc();
    rpc.wait_for_pending(key.address()).await?;
    let mut call = Call::new("the transaction", to, data);
    call.value = amount.0;
    crate::raw::afford(rpc, key.address(), &call.what, amount.0).await?;
    watch(Event::Waits("the sequencer takes the transaction".into()));
    let receipt = crate::raw::pay(rpc, key, &call, watch).await?;
    let block = receipt.block_number.unwrap_or_default();
    let state = match node.status().await {
        Ok(status) => state(block, &status.heads),
        // An execution client alone does not tell, and the payment is made whatever a node says now.
        Err(_) => "latest",
    };
    let chain = rpc.chain_id();
    Ok(Sent {
        transaction: receipt.transaction_hash,
        block,
        from: interop(chain, key.address())?,
        to: interop(chain, to)?,
        gas: receipt.gas_used,
        state,
    })
}

/// How sure a block is.
pub(crate) const fn state(block: u64, heads: &Heads) -> &'static str {
    if block <= heads.finalized.number {
        "finalized"
    } else if block <= heads.safe.number {
        "safe"
    } else {
        "latest"
    }
}
