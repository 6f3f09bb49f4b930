//! How far everything is.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolValue;
use serde::Serialize;
use tern_contracts::{Bridge, Inbox, Outbox};
use tern_interop_address::InteropAddress;
use tern_node_api::NodeStatus;

use crate::{
    Chains, WalletError,
    account::interop,
    claims::{Claims, claim_view, facts, same},
    send::state,
    view::{OUTBOX, events, view},
    withdrawal::{ClaimView, PayView},
};

/// So many claims are shown, the newest.
const CLAIMS: usize = 5;

/// How far everything is.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// The inbox, which names the rollup.
    pub inbox: InteropAddress,
    /// What the node says of itself.
    pub node: Option<NodeStatus>,
    /// Why there is nothing, or not all, from a node.
    pub node_error: Option<String>,
    /// Batches on L1.
    pub batches: u64,
    /// The last block whose batch L1 has.
    pub blocks: u64,
    /// Deposits on L1 that no batch has.
    pub deposits_waiting: u64,
    /// Forced transactions on L1 that no batch has.
    pub forced_waiting: u64,
    /// The last block that is final.
    pub final_block: u64,
    /// The newest claims, the newest first.
    pub claims: Vec<ClaimRow>,
    /// An account, if one was asked about.
    pub account: Option<AccountRow>,
}

/// A claim.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClaimRow {
    /// Its name.
    pub id: B256,
    /// Its last block.
    pub block: u64,
    /// What `Status` says of it.
    pub view: ClaimView,
}

/// An account on both ends.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountRow {
    #[serde(skip)]
    account: Address,
    /// The account in the rollup.
    pub address: InteropAddress,
    /// Its balance on L1 in wei.
    pub l1_balance: U256,
    /// Its balance in the rollup in wei.
    pub l2_balance: Option<U256>,
    /// What it withdrew, or is paid.
    pub withdrawals: Vec<WithdrawalRow>,
}

/// A withdrawal.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WithdrawalRow {
    /// Its place in the outbox.
    pub nonce: u64,
    /// The L2 transaction.
    pub transaction: B256,
    /// Who is paid.
    pub to: InteropAddress,
    /// How much: wei, or the least units of the token.
    pub amount: U256,
    /// The token on L1, unless it is ETH.
    pub token: Option<InteropAddress>,
    /// The L2 block that has it.
    pub block: u64,
    /// How sure that block is: latest, safe or finalized.
    pub block_state: &'static str,
    /// What the bridge says of it.
    pub view: PayView,
}

/// Looks at both ends, and at an account if one is given.
pub async fn status(chains: &Chains, account: Option<Address>) -> Result<Status, WalletError> {
    let (l1, inbox) = (&chains.l1, chains.inbox());
    let tip = view(l1, inbox, Inbox::tipDetailsCall {}).await?;
    let deposits = view(l1, inbox, Inbox::depositQueueCall {}).await?;
    let forced = view(l1, inbox, Inbox::forcedQueueCall {}).await?;
    let head = view(l1, chains.settlement(), tern_contracts::Settlement::headCall {}).await?;
    let node = match &chains.l2 {
        Some(node) => node.status().await.map_err(|error| error.to_string()),
        None => Err(chains.away.clone().unwrap_or_else(|| "none is known".into())),
    };
    let mut claims = Claims::new(chains.rollup.deployed.number);
    claims.update(chains).await?;
    let mut rows = vec![];
    for (id, claim) in claims.over(0).into_iter().rev().take(CLAIMS) {
        let view = claim_view(chains, id, claim).await?;
        rows.push(ClaimRow { id, block: claim.blockNumber, view });
    }
    let mut account = match account {
        Some(account) => Some(account_row(chains, account).await?),
        None => None,
    };
    let mut node_error = node.as_ref().err().cloned();
    if let (Some(row), Ok(node)) = (&mut account, &node) {
        // L1's word must be had also where a node answers nonsense.
        if let Err(error) = in_rollup(chains, row, &claims, tip.blocks.to(), node).await {
            node_error = Some(error.to_string());
        }
    }
    Ok(Status {
        inbox: interop(l1.chain_id(), inbox)?,
        node: node.ok(),
        node_error,
        batches: tip.batches.to(),
        blocks: tip.blocks.to(),
        deposits_waiting: deposits.end.saturating_sub(deposits.next),
        forced_waiting: forced.end.saturating_sub(forced.next),
        final_block: head.blockNumber,
        claims: rows,
        account,
    })
}

async fn account_row(chains: &Chains, account: Address) -> Result<AccountRow, WalletError> {
    let address = interop(chains.l2_chain(), account)?;
    let l1_balance = chains.l1.balance(account).await?;
    Ok(AccountRow { account, address, l1_balance, l2_balance: None, withdrawals: vec![] })
}

/// Adds what only a node of the rollup knows.
async fn in_rollup(
    chains: &Chains,
    row: &mut AccountRow,
    claims: &Claims,
    on_l1: u64,
    status: &NodeStatus,
) -> Result<(), WalletError> {
    let node = chains.node()?.rpc();
    row.l2_balance = Some(node.balance(row.account).await?);
    let latest = status.heads.latest.number;
    for (sent, log) in events::<Outbox::MessageSent>(node, OUTBOX, 0, latest).await? {
        let message = sent.message;
        if message.sender != row.account && message.to != row.account {
            continue;
        }
        let block = log.block_number.unwrap_or_default();
        let message =
            Bridge::Message::abi_decode(&message.abi_encode()).map_err(|error| same(&error))?;
        let (facts, _) = facts(chains, &message, block, on_l1, claims, None).await?;
        row.withdrawals.push(WithdrawalRow {
            nonce: sent.nonce,
            transaction: log.transaction_hash.unwrap_or_default(),
            to: interop(chains.l1.chain_id(), message.to)?,
            amount: message.amount,
            token: token(chains, message.token)?,
            block,
            block_state: state(block, &status.heads),
            view: facts.view(),
        });
    }
    Ok(())
}

/// A token of L1; the zero address stands for ETH.
pub(crate) fn token(
    chains: &Chains,
    token: Address,
) -> Result<Option<InteropAddress>, WalletError> {
    if token.is_zero() { Ok(None) } else { interop(chains.l1.chain_id(), token).map(Some) }
}

/// A moment, as how far it is from now.
pub(crate) fn time(at: u64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs();
    match at.checked_sub(now) {
        Some(left) => format!("{} from now", span(left)),
        None => format!("{} ago", span(now - at)),
    }
}

fn span(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_said_in_the_unit_that_people_use() {
        let texts = [0, 119, 120, 7_199, 7_200, 172_800].map(span);
        assert_eq!(texts, ["0 s", "119 s", "2 min", "119 min", "2 h", "2 days"]);
    }
}
