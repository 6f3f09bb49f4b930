//! Reading L1, away from everything that must not wait for it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tern_l1::{BlockId, Cursor, CursorOptions, Kind, L1, L1Block, L1Error, Step};
use tern_node_api::L1Ref;
use tern_protocol::Hash;
use tokio::sync::mpsc::Sender;

use crate::{
    NodeError,
    core::event::{Event, EventError},
    shared::{Backoff, Shared},
};

/// How often L1 is asked when it has nothing new.
const PAUSE: Duration = Duration::from_millis(300);

/// How often L1 is asked how far it is.
const WATCH: Duration = Duration::from_secs(1);

/// L1 reorganisations up to this depth are followed without beginning anew.
pub(crate) const DEPTH: usize = 96;

/// What L1 says.
#[derive(Debug)]
pub(crate) enum Report {
    /// The next blocks.
    Forward { blocks: Vec<(L1Ref, Vec<Event>)>, head: u64 },
    /// The blocks after this one are gone.
    Back { to: u64 },
    /// There is nothing more for now.
    Read,
    /// L1 calls this block final, and those before: they are of the branch that was read.
    Final(u64),
    /// L1 is not to be had for now.
    Trouble(String),
    /// A reorganisation that is too deep: begin anew.
    Reset,
    /// Somebody has to change something.
    Failed(NodeError),
}

/// The contracts that are read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Contracts {
    pub(crate) inbox: alloy_primitives::Address,
    pub(crate) settlement: alloy_primitives::Address,
}

/// Reads L1 after a block until nobody listens.
pub(crate) async fn read(l1: L1, contracts: Contracts, from: BlockId, to: Sender<Report>) {
    let mut backoff = Backoff::default();
    let addresses = vec![contracts.inbox, contracts.settlement];
    let options = CursorOptions { depth: DEPTH, ..CursorOptions::default() };
    let mut cursor = loop {
        match Cursor::start(l1.clone(), addresses.clone(), from, options.clone()).await {
            Ok(cursor) => break cursor,
            Err(error) => {
                if !pass(&to, error, &mut backoff).await {
                    return;
                }
            }
        }
    };
    let mut asked: Option<Instant> = None;
    loop {
        // Asked before the branch is looked at: so what is final is of that branch.
        let due = asked.is_none_or(|asked| asked.elapsed() >= WATCH);
        let finality = if due { final_block(&l1).await } else { None };
        if due {
            asked = Some(Instant::now());
        }
        let report = match cursor.next().await {
            Ok(Step::Forward(blocks)) => match understand(&contracts, blocks) {
                Ok(blocks) => Report::Forward { blocks, head: cursor.head().number },
                Err(error) => Report::Failed(error),
            },
            Ok(Step::Back { to }) => Report::Back { to: to.number },
            Ok(Step::Idle) => Report::Read,
            Err(error) => {
                if !pass(&to, error, &mut backoff).await {
                    return;
                }
                continue;
            }
        };
        backoff.reset();
        let idle = matches!(report, Report::Read);
        let last = matches!(report, Report::Failed(_));
        let branch = matches!(report, Report::Read | Report::Forward { .. });
        if to.send(report).await.is_err() || last {
            return;
        }
        if let Some(number) = finality.filter(|_| branch)
            && to.send(Report::Final(number)).await.is_err()
        {
            return;
        }
        if idle {
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// What L1 calls final, if it says so soon: nothing waits for it.
async fn final_block(l1: &L1) -> Option<u64> {
    tokio::time::timeout(2 * WATCH, l1.final_block()).await.ok()?.ok()?
}

/// Says how far L1 is, also while what it has is not read.
pub(crate) async fn watch_head(shared: Arc<Shared>, l1: L1) {
    loop {
        if let Ok(head) = l1.header(None).await {
            let head = Some(L1Ref {
                number: head.number,
                hash: Hash(head.hash.0),
                timestamp: head.timestamp,
            });
            shared.set_status(|status| status.l1_head = head);
        }
        tokio::time::sleep(WATCH).await;
    }
}

/// Reports an error. Whether to try again, after a pause.
async fn pass(to: &Sender<Report>, error: L1Error, backoff: &mut Backoff) -> bool {
    if error.kind() == Kind::Reset {
        let _ = to.send(Report::Reset).await;
        return false;
    }
    let error = NodeError::from(error);
    if error.passes() {
        let told = to.send(Report::Trouble(error.to_string())).await.is_ok();
        tokio::time::sleep(backoff.next()).await;
        return told;
    }
    let _ = to.send(Report::Failed(error)).await;
    false
}

/// A block of L1 as the node's formats have it.
pub(crate) fn l1_ref(block: &L1Block) -> L1Ref {
    L1Ref { number: block.number, hash: Hash(block.hash.0), timestamp: block.timestamp }
}

fn understand(
    contracts: &Contracts,
    blocks: Vec<L1Block>,
) -> Result<Vec<(L1Ref, Vec<Event>)>, NodeError> {
    blocks
        .into_iter()
        .map(|block| {
            let events = block.logs.iter().filter_map(|log| {
                let transaction = Hash(log.transaction.0);
                if log.event.address == contracts.inbox {
                    Some(Event::decode(&log.event, transaction))
                } else if log.event.address == contracts.settlement {
                    Event::decode_settlement(&log.event).transpose()
                } else {
                    None
                }
            });
            let events: Result<Vec<Event>, EventError> = events.collect();
            let wrong = |error: EventError| NodeError::Inbox {
                block: block.number,
                reason: error.to_string(),
            };
            Ok((l1_ref(&block), events.map_err(wrong)?))
        })
        .collect()
}
