//! Starting and stopping a node.

use std::{
    future::Future,
    net::SocketAddr,
    pin::pin,
    sync::{Arc, Mutex, RwLock},
    time::Duration,
};

use alloy_sol_types::SolCall;
use axum::{Json, Router, http::StatusCode, routing::get};
use tern_contracts::inbox::Inbox as InboxAbi;
use tern_engine::{Audience, Bounded, Ethrex};
use tern_l1::{Archive, BlobSource, Blobs, BlockId, L1};
use tern_node_api::{BlockRef, Heads, L1Ref, NodeStatus, Role};
use tern_protocol::Hash;
use tern_rollup::Rollup;
use tokio::{
    net::TcpListener,
    sync::{Semaphore, mpsc, watch},
    task::JoinSet,
};
use tracing::{info, warn};

use crate::{
    Kind, NodeError, Options, RoleOptions, SequencerOptions,
    api::{Api, health, metrics},
    core::{
        inbox::Inbox,
        sequencing::{InboxRules, Settings},
    },
    driver::{Driver, Ended, Inputs},
    following::follow,
    reader::{self, Contracts},
    replicas::feed,
    shared::{Backoff, Shared},
    store::Store,
};

/// How often old blobs are looked for.
const PRUNE_EVERY: Duration = Duration::from_secs(3_600);

/// What is known once a node answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ready {
    /// Where it answers: HTTP and WebSocket.
    pub address: SocketAddr,
}

/// Runs a node until `stop` is done or something has to be changed by somebody.
///
/// `ready` is called once, when the node answers. It may be killed at any instant: the next run
/// with the same folder goes on.
pub async fn run(
    options: Options,
    ready: impl FnOnce(Ready) + Send,
    stop: impl Future<Output = ()> + Send,
) -> Result<(), NodeError> {
    let rollup = Rollup::load(&options.rollup)?;
    let settings = settings(&options.role)?;
    let listener = TcpListener::bind(options.http)
        .await
        .map_err(|source| NodeError::Listen { address: options.http, source })?;
    let address = listener
        .local_addr()
        .map_err(|source| NodeError::Listen { address: options.http, source })?;
    std::fs::create_dir_all(&options.data)
        .map_err(|source| NodeError::Folder { path: options.data.clone(), source })?;
    // What is wrong with L1 is said before anything is made; an L1 that is away comes back.
    let place = options.l1.clone();
    let mut stop = pin!(stop);
    let opening = async {
        let (l1, trouble) = match reach(&place, &rollup).await {
            Ok(l1) => (Some(l1), String::new()),
            Err(error) if error.kind() == Kind::Retry => (None, error.to_string()),
            Err(error) => return Err(error),
        };
        Ok((l1, trouble, open(&options, rollup, settings).await?))
    };
    let (l1, trouble, shared) = tokio::select! {
        () = &mut stop => return Ok(()),
        opened = opening => opened?,
    };
    if l1.is_none() {
        warn!("{trouble}; it is tried again");
        shared.set_status(|status| status.trouble = trouble);
    }

    let sequencer = match &options.role {
        RoleOptions::Follower { sequencer } => sequencer.clone(),
        RoleOptions::Sequencer(_) => None,
    };
    let (imported_to, imported) = mpsc::channel(16);
    let mut parts = JoinSet::new();
    for replica in options.replicas {
        parts.spawn(feed(shared.clone(), replica));
    }
    if let Some(url) = sequencer.clone() {
        parts.spawn(follow(shared.clone(), url, imported_to));
    }
    if let Some(age) = options.keep_blobs {
        parts.spawn(forget_blobs(shared.clone(), age));
    }
    let router = router(&shared, options.audience, sequencer);
    parts.spawn(async move {
        if let Err(error) = axum::serve(Bounded::new(listener), router).await {
            warn!(%error, "the server ended");
        }
    });
    info!(%address, "the node answers");
    ready(Ready { address });

    let result = match wait_for(&shared, &place, l1, &mut stop).await {
        Ok(Some(reached)) => drive(&shared, &reached, imported, &mut stop).await,
        Ok(None) => Ok(()),
        Err(error) => Err(error),
    };
    parts.shutdown().await;
    let closed = shared.engine.close().await;
    result.and(closed.map_err(NodeError::from))
}

