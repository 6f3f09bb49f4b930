//! The `tern_*` methods, and what stands in front of Ethereum's.

use std::sync::Arc;

use serde_json::{Value, json};
use tern_engine::{Answer, EngineError, Hook, RpcError};
use tern_l1::{L1, L1Error};
use tern_node_api::{BlockRef, Bytes, MessageProof};
use tern_protocol::{Hash, Word};
use tern_rollup::predeploys::OUTBOX;
use tokio::sync::{OnceCell, Semaphore};

use crate::{
    NodeError,
    outbox::{self, message_slot},
    shared::Shared,
};

/// Blocks in one answer.
const MOST_BLOCKS: u64 = 64;
/// Bytes of blocks after which an answer takes no more of them.
const MOST_BYTES: usize = 4 << 20;

/// Questions for proofs from old blocks that wait for their turn. Each waits in a place that other
/// questions need, too.
const MOST_WAITING: usize = 8;

/// Answers what Ethereum's methods do not.
pub(crate) struct Api {
    shared: Arc<Shared>,
    waiting: Semaphore,
    /// Who takes transactions, if not this node.
    sequencer: Option<String>,
    connection: OnceCell<L1>,
}

impl Api {
    pub(crate) fn new(shared: Arc<Shared>, sequencer: Option<String>) -> Self {
        let waiting = Semaphore::new(MOST_WAITING);
        Self { shared, waiting, sequencer, connection: OnceCell::new() }
    }

    async fn dispatch(&self, method: &str, params: &[Value]) -> Option<Result<Value, RpcError>> {
        Some(match method {
            "tern_rollup" => encode(&self.shared.rollup),
            "tern_status" => encode(&self.shared.status()),
            "tern_segment" => {
                number(params, 0).and_then(|first| encode(&self.shared.pending_segment(first)))
            }
            "tern_batch" => self.batch(params).await,
            "tern_blocks" => self.blocks(params).await,
            "tern_blob" => self.blob(params).await,
            "tern_messageProof" => self.message_proof(params).await,
            "eth_sendRawTransaction" => return self.forward(params).await,
            _ => return None,
        })
    }

    async fn batch(&self, params: &[Value]) -> Result<Value, RpcError> {
        let index = number(params, 0)?;
        if index >= self.shared.status().batches {
            return Ok(Value::Null);
        }
        let found = self.shared.blocking(move |shared| shared.store.batch_at(index)).await;
        encode(&found.map_err(failed)?)
    }

    async fn blocks(&self, params: &[Value]) -> Result<Value, RpcError> {
        let (from, count) = (number(params, 0)?, number(params, 1)?.min(MOST_BLOCKS));
        let work = move |shared: &Shared| {
            let mut blocks = Vec::new();
            let mut bytes = 0;
            for at in from..from.saturating_add(count) {
                if bytes >= MOST_BYTES {
                    break;
                }
                let Some(head) = shared.engine.head_at(at)? else { break };
                let Some(rlp) = shared.engine.block(head.hash)? else { break };
                bytes += rlp.len();
                blocks.push(Bytes(rlp));
            }
            Ok(blocks)
        };
        encode(&self.shared.blocking(work).await.map_err(failed)?)
    }

    async fn blob(&self, params: &[Value]) -> Result<Value, RpcError> {
        let hash = params.first().and_then(Value::as_str).and_then(|text| text.parse().ok());
        let hash: Hash =
            hash.ok_or_else(|| RpcError::params("a versioned hash of 32 bytes is expected"))?;
        // Reading checks the commitment, which takes its milliseconds.
        let work = move |shared: &Shared| Ok(shared.blobs.archive().get(hash.0.into()));
        let found = self.shared.blocking(work).await.map_err(failed)?;
        let found = found.map_err(|error| RpcError::internal(error.to_string()))?;
        encode(&found.map(|blob| Bytes(blob.as_slice().to_vec())))
    }

    async fn message_proof(&self, params: &[Value]) -> Result<Value, RpcError> {
        let (nonce, block) = (number(params, 0)?, number(params, 1)?);
        let work = move |shared: &Shared| fresh_proof(shared, nonce, block);
        let found = match self.shared.blocking(work).await.map_err(failed)? {
            Found::Here(proof) => Ok(*proof),
            Found::Nowhere(reason) => Err(reason),
            Found::Gone(head) => {
                let Ok(_place) = self.waiting.try_acquire() else {
                    return Err(RpcError::refused(
                        "many ask for proofs from old blocks: try again in a minute, or ask for \
                         one from a newer block",
                    ));
                };
                // It takes long where there are many messages, and anybody may ask.
                let turn = self.shared.rebuilding.acquire().await;
                let _turn = turn.map_err(|_| failed(NodeError::Ended("server")))?;
                let work = move |shared: &Shared| kept_proof(shared, nonce, head);
                self.shared.blocking(work).await.map_err(failed)?
            }
        };
        encode(&found.map_err(RpcError::refused)?)
    }

