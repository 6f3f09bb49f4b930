//! JSON-RPC over a WebSocket: requests, and news for who subscribes to them.

use std::{collections::BTreeMap, time::Duration};

use axum::extract::ws::{Message, WebSocket};
use ethrex_common::{H256, types::BlockHeader};
use ethrex_rpc::{RpcErrorMetadata, utils::RpcRequest};
use serde_json::{Map, Value, json};
use tokio::{
    sync::broadcast::error::RecvError,
    time::{Instant, interval_at},
};
use tracing::{debug, warn};

use crate::{RpcError, rpc::Server};

/// News that wait for a slow listener. One that falls further behind is cut off, and so knows
/// that it missed some.
pub(crate) const WAITING: usize = 4096;

/// Subscriptions of one connection at most.
const MOST: usize = 128;

/// How long a connection may take to read what it was sent.
const PATIENCE: Duration = Duration::from_secs(300);

/// How often a connection is pinged, so that who listens for rare news is not taken for gone.
const PING: Duration = Duration::from_secs(60);

/// Something that subscribers hear of.
#[derive(Debug, Clone)]
pub(crate) enum News {
    /// A block became the head, or lies before the head on another branch than before.
    Head(Box<BlockHeader>),
    /// The pool took a transaction.
    Pending(H256),
}

/// What a subscriber asked for.
enum Topic {
    Heads,
    Logs(Map<String, Value>),
    Pending,
}

/// The subscriptions of one connection.
#[derive(Default)]
pub(crate) struct Subscriptions {
    last: u64,
    topics: BTreeMap<String, Topic>,
}

/// Serves one connection until it ends.
pub(crate) async fn serve(server: Server, mut socket: WebSocket) {
    let mut news = server.engine.inner.news.subscribe();
    let mut subscriptions = Subscriptions::default();
    let mut pings = interval_at(Instant::now() + PING, PING);
    loop {
        let messages = tokio::select! {
            message = socket.recv() => heard(&server, message, &mut subscriptions).await,
            one = news.recv() => told(&server, one, &subscriptions).await,
            _ = pings.tick() => Some(vec![Message::Ping(Default::default())]),
        };
        let Some(messages) = messages else { return };
        for message in messages {
            let sent = socket.send(message);
            if !matches!(tokio::time::timeout(PATIENCE, sent).await, Ok(Ok(()))) {
                return;
            }
        }
    }
}

/// What is to be sent because of a message; nothing when the connection is to end.
async fn heard(
    server: &Server,
    message: Option<Result<Message, axum::Error>>,
    subscriptions: &mut Subscriptions,
) -> Option<Vec<Message>> {
    match message?.ok()? {
        Message::Text(text) => {
            let answer = server.answer(text.as_bytes(), Some(subscriptions)).await;
            Some(vec![Message::Text(answer.into())])
        }
        Message::Close(_) => None,
        _ => Some(Vec::new()),
    }
}

/// What is to be sent because of news; nothing when the connection is to end.
async fn told(
    server: &Server,
    one: Result<News, RecvError>,
    subscriptions: &Subscriptions,
) -> Option<Vec<Message>> {
    match one {
        Ok(one) => {
            let notices = subscriptions.notices(server, &one).await;
            Some(notices.into_iter().map(|text| Message::Text(text.into())).collect())
        }
        Err(RecvError::Closed) => None,
        Err(RecvError::Lagged(missed)) if subscriptions.topics.is_empty() => {
            debug!(missed, "nobody subscribed to these news");
            Some(Vec::new())
        }
        Err(RecvError::Lagged(missed)) => {
            warn!(missed, "a subscriber is too slow and is cut off");
            None
        }
    }
}

