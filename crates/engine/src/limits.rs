//! Bounds on what one request may cost, where ethrex has none.

use ethrex_common::types::BlockHeader;
use ethrex_rpc::{RpcApiContext, utils::RpcRequest};
use serde_json::{Map, Value, json};

use crate::RpcError;

/// Gas that a call has at most, whatever it asks for; as geth has it.
const MOST_GAS: u64 = 50_000_000;

/// Blocks that one question for logs spans at most.
const MOST_BLOCKS: u64 = 10_000;

/// Addresses and topics that a filter names at most.
const MOST_NAMED: usize = 1_000;

/// Slots in one proof at most.
const MOST_SLOTS: usize = 1_024;

/// Filters that wait to be polled at most.
const MOST_FILTERS: usize = 1_024;

/// Refuses what would cost too much, and limits the gas of what is executed.
pub(crate) fn apply(
    request: &mut RpcRequest,
    context: &RpcApiContext,
    latest: &BlockHeader,
) -> Result<(), RpcError> {
    let params = request.params.as_deref_mut().unwrap_or_default();
    match (request.method.as_str(), params) {
        ("eth_call" | "eth_createAccessList" | "eth_estimateGas", [Value::Object(call), ..]) => {
            limit_gas(call, latest.gas_limit)
        }
        ("eth_getProof", [_, Value::Array(slots), ..]) if slots.len() > MOST_SLOTS => {
            Err(RpcError::params(format!(
                "{} slots are asked for, and one proof has {MOST_SLOTS} at most: ask for some of \
                 them at a time",
                slots.len()
            )))
        }
        ("eth_getLogs", [Value::Object(filter), ..]) => limit_names(filter),
        ("eth_newFilter", [Value::Object(filter), ..]) => {
            limit_names(filter)?;
            let live = context.active_filters.lock().map_or(0, |filters| filters.len());
            if live < MOST_FILTERS {
                return Ok(());
            }
            Err(RpcError::refused(format!(
                "{MOST_FILTERS} filters wait to be polled: try again in some minutes, or subscribe \
                 over a WebSocket"
            )))
        }
        ("eth_getFilterChanges", [Value::String(id)]) => limit_wait(id, context, latest.number),
        _ => Ok(()),
    }
}

/// Gas is what bounds an execution's time and memory, and nobody pays for a call's.
fn limit_gas(call: &mut Map<String, Value>, gas_limit: u64) -> Result<(), RpcError> {
    let asked = match call.get("gas") {
        None | Some(Value::Null) => gas_limit,
        Some(Value::String(text)) => u64::from_str_radix(text.trim_start_matches("0x"), 16)
            .map_err(|_| RpcError::params("gas is not a hexadecimal number of 64 bits"))?,
        Some(_) => return Err(RpcError::params("gas is not a hexadecimal number")),
    };
    call.insert("gas".into(), json!(format!("{:#x}", asked.min(MOST_GAS))));
    Ok(())
}

fn limit_names(filter: &Map<String, Value>) -> Result<(), RpcError> {
    let named = |key| filter.get(key).map_or(0, count);
    if named("address") + named("topics") <= MOST_NAMED {
        return Ok(());
    }
    Err(RpcError::params(format!(
        "a filter names {MOST_NAMED} addresses and topics at most: use several filters"
    )))
}

fn count(value: &Value) -> usize {
    match value {
        Value::Array(list) => list.iter().map(count).fold(list.len(), usize::saturating_add),
        _ => 0,
    }
}

/// A span of blocks that is not too long for one question.
pub(crate) fn span(from: u64, to: u64) -> Result<(), RpcError> {
    if to.saturating_sub(from) < MOST_BLOCKS {
        return Ok(());
    }
    Err(RpcError::params(format!(
        "logs of blocks {from} to {to} are asked for, and one question spans {MOST_BLOCKS} blocks \
         at most: ask for some of them at a time"
    )))
}

/// Refuses to poll a filter that was left alone for too many blocks.
fn limit_wait(id: &str, context: &RpcApiContext, latest: u64) -> Result<(), RpcError> {
    let id = id.strip_prefix("0x").and_then(|digits| u64::from_str_radix(digits, 16).ok());
    let filters = context.active_filters.lock();
    let (Some(id), Ok(filters)) = (id, filters) else { return Ok(()) };
    match filters.get(&id) {
        Some((_, filter)) if latest.saturating_sub(filter.last_block_number) > MOST_BLOCKS => {
            Err(RpcError::refused(format!(
                "this filter was not polled for more than {MOST_BLOCKS} blocks: make a new one"
            )))
        }
        _ => Ok(()),
    }
}
