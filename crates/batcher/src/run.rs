//! Starting, waiting, stopping.

use std::{fs, future::Future, net::SocketAddr, pin::pin, sync::Arc};

use tern_l1::{Key, L1, Sender, SenderOptions};
use tern_node_api::NodeClient;
use tern_rollup::Rollup;

use crate::{
    BatcherError, Options,
    driver::{Driver, Pace},
    http,
    patience::Patience,
    stats::Stats,
};

/// The file of signed transactions, in the batcher's folder.
const JOURNAL: &str = "transactions.redb";

/// What is known once a batcher runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ready {
    /// Where `/metrics` answers, if it does.
    pub http: Option<SocketAddr>,
}

/// What a batcher did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Batches of this run that L1 has; without `once`, with all confirmations.
    pub batches: u64,
    /// The inbox's batches when it was last seen, everybody's.
    pub tip: u64,
}

/// Runs a batcher until `stop` is done, or somebody has to change something, or with
/// `Options::once` until what is sealed is on L1.
///
/// `ready` is called once, when it has seen L1 and the node. It may be killed, or this future be
/// dropped, at any instant: the next run with the same folder goes on.
pub async fn run(
    options: Options,
    ready: impl FnOnce(Ready) + Send,
    stop: impl Future<Output = ()> + Send,
) -> Result<Summary, BatcherError> {
    let stats = Arc::new(Stats::default());
    let work = async {
        let driver = start(&options, &stats).await?;
        let (http, server) = http::serve(options.http, Arc::clone(&stats)).await?;
        ready(Ready { http });
        tokio::select! {
            ended = pin!(server) => ended.and(Err(BatcherError::Ended("metrics server"))),
            done = go(driver, &options, &stats) => done,
        }
    };
    tokio::select! {
        () = stop => {}
        done = work => done?,
    }
    Ok(stats.summary())
}

/// Connects, and refuses what cannot work; waits for an L1 or a node that is not up yet.
async fn start(options: &Options, stats: &Arc<Stats>) -> Result<Driver, BatcherError> {
    let rollup = Rollup::load(&options.rollup)?;
    let key = Key::load(&options.key)?;
    let folder = |source| BatcherError::Folder { path: options.data.clone(), source };
    fs::create_dir_all(&options.data).map_err(folder)?;
    let mut patience = Patience::new(options);
    let (l1, node) = loop {
        match connect(options, &rollup).await {
            Ok(both) => break both,
            Err(error) => patience.after(error).await?,
        }
    };
    let sender_options = SenderOptions {
        confirmations: options.confirmations,
        patience: options.resubmit,
        in_flight: options.in_flight.max(1),
        max_fee: options.max_fee,
        max_blob_fee: options.max_blob_fee,
    };
    loop {
        let journal = options.data.join(JOURNAL);
        match Sender::open(l1.clone(), key.clone(), &journal, sender_options.clone()).await {
            Ok(sender) => {
                return Ok(Driver::new(rollup, node, sender, &key, options, Arc::clone(stats)));
            }
            Err(error) => patience.after(error.into()).await?,
        }
    }
}

async fn connect(options: &Options, rollup: &Rollup) -> Result<(L1, NodeClient), BatcherError> {
    let l1 = L1::connect(&options.l1).await?;
    l1.expect_chain(rollup.config.l1_chain_id.0)?;
    let node = NodeClient::connect(&options.node).await.map_err(BatcherError::Node)?;
    let theirs = node.rollup().await.map_err(BatcherError::Node)?;
    if theirs.config.hash() == rollup.config.hash() {
        return Ok((l1, node));
    }
    Err(BatcherError::OtherRollup {
        host: node.rpc().host().to_owned(),
        path: options.rollup.clone(),
        got: theirs.config.inbox,
        want: rollup.config.inbox,
    })
}

async fn go(mut driver: Driver, options: &Options, stats: &Stats) -> Result<(), BatcherError> {
    let mut patience = Patience::new(options);
    loop {
        match driver.look().await {
            Ok(Pace::Done) if options.once => {
                driver.finish().await;
                return Ok(());
            }
            Ok(pace) => {
                patience.reset(pace == Pace::Moved);
                let stuck = match pace {
                    Pace::Waiting(why) if !driver.is_settling() => patience.still(why),
                    _ => patience.goes_on(),
                };
                stats.trouble(driver.trouble().map(str::to_owned).or(stuck));
                patience.check(pace)?;
                tokio::time::sleep(options.poll).await;
            }
            Err(error) => {
                stats.trouble(Some(error.to_string()));
                patience.after(error).await?;
            }
        }
    }
}
