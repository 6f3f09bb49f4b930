//! Every step on the live state, one after the other, with nothing sent.

use alloy_primitives::{Address, Bytes, U64, U256};
use serde::Deserialize;
use serde_json::json;
use tern_l1::{L1, L1Error, MAX_GAS};

use crate::{DeployError, Step, reason::reason};

/// What a deployment would do now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Simulated {
    /// The gas of each step that is left.
    pub steps: Vec<(&'static str, u64)>,
    /// Of all together.
    pub gas: u64,
    /// Wei that they cost at today's price.
    pub cost: U256,
}

#[derive(Debug, Deserialize)]
struct Block {
    calls: Vec<Called>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Called {
    status: U64,
    gas_used: U64,
    #[serde(default)]
    return_data: Bytes,
    error: Option<CallError>,
}

#[derive(Debug, Deserialize)]
struct CallError {
    message: String,
    data: Option<Bytes>,
}

/// Runs steps on top of each other on the state of now. Each must succeed within what one
/// transaction may use.
pub async fn simulate(l1: &L1, from: Address, steps: &[&Step]) -> Result<Simulated, DeployError> {
    let mut done = Simulated::default();
    if steps.is_empty() {
        return Ok(done);
    }
    // One block each: all together take more than a block.
    let blocks: Vec<_> = steps
        .iter()
        .map(|step| {
            json!({"calls": [{
                "from": from, "to": step.call.to, "input": step.call.data,
                "gas": U64::from(MAX_GAS),
            }]})
        })
        .collect();
    let request = json!({"blockStateCalls": blocks, "validation": false});
    let blocks: Vec<Block> = match l1.ask("eth_simulateV1", (request, "latest")).await {
        Ok(blocks) => blocks,
        Err(L1Error::Refused { message, .. }) => {
            return Err(DeployError::NoSimulation { reason: message });
        }
        Err(error) => return Err(error.into()),
    };
    let calls: Vec<&Called> = blocks.iter().flat_map(|block| &block.calls).collect();
    if calls.len() != steps.len() {
        let reason = format!("{} answers to {} calls", calls.len(), steps.len());
        return Err(DeployError::NoSimulation { reason });
    }
    for (step, call) in steps.iter().zip(calls) {
        if call.status != U64::from(1) {
            return Err(DeployError::Step { step: step.name, reason: why(call) });
        }
        done.steps.push((step.name, call.gas_used.to()));
        done.gas += call.gas_used.to::<u64>();
    }
    done.cost = U256::from(done.gas) * l1.ask::<_, U256>("eth_gasPrice", ()).await?;
    Ok(done)
}

fn why(call: &Called) -> String {
    let data = call.error.as_ref().and_then(|error| error.data.as_ref());
    let data = data.filter(|data| !data.is_empty()).unwrap_or(&call.return_data);
    match &call.error {
        Some(error) if data.is_empty() => error.message.clone(),
        _ => reason(data),
    }
}
