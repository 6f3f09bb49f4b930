//! Asking for blobs.

use alloy_eips::eip4844::Blob;
use alloy_primitives::{B256, hex};
use reqwest::{Client, Response, StatusCode, Url};
use serde::{Deserialize, de::DeserializeOwned};
use tokio::sync::OnceCell;

use super::{BlobBlock, BlobSource};
use crate::{L1Error, client};

/// Asks one source. Whatever goes wrong is a sentence: the next source is asked then.
#[derive(Debug)]
pub(super) enum Source {
    Beacon(Beacon),
    Node { url: Url, host: String, http: Client },
}

/// The most blobs that are looked at of one answer: more than a block has, and few enough that a
/// source which invents them costs seconds only.
const MOST_BLOBS: usize = 128;
/// The most bytes of an answer with one blob, in hexadecimal digits.
const ONE_BLOB: usize = 300 << 10;
/// The most bytes of an answer without blobs.
const SMALL: usize = 1 << 20;

#[derive(Debug)]
pub(super) struct Beacon {
    url: Url,
    host: String,
    http: Client,
    clock: OnceCell<Clock>,
    /// Whether it may be a development node, which knows no slots.
    development: bool,
}

/// How a beacon node numbers slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clock {
    /// By time.
    Time { genesis: u64, slot_ms: u64 },
    /// By the block's number: development nodes that know no slots.
    Number,
}

impl Clock {
    fn slot(self, at: BlobBlock) -> Option<u64> {
        match self {
            Self::Number => Some(at.number),
            Self::Time { genesis, slot_ms } => {
                at.timestamp.checked_sub(genesis)?.checked_mul(1_000)?.checked_div(slot_ms)
            }
        }
    }
}

impl Source {
    pub(super) fn new(source: &BlobSource, development: bool) -> Result<Self, L1Error> {
        match source {
            BlobSource::Beacon(text) => {
                let url = client::parse("beacon node", text)?;
                let http = client::client("beacon node", &url)?;
                let (host, clock) = (client::shown(&url), OnceCell::new());
                Ok(Self::Beacon(Beacon { url, host, http, clock, development }))
            }
            BlobSource::Node(text) => {
                let url = client::parse("rollup node", text)?;
                let http = client::client("rollup node", &url)?;
                Ok(Self::Node { host: client::shown(&url), url, http })
            }
        }
    }

    pub(super) fn host(&self) -> &str {
        match self {
            Self::Beacon(beacon) => &beacon.host,
            Self::Node { host, .. } => host,
        }
    }

    /// What it gives for these hashes, in any order, unchecked.
    pub(super) async fn ask(&self, at: BlobBlock, hashes: &[B256]) -> Result<Vec<Blob>, String> {
        match self {
            Self::Beacon(beacon) => beacon.blobs(at, hashes).await,
            Self::Node { url, http, .. } => {
                let mut blobs = Vec::new();
                for hash in hashes {
                    blobs.extend(tern_blob(http, url, hash).await?);
                }
                Ok(blobs)
            }
        }
    }
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    result: Option<String>,
    #[serde(default)]
    error: Option<Said>,
}

#[derive(Deserialize)]
struct Said {
    message: String,
}

/// A blob that a rollup node keeps, if it does. Not by `L1`, which reads an answer of any size.
async fn tern_blob(http: &Client, url: &Url, hash: &B256) -> Result<Option<Blob>, String> {
    let params = serde_json::json!([hash]);
    let question = serde_json::json!({
        "jsonrpc": "2.0", "id": 1, "method": "tern_blob", "params": params,
    });
    let answer = http.post(url.clone()).json(&question).send().await.map_err(plain)?;
    let status = answer.status();
    let bytes = read(answer, ONE_BLOB).await?;
    let answer: Answer = serde_json::from_slice(&bytes)
        .map_err(|error| format!("HTTP status {status} and no JSON-RPC: {error}"))?;
    match answer.error {
        Some(error) => Err(error.message),
        None => Ok(answer.result.as_deref().and_then(blob)),
    }
}

/// What the library says may repeat the URL, and with it what may be secret in it.
fn plain(error: reqwest::Error) -> String {
    error.without_url().to_string()
}

/// An answer's body, as long as it is no longer than it can be.
async fn read(mut answer: Response, most: usize) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    while let Some(some) = answer.chunk().await.map_err(plain)? {
        if bytes.len() + some.len() > most {
            return Err(format!("it answers with more than {most} bytes"));
        }
        bytes.extend_from_slice(&some);
    }
    Ok(bytes)
}

#[derive(Deserialize)]
struct Data<T> {
    data: T,
}

#[derive(Deserialize)]
struct Genesis {
    genesis_time: String,
}

