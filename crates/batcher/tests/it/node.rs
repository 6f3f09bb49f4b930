//! A node that only seals: it answers what a batcher asks, and has derived whatever L1 has.

use std::sync::{Arc, Mutex, MutexGuard};

use alloy_consensus::{SignableTransaction, TxEip1559};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, Signature, TxKind, U256};
use alloy_sol_types::SolCall;
use axum::{Json, Router, extract::State, routing::post};
use serde_json::{Value, json};
use tern_contracts::{Inbox, to_alloy};
use tern_l1::L1;
use tern_node_api::{
    BatchInfo, BlockRef, Bytes, Heads, L1Ref, NodeStatus, QueueSpan, Role, Segment, SegmentAnchor,
};
use tern_protocol::{BatchAcc, Hash, QueueAcc, QueueHead, QueueIndex, keccak256};
use tern_rollup::Rollup;

#[derive(Clone)]
pub(crate) struct FakeNode {
    shared: Arc<Shared>,
    port: u16,
}

struct Shared {
    l1: L1,
    rollup: Rollup,
    state: Mutex<Sealed>,
}

#[derive(Clone)]
struct Sealed {
    segments: Vec<Segment>,
    /// The next block, its parent and what is consumed.
    next: u64,
    parent: Hash,
    time: u64,
    deposits: QueueHead,
    forced: QueueHead,
    throttle: u16,
    /// Makes each block another one.
    salt: u64,
}

