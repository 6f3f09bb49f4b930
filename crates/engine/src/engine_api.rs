//! The Engine API: another process drives the client.

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode, header::AUTHORIZATION},
    response::Response,
    routing::post,
};
use ethrex_common::{
    H256,
    types::{
        Block, Transaction,
        requests::{EncodedRequests, compute_requests_hash},
    },
};
use ethrex_rpc::types::payload::ExecutionPayload;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{
    Answer, Audience, Client, EngineError, Ethrex, Heads, Hook, RpcError, Secret,
    convert::{h256, hash},
    ethrex::open::blocking,
    rpc::{Server, as_json},
};

/// The longest request that is read: a block of 6 blobs' worth of transactions many times over.
const MAX_REQUEST: usize = 64 << 20;

/// What another process may call.
const CAPABILITIES: [&str; 3] =
    ["engine_exchangeCapabilities", "engine_newPayloadV4", "engine_forkchoiceUpdatedV3"];

#[derive(Clone)]
struct Guarded {
    server: Server,
    secret: Secret,
}

impl Ethrex {
    /// The authenticated Engine API at `/`, by which another process gives this client its
    /// blocks and heads; `eth_*` and the rest answer there too. To be called within a runtime.
    pub fn engine_api(&self, secret: Secret) -> Router {
        let methods = Methods { engine: self.clone() };
        let hook: std::sync::Arc<dyn Hook> = std::sync::Arc::new(methods);
        let server = Server::new(self.clone(), Audience::Operators, Some(hook));
        Router::new()
            .route("/", post(answer))
            .layer(DefaultBodyLimit::max(MAX_REQUEST))
            .with_state(Guarded { server, secret })
    }
}

async fn answer(
    State(guarded): State<Guarded>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, StatusCode> {
    let token = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    if !token.is_some_and(|token| guarded.secret.accepts(token)) {
        return Err(StatusCode::UNAUTHORIZED);
    }
    Ok(as_json(guarded.server.answer(&body, None).await))
}

struct Methods {
    engine: Ethrex,
}

impl Hook for Methods {
    fn answer<'a>(&'a self, method: &'a str, params: &'a [Value]) -> Answer<'a> {
        Box::pin(async move {
            match method {
                "engine_exchangeCapabilities" => Some(Ok(json!(CAPABILITIES))),
                "engine_newPayloadV4" => Some(self.new_payload(params).await),
                "engine_forkchoiceUpdatedV3" => Some(self.forkchoice(params).await),
                _ => None,
            }
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Forkchoice {
    head_block_hash: H256,
    safe_block_hash: H256,
    finalized_block_hash: H256,
}

impl Methods {
    async fn new_payload(&self, params: &[Value]) -> Result<Value, RpcError> {
        let [payload, blobs, root, requests] = params else {
            return Err(RpcError::params("engine_newPayloadV4 takes four parameters"));
        };
        let payload: ExecutionPayload = read(payload)?;
        let blobs: Vec<H256> = read(blobs)?;
        let root: H256 = read(root)?;
        let requests: Vec<EncodedRequests> = read(requests)?;
        let named = payload.block_hash;
        let requests_hash = compute_requests_hash(&requests);
        let block = match payload.into_block(Some(root), Some(requests_hash), None) {
            Ok(block) => block,
            Err(error) => return Ok(invalid(&format!("a transaction is malformed: {error}"))),
        };
        if block.hash() != named {
            return Ok(invalid(&format!("the block's hash is {:#x}", block.hash())));
        }
        if blob_hashes(&block) != blobs {
            return Ok(invalid("the blobs' hashes are not the transactions'"));
        }
        let inner = self.engine.inner.clone();
        match blocking(move || inner.import(block)).await {
            Ok(head) => Ok(valid(h256(head.hash))),
            Err(EngineError::Unknown { .. } | EngineError::Gone { .. }) => Ok(syncing()),
            Err(EngineError::Invalid { reason, .. }) => Ok(invalid(&reason)),
            Err(error) => Err(RpcError::internal(error.to_string())),
        }
    }

    async fn forkchoice(&self, params: &[Value]) -> Result<Value, RpcError> {
        let (state, attributes) = match params {
            [state] => (state, &Value::Null),
            [state, attributes] => (state, attributes),
            _ => return Err(RpcError::params("engine_forkchoiceUpdatedV3 takes two parameters")),
        };
        if !attributes.is_null() {
            let message = "this client makes no blocks for others: leave the attributes out";
            return Err(RpcError { code: -38003, message: message.into() });
        }
        let state: Forkchoice = read(state)?;
        let status = match self.engine.set_heads(self.heads(&state)?).await {
            Ok(()) => valid(state.head_block_hash),
            Err(EngineError::Unknown { .. } | EngineError::Gone { .. }) => syncing(),
            Err(error @ EngineError::Heads { .. }) => {
                return Err(RpcError { code: -38002, message: error.to_string() });
            }
            Err(error) => return Err(RpcError::internal(error.to_string())),
        };
        Ok(json!({ "payloadStatus": status, "payloadId": null }))
    }

    /// A zero hash leaves a tag where it is, as far as it can stay there.
    fn heads(&self, state: &Forkchoice) -> Result<Heads, RpcError> {
        let now = self.engine.heads()?;
        let or = |given: H256, kept| if given.is_zero() { kept } else { hash(given) };
        let finalized = or(state.finalized_block_hash, now.finalized);
        let safe = or(state.safe_block_hash, finalized);
        Ok(Heads { latest: hash(state.head_block_hash), safe, finalized })
    }
}

fn read<T: DeserializeOwned>(value: &Value) -> Result<T, RpcError> {
    T::deserialize(value).map_err(|error| RpcError::params(error.to_string()))
}

fn blob_hashes(block: &Block) -> Vec<H256> {
    block.body.transactions.iter().flat_map(Transaction::blob_versioned_hashes).collect()
}

fn valid(block: H256) -> Value {
    json!({ "status": "VALID", "latestValidHash": block, "validationError": null })
}

fn invalid(reason: &str) -> Value {
    json!({ "status": "INVALID", "latestValidHash": null, "validationError": reason })
}

fn syncing() -> Value {
    json!({ "status": "SYNCING", "latestValidHash": null, "validationError": null })
}