#[derive(Deserialize)]
struct Spec {
    #[serde(rename = "SECONDS_PER_SLOT")]
    seconds: Option<String>,
    #[serde(rename = "SLOT_DURATION_MS")]
    milliseconds: Option<String>,
}

#[derive(Deserialize)]
struct SidecarOf {
    blob: String,
}

impl Spec {
    fn slot_ms(&self) -> Option<u64> {
        let number = |text: &Option<String>| text.as_ref()?.parse::<u64>().ok();
        let seconds = || number(&self.seconds)?.checked_mul(1_000);
        number(&self.milliseconds).or_else(seconds).filter(|slot| *slot > 0)
    }
}

impl Beacon {
    async fn blobs(&self, at: BlobBlock, hashes: &[B256]) -> Result<Vec<Blob>, String> {
        const BLOBS: usize = MOST_BLOBS * ONE_BLOB;
        let clock = *self.clock.get_or_try_init(|| self.clock()).await?;
        let Some(slot) = clock.slot(at) else {
            return Err("its chain began after this block".into());
        };
        let path = format!("eth/v1/beacon/blobs/{slot}");
        let query: Vec<_> =
            hashes.iter().map(|hash| ("versioned_hashes", hash.to_string())).collect();
        let mut new: Result<Option<Data<Vec<String>>>, String> =
            self.get(&path, &query, BLOBS).await;
        // Nodes read a list of hashes in different ways, and none is misread as a few.
        if new
            .as_ref()
            .is_ok_and(|found| found.as_ref().is_some_and(|f| f.data.len() < hashes.len()))
        {
            new = self.get(&path, &[], BLOBS).await;
        }
        let texts = match new {
            Ok(Some(found)) => found.data,
            // Older nodes know only this.
            Ok(None) | Err(_) => {
                let path = format!("eth/v1/beacon/blob_sidecars/{slot}");
                let old: Option<Data<Vec<SidecarOf>>> = self.get(&path, &[], BLOBS).await?;
                old.map_or_else(Vec::new, |found| {
                    found.data.into_iter().map(|sidecar| sidecar.blob).collect()
                })
            }
        };
        Ok(texts.iter().take(MOST_BLOBS).filter_map(|text| blob(text)).collect())
    }

    async fn clock(&self) -> Result<Clock, String> {
        let genesis: Option<Data<Genesis>> = self.get("eth/v1/beacon/genesis", &[], SMALL).await?;
        let genesis = genesis.and_then(|found| found.data.genesis_time.parse().ok());
        let Some(genesis) = genesis else { return Err("it names no genesis time".into()) };
        let spec: Option<Data<Spec>> = self.get("eth/v1/config/spec", &[], SMALL).await?;
        match spec.and_then(|found| found.data.slot_ms()) {
            Some(slot_ms) => Ok(Clock::Time { genesis, slot_ms }),
            None if self.development => Ok(Clock::Number),
            None => Err("it does not say how long a slot is (eth/v1/config/spec)".into()),
        }
    }

    /// `None` if it is not there.
    async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, String)],
        most: usize,
    ) -> Result<Option<T>, String> {
        let mut url = self.url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path.split('/'));
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let answer = self.http.get(url).send().await.map_err(plain)?;
        match answer.status() {
            StatusCode::NOT_FOUND => Ok(None),
            status if !status.is_success() => Err(format!("HTTP status {status} for {path}")),
            _ => {
                let bytes = read(answer, most).await?;
                // A development node answers with nothing to what it does not know.
                if bytes.is_empty() {
                    return Ok(None);
                }
                serde_json::from_slice(&bytes).map(Some).map_err(|error| error.to_string())
            }
        }
    }
}

fn blob(text: &str) -> Option<Blob> {
    let bytes = hex::decode(text).ok()?;
    Blob::try_from(bytes.as_slice()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_come_from_time_where_the_node_says_how_long_they_are() {
        let at = BlobBlock { number: 77, timestamp: 1_000_030 };
        let clock = Clock::Time { genesis: 1_000_000, slot_ms: 12_000 };
        assert_eq!(clock.slot(at), Some(2));
        assert_eq!(Clock::Number.slot(at), Some(77));
        assert_eq!(Clock::Time { genesis: 1_000_031, slot_ms: 1 }.slot(at), None);
        let spec: Spec = serde_json::from_str(r#"{"SECONDS_PER_SLOT":"12"}"#).expect("a spec");
        assert_eq!(spec.slot_ms(), Some(12_000));
        let spec: Spec = serde_json::from_str(r#"{"SLOT_DURATION_MS":"6000"}"#).expect("a spec");
        assert_eq!(spec.slot_ms(), Some(6_000));
    }
}