impl FakeNode {
    pub(crate) async fn start(l1: L1, rollup: Rollup) -> Self {
        let state = Sealed {
            segments: vec![],
            next: 1,
            parent: rollup.config.genesis_hash,
            time: l1.header(None).await.expect("it answers").timestamp,
            deposits: QueueHead::default(),
            forced: QueueHead::default(),
            throttle: 0,
            salt: 0,
        };
        let shared = Arc::new(Shared { l1, rollup, state: Mutex::new(state) });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let router = Router::new().route("/", post(answer)).with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { shared, port }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn last_time(&self) -> u64 {
        self.shared.state().time
    }

    pub(crate) fn segments(&self) -> Vec<Segment> {
        self.shared.state().segments.clone()
    }

    pub(crate) fn throttle(&self, throttle: u16) {
        self.shared.state().throttle = throttle;
    }

    /// Seals a segment, anchored to L1's head.
    pub(crate) async fn seal(&self, blocks: usize, transactions: usize) {
        let anchor = self.shared.l1.header(None).await.expect("it answers");
        let mut state = self.shared.state();
        state.salt += 1;
        let first_timestamp = anchor.timestamp.max(state.time + 1);
        let salt = state.salt;
        let raw = |block: usize, at: usize| Bytes(transfer(&format!("{salt} {block} {at}")));
        let blocks: Vec<Vec<Bytes>> =
            (0..blocks).map(|block| (0..transactions).map(|at| raw(block, at)).collect()).collect();
        let count = blocks.len() as u64;
        let last_hash = keccak256(format!("{} {}", state.next, state.salt).as_bytes());
        let segment = Segment {
            first_block: state.next,
            parent_hash: state.parent,
            last_hash,
            first_timestamp,
            time_step: 1,
            anchors: vec![SegmentAnchor {
                from_block: 0,
                number: anchor.number,
                hash: Hash(anchor.hash.0),
            }],
            deposits: QueueSpan { before: state.deposits, after: state.deposits },
            forced: QueueSpan { before: state.forced, after: state.forced },
            blocks,
        };
        state.next += count;
        state.parent = last_hash;
        state.time = first_timestamp + count - 1;
        state.segments.push(segment);
    }

    /// Drops what is not on L1 and goes on from there, as a sequencer does after somebody else's
    /// batch or a reorganisation.
    pub(crate) async fn follow(&self) {
        let inbox = to_alloy(&self.shared.rollup.config.inbox);
        let details = self.shared.view(inbox, Inbox::tipDetailsCall {}).await;
        let deposits = self.shared.view(inbox, Inbox::depositQueueCall {}).await;
        let forced = self.shared.view(inbox, Inbox::forcedQueueCall {}).await;
        let mut state = self.shared.state();
        let blocks: u64 = details.blocks.to();
        state.parent = state.hash_of(blocks, self.shared.rollup.config.genesis_hash);
        state.next = blocks + 1;
        state.time = details.timestamp.to();
        let head =
            |next, acc: [u8; 32]| QueueHead { next: QueueIndex(next), acc: QueueAcc(Hash(acc)) };
        state.deposits = head(deposits.next, deposits.acc.0);
        state.forced = head(forced.next, forced.acc.0);
        state.segments.retain(|segment| segment.first_block <= blocks);
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, Sealed> {
        self.state.lock().expect("nobody panics beside it")
    }

    async fn view<C: SolCall>(&self, inbox: Address, call: C) -> C::Return {
        let answer = self.l1.view(C::SIGNATURE, inbox, call.abi_encode()).await;
        C::abi_decode_returns_validate(&answer.expect("it answers")).expect("as its ABI says")
    }

    async fn batch(&self, index: u64) -> Option<BatchInfo> {
        let inbox = to_alloy(&self.rollup.config.inbox);
        let tip = self.view(inbox, Inbox::tipCall {}).await;
        if tip.batches != index + 1 {
            return None;
        }
        let blocks: u64 = self.view(inbox, Inbox::tipDetailsCall {}).await.blocks.to();
        let last = self.state().hash_of(blocks, self.rollup.config.genesis_hash);
        Some(BatchInfo {
            index,
            parent_acc: BatchAcc::default(),
            acc: BatchAcc(Hash(tip.acc.0)),
            header: Bytes::default(),
            first_block: blocks,
            block_hashes: vec![last],
            parent_hash: Hash::default(),
            l1: L1Ref { number: 0, hash: Hash::default(), timestamp: 0 },
            l1_transaction: Hash::default(),
            dropped: None,
        })
    }

    fn status(&self) -> NodeStatus {
        let zero = Hash::default();
        let block = BlockRef { number: 0, hash: zero, parent: zero, timestamp: 0 };
        NodeStatus {
            role: Role::Sequencer,
            chain_id: self.rollup.config.chain_id.0,
            inbox: self.rollup.config.inbox,
            heads: Heads { latest: block, safe: block, finalized: block },
            l1_head: None,
            l1_read: None,
            batches: 0,
            backlog_bytes: 0,
            throttle: self.state().throttle,
            deposits_waiting: 0,
            forced_waiting: 0,
            trouble: String::new(),
        }
    }
}

impl Sealed {
    /// The hash of a block that ends a segment; of any other, one that only foreign batches have.
    fn hash_of(&self, block: u64, genesis: Hash) -> Hash {
        if block == 0 {
            return genesis;
        }
        let ends =
            |segment: &&Segment| segment.first_block + segment.blocks.len() as u64 - 1 == block;
        match self.segments.iter().find(ends) {
            Some(segment) => segment.last_hash,
            None => keccak256(&block.to_be_bytes()),
        }
    }
}

/// A transfer of ether as users send it, the same for the same seed. Nobody checks its signature
/// here, and good ones look as random.
fn transfer(seed: &str) -> Vec<u8> {
    let noise = |of: &str| U256::from_be_bytes(keccak256(format!("{seed} {of}").as_bytes()).0);
    let small = |of: &str, below: u64| (noise(of) % U256::from(below)).to::<u64>();
    let priority = 1_000_000 * u128::from(1 + small("priority", 50));
    let transaction = TxEip1559 {
        chain_id: 7_357,
        nonce: small("nonce", 200),
        gas_limit: 21_000,
        max_fee_per_gas: 100_000_000 + priority,
        max_priority_fee_per_gas: priority,
        to: TxKind::Call(Address::from_word(noise("to").into())),
        value: U256::from(small("value", 1_000_000)) * U256::from(10_u64.pow(12)),
        access_list: Default::default(),
        input: Default::default(),
    };
    let signature = Signature::new(noise("r"), noise("s") >> 1, small("parity", 2) == 1);
    transaction.into_signed(signature).encoded_2718()
}

async fn answer(State(shared): State<Arc<Shared>>, Json(request): Json<Value>) -> Json<Value> {
    let number = || request["params"][0].as_u64().unwrap_or_default();
    let result = match request["method"].as_str().unwrap_or_default() {
        "eth_chainId" => json!("0x1cbd"),
        "tern_rollup" => json!(shared.rollup),
        "tern_status" => json!(shared.status()),
        "tern_batch" => json!(shared.batch(number()).await),
        "tern_segment" => {
            let state = shared.state();
            json!(state.segments.iter().find(|segment| segment.first_block == number()))
        }
        other => panic!("a batcher does not ask {other}"),
    };
    Json(json!({ "jsonrpc": "2.0", "id": request["id"], "result": result }))
}
