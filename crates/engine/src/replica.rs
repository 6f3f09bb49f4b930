//! Any execution client behind the Engine API.

use std::{path::Path, time::Duration};

use ethrex_common::types::{Block, requests::EncodedRequests};
use ethrex_rpc::types::payload::ExecutionPayload;
use reqwest::{StatusCode, Url};
use serde::Deserialize;
use serde_json::{Value, json};
use tern_protocol::Hash;

use crate::{
    Client, EngineError, Ethrex, Head, Heads, Secret,
    client::decode,
    convert::hash,
    ethrex::{head_of, requests::makes_requests},
};

/// How long a block may take the client.
const PATIENCE: Duration = Duration::from_secs(60);

/// Any execution client, driven over its authenticated Engine API: it is given blocks and
/// must call them valid.
#[derive(Debug, Clone)]
pub struct Replica {
    name: String,
    url: Url,
    secret: Secret,
    http: reqwest::Client,
    source: Option<Ethrex>,
}

impl Replica {
    /// Connects to a client, and sees that it takes the secret and knows what is needed.
    pub async fn connect(url: &str, secret: &Path) -> Result<Self, EngineError> {
        let secret = Secret::read(secret)?;
        // An address may hold a password, and errors are logged.
        let unusable =
            |reason: String| EngineError::Unreachable { client: "the replica".into(), reason };
        let parsed = Url::parse(url)
            .map_err(|error| unusable(format!("its address is not a URL: {error}")))?;
        // Whichever room of this process is first installs it; the others find it there.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .timeout(PATIENCE)
            .build()
            .map_err(|error| unusable(error.without_url().to_string()))?;
        let host = parsed.host_str().unwrap_or("?").to_owned();
        let port =
            parsed.port_or_known_default().map_or_else(String::new, |port| format!(":{port}"));
        let name = format!("the client at {host}{port}");
        let replica = Self { name, url: parsed, secret, http, source: None };
        replica.check_capabilities().await?;
        Ok(replica)
    }

    /// Where the requests to L1 of a block (EIP-7685) are found, which its RLP does not hold.
    #[must_use]
    pub fn with_requests_from(mut self, source: Ethrex) -> Self {
        self.source = Some(source);
        self
    }

    async fn check_capabilities(&self) -> Result<(), EngineError> {
        let needed = ["engine_newPayloadV4", "engine_forkchoiceUpdatedV3"];
        let method = "engine_exchangeCapabilities";
        let known: Vec<String> = self.ask(method, json!([needed])).await?;
        match needed.iter().find(|one| !known.iter().any(|other| other == *one)) {
            None => Ok(()),
            Some(lacking) => Err(self.odd(method, format!("a list without {lacking}"))),
        }
    }

    async fn ask<T: serde::de::DeserializeOwned>(
        &self,
        method: &str,
        params: Value,
    ) -> Result<T, EngineError> {
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let lost = |error: reqwest::Error| EngineError::Unreachable {
            client: self.name.clone(),
            reason: error.without_url().to_string(),
        };
        let sent =
            self.http.post(self.url.clone()).bearer_auth(self.secret.token()?).json(&request);
        let response = sent.send().await.map_err(lost)?;
        let status = response.status();
        if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            return Err(EngineError::Secret { client: self.name.clone() });
        }
        if status.is_server_error() {
            let reason = format!("HTTP status {status}");
            return Err(EngineError::Unreachable { client: self.name.clone(), reason });
        }
        let answer: Reply = response.json().await.map_err(|error| {
            self.odd(
                method,
                format!("HTTP status {status} and no JSON-RPC: {}", error.without_url()),
            )
        })?;
        if let Some(error) = answer.error {
            if error.message.starts_with("Auth failed") {
                return Err(EngineError::Secret { client: self.name.clone() });
            }
            return Err(self.odd(method, format!("error {}: {}", error.code, error.message)));
        }
        serde_json::from_value(answer.result)
            .map_err(|error| self.odd(method, format!("a result of another form: {error}")))
    }

    fn odd(&self, method: &str, reason: String) -> EngineError {
        EngineError::Answer { client: self.name.clone(), method: method.to_owned(), reason }
    }

    fn judge(
        &self,
        method: &str,
        status: Status,
        block: Hash,
        parent: Hash,
    ) -> Result<(), EngineError> {
        let client = self.name.clone();
        match status.status.as_str() {
            "VALID" => Ok(()),
            "SYNCING" | "ACCEPTED" => Err(EngineError::Unknown { client, hash: parent }),
            "INVALID" | "INVALID_BLOCK_HASH" => {
                let reason = status.validation_error.unwrap_or_else(|| status.status.clone());
                Err(EngineError::Invalid { client, hash: block, reason })
            }
            other => Err(self.odd(method, format!("the status {other}"))),
        }
    }

    /// The requests of a block, which only its execution tells.
    async fn requests(&self, block: &Block) -> Result<Vec<EncodedRequests>, EngineError> {
        if !makes_requests(&block.header) {
            return Ok(Vec::new());
        }
        let Some(source) = self.source.clone() else {
            let reason = "no way to tell a block's requests: they are not in the block".to_owned();
            return Err(EngineError::Ethrex { what: "make a payload", reason });
        };
        let block = block.clone();
        crate::ethrex::open::blocking(move || source.inner.requests(&block)).await
    }
}

#[derive(Deserialize)]
struct Reply {
    #[serde(default)]
    result: Value,
    error: Option<Refusal>,
}

#[derive(Deserialize)]
struct Refusal {
    code: i64,
    message: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    status: String,
    validation_error: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Moved {
    payload_status: Status,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Header {
    number: String,
    hash: String,
    parent_hash: String,
    timestamp: String,
}

impl Client for Replica {
    fn name(&self) -> &str {
        &self.name
    }

    async fn import(&self, block: &[u8]) -> Result<Head, EngineError> {
        let block = decode(&self.name, block)?;
        let head = head_of(&block.header);
        let requests = self.requests(&block).await?;
        let root = block.header.parent_beacon_block_root.unwrap_or_default();
        let payload = ExecutionPayload::from_block(block, None);
        let method = "engine_newPayloadV4";
        let params = json!([payload, [], root, requests]);
        let status: Status = self.ask(method, params).await?;
        self.judge(method, status, head.hash, head.parent)?;
        Ok(head)
    }

    async fn set_heads(&self, heads: Heads) -> Result<(), EngineError> {
        let method = "engine_forkchoiceUpdatedV3";
        let state = json!({
            "headBlockHash": heads.latest.to_string(),
            "safeBlockHash": heads.safe.to_string(),
            "finalizedBlockHash": heads.finalized.to_string(),
        });
        let moved: Moved = self.ask(method, json!([state, null])).await?;
        self.judge(method, moved.payload_status, heads.latest, heads.latest)
    }

    async fn latest(&self) -> Result<Head, EngineError> {
        let method = "eth_getBlockByNumber";
        let header: Header = self.ask(method, json!(["latest", false])).await?;
        let malformed = || self.odd(method, "a block of another form".to_owned());
        let number = |text: &str| {
            text.strip_prefix("0x").and_then(|digits| u64::from_str_radix(digits, 16).ok())
        };
        let digest = |text: &str| text.parse().ok().map(hash);
        Ok(Head {
            number: number(&header.number).ok_or_else(malformed)?,
            hash: digest(&header.hash).ok_or_else(malformed)?,
            parent: digest(&header.parent_hash).ok_or_else(malformed)?,
            timestamp: number(&header.timestamp).ok_or_else(malformed)?,
        })
    }
}
