//! Ethereum's JSON-RPC over HTTP and WebSocket.

use std::{
    collections::{HashMap, HashSet},
    future::Future,
    net::{IpAddr, Ipv4Addr},
    pin::Pin,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State, WebSocketUpgrade},
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::post,
};
use ethrex_p2p::types::{Node, NodeRecord};
use ethrex_rpc::{
    ClientVersion, GasTipEstimator, NodeData, RpcApiContext, RpcErrorMetadata, RpcNamespace,
    clean_outdated_filters, map_http_requests,
    rpc::FILTER_DURATION,
    rpc_response,
    utils::{RpcRequest, RpcRequestId},
};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tower_http::cors::CorsLayer;

use crate::{
    EngineError, Ethrex, limits, logs, pages,
    subscriptions::{self, Subscriptions},
};

/// The longest request that is read.
const MAX_REQUEST: usize = 5 << 20;

/// Requests in one batch at most.
const MAX_BATCH: usize = 500;

/// Bytes of answers to one batch after which the rest of it is refused.
const MAX_ANSWERS: usize = 25 << 20;

/// Requests that execute or read at the same time. Each may hold two of the runtime's 512 threads
/// for what blocks, one waiting for the other: if waiting ones held all, nothing would go on.
const MAX_WORKING: usize = 64;

/// Transactions that are taken at the same time. A follower waits for another node with each, and
/// nothing else is to wait with it.
const MAX_SENDING: usize = 64;

/// WebSockets that are open at the same time: fewer than connections, so that HTTP is left.
const MAX_SOCKETS: usize = 256;

/// Who may reach a port, and so which methods it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Anybody: `eth_*`, `net_*`, `web3_*`.
    Public,
    /// Those who run the node: `debug_*`, which may execute whole blocks again, and `txpool_*` too.
    Operators,
}

impl Audience {
    fn namespaces(self) -> HashSet<RpcNamespace> {
        let public = [RpcNamespace::Eth, RpcNamespace::Net, RpcNamespace::Web3];
        let more = match self {
            Self::Public => &[][..],
            Self::Operators => &[RpcNamespace::Debug, RpcNamespace::Mempool],
        };
        public.iter().chain(more).copied().collect()
    }

    /// Why a method is not answered, if it is not for these.
    fn refusal(self, method: &str) -> Option<RpcError> {
        let closed = method.starts_with("debug_") || method.starts_with("txpool_");
        (self == Self::Public && closed).then(|| RpcError {
            code: -32601,
            message: format!("{method} is for those who run the node: start it with --rpc-debug"),
        })
    }
}

/// What a hook answers: nothing where the method is not its own.
pub type Answer<'a> = Pin<Box<dyn Future<Output = Option<Result<Value, RpcError>>> + Send + 'a>>;

/// Methods beside or in front of Ethereum's, such as `tern_*` and a follower's `eth_sendRawTransaction`.
pub trait Hook: Send + Sync + 'static {
    /// Answers a method, or says that it is not one of its own.
    fn answer<'a>(&'a self, method: &'a str, params: &'a [Value]) -> Answer<'a>;
}

/// An error as a caller of JSON-RPC sees it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} ({code})")]
pub struct RpcError {
    /// Its number.
    pub code: i32,
    /// What it says.
    pub message: String,
}

impl RpcError {
    /// The parameters are not what the method takes.
    pub fn params(message: impl Into<String>) -> Self {
        Self { code: -32602, message: message.into() }
    }

    /// The method failed inside.
    pub fn internal(message: impl Into<String>) -> Self {
        Self { code: -32603, message: message.into() }
    }

    /// The method was understood and is refused.
    pub fn refused(message: impl Into<String>) -> Self {
        Self { code: -32000, message: message.into() }
    }
}

impl From<EngineError> for RpcError {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Refused(reason) => Self::refused(reason),
            EngineError::Unknown { .. } | EngineError::Gone { .. } => {
                Self::refused(error.to_string())
            }
            other => Self::internal(other.to_string()),
        }
    }
}

impl From<RpcError> for RpcErrorMetadata {
    fn from(error: RpcError) -> Self {
        Self { code: error.code, data: None, message: error.message }
    }
}

/// Answers requests.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) engine: Ethrex,
    context: RpcApiContext,
    audience: Audience,
    hook: Option<Arc<dyn Hook>>,
    working: Arc<Semaphore>,
    sending: Arc<Semaphore>,
    sockets: Arc<Semaphore>,
}

impl Ethrex {
    /// Ethereum's JSON-RPC for HTTP and WebSocket at `/`, with more methods by the hook. To be
    /// called within a runtime, once.
    pub fn rpc(&self, audience: Audience, hook: Option<Arc<dyn Hook>>) -> Router {
        let server = Server::new(self.clone(), audience, hook);
        Router::new()
            .route("/", post(over_http).get(over_websocket))
            .layer(DefaultBodyLimit::max(MAX_REQUEST))
            .layer(CorsLayer::permissive())
            .with_state(server)
    }
}

