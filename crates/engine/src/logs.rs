//! Logs of many blocks, read in strides: ethrex gathers all that it finds before it says how much it is.

use ethrex_rpc::{
    RpcApiContext, RpcErrorMetadata, map_http_requests, types::block_identifier::BlockIdentifier,
    utils::RpcRequest,
};
use serde_json::{Map, Value, json};

use crate::{RpcError, limits};

/// Logs in one answer at most, but for a single block's.
const MOST_LOGS: usize = 20_000;

/// Bytes of one answer at most, but for a single block's.
const MOST_BYTES: usize = 25 << 20;

/// A stride ends with the block that brings its gas here. Gas bounds what a block can log.
const STRIDE_GAS: u64 = 60_000_000;

/// Bytes of a log in JSON, beside its data.
const LOG_BYTES: usize = 1_000;

/// Answers `eth_getLogs`.
pub(crate) async fn find(
    request: &RpcRequest,
    context: &RpcApiContext,
) -> Result<Value, RpcErrorMetadata> {
    let params = request.params.as_deref().unwrap_or_default();
    let range = match params {
        [Value::Object(filter)] if !filter.contains_key("blockHash") => {
            let (from, to) =
                (bound(filter, "fromBlock", context), bound(filter, "toBlock", context));
            from.await?.zip(to.await?).map(|(from, to)| (filter, from, to))
        }
        _ => None,
    };
    // One block, or something that ethrex refuses.
    let Some((filter, from, to)) = range.filter(|(_, from, to)| from < to) else {
        return Ok(map_http_requests(request, context.clone()).await?);
    };
    limits::span(from, to)?;
    let mut found = Vec::new();
    let (mut at, mut bytes) = (from, 0);
    while at <= to {
        let end = stride(context, at, to)?;
        let Value::Array(logs) = ask(request, filter, at, end, context).await? else {
            return Err(RpcError::internal("ethrex's logs are no list").into());
        };
        bytes += logs.iter().map(length).sum::<usize>();
        if found.len() + logs.len() > MOST_LOGS || bytes > MOST_BYTES {
            return Err(too_many(from, at).into());
        }
        found.extend(logs);
        at = end + 1;
    }
    Ok(Value::Array(found))
}

/// A block's number as a filter gives it; nothing where there is no such block.
async fn bound(
    filter: &Map<String, Value>,
    key: &str,
    context: &RpcApiContext,
) -> Result<Option<u64>, RpcErrorMetadata> {
    let given = filter.get(key).cloned().unwrap_or_else(|| json!("latest"));
    let found = BlockIdentifier::parse(given, 0)?.resolve_block_number(&context.storage).await;
    Ok(found.map_err(ethrex_rpc::RpcErr::from)?)
}

/// The last block of the stride that begins at a block.
fn stride(context: &RpcApiContext, from: u64, to: u64) -> Result<u64, RpcErrorMetadata> {
    let mut gas = 0_u64;
    for at in from..to {
        let header = context.storage.get_block_header(at).map_err(ethrex_rpc::RpcErr::from)?;
        // ethrex says what is wrong with a block that is not there.
        let Some(header) = header else { return Ok(at) };
        gas = gas.saturating_add(header.gas_used);
        if gas >= STRIDE_GAS {
            return Ok(at);
        }
    }
    Ok(to)
}

async fn ask(
    request: &RpcRequest,
    filter: &Map<String, Value>,
    from: u64,
    to: u64,
    context: &RpcApiContext,
) -> Result<Value, RpcErrorMetadata> {
    let mut filter = filter.clone();
    filter.insert("fromBlock".into(), json!(format!("{from:#x}")));
    filter.insert("toBlock".into(), json!(format!("{to:#x}")));
    let part = RpcRequest { params: Some(vec![Value::Object(filter)]), ..request.clone() };
    Ok(map_http_requests(&part, context.clone()).await?)
}

fn length(log: &Value) -> usize {
    LOG_BYTES + log.get("data").and_then(Value::as_str).map_or(0, str::len)
}

fn too_many(from: u64, at: u64) -> RpcError {
    let fewer = if at > from {
        format!("ask for blocks {from:#x} to {:#x} first", at - 1)
    } else {
        "ask for fewer blocks at a time, down to one".to_owned()
    };
    RpcError::params(format!(
        "the logs are more than {MOST_LOGS}, or longer than {MOST_BYTES} bytes: {fewer}"
    ))
}
