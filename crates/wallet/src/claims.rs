//! Claims on L1, and what the views say of them.

use std::{cmp::Reverse, collections::BTreeMap};

use alloy_primitives::B256;
use alloy_sol_types::SolValue;
use tern_contracts::{Bridge, Settlement, Status, to_alloy};

use crate::{
    Chains, WalletError,
    view::{events, view, view_at},
    withdrawal::{ClaimState, ClaimView, Covering, Facts, PayState, PayView},
};

/// A reorganisation of L1 that is deeper than this loses claims until the next start.
pub(crate) const OVERLAP: u64 = 64;

/// Claims as L1 told of them, read on from where it was read to.
#[derive(Debug)]
pub(crate) struct Claims {
    next: u64,
    known: BTreeMap<B256, Settlement::Claim>,
}

impl Claims {
    /// Those from this L1 block on; some earlier, since what said which block it is may have been
    /// on a branch of L1 that is no more.
    pub(crate) const fn new(from: u64) -> Self {
        Self { next: from.saturating_sub(OVERLAP), known: BTreeMap::new() }
    }

    /// Reads what is new. A claim of an orphaned block stays: the views call it unknown.
    pub(crate) async fn update(&mut self, chains: &Chains) -> Result<(), WalletError> {
        let head = chains.l1.header(None).await?.number;
        let contract = chains.settlement();
        let found = events::<Settlement::Known>(&chains.l1, contract, self.next, head).await?;
        self.known.extend(found.into_iter().map(|(event, _)| (event.id, event.claim)));
        self.next = self.next.max(head.saturating_sub(OVERLAP));
        Ok(())
    }

    /// Those whose last block is this one or later, the lowest first.
    pub(crate) fn over(&self, block: u64) -> Vec<(B256, &Settlement::Claim)> {
        let over = self.known.iter().filter(|(_, claim)| claim.blockNumber >= block);
        let mut list: Vec<_> = over.map(|(id, claim)| (*id, claim)).collect();
        list.sort_by_key(|(id, claim)| (claim.blockNumber, *id));
        list
    }
}

/// What `Status` says of a claim.
pub(crate) async fn claim_view(
    chains: &Chains,
    id: B256,
    claim: &Settlement::Claim,
) -> Result<ClaimView, WalletError> {
    let (l1, settlement) = (&chains.l1, chains.settlement());
    let content = view(l1, settlement, Settlement::contentCall { id }).await?;
    let subject = Status::Claim::abi_decode(&claim.abi_encode()).map_err(|error| same(&error))?;
    // The newest proposal is the one that can still do something.
    let number = content.proposals.saturating_sub(1);
    let contract = to_alloy(&chains.rollup.contracts.status);
    let answer = view(l1, contract, Status::claimCall { settlement, subject, number }).await?;
    Ok(ClaimView {
        state: answer.state.try_into()?,
        reason: answer.blockingReason.try_into()?,
        earliest: answer.earliestTime,
        action: answer.nextAction.try_into()?,
    })
}

/// All that the next step of a message in an L2 block depends on, and the claims that it names by
/// their place. It is looked up to the first claim that it can be paid under: the one whose block the
/// kept proof is of, else the newest, for nodes forget old states.
pub(crate) async fn facts(
    chains: &Chains,
    message: &Bridge::Message,
    block: u64,
    on_l1: u64,
    claims: &Claims,
    kept: Option<B256>,
) -> Result<(Facts, Vec<Settlement::Claim>), WalletError> {
    let pay = pay_view(chains, message, None).await?;
    let mut found = vec![];
    if matches!(pay.state, PayState::Done | PayState::Failed) || on_l1 < block {
        return Ok((Facts { block, on_l1, pay, covering: vec![] }, vec![]));
    }
    let mut over = claims.over(block);
    over.sort_by_key(|(_, claim)| place(claim.blockNumber, claim.blockHash, kept));
    for (id, claim) in over {
        let view = claim_view(chains, id, claim).await?;
        if matches!(view.state, ClaimState::Dead | ClaimState::Unknown) {
            continue;
        }
        let pay = pay_view(chains, message, Some(claim)).await?;
        let ours = match &chains.l2 {
            Some(node) => node.rpc().header(Some(claim.blockNumber)).await.ok(),
            None => None,
        };
        let is_ours = ours.is_some_and(|header| header.hash == claim.blockHash);
        let covering = Covering { block: claim.blockNumber, claim: view, pay, is_ours };
        found.push((covering, claim.clone()));
        if pay.state == PayState::Ready {
            break;
        }
    }
    found.sort_by_key(|(covering, _)| covering.block);
    let (covering, named) = found.into_iter().unzip();
    Ok((Facts { block, on_l1, pay, covering }, named))
}

/// Where a claim of this block stands among those that are looked at, if a proof of the kept block
/// is at hand.
fn place(number: u64, hash: B256, kept: Option<B256>) -> (bool, Reverse<u64>) {
    (kept != Some(hash), Reverse(number))
}

fn pay_call(
    chains: &Chains,
    message: &Bridge::Message,
    claim: Option<&Settlement::Claim>,
) -> Result<Bridge::statusCall, WalletError> {
    let claim = match claim {
        Some(claim) => bridge_claim(claim)?,
        None => Bridge::Claim {
            config: B256::ZERO,
            parentBlock: B256::ZERO,
            firstBatch: B256::ZERO,
            lastBatch: B256::ZERO,
            blockHash: B256::ZERO,
            blockNumber: 0,
            checkpoints: B256::ZERO,
        },
    };
    Ok(Bridge::statusCall { inbox: chains.inbox(), message: message.clone(), claim })
}

/// Whether the bridge had carried a message out at an L1 block.
pub(crate) async fn paid_at(
    chains: &Chains,
    message: &Bridge::Message,
    block: u64,
) -> Result<bool, WalletError> {
    let call = pay_call(chains, message, None)?;
    let answer = view_at(&chains.l1, chains.bridge(), call, block).await?;
    Ok(PayState::try_from(answer.state)? == PayState::Done)
}

/// What the bridge says of a withdrawal under a claim, or without one.
async fn pay_view(
    chains: &Chains,
    message: &Bridge::Message,
    claim: Option<&Settlement::Claim>,
) -> Result<PayView, WalletError> {
    let answer = view(&chains.l1, chains.bridge(), pay_call(chains, message, claim)?).await?;
    Ok(PayView {
        state: answer.state.try_into()?,
        reason: answer.reason.try_into()?,
        earliest: answer.earliestTime,
        action: answer.action.try_into()?,
    })
}

/// The same claim for the bridge.
pub(crate) fn bridge_claim(claim: &Settlement::Claim) -> Result<Bridge::Claim, WalletError> {
    Bridge::Claim::abi_decode(&claim.abi_encode()).map_err(|error| same(&error))
}

pub(crate) fn same(error: &alloy_sol_types::Error) -> WalletError {
    WalletError::Answer { what: "a contract's type", reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_claim_whose_proof_is_kept_is_looked_at_first_and_then_the_newest() {
        let order = |kept: Option<u8>| {
            let mut blocks = [7_u8, 8, 9];
            let kept = kept.map(B256::repeat_byte);
            blocks.sort_by_key(|block| place((*block).into(), B256::repeat_byte(*block), kept));
            blocks
        };
        assert_eq!(order(None), [9, 8, 7]);
        assert_eq!(order(Some(8)), [8, 9, 7]);
        assert_eq!(order(Some(1)), [9, 8, 7], "a proof of no claim's block");
    }
}
