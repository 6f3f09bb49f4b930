//! Transactions past the sequencer.

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolCall;
use serde::Serialize;
use tern_contracts::Inbox;
use tern_l1::{Call, Key, L1};
use tern_protocol::BatchHeader;

use crate::{
    Amount, Chains, Event, WalletError, Watch,
    raw::{Draft, Raw, afford},
    view::{events, explain, first, safe_block, view},
    wait::until,
};

/// What to force; what is not given is asked of an L2 node.
#[derive(Debug, Clone)]
pub struct Force {
    /// Who is called.
    pub to: Address,
    /// With how much.
    pub value: Amount,
    /// With what.
    pub data: Bytes,
    /// The sender's nonce in the rollup.
    pub nonce: Option<u64>,
    /// The most gas it may use.
    pub gas: Option<u64>,
    /// The most that it offers for a unit of gas in the rollup, in wei.
    pub max_fee: Option<u128>,
    /// Whether to wait for its end.
    pub wait: bool,
}

/// A transaction in the queue on L1, and its end if it was waited for.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Forced {
    /// The L1 transaction.
    pub l1_transaction: B256,
    /// The transaction in the rollup.
    pub transaction: B256,
    /// Its place in the queue.
    pub index: u64,
    /// What forcing cost, in wei, besides L1's gas.
    pub fee: U256,
    /// Its end.
    pub fate: Option<Fate>,
}

/// What became of a forced transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Fate {
    /// It ran.
    Executed {
        /// The L2 block that has it.
        block: u64,
        /// Whether its call succeeded.
        success: bool,
    },
    /// The rollup refused it: nothing was charged there.
    Skipped {
        /// The batch that took it from the queue.
        batch: u64,
        /// Why, as far as it can still be seen.
        reason: String,
    },
}

// A base fee that rises by an eighth a block grows tenfold in 20 full blocks; the transaction may
// wait for hours.
const FEE_MARGIN: u128 = 10;

/// Signs a transaction and puts it into the queue on L1.
pub async fn force(
    chains: &Chains,
    key: &Key,
    force: &Force,
    watch: Watch<'_>,
) -> Result<Forced, WalletError> {
    let (l1, inbox) = (&chains.l1, chains.inbox());
    let draft = draft(chains, key, force).await?;
    let raw = draft.sign(key)?;
    let size = U256::from(raw.bytes.len());
    let ask = Inbox::forcedFeeCall { size, gas: U256::from(draft.gas) };
    let fee = view(l1, inbox, ask).await?;
    let call = Inbox::forceCall { raw: raw.bytes.clone(), gas: draft.gas };
    let mut call = Call::new("the forced transaction", inbox, call.abi_encode());
    // Others may come first and raise the fee; what is too much comes back at once.
    call.value = fee + fee / U256::from(4);
    afford(l1, key.address(), &call.what, call.value).await?;
    l1.wait_for_pending(key.address()).await?;
    watch(Event::Waits("L1 takes the transaction into the queue".into()));
    let receipt = crate::raw::pay(l1, key, &call, watch).await?;
    let event: Inbox::Forced = first(receipt.logs(), inbox)?
        .ok_or(WalletError::Answer { what: "the forced transaction", reason: "no event".into() })?;
    let (l1_transaction, index) = (receipt.transaction_hash, event.index);
    watch(Event::Done(format!(
        "forced transaction {index} is on L1 (transaction {l1_transaction}); in the rollup it is {}",
        raw.hash
    )));
    let from = receipt.block_number.unwrap_or_default();
    let fate = if force.wait {
        Some(follow(chains, &draft, key.address(), &raw, index, from, watch).await?)
    } else {
        None
    };
    Ok(Forced { l1_transaction, transaction: raw.hash, index, fee, fate })
}

async fn draft(chains: &Chains, key: &Key, force: &Force) -> Result<Draft, WalletError> {
    let node = chains.l2.as_ref().map(tern_node_api::NodeClient::rpc);
    let mut call = Call::new("the transaction in the rollup", force.to, force.data.clone());
    call.value = force.value.0;
    let nonce = match (force.nonce, node) {
        (Some(nonce), _) => nonce,
        (None, Some(node)) => node.nonce(key.address(), true).await?,
        (None, None) => return Err(WalletError::Offline("--nonce")),
    };
    let gas = match (force.gas, node) {
        (Some(gas), _) => gas,
        (None, Some(node)) => {
            let gas = node.estimate(key.address(), &call).await.map_err(explain)?;
            gas.saturating_add(gas / 4)
        }
        (None, None) => return Err(WalletError::Offline("--gas")),
    };
    let max_fee = match (force.max_fee, node) {
        (Some(fee), _) => fee,
        (None, Some(node)) => {
            let price = node.gas_price(&call.what).await.map_err(explain)?;
            price.saturating_mul(FEE_MARGIN).min(node.max_fee())
        }
        (None, None) => return Err(WalletError::Offline("--rollup-fee")),
    };
    Ok(Draft {
        chain_id: chains.l2_chain(),
        nonce,
        gas,
        max_fee,
        priority: 0,
        to: force.to,
        value: force.value.0,
        data: force.data.clone(),
    })
}