impl Subscriptions {
    /// Answers what is about subscriptions.
    pub(crate) async fn answer(
        &mut self,
        server: &Server,
        request: &RpcRequest,
    ) -> Option<Result<Value, RpcErrorMetadata>> {
        let params = request.params.as_deref().unwrap_or_default();
        match request.method.as_str() {
            "eth_subscribe" => Some(self.subscribe(server, params).await),
            "eth_unsubscribe" => {
                let known = params.first().and_then(Value::as_str);
                Some(Ok(json!(known.is_some_and(|id| self.topics.remove(id).is_some()))))
            }
            _ => None,
        }
    }

    async fn subscribe(
        &mut self,
        server: &Server,
        params: &[Value],
    ) -> Result<Value, RpcErrorMetadata> {
        if self.topics.len() >= MOST {
            let reason = format!("a connection has {MOST} subscriptions at most");
            return Err(RpcError::refused(reason).into());
        }
        let topic = match params.first().and_then(Value::as_str) {
            Some("newHeads") => Topic::Heads,
            Some("newPendingTransactions") => Topic::Pending,
            Some("logs") => {
                let filter = filter(params.get(1))?;
                // Who asks for nonsense learns it now.
                let mut latest = filter.clone();
                latest.insert("fromBlock".into(), json!("latest"));
                server.dispatch(logs_request(&latest)?).await?;
                Topic::Logs(filter)
            }
            _ => {
                let kinds = "one can subscribe to newHeads, logs and newPendingTransactions";
                return Err(RpcError::params(kinds).into());
            }
        };
        self.last += 1;
        let id = format!("{:#x}", self.last);
        self.topics.insert(id.clone(), topic);
        Ok(Value::String(id))
    }

    async fn notices(&self, server: &Server, news: &News) -> Vec<String> {
        let mut notices = Vec::new();
        for (id, topic) in &self.topics {
            match (topic, news) {
                (Topic::Heads, News::Head(header)) => {
                    notices.extend(header_json(header).map(|header| notice(id, &header)));
                }
                (Topic::Logs(filter), News::Head(header)) if !header.logs_bloom.is_zero() => {
                    let logs = logs_of(server, filter, header.hash()).await;
                    notices.extend(logs.iter().map(|log| notice(id, log)));
                }
                (Topic::Pending, News::Pending(transaction)) => {
                    notices.push(notice(id, &json!(transaction)));
                }
                _ => {}
            }
        }
        notices
    }
}

/// What is left of a filter for logs once the blocks are given by the news.
fn filter(given: Option<&Value>) -> Result<Map<String, Value>, RpcError> {
    let given = match given {
        None | Some(Value::Null) => return Ok(Map::new()),
        Some(Value::Object(given)) => given,
        Some(_) => return Err(RpcError::params("a filter for logs is an object")),
    };
    let kept = ["address", "topics"].into_iter();
    Ok(kept.filter_map(|key| given.get(key).map(|value| (key.into(), value.clone()))).collect())
}

fn logs_request(filter: &Map<String, Value>) -> Result<RpcRequest, RpcError> {
    let request = json!({ "id": 0, "jsonrpc": "2.0", "method": "eth_getLogs", "params": [filter] });
    serde_json::from_value(request).map_err(|error| RpcError::internal(error.to_string()))
}

async fn logs_of(server: &Server, filter: &Map<String, Value>, block: H256) -> Vec<Value> {
    let mut filter = filter.clone();
    filter.insert("blockHash".into(), json!(block));
    let found = match logs_request(&filter) {
        Ok(request) => server.dispatch(request).await,
        Err(error) => Err(error.into()),
    };
    match found {
        Ok(Value::Array(logs)) => logs,
        Ok(_) => Vec::new(),
        Err(error) => {
            warn!(error = error.message, "subscribers miss a block's logs");
            Vec::new()
        }
    }
}

fn header_json(header: &BlockHeader) -> Option<Value> {
    let mut value = serde_json::to_value(header).ok()?;
    value.as_object_mut()?.insert("hash".into(), json!(header.hash()));
    Some(value)
}

fn notice(id: &str, result: &Value) -> String {
    let params = json!({ "subscription": id, "result": result });
    json!({ "jsonrpc": "2.0", "method": "eth_subscription", "params": params }).to_string()
}