    /// A follower's transactions go to the sequencer.
    async fn forward(&self, params: &[Value]) -> Option<Result<Value, RpcError>> {
        let url = self.sequencer.as_ref()?;
        let answer = async {
            let sequencer = self.connection.get_or_try_init(|| L1::connect(url)).await?;
            sequencer.ask::<_, Value>("eth_sendRawTransaction", params).await
        };
        Some(answer.await.map_err(|error| match error {
            L1Error::Refused { message, .. } => RpcError::refused(message),
            error => RpcError::internal(format!("the sequencer cannot be asked: {error}")),
        }))
    }
}

impl Hook for Api {
    fn answer<'a>(&'a self, method: &'a str, params: &'a [Value]) -> Answer<'a> {
        Box::pin(self.dispatch(method, params))
    }
}

/// What the engine says of a proof.
enum Found {
    Here(Box<MessageProof>),
    /// The block's state is no longer there.
    Gone(tern_engine::Head),
    Nowhere(String),
}

fn fresh_proof(shared: &Shared, nonce: u64, block: u64) -> Result<Found, NodeError> {
    let Some(head) = shared.engine.head_at(block)? else {
        return Ok(Found::Nowhere(format!("this node has no block {block}")));
    };
    let slot = Word(message_slot(nonce).0);
    let proof = match shared.engine.outbox_proof(head.hash, OUTBOX, &[slot]) {
        Ok(proof) => proof,
        Err(EngineError::Gone { .. }) => return Ok(Found::Gone(head)),
        Err(error) => return Err(error.into()),
    };
    let bytes = |nodes: Vec<Vec<u8>>| nodes.into_iter().map(Bytes).collect();
    Ok(Found::Here(Box::new(MessageProof {
        block: reference(&proof.block),
        header: Bytes(proof.header),
        account: bytes(proof.account),
        storage: bytes(proof.storage.into_iter().next().unwrap_or_default()),
    })))
}

/// A proof under a block whose state the engine no longer has.
fn kept_proof(
    shared: &Shared,
    nonce: u64,
    head: tern_engine::Head,
) -> Result<Result<MessageProof, String>, NodeError> {
    let missing = || {
        Ok(Err(format!(
            "the state of block {} is gone and it is not the end of a batch since the last final \
             block: ask for a newer block",
            head.number
        )))
    };
    let Some(kept) = shared.store.proof(head.number, head.hash)? else { return missing() };
    let values = outbox::messages(&shared.engine, kept.messages)?;
    let storage = outbox::storage_proof(&values, nonce);
    Ok(Ok(MessageProof {
        block: reference(&head),
        header: kept.header,
        account: kept.account,
        storage: storage.into_iter().map(Bytes).collect(),
    }))
}

const fn reference(head: &tern_engine::Head) -> BlockRef {
    BlockRef {
        number: head.number,
        hash: head.hash,
        parent: head.parent,
        timestamp: head.timestamp,
    }
}

fn encode<T: serde::Serialize>(value: &T) -> Result<Value, RpcError> {
    serde_json::to_value(value).map_err(|error| RpcError::internal(error.to_string()))
}

#[allow(clippy::needless_pass_by_value, reason = "it maps errors")]
fn failed(error: NodeError) -> RpcError {
    RpcError::internal(error.to_string())
}

/// A number as JSON or, like Ethereum's methods take them, hexadecimal.
fn number(params: &[Value], at: usize) -> Result<u64, RpcError> {
    let hexadecimal = |text: &str| u64::from_str_radix(text.strip_prefix("0x")?, 16).ok();
    params
        .get(at)
        .and_then(|value| value.as_u64().or_else(|| value.as_str().and_then(hexadecimal)))
        .ok_or_else(|| RpcError::params(format!("parameter {} must be a number", at + 1)))
}

/// What a monitor reads.
pub(crate) fn metrics(shared: &Shared) -> String {
    let status = shared.status();
    let l1 = |at: Option<tern_node_api::L1Ref>| at.map_or(0, |at| at.number);
    let rows = [
        ("latest_block", status.heads.latest.number),
        ("safe_block", status.heads.safe.number),
        ("finalized_block", status.heads.finalized.number),
        ("batches_derived", status.batches),
        ("backlog_bytes", status.backlog_bytes),
        ("throttle_permille", status.throttle.into()),
        ("deposits_waiting", status.deposits_waiting),
        ("forced_waiting", status.forced_waiting),
        ("l1_head_block", l1(status.l1_head)),
        ("l1_read_block", l1(status.l1_read)),
        ("l1_lag_blocks", l1(status.l1_head).saturating_sub(l1(status.l1_read))),
        ("trouble", u64::from(!status.trouble.is_empty())),
    ];
    let mut text = String::new();
    for (name, value) in rows {
        text.push_str(&format!("# TYPE tern_node_{name} gauge\ntern_node_{name} {value}\n"));
    }
    text
}

/// Whether a node is well, and what is wrong if not.
pub(crate) fn health(shared: &Shared) -> (bool, Value) {
    let (status, trouble) = (shared.status(), shared.trouble());
    let well = trouble.is_empty();
    (well, json!({ "ok": well, "trouble": trouble, "latest": status.heads.latest.number }))
}