impl Server {
    pub(crate) fn new(engine: Ethrex, audience: Audience, hook: Option<Arc<dyn Hook>>) -> Self {
        let context = context(&engine, audience);
        forget_old_filters(&context);
        let places = |count| Arc::new(Semaphore::new(count));
        let (working, sending) = (places(MAX_WORKING), places(MAX_SENDING));
        Self { engine, context, audience, hook, working, sending, sockets: places(MAX_SOCKETS) }
    }

    /// The same for who sends this request.
    fn facing(self, headers: &HeaderMap) -> Self {
        Self { audience: pages::audience(self.audience, headers), ..self }
    }

    /// Answers a request's body with JSON: one request or several. Only a connection that stays
    /// has subscriptions.
    pub(crate) async fn answer(
        &self,
        body: &[u8],
        subscriptions: Option<&mut Subscriptions>,
    ) -> String {
        let answer = match serde_json::from_slice::<Value>(body) {
            Err(_) => failure(-32700, "the request is not JSON"),
            Ok(Value::Array(several)) if several.is_empty() || several.len() > MAX_BATCH => {
                failure(-32600, &format!("a batch holds 1 to {MAX_BATCH} requests"))
            }
            Ok(Value::Array(several)) => return self.answer_all(several, subscriptions).await,
            Ok(one) => self.answer_one(one, subscriptions).await,
        };
        answer.to_string()
    }

    /// Answers one after the other, as long as all answers together stay within bounds.
    async fn answer_all(
        &self,
        several: Vec<Value>,
        mut subscriptions: Option<&mut Subscriptions>,
    ) -> String {
        let mut answers = String::from("[");
        for one in several {
            let answer = if answers.len() < MAX_ANSWERS {
                self.answer_one(one, subscriptions.as_deref_mut()).await
            } else {
                let id = one.get("id").cloned().unwrap_or_default();
                let message = "the answers before are too long together: ask for less at once";
                let error = json!({ "code": -32003, "message": message });
                json!({ "jsonrpc": "2.0", "id": id, "error": error })
            };
            let separator = if answers.len() > 1 { "," } else { "" };
            answers.push_str(&format!("{separator}{answer}"));
        }
        answers.push(']');
        answers
    }

    async fn answer_one(&self, request: Value, subscriptions: Option<&mut Subscriptions>) -> Value {
        match serde_json::from_value::<RpcRequest>(request) {
            Ok(request) => {
                let id = request.id.clone();
                if let Some(subscriptions) = subscriptions
                    && let Some(answer) = subscriptions.answer(self, &request).await
                {
                    return respond(id, answer);
                }
                respond(id, self.dispatch(request).await)
            }
            Err(_) => failure(-32600, "the request is not one of JSON-RPC 2.0"),
        }
    }

    /// Answers one request in its turn. Its place is held until the work has ended, also where
    /// nobody waits for the answer any more: else who asks and leaves could start any amount of it.
    pub(crate) async fn dispatch(&self, request: RpcRequest) -> Result<Value, RpcErrorMetadata> {
        let places = match request.method.as_str() {
            "eth_sendRawTransaction" => &self.sending,
            _ => &self.working,
        };
        let place = places.clone().acquire_owned().await;
        let place = place.map_err(|_| RpcError::internal("the server is shutting down"))?;
        let server = self.clone();
        let work = async move {
            let _place = place;
            server.work(request).await
        };
        tokio::spawn(work).await.map_err(|_| RpcError::internal("the request broke off"))?
    }

    async fn work(&self, request: RpcRequest) -> Result<Value, RpcErrorMetadata> {
        let params = request.params.as_deref().unwrap_or_default();
        if let Some(hook) = &self.hook
            && let Some(answer) = hook.answer(&request.method, params).await
        {
            return answer.map_err(Into::into);
        }
        if let Some(refusal) = self.audience.refusal(&request.method) {
            return Err(refusal.into());
        }
        match request.method.as_str() {
            "eth_sendRawTransaction" => self.send_raw(params).await.map_err(Into::into),
            "eth_syncing" | "net_listening" => Ok(Value::Bool(false)),
            "net_peerCount" => Ok(json!("0x0")),
            "eth_accounts" => Ok(json!([])),
            "web3_sha3" => sha3(params).map_err(Into::into),
            // It would move the head under whoever derives the chain.
            "debug_setHead" => {
                let message = "the head is moved by what is on L1 only".to_owned();
                Err(RpcError { code: -32601, message }.into())
            }
            _ => self.ask_ethrex(request).await,
        }
    }