/// Done when somebody asks the process to stop: Ctrl-C or SIGTERM.
pub async fn stop_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn settings(role: &RoleOptions) -> Result<Option<Settings>, NodeError> {
    let RoleOptions::Sequencer(options) = role else { return Ok(None) };
    let SequencerOptions {
        block_time,
        max_segment_age,
        min_segment_age,
        confirmations,
        max_drift,
        max_backlog,
        max_segment_bytes,
    } = options;
    let seconds = block_time.as_secs();
    let whole = u32::try_from(seconds).ok().filter(|s| *s > 0 && block_time.subsec_nanos() == 0);
    let Some(block_time) = whole else {
        let text = format!(
            "a block time of {block_time:?} is not possible: give whole seconds, 1 or more"
        );
        return Err(NodeError::Option(text));
    };
    Ok(Some(Settings {
        block_time,
        max_segment_age: max_segment_age.as_secs().max(1),
        min_segment_age: min_segment_age.as_secs(),
        confirmations: *confirmations,
        max_drift: max_drift.as_secs(),
        max_backlog: *max_backlog,
        max_segment_bytes: max_segment_bytes.unwrap_or(usize::MAX),
    }))
}

/// The L1 that the rollup is on, and what its inbox was deployed with.
struct Reached {
    l1: L1,
    rules: InboxRules,
}

async fn reach(url: &str, rollup: &Rollup) -> Result<Reached, NodeError> {
    let l1 = connect(url, rollup).await?;
    let rules = rules(&l1, rollup).await?;
    Ok(Reached { l1, rules })
}

/// Tries until L1 is there; nothing if the node was stopped before.
async fn wait_for(
    shared: &Arc<Shared>,
    url: &str,
    reached: Option<Reached>,
    stop: &mut (impl Future<Output = ()> + Unpin),
) -> Result<Option<Reached>, NodeError> {
    if reached.is_some() {
        return Ok(reached);
    }
    let mut backoff = Backoff::default();
    loop {
        tokio::select! {
            () = &mut *stop => return Ok(None),
            () = tokio::time::sleep(backoff.next()) => {}
        }
        match reach(url, &shared.rollup).await {
            Ok(reached) => return Ok(Some(reached)),
            Err(error) if error.passes() => {
                shared.set_status(|status| status.trouble = error.to_string());
            }
            Err(error) => return Err(error),
        }
    }
}

