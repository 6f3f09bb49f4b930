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
    claims::{Claims, claim_view, pay_view, same},
    send::state,
    view::{OUTBOX, events, view},
    withdrawal::{ClaimState, ClaimView, PayState, PayView},
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
        Some(node) => Some(node.status().await?),
        None => None,
    };
    let mut claims = Claims::new(chains.rollup.deployed.number);
    claims.update(chains).await?;
    let mut rows = vec![];
    for (id, claim) in claims.over(0).into_iter().rev().take(CLAIMS) {
        let view = claim_view(chains, id, claim).await?;
        rows.push(ClaimRow { id, block: claim.blockNumber, view });
    }
    let account = match account {
        Some(account) => Some(account_row(chains, account, &claims, node.as_ref()).await?),
        None => None,
    };
    Ok(Status {
        inbox: interop(l1.chain_id(), inbox)?,
        node,
        batches: tip.batches.to(),
        blocks: tip.blocks.to(),
        deposits_waiting: deposits.end - deposits.next,
        forced_waiting: forced.end - forced.next,
        final_block: head.blockNumber,
        claims: rows,
        account,
    })
}

async fn account_row(
    chains: &Chains,
    account: Address,
    claims: &Claims,
    node: Option<&NodeStatus>,
) -> Result<AccountRow, WalletError> {
    let address = interop(chains.l2_chain(), account)?;
    let l1_balance = chains.l1.balance(account).await?;
    let (Some(l2), Some(node)) = (&chains.l2, node) else {
        return Ok(AccountRow { address, l1_balance, l2_balance: None, withdrawals: vec![] });
    };
    let latest = node.heads.latest.number;
    let mut withdrawals = vec![];
    for (sent, log) in events::<Outbox::MessageSent>(l2.rpc(), OUTBOX, 0, latest).await? {
        let message = sent.message;
        if message.sender != account && message.to != account {
            continue;
        }
        let block = log.block_number.unwrap_or_default();
        let message =
            Bridge::Message::abi_decode(&message.abi_encode()).map_err(|error| same(&error))?;
        withdrawals.push(WithdrawalRow {
            nonce: sent.nonce,
            transaction: log.transaction_hash.unwrap_or_default(),
            to: interop(chains.l1.chain_id(), message.to)?,
            amount: message.amount,
            token: token(chains, message.token)?,
            block,
            block_state: state(block, &node.heads),
            view: best_view(chains, &message, claims, block).await?,
        });
    }
    let l2_balance = Some(l2.rpc().balance(account).await?);
    Ok(AccountRow { address, l1_balance, l2_balance, withdrawals })
}

/// A token of L1; the zero address stands for ETH.
pub(crate) fn token(
    chains: &Chains,
    token: Address,
) -> Result<Option<InteropAddress>, WalletError> {
    if token.is_zero() { Ok(None) } else { interop(chains.l1.chain_id(), token).map(Some) }
}

/// The bridge's word under the first claim over the block that can still serve.
async fn best_view(
    chains: &Chains,
    message: &Bridge::Message,
    claims: &Claims,
    block: u64,
) -> Result<PayView, WalletError> {
    let alone = pay_view(chains, message, None).await?;
    if alone.state == PayState::Done || alone.state == PayState::Failed {
        return Ok(alone);
    }
    for (id, claim) in claims.over(block) {
        let view = claim_view(chains, id, claim).await?;
        if !matches!(view.state, ClaimState::Dead | ClaimState::Unknown) {
            return pay_view(chains, message, Some(claim)).await;
        }
    }
    Ok(alone)
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
