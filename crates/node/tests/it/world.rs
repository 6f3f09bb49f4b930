//! An L1 with a rollup, nodes on it, and somebody who posts batches by hand.

use std::{
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use alloy_primitives::{Address, U256};
use alloy_sol_types::SolCall;
use serde_json::Value;
use tern_contracts::{Inbox, to_alloy};
use tern_deploy::{Config, Files, apply};
use tern_l1::{Anvil, Call, Key, KeySource, L1, L1Error, sidecar};
use tern_node::{NodeError, Options, RoleOptions, SequencerOptions, run};
use tern_node_api::{Bytes, NodeClient, NodeStatus, Segment};
use tern_protocol::{
    Anchor, BatchAcc, BatchHeader, BatchIndex, DataRef, Hash, Timestamp, keccak256,
};
use tern_rollup::Rollup;
use tokio::{sync::oneshot, task::JoinHandle};

use crate::program;

pub(crate) struct World {
    _anvil: Anvil,
    pub(crate) url: String,
    pub(crate) l1: L1,
    pub(crate) key: Key,
    pub(crate) files: Files,
    pub(crate) inbox: Address,
    folder: PathBuf,
    /// What L1 last said to a batch that it refused.
    refusal: Mutex<String>,
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl World {
    /// An L1 with a block a second, and a rollup whose batches this test sends.
    pub(crate) async fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name =
            format!("tern-node-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        let _ = std::fs::remove_dir_all(&folder);
        let anvil = Anvil::start(program::anvil(), &[]).expect("it starts");
        let l1 = L1::connect(anvil.url()).await.expect("it answers");
        let key = Key::load(&KeySource::Dev).expect("everybody knows it");
        let mut config = Config::dev(31_337).expect("right");
        config.inbox.sequencer = key.address();
        let files = Files::new(folder.join("files"));
        let planned = files.plan(&l1, config, true).await.expect("in bounds");
        let rollup = files.save(&l1, &planned).await.expect("it is written");
        apply(&l1, &key, &planned.plan, &mut |_| {}).await.expect("it deploys");
        l1.ask::<_, Value>("evm_setIntervalMining", (1_u64,)).await.expect("a development node");
        let inbox = to_alloy(&rollup.config.inbox);
        let url = anvil.url().to_owned();
        Self { _anvil: anvil, url, l1, key, files, inbox, folder, refusal: Mutex::default() }
    }

    pub(crate) fn data(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn options(&self, name: &str, role: RoleOptions) -> Options {
        options(&self.folder, &self.url, name, role)
    }

    pub(crate) async fn sequencer(&self, name: &str) -> Node {
        Node::start(self.options(name, sequencing())).await
    }

    pub(crate) async fn follower(&self, name: &str) -> Node {
        Node::start(self.options(name, RoleOptions::Follower { sequencer: None })).await
    }

    pub(crate) fn rollup(&self) -> Rollup {
        Rollup::load(Path::new(&self.files.rollup())).expect("it is there")
    }

    async fn view<C: SolCall>(&self, call: C) -> C::Return {
        let answer = self.l1.view(C::SIGNATURE, self.inbox, call.abi_encode()).await;
        C::abi_decode_returns(&answer.expect("it answers")).expect("as its ABI says")
    }

    /// Pays ETH into the rollup.
    pub(crate) async fn deposit(&self, to: Address, wei: u64) {
        let data = Inbox::depositCall { to }.abi_encode();
        let call = Call { value: U256::from(wei), ..Call::new("deposit", self.inbox, data) };
        self.l1.send(&self.key, &call).await.expect("it is paid");
    }

    /// Forces a transaction of nonsense.
    pub(crate) async fn force(&self, raw: Vec<u8>) {
        let data = Inbox::forceCall { raw: raw.into(), gas: 50_000 }.abi_encode();
        let value = U256::from(10_u64.pow(18));
        let call = Call { value, ..Call::new("force", self.inbox, data) };
        self.l1.send(&self.key, &call).await.expect("it is queued");
    }

    /// Posts the next segment, if there is one and its time has come. Whether it did.
    pub(crate) async fn post(&self, node: &Node, blobs: bool) -> bool {
        let (tip, details) =
            (self.view(Inbox::tipCall {}).await, self.view(Inbox::tipDetailsCall {}).await);
        let first = details.blocks.to::<u64>() + 1;
        let Ok(Some(segment)) = node.client.segment(first).await else { return false };
        let plain = plain(&segment.blocks);
        let packed = tern_codec::pack(&plain).expect("it fits");
        let packed = packed
            .into_iter()
            .map(|blob| tern_l1::Blob::try_from(&blob[..]).expect("a blob's length"));
        let side = blobs.then(|| sidecar(packed.collect()).expect("they are blobs"));
        let data = match &side {
            Some(side) => {
                DataRef::Blobs(side.versioned_hashes().map(|hash| Hash(hash.0)).collect())
            }
            None => DataRef::Calldata(keccak256(&plain)),
        };
        let header = header(&segment, (BatchAcc(Hash(tip.acc.0)), tip.batches), data);
        let mut anchors = Vec::new();
        for anchor in &header.anchors {
            let l1 = self.l1.header(Some(anchor.number)).await.expect("it is there");
            anchors.push(l1.rlp);
        }
        let data = if blobs { Vec::new() } else { plain };
        let call = Inbox::submitBatchCall {
            header: header.encode().into(),
            anchorHeaders: anchors,
            data: data.into(),
        };
        let call = Call { blobs: side, ..Call::new("submitBatch", self.inbox, call.abi_encode()) };
        match self.l1.send(&self.key, &call).await {
            Ok(_) => true,
            // Its last block is of a moment that L1 has not reached, or it was dropped.
            Err(error @ (L1Error::Reverted { .. } | L1Error::Failed { .. })) => {
                let said = format!("{error}: {header:?}");
                *self.refusal.lock().expect("nobody panicked") = said;
                false
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// How many batches there are.
    pub(crate) async fn batches(&self) -> u64 {
        self.view(Inbox::tipCall {}).await.batches
    }

    /// Posts a batch that no node made: so many blocks, a second apart, with these data.
    pub(crate) async fn strange(&self, key: &Key, blocks: u16, data: &Strange, deposits: u16) {
        let start = Instant::now();
        let side = data.sidecar();
        let calldata = match data {
            Strange::Calldata(bytes) => bytes.clone(),
            _ => Vec::new(),
        };
        let data = match (&side, data) {
            (Some(side), _) => {
                DataRef::Blobs(side.versioned_hashes().map(|hash| Hash(hash.0)).collect())
            }
            (None, Strange::None) => DataRef::None,
            (None, _) => DataRef::Calldata(keccak256(&calldata)),
        };
        loop {
            let (tip, details) =
                (self.view(Inbox::tipCall {}).await, self.view(Inbox::tipDetailsCall {}).await);
            let anchor = self.l1.header(None).await.expect("it answers");
            let first = anchor.timestamp.max(details.timestamp.to::<u64>() + 1);
            let last = first + u64::from(blocks) - 1;
            let header = BatchHeader {
                parent: BatchAcc(Hash(tip.acc.0)),
                index: BatchIndex(tip.batches),
                block_count: blocks,
                first_timestamp: Timestamp(first),
                time_step: 1,
                deposits,
                forced: 0,
                anchors: vec![Anchor {
                    from_block: 0,
                    number: anchor.number,
                    hash: Hash(anchor.hash.0),
                }],
                data: data.clone(),
            };
            if last > anchor.timestamp + 1 {
                let seconds = last - anchor.timestamp;
                let _: Value = self.l1.ask("evm_increaseTime", (seconds,)).await.expect("it can");
                let _: Value = self.l1.ask("evm_mine", ()).await.expect("it can");
            }
            let call = Inbox::submitBatchCall {
                header: header.encode().into(),
                anchorHeaders: vec![anchor.rlp],
                data: calldata.clone().into(),
            };
            let call = Call {
                blobs: side.clone(),
                ..Call::new("submitBatch", self.inbox, call.abi_encode())
            };
            match self.l1.send(key, &call).await {
                Ok(_) => return,
                Err(error) => {
                    assert!(start.elapsed() < Duration::from_secs(20), "{error}: {header:?}");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }

    /// Posts until a node's safe head is there.
    pub(crate) async fn post_until(&self, node: &Node, safe: u64) {
        let start = Instant::now();
        for count in 0.. {
            if !self.post(node, count % 2 == 0).await {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            let status = node.status().await;
            if status.heads.safe.number >= safe {
                return;
            }
            let refusal = self.refusal.lock().expect("nobody panicked").clone();
            assert!(start.elapsed() < Duration::from_secs(120), "{refusal} {status:?}");
        }
    }
}

/// Data of a batch that no node made.
pub(crate) enum Strange {
    None,
    Calldata(Vec<u8>),
    /// A blob of these bytes.
    Blob(Box<[u8; 131_072]>),
    /// Blobs that hold these data.
    Packed(Vec<u8>),
}

impl Strange {
    fn sidecar(&self) -> Option<tern_l1::Sidecar> {
        let blobs = match self {
            Self::None | Self::Calldata(_) => return None,
            Self::Blob(bytes) => vec![tern_l1::Blob::from(**bytes)],
            Self::Packed(data) => {
                let packed = tern_codec::pack(data).expect("it fits");
                let blob = |blob: &[u8]| tern_l1::Blob::try_from(blob).expect("a blob's length");
                packed.iter().map(|bytes| blob(&bytes[..])).collect()
            }
        };
        Some(sidecar(blobs).expect("they are blobs"))
    }
}

/// A sequencer whose segments are short.
pub(crate) fn sequencing() -> RoleOptions {
    RoleOptions::Sequencer(SequencerOptions {
        max_segment_age: Duration::from_secs(3),
        min_segment_age: Duration::from_secs(2),
        ..SequencerOptions::default()
    })
}

pub(crate) fn options(folder: &Path, l1: &str, name: &str, role: RoleOptions) -> Options {
    let files = Files::new(folder.join("files"));
    Options {
        rollup: files.rollup(),
        genesis: files.genesis(),
        data: folder.join(name),
        l1: l1.to_owned(),
        beacon: None,
        archives: Vec::new(),
        role,
        http: Options::HTTP,
        audience: tern_node::Audience::Public,
        replicas: Vec::new(),
        keep_blobs: None,
    }
}

fn header(segment: &Segment, place: (BatchAcc, u64), data: DataRef) -> BatchHeader {
    let count = |span: &tern_node_api::QueueSpan| (span.after.next.0 - span.before.next.0) as u16;
    BatchHeader {
        parent: place.0,
        index: BatchIndex(place.1),
        block_count: segment.blocks.len() as u16,
        first_timestamp: Timestamp(segment.first_timestamp),
        time_step: segment.time_step,
        deposits: count(&segment.deposits),
        forced: count(&segment.forced),
        anchors: segment
            .anchors
            .iter()
            .map(|a| Anchor { from_block: a.from_block, number: a.number, hash: a.hash })
            .collect(),
        data,
    }
}

/// Data as `spec/batch.md` has it, uncompressed.
fn plain(blocks: &[Vec<Bytes>]) -> Vec<u8> {
    let raws = |block: &Vec<Bytes>| block.iter().map(|raw| raw.0.clone()).collect();
    tern_codec::encode_plain(&tern_codec::BatchData { blocks: blocks.iter().map(raws).collect() })
}

/// A node's task, and what stops it.
type Here = (JoinHandle<Result<(), NodeError>>, oneshot::Sender<()>);

pub(crate) struct Node {
    pub(crate) client: NodeClient,
    pub(crate) url: String,
    /// Nothing if it runs elsewhere.
    here: Option<Here>,
}

impl Node {
    pub(crate) async fn start(options: Options) -> Self {
        Self::try_start(options).await.expect("it starts")
    }

    pub(crate) async fn try_start(options: Options) -> Result<Self, NodeError> {
        let (ready, is_ready) = oneshot::channel();
        let (stop, stopped) = oneshot::channel();
        let told = |at: tern_node::Ready| {
            let _ = ready.send(at);
        };
        let stopping = async {
            let _ = stopped.await;
        };
        let task = tokio::spawn(run(options, told, stopping));
        let Ok(at) = is_ready.await else {
            return Err(task.await.expect("no panic").expect_err("it was not ready"));
        };
        let url = format!("http://{}", at.address);
        let client = NodeClient::connect(&url).await.expect("it answers");
        Ok(Self { client, url, here: Some((task, stop)) })
    }

    /// A node that somebody else started.
    pub(crate) const fn elsewhere(client: NodeClient, url: String) -> Self {
        Self { client, url, here: None }
    }

    /// Stops it cleanly.
    pub(crate) async fn stop(self) {
        let (task, stop) = self.here.expect("it runs here");
        let _ = stop.send(());
        task.await.expect("no panic").expect("it ends well");
    }

    pub(crate) async fn status(&self) -> NodeStatus {
        self.client.status().await.expect("it answers")
    }

    pub(crate) async fn hash(&self, number: u64) -> Option<alloy_primitives::B256> {
        self.client.rpc().header(Some(number)).await.ok().map(|header| header.hash)
    }

    /// Waits until something holds of its status.
    pub(crate) async fn until(
        &self,
        what: &str,
        holds: impl Fn(&NodeStatus) -> bool,
    ) -> NodeStatus {
        let start = Instant::now();
        loop {
            let status = self.status().await;
            if holds(&status) {
                return status;
            }
            assert!(start.elapsed() < Duration::from_secs(120), "never {what}: {status:?}");
            let ended = self.here.as_ref().is_some_and(|(task, _)| task.is_finished());
            assert!(!ended, "the node ended before {what}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}
