//! Telling the L2 token bridge which inbox is the chain's.

use alloy_primitives::Address;
use alloy_sol_types::SolCall;
use tern_contracts::to_alloy;
use tern_l1::{Call, Key, L1, L1Error};
use tern_rollup::Rollup;

use crate::{DeployError, TOKEN_BRIDGE, abi::TokenBridge};

/// What came of binding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// It was bound before.
    Already,
    /// It is bound now.
    Now,
}

/// Has the binder, whose key this is, tell the token bridge of a rollup which inbox is the
/// chain's. `l2` is any node of the rollup. May be stopped and called again.
pub async fn bind(l2: &L1, key: &Key, rollup: &Rollup) -> Result<Bound, DeployError> {
    let chain_id = rollup.config.chain_id.0;
    l2.expect_chain(chain_id)?;
    let wrong = |reason: String| DeployError::Bind { chain_id, reason };
    let inbox = to_alloy(&rollup.config.inbox);
    if is_bound(l2, chain_id, inbox).await? {
        return Ok(Bound::Already);
    }
    let binder = ask(l2, chain_id, TokenBridge::binderCall {}).await?;
    if binder != key.address() {
        let reason = format!("only {binder} may do it, but the key is of {}", key.address());
        return Err(wrong(reason));
    }
    // What an earlier call sent may be on its way.
    l2.wait_for_pending(binder).await?;
    if is_bound(l2, chain_id, inbox).await? {
        return Ok(Bound::Already);
    }
    let call = TokenBridge::bindCall { inbox_: inbox }.abi_encode();
    match l2.send(key, &Call::new("binding the token bridge", TOKEN_BRIDGE, call)).await {
        Ok(_) => Ok(Bound::Now),
        // Whatever went wrong, what counts is what is there.
        Err(_) if is_bound(l2, chain_id, inbox).await? => Ok(Bound::Already),
        Err(error) => Err(error.into()),
    }
}

async fn is_bound(l2: &L1, chain_id: u64, inbox: Address) -> Result<bool, DeployError> {
    let bound = ask(l2, chain_id, TokenBridge::inboxCall {}).await?;
    if bound.is_zero() || bound == inbox {
        return Ok(!bound.is_zero());
    }
    let reason = format!(
        "it is bound to {bound} for ever, but the rollup's inbox is {inbox}: deposit no tokens"
    );
    Err(DeployError::Bind { chain_id, reason })
}

async fn ask<C: SolCall>(l2: &L1, chain_id: u64, call: C) -> Result<C::Return, DeployError> {
    let answer = match l2.view(C::SIGNATURE, TOKEN_BRIDGE, call.abi_encode()).await {
        Err(L1Error::Reverted { .. }) => Default::default(),
        answer => answer?,
    };
    C::abi_decode_returns_validate(&answer).map_err(|_| DeployError::Bind {
        chain_id,
        reason: format!("there is no token bridge at {TOKEN_BRIDGE}: its genesis has none"),
    })
}