/// Connects to the L1 that the rollup is on, and to no other.
async fn connect(url: &str, rollup: &Rollup) -> Result<L1, NodeError> {
    let l1 = L1::connect(url).await?;
    l1.expect_chain(rollup.config.l1_chain_id.0)?;
    let deployed = &rollup.deployed;
    let got = match l1.header(Some(deployed.number)).await {
        Ok(header) => Some(Hash(header.hash.0)),
        Err(tern_l1::L1Error::NoBlock { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    if got != Some(deployed.hash) {
        return Err(NodeError::OtherL1 {
            host: l1.host().into(),
            number: deployed.number,
            got,
            want: deployed.hash,
        });
    }
    Ok(l1)
}

async fn open(
    options: &Options,
    rollup: Rollup,
    settings: Option<Settings>,
) -> Result<Arc<Shared>, NodeError> {
    let store = Store::open(&options.data, rollup.config.hash())?;
    let genesis_hash = rollup.config.genesis_hash;
    let engine = Ethrex::open(&options.data.join("engine"), &options.genesis, genesis_hash).await?;
    let archive = Archive::open(&options.data.join("blobs"))?;
    let beacon = options.beacon.clone().unwrap_or_else(|| options.l1.clone());
    let sources: Vec<BlobSource> = [BlobSource::Beacon(beacon)]
        .into_iter()
        .chain(options.archives.iter().cloned().map(BlobSource::Node))
        .collect();
    let blobs = Blobs::new(archive, &sources, rollup.config.l1_chain_id.0)?;
    let pending = if settings.is_some() { store.own()? } else { Default::default() };
    let role = if settings.is_some() { Role::Sequencer } else { Role::Follower };
    let status = initial(&engine, &rollup, role)?;
    let tags = engine.heads()?;
    let (heads, _) = watch::channel(tags);
    Ok(Arc::new(Shared {
        rollup,
        settings,
        engine,
        store,
        blobs,
        rebuilding: Semaphore::new(1),
        status: RwLock::new(status),
        pending: Mutex::new(pending),
        turn: Mutex::new(None),
        heads,
    }))
}

/// What the inbox was deployed with.
async fn rules(l1: &L1, rollup: &Rollup) -> Result<InboxRules, NodeError> {
    let inbox = tern_contracts::to_alloy(&rollup.config.inbox);
    let answer = l1.view("the inbox's parameters", inbox, InboxAbi::paramsCall {}.abi_encode());
    let params = InboxAbi::paramsCall::abi_decode_returns(&answer.await?).map_err(|error| {
        NodeError::Inbox { block: rollup.deployed.number, reason: error.to_string() }
    })?;
    Ok(InboxRules {
        max_anchor_age: params.maxAnchorAge.into(),
        forced_wait: params.forcedWait.to(),
    })
}

fn initial(engine: &Ethrex, rollup: &Rollup, role: Role) -> Result<NodeStatus, NodeError> {
    let tags = engine.heads()?;
    let block = |hash: Hash| -> Result<BlockRef, NodeError> {
        let head = engine.head(hash)?;
        let zero = (0, Hash::ZERO, 0);
        let (number, parent, timestamp) =
            head.map_or(zero, |head| (head.number, head.parent, head.timestamp));
        Ok(BlockRef { number, hash, parent, timestamp })
    };
    let heads = Heads {
        latest: block(tags.latest)?,
        safe: block(tags.safe)?,
        finalized: block(tags.finalized)?,
    };
    Ok(NodeStatus {
        role,
        chain_id: rollup.config.chain_id.0,
        inbox: rollup.config.inbox,
        heads,
        l1_head: None,
        l1_read: None,
        batches: 0,
        backlog_bytes: 0,
        throttle: 0,
        deposits_waiting: 0,
        forced_waiting: 0,
        trouble: "has not read L1 yet".into(),
    })
}

/// Removes blobs that are older than this by L1's time, again and again.
async fn forget_blobs(shared: Arc<Shared>, age: Duration) {
    loop {
        let Some(head) = shared.status().l1_head else {
            tokio::time::sleep(Duration::from_secs(1)).await;
            continue;
        };
        let time = head.timestamp;
        match shared.blocking(move |shared| Ok(shared.blobs.archive().prune(age, time)?)).await {
            Ok(0) => {}
            Ok(count) => info!(count, "old blobs are removed"),
            Err(error) => warn!("old blobs cannot be removed: {error}"),
        }
        tokio::time::sleep(PRUNE_EVERY).await;
    }
}

fn router(shared: &Arc<Shared>, audience: Audience, sequencer: Option<String>) -> Router {
    let api = Arc::new(Api::new(shared.clone(), sequencer));
    let (for_health, for_metrics) = (shared.clone(), shared.clone());
    shared
        .engine
        .rpc(audience, Some(api))
        .route(
            "/healthz",
            get(move || async move {
                let (well, body) = health(&for_health);
                let code = if well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
                (code, Json(body))
            }),
        )
        .route("/metrics", get(move || async move { metrics(&for_metrics) }))
}

/// Follows L1, from the newest point that is still on it; from an older one if L1 goes back further.
async fn drive(
    shared: &Arc<Shared>,
    reached: &Reached,
    imported: mpsc::Receiver<crate::core::heads::At>,
    stop: &mut (impl Future<Output = ()> + Unpin),
) -> Result<(), NodeError> {
    let l1 = &reached.l1;
    let mut watching = JoinSet::new();
    watching.spawn(reader::watch_head(shared.clone(), l1.clone()));
    let contracts = Contracts {
        inbox: tern_contracts::to_alloy(&shared.rollup.config.inbox),
        settlement: tern_contracts::to_alloy(&shared.rollup.contracts.settlement),
    };
    // Nobody listens to this one until a driver does.
    let (_, closed) = mpsc::channel(1);
    let mut inputs = Inputs { l1: closed, imported };
    let (mut backoff, mut anew) = (Backoff::default(), false);
    loop {
        let result = tokio::select! {
            () = &mut *stop => return Ok(()),
            begun = beginning(shared, l1) => begun,
        };
        let ended = match result {
            Ok(begun) => from(shared, reached, contracts, begun, &mut inputs, stop).await,
            Err(error) => Err(error),
        };
        match ended {
            Ok(Ended::Stopped) => return Ok(()),
            Ok(Ended::TooDeep) => warn!("L1 went back far: reading it again from before that"),
            // What was read wrongly before may be in every checkpoint.
            Err(error @ NodeError::Inbox { .. }) if !anew => {
                warn!("{error}; reading L1 again from the rollup's deployment on, to be sure");
                anew = true;
                shared.store.forget_checkpoints()?;
            }
            Err(error) if !error.passes() => return Err(error),
            Err(error) => {
                warn!("{error}; beginning again from what is kept");
                shared.set_status(|status| status.trouble = error.to_string());
                tokio::select! {
                    () = &mut *stop => return Ok(()),
                    () = tokio::time::sleep(backoff.next()) => {}
                }
            }
        }
    }
}

/// Works from a point on, until something is in the way.
async fn from(
    shared: &Arc<Shared>,
    reached: &Reached,
    contracts: Contracts,
    (inbox, hash): (Inbox, Hash),
    inputs: &mut Inputs,
    stop: &mut (impl Future<Output = ()> + Unpin),
) -> Result<Ended, NodeError> {
    let from = inbox.head();
    info!(l1 = from.number, batches = inbox.batches(), "reading L1");
    let (reports, listening) = mpsc::channel(16);
    let from = BlockId { number: from.number, hash: from.hash.0.into() };
    let reading = tokio::spawn(reader::read(reached.l1.clone(), contracts, from, reports));
    inputs.l1 = listening;
    let mut driver = Driver::new(shared.clone(), reached.rules, inbox, hash);
    let ended = driver.run(inputs, stop).await;
    shared.turns(false);
    reading.abort();
    ended
}

/// Where to begin: the newest checkpoint that is on L1 and whose chain the engine has, or the
/// block before the deployment.
async fn beginning(shared: &Arc<Shared>, l1: &L1) -> Result<(Inbox, Hash), NodeError> {
    for checkpoint in shared.store.checkpoints()? {
        let on_l1 = match l1.header(Some(checkpoint.l1.number)).await {
            Ok(header) => header.hash.0 == checkpoint.l1.hash.0,
            Err(tern_l1::L1Error::NoBlock { .. }) => false,
            Err(error) => return Err(error.into()),
        };
        if on_l1 && shared.engine.head(checkpoint.hash)?.is_some() {
            return Ok((Inbox::restore(checkpoint.snapshot()), checkpoint.hash));
        }
    }
    let before = l1.header(Some(shared.rollup.deployed.number.saturating_sub(1))).await?;
    let before =
        L1Ref { number: before.number, hash: Hash(before.hash.0), timestamp: before.timestamp };
    Ok((Inbox::before(before), shared.rollup.config.genesis_hash))
}