    async fn send_raw(&self, params: &[Value]) -> Result<Value, RpcError> {
        let raw = bytes_param(params)?;
        Ok(json!(self.engine.submit(&raw).await?.to_string()))
    }

    /// ethrex's handlers read the disk and execute where they stand, so they get threads of their own.
    async fn ask_ethrex(&self, request: RpcRequest) -> Result<Value, RpcErrorMetadata> {
        let (engine, context) = (self.engine.clone(), self.context.clone());
        let runtime = tokio::runtime::Handle::current();
        let work = move || answer_bounded(&engine, request, context, &runtime);
        let ended = |_| RpcErrorMetadata::from(RpcError::internal("the request broke off"));
        tokio::task::spawn_blocking(work).await.map_err(ended)?
    }
}

/// Asks ethrex within the bounds of what one request may cost.
fn answer_bounded(
    engine: &Ethrex,
    mut request: RpcRequest,
    context: RpcApiContext,
    runtime: &tokio::runtime::Handle,
) -> Result<Value, RpcErrorMetadata> {
    let latest = engine.inner.latest_header().map_err(RpcError::from)?;
    limits::apply(&mut request, &context, &latest)?;
    if request.method == "eth_getLogs" {
        return runtime.block_on(Box::pin(logs::find(&request, &context)));
    }
    Ok(runtime.block_on(Box::pin(map_http_requests(&request, context)))?)
}

/// The only parameter, as bytes.
pub(crate) fn bytes_param(params: &[Value]) -> Result<Vec<u8>, RpcError> {
    let text = match params {
        [Value::String(text)] => text,
        _ => return Err(RpcError::params("one parameter is expected: bytes in hexadecimal")),
    };
    let digits = text.strip_prefix("0x").ok_or(RpcError::params("the bytes must begin with 0x"))?;
    hex::decode(digits).map_err(|_| RpcError::params("the bytes are not hexadecimal"))
}

fn sha3(params: &[Value]) -> Result<Value, RpcError> {
    Ok(json!(tern_stf_ethrex::keccak(&bytes_param(params)?).to_string()))
}

fn respond(id: RpcRequestId, answer: Result<Value, RpcErrorMetadata>) -> Value {
    rpc_response(id, answer).unwrap_or_else(|error| failure(-32603, &error.to_string()))
}

fn failure(code: i32, message: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": null, "error": { "code": code, "message": message } })
}

async fn over_http(State(server): State<Server>, headers: HeaderMap, body: Bytes) -> Response {
    let server = server.facing(&headers);
    as_json(server.answer(&body, None).await)
}

/// An answer over HTTP of what is JSON already.
pub(crate) fn as_json(text: String) -> Response {
    ([(CONTENT_TYPE, "application/json")], text).into_response()
}

async fn over_websocket(
    State(server): State<Server>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let server = server.facing(&headers);
    let Ok(place) = server.sockets.clone().try_acquire_owned() else {
        let message = "too many WebSockets are open: try again later, or ask over HTTP";
        return (StatusCode::SERVICE_UNAVAILABLE, message).into_response();
    };
    upgrade.max_message_size(MAX_REQUEST).on_upgrade(|socket| async move {
        subscriptions::serve(server, socket).await;
        drop(place);
    })
}

fn context(engine: &Ethrex, audience: Audience) -> RpcApiContext {
    let inner = &engine.inner;
    let nowhere = IpAddr::V4(Ipv4Addr::LOCALHOST);
    RpcApiContext {
        storage: inner.store.clone(),
        blockchain: inner.chain.clone(),
        active_filters: Arc::new(Mutex::new(HashMap::new())),
        syncer: None,
        peer_handler: None,
        node_data: NodeData {
            jwt_secret: Default::default(),
            local_p2p_node: Node::new(nowhere, 0, 0, Default::default()),
            local_node_record: NodeRecord::default(),
            client_version: version(),
            extra_data: Default::default(),
        },
        gas_tip_estimator: Arc::new(tokio::sync::Mutex::new(GasTipEstimator::new())),
        log_filter_handler: None,
        gas_ceil: 0,
        block_worker_channel: tokio::sync::mpsc::unbounded_channel().0,
        ws: None,
        allowed_namespaces: Arc::new(audience.namespaces()),
    }
}

fn version() -> ClientVersion {
    ClientVersion::new(
        "tern".into(),
        env!("CARGO_PKG_VERSION").into(),
        "ethrex".into(),
        "24.0.0".into(),
        format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS),
        "stable".into(),
    )
}

fn forget_old_filters(context: &RpcApiContext) {
    let filters = Arc::downgrade(&context.active_filters);
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(FILTER_DURATION).await;
            let Some(filters) = filters.upgrade() else { return };
            clean_outdated_filters(filters, FILTER_DURATION);
        }
    });
}
