//! Deploying what is not there yet.

use std::time::Duration;

use alloy_primitives::{Address, U256};
use alloy_sol_types::SolCall;
use tern_l1::{Key, Kind, L1, L1Error, MAX_GAS};

use crate::{CREATE2_DEPLOYER, DeployError, Goal, Plan, Step, abi::Bridge, reason::reason};

/// What happens, for whoever watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// It was there already.
    There(&'static str),
    /// It is being sent.
    Sending(&'static str),
    /// It is there now, for so much gas.
    Deployed(&'static str, u64),
}

/// What a deployment did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Applied {
    /// Contracts deployed now.
    pub deployed: usize,
    /// Contracts that were there.
    pub there: usize,
    /// Gas of all transactions.
    pub gas: u64,
    /// Wei that they cost.
    pub cost: U256,
}

/// What L1 must have before anything is sent.
pub async fn preflight(l1: &L1, plan: &Plan) -> Result<(), DeployError> {
    l1.expect_chain(plan.config.l1.chain_id)?;
    if l1.code(CREATE2_DEPLOYER).await?.is_empty() {
        return Err(DeployError::NoCreate2 { chain_id: l1.chain_id(), address: CREATE2_DEPLOYER });
    }
    match plan.config.council.safe {
        Some(safe) if l1.code(safe).await?.is_empty() => Err(DeployError::NoSafe(safe)),
        _ => Ok(()),
    }
}

/// Whether a step needs no transaction any more.
async fn is_done(l1: &L1, step: &Step) -> Result<bool, DeployError> {
    match step.goal {
        Goal::Code { .. } => Ok(!l1.code(step.address).await?.is_empty()),
        Goal::Registered(inbox) => {
            let call = Bridge::settlementOfCall { inbox };
            let answer = l1.view("settlementOf", step.address, call.abi_encode()).await?;
            // Nothing at all answers before the bridge is there.
            Ok(answer.iter().any(|byte| *byte != 0))
        }
    }
}

/// What is not there yet.
pub async fn missing<'a>(l1: &L1, plan: &'a Plan) -> Result<Vec<&'a Step>, DeployError> {
    let mut missing = Vec::new();
    for step in &plan.steps {
        if !is_done(l1, step).await? {
            missing.push(step);
        }
    }
    Ok(missing)
}

/// Whether the account can pay for so much gas at twice today's price.
pub async fn afford(l1: &L1, account: Address, gas: u64) -> Result<(), DeployError> {
    let need = U256::from(gas) * U256::from(l1.fees("the deployment").await?.max);
    let have = l1.balance(account).await?;
    if have < need { Err(DeployError::Funds { account, have, need }) } else { Ok(()) }
}

/// Deploys what is not there, in order. May be stopped at any moment and called again, also while
/// somebody else does the same.
pub async fn apply(
    l1: &L1,
    key: &Key,
    plan: &Plan,
    watch: &mut dyn FnMut(Event),
) -> Result<Applied, DeployError> {
    let mut applied = Applied::default();
    // What an earlier run sent may be on its way.
    l1.wait_for_pending(key.address()).await?;
    for step in &plan.steps {
        if is_done(l1, step).await? {
            applied.there += 1;
            watch(Event::There(step.name));
            continue;
        }
        watch(Event::Sending(step.name));
        match l1.send(key, &step.call).await {
            Ok(receipt) => {
                settle(l1, step).await?;
                applied.deployed += 1;
                applied.gas += receipt.gas_used;
                applied.cost +=
                    U256::from(receipt.gas_used) * U256::from(receipt.effective_gas_price);
                watch(Event::Deployed(step.name, receipt.gas_used));
            }
            Err(error) => {
                // Whatever went wrong, what counts is what is there.
                if error.kind() == Kind::Stop || !is_done(l1, step).await? {
                    return Err(refused(step, error));
                }
                applied.there += 1;
                watch(Event::There(step.name));
            }
        }
    }
    Ok(applied)
}

/// Behind one URL may be several nodes, of which one may be a block behind.
async fn settle(l1: &L1, step: &Step) -> Result<(), DeployError> {
    for _ in 0..20 {
        if is_done(l1, step).await? {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    Err(DeployError::NothingThere { step: step.name, address: step.address })
}

fn refused(step: &Step, error: L1Error) -> DeployError {
    match error {
        L1Error::Reverted { data, .. } => {
            DeployError::Step { step: step.name, reason: reason(&data) }
        }
        L1Error::TooMuchGas { gas, .. } => DeployError::Step {
            step: step.name,
            reason: format!("it needs {gas} gas, more than the {MAX_GAS} of one transaction"),
        },
        error => error.into(),
    }
}