/// Waits until a batch takes an entry and the node has derived it.
async fn follow(
    chains: &Chains,
    draft: &Draft,
    sender: Address,
    raw: &Raw,
    index: u64,
    from: u64,
    watch: Watch<'_>,
) -> Result<Fate, WalletError> {
    let node = chains.node()?;
    until(&chains.l1, watch, async |watch| {
        if let Some(receipt) = node.rpc().receipt(raw.hash).await? {
            let block = receipt.block_number.unwrap_or_default();
            return Ok(Some(Fate::Executed { block, success: receipt.status() }));
        }
        let Some((batch, last)) = batch_of(chains, index, from, watch).await? else {
            return Ok(None);
        };
        let safe = safe_block(node.rpc()).await?.unwrap_or_default();
        // The block may have come between the two questions.
        if safe < last || node.rpc().receipt(raw.hash).await?.is_some() {
            watch(Event::Waits(format!("the node derives batch {batch} from L1")));
            return Ok(None);
        }
        let reason = why(node.rpc(), draft, sender).await?;
        Ok(Some(Fate::Skipped { batch, reason }))
    })
    .await
}

/// The batch that took an entry, and its last block.
async fn batch_of(
    chains: &Chains,
    index: u64,
    from: u64,
    watch: Watch<'_>,
) -> Result<Option<(u64, u64)>, WalletError> {
    let (l1, inbox) = (&chains.l1, chains.inbox());
    let status = view(l1, inbox, Inbox::forcedStatusCall { index: U256::from(index) }).await?;
    if !status.taken {
        let time = crate::status::time(status.overdueAfter.saturating_to());
        watch(Event::Waits(format!("no batch may leave it behind after {time}")));
        return Ok(None);
    }
    let head = l1.header(None).await?.number;
    for (batch, _) in events::<Inbox::BatchSubmitted>(l1, inbox, from, head).await? {
        let span = batch.queues.forcedBefore.next..batch.queues.forcedAfter.next;
        if !span.contains(&index) {
            continue;
        }
        let header = BatchHeader::decode(&batch.header).map_err(|error| WalletError::Answer {
            what: "a batch's header",
            reason: error.to_string(),
        })?;
        let blocks = u64::from(header.block_count);
        let last = batch.firstBlock.saturating_add(blocks).saturating_sub(1);
        return Ok(Some((batch.index, last)));
    }
    Ok(None)
}

/// What the rollup's state now says against a transaction.
async fn why(node: &L1, draft: &Draft, sender: Address) -> Result<String, WalletError> {
    let (nonce, balance) = (node.nonce(sender, false).await?, node.balance(sender).await?);
    let base: U256 = node.ask("eth_gasPrice", ()).await?;
    Ok(objection(draft, nonce, Amount(balance), base.saturating_to()))
}

fn objection(draft: &Draft, nonce: u64, balance: Amount, base: u128) -> String {
    let (own, cost) = (draft.nonce, Amount(draft.cost()));
    if nonce > own {
        format!("its nonce {own} is used already, the account's next one is {nonce}")
    } else if nonce < own {
        format!("its nonce {own} is not the account's next one, {nonce}")
    } else if balance < cost {
        format!("the account has {balance}, but the transaction may cost {cost}")
    } else if draft.max_fee < base {
        format!("it offers {} wei for gas, but gas costs {base}", draft.max_fee)
    } else {
        "nothing in the state of now speaks against it: something was different in its block".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skipped_transaction_is_explained_by_what_speaks_against_it() {
        let draft = Draft {
            chain_id: 7_357,
            nonce: 3,
            gas: 21_000,
            max_fee: 10,
            priority: 0,
            to: Address::ZERO,
            value: U256::from(5),
            data: Bytes::new(),
        };
        let rich = Amount(U256::from(1_000_000));
        for (nonce, balance, base, says) in [
            (4, rich, 1, "used already"),
            (2, rich, 1, "not the account's next"),
            (3, Amount(U256::from(210_004)), 1, "may cost"),
            (3, rich, 11, "gas costs 11"),
            (3, rich, 1, "was different"),
        ] {
            let reason = objection(&draft, nonce, balance, base);
            assert!(reason.contains(says), "{reason}");
        }
    }
}
