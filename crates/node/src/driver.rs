//! The one task that changes the chain: everything that happens comes in here, one after the
//! other.

use std::{collections::HashMap, pin::pin, sync::Arc, time::Duration};

use tern_engine::Client;
use tern_node_api::{BlockRef, Heads};
use tern_protocol::{BatchAcc, Hash};
use tokio::{sync::mpsc::Receiver, task::JoinSet, time::Instant};
use tracing::{info, warn};

use crate::{
    NodeError,
    checkpoint::Checkpoint,
    core::{
        derivation::Data,
        heads::{At, heads},
        inbox::{Batch, Inbox},
        sequencing::{Derived, InboxRules, View, slowness},
    },
    reader::{DEPTH, Report},
    shared::{Shared, now},
};

/// L1 blocks between two checkpoints.
const CHECKPOINT_EVERY: u64 = 8;
/// Batches that may wait to be derived before more of L1 is read.
const WAITING: u64 = 64;
/// How long what was begun may still take when the node is told to stop.
const LAST_WORK: Duration = Duration::from_secs(10);
/// How long to wait when nothing is planned.
const IDLE: Duration = Duration::from_secs(1);

/// Why a driver ended without an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// It was told to stop.
    Stopped,
    /// L1 went back further than it remembers: begin from an older checkpoint.
    TooDeep,
}

/// What comes in.
pub(crate) struct Inputs {
    pub(crate) l1: Receiver<Report>,
    /// Blocks of a sequencer that the engine has imported.
    pub(crate) imported: Receiver<At>,
}

pub(crate) struct Driver {
    pub(crate) shared: Arc<Shared>,
    rules: InboxRules,
    pub(crate) inbox: Inbox,
    /// What is derived: before the first batch that the inbox remembers, then after each.
    pub(crate) derived: Vec<Derived>,
    /// Whether all of L1 that there is was read.
    pub(crate) caught_up: bool,
    /// Whether the own blocks from before the start were looked after.
    pub(crate) resumed: bool,
    /// The sequencer's last block, of a follower.
    pub(crate) followed: Option<At>,
    pub(crate) fetched: HashMap<BatchAcc, Data>,
    pub(crate) fetching: JoinSet<(BatchAcc, Result<Data, NodeError>)>,
    pub(crate) wanted: Vec<BatchAcc>,
    /// What L1 or the blobs' sources cannot do now, in words.
    pub(crate) l1_trouble: String,
    pub(crate) blob_trouble: String,
    pub(crate) lacks: Option<&'static str>,
    set: Option<[At; 3]>,
    /// The newest L1 block that L1 calls final; 0 until it says so.
    l1_final: u64,
    /// What was called final last, also before the start.
    finalized: At,
    /// The safe block whose chain's transactions are accounted for.
    pub(crate) rescued: Option<At>,
    checkpointed: u64,
}

impl Driver {
    /// Goes on from a checkpoint's state.
    pub(crate) fn new(shared: Arc<Shared>, rules: InboxRules, inbox: Inbox, hash: Hash) -> Self {
        let base = Derived { tip: inbox.tip(), hash };
        let checkpointed = inbox.head().number;
        Self {
            shared,
            rules,
            inbox,
            derived: vec![base],
            caught_up: false,
            resumed: false,
            followed: None,
            fetched: HashMap::new(),
            fetching: JoinSet::new(),
            wanted: Vec::new(),
            l1_trouble: String::new(),
            blob_trouble: String::new(),
            lacks: None,
            set: None,
            l1_final: 0,
            finalized: At { number: 0, hash: Hash::ZERO },
            rescued: None,
            checkpointed,
        }
    }

    /// Works until told to stop.
    pub(crate) async fn run(
        &mut self,
        inputs: &mut Inputs,
        stop: &mut (impl Future<Output = ()> + Unpin),
    ) -> Result<Ended, NodeError> {
        let mut next = Instant::now();
        let before = self.shared.engine.heads()?;
        let kept = |hash: Hash| -> Result<Option<At>, NodeError> {
            let head = self.shared.engine.head(hash)?;
            Ok(head.map(|head| At { number: head.number, hash: head.hash }))
        };
        (self.rescued, self.finalized) =
            (kept(before.safe)?, kept(before.finalized)?.unwrap_or(self.finalized));
        self.publish().await?;
        loop {
            tokio::select! {
                () = &mut *stop => return Ok(Ended::Stopped),
                report = inputs.l1.recv(), if self.may_read() => match report {
                    None => return Err(NodeError::Ended("reader of L1")),
                    Some(Report::Failed(error)) => return Err(error),
                    Some(Report::Reset) => return Ok(Ended::TooDeep),
                    Some(report) => if !self.on_l1(report)? {
                        return Ok(Ended::TooDeep);
                    },
                },
                Some(data) = self.fetching.join_next() => self.on_data(data)?,
                Some(at) = inputs.imported.recv() => self.followed = Some(at),
                () = tokio::time::sleep_until(next) => {}
            }
            self.shared.turns(true);
            let mut advancing = pin!(self.advance());
            let pause = tokio::select! {
                pause = &mut advancing => pause?,
                () = &mut *stop => {
                    // What is begun may end, but nobody waits for ever for it.
                    let _ = tokio::time::timeout(LAST_WORK, advancing).await;
                    return Ok(Ended::Stopped);
                }
            };
            next = Instant::now() + pause;
        }
    }

    /// Whether more of L1 may be taken in. What waits to be derived is bounded. If its data is
    /// missing, L1 may say that it is not needed, but only as far as L1 goes back.
    fn may_read(&self) -> bool {
        let derived = self.safe().tip.batches;
        let read = self.inbox.head().number;
        let goes_back = |batch: &Batch| read < batch.l1.number + 2 * DEPTH as u64;
        self.inbox.batches() < derived + WAITING
            || !self.blob_trouble.is_empty() && self.inbox.batch(derived).is_some_and(goes_back)
    }

    /// Takes what L1 says. False if that goes back too far.
    fn on_l1(&mut self, report: Report) -> Result<bool, NodeError> {
        match report {
            Report::Forward { blocks, head } => {
                self.l1_trouble.clear();
                for (l1, events) in blocks {
                    let block = l1.number;
                    self.inbox
                        .forward(l1, events)
                        .map_err(|error| NodeError::Inbox { block, reason: error.to_string() })?;
                }
                // What the deployment says of the first block's time comes with these blocks.
                if self.first_batch() == self.inbox.base().batches {
                    self.derived[0].tip = self.inbox.base();
                }
                self.caught_up = self.inbox.head().number >= head;
            }
            Report::Back { to } => {
                warn!(to, from = self.inbox.head().number, "L1 went back");
                if self.inbox.back(to).is_err() {
                    return Ok(false);
                }
                let keep = self.inbox.batches() - self.first_batch();
                self.derived.truncate(keep as usize + 1);
                self.fetched.clear();
                self.blob_trouble.clear();
                // L1 is about to say what came instead.
                self.caught_up = false;
            }
            Report::Read => {
                self.l1_trouble.clear();
                self.caught_up = true;
            }
            Report::Final(number) => self.l1_final = number,
            Report::Trouble(words) => {
                if self.l1_trouble != words {
                    warn!("{words}");
                }
                self.l1_trouble = words;
            }
            Report::Reset | Report::Failed(_) => {}
        }
        Ok(true)
    }

    /// The place of the first batch that is remembered.
    fn first_batch(&self) -> u64 {
        self.derived[0].tip.batches
    }

    /// The last block that derives from L1.
    pub(crate) fn safe(&self) -> Derived {
        self.derived[self.derived.len() - 1]
    }

    /// Does all that can be done now; returns how long there is nothing to do.
    async fn advance(&mut self) -> Result<Duration, NodeError> {
        if self.derive_next().await? {
            self.forget()?;
            self.publish().await?;
            return Ok(Duration::ZERO);
        }
        let mut pause = IDLE;
        let all_derived = self.inbox.batches() == self.safe().tip.batches;
        if self.caught_up && all_derived {
            if self.shared.settings.is_some() {
                self.rescue().await?;
                pause = self.sequence().await?;
            }
            self.checkpoint()?;
        } else {
            self.forget()?;
        }
        self.publish().await?;
        Ok(pause)
    }

    /// Keeps where reading can begin after a restart: here.
    fn checkpoint(&mut self) -> Result<(), NodeError> {
        let head = self.inbox.head().number;
        if head < self.checkpointed + CHECKPOINT_EVERY && head >= self.checkpointed {
            return Ok(());
        }
        self.prune();
        self.put(&Checkpoint::new(&self.inbox.snapshot(), self.safe().hash))
    }

    /// While a long way of L1 is read: forgets what is derived and far back, and keeps the oldest
    /// place that is remembered as one where reading can begin.
    fn forget(&mut self) -> Result<(), NodeError> {
        self.prune();
        if self.inbox.tail().number < self.checkpointed + CHECKPOINT_EVERY {
            return Ok(());
        }
        self.put(&Checkpoint::new(&self.inbox.oldest(), self.derived[0].hash))
    }

    fn prune(&mut self) {
        self.inbox.prune(DEPTH as u64 + 32, self.safe().tip.batches);
        let base = self.inbox.base();
        let old = base.batches.saturating_sub(self.first_batch());
        self.derived.drain(..(old as usize).min(self.derived.len() - 1));
        self.shared.pending().prune(base.block);
    }

    fn put(&mut self, checkpoint: &Checkpoint) -> Result<(), NodeError> {
        self.checkpointed = checkpoint.l1.number;
        let base = self.inbox.base().block;
        let settled = self.set.map_or(0, |[_, _, finalized]| finalized.number);
        self.shared.store.put_checkpoint(checkpoint, base, settled)
    }

    /// Tells the engine and everybody else what the heads are.
    pub(crate) async fn publish(&mut self) -> Result<(), NodeError> {
        let now = self.heads();
        if self.set.is_none() && !self.caught_up {
            // A start reads L1 again from some blocks back: no reason to take tags back.
            let before = self.shared.engine.heads()?.safe;
            let before = self.shared.engine.head(before)?.map_or(0, |head| head.number);
            if now[1].number < before {
                return Ok(());
            }
        }
        if self.set != Some(now) {
            let [latest, safe, finalized] = now.map(|at| at.hash);
            let tags = tern_engine::Heads { latest, safe, finalized };
            self.shared.engine.set_heads(tags).await?;
            self.shared.heads.send_replace(tags);
            if self.set.map(|set| set[1]) != Some(now[1]) {
                info!(safe = now[1].number, latest = now[0].number, "derived");
            }
            self.set = Some(now);
            self.finalized = now[2];
        }
        self.tell(now)
    }

    fn heads(&self) -> [At; 3] {
        let safe = self.safe();
        let derived = At { number: safe.tip.block, hash: safe.hash };
        let sequenced = if self.shared.settings.is_some() {
            let pending = self.shared.pending();
            let follows =
                pending.after(derived.number).next().is_some_and(|own| own.parent == derived.hash);
            let last = pending.last().filter(|_| follows);
            let at = last.map(|own| At { number: own.number, hash: own.hash });
            // After a start the engine may have lost what it was told last.
            at.filter(|at| self.resumed || matches!(self.shared.engine.head(at.hash), Ok(Some(_))))
        } else {
            self.followed.filter(|at| self.descends(*at, derived))
        };
        let genesis = At { number: 0, hash: self.shared.rollup.config.genesis_hash };
        // A settled block that is not derived yet, or is another than was derived, changes nothing.
        let settled = self.inbox.settled_by(self.l1_final);
        let settled = settled.map(|s| At { number: s.number, hash: s.hash });
        let known = [settled, Some(self.finalized)].into_iter().flatten();
        let settled = known.filter(|at| self.descends(derived, *at)).max_by_key(|at| at.number);
        // L1 may be about to say again what it has just taken back.
        let rest = || self.descends(self.finalized, derived).then_some(derived);
        heads(sequenced, derived, settled.or_else(rest).unwrap_or(genesis))
    }

    /// What is to be said if L1 calls another block final than was derived here.
    fn dispute(&self) -> String {
        let safe = self.safe();
        let Some(settled) = self.inbox.settled().filter(|s| s.number <= safe.tip.block) else {
            return String::new();
        };
        let at = At { number: settled.number, hash: settled.hash };
        if self.descends(At { number: safe.tip.block, hash: safe.hash }, at) {
            return String::new();
        }
        format!(
            "L1 calls block {} {} final, but this node derives another: either this program or two \
             proofs are wrong; do not trust this chain until that is clear",
            settled.number, settled.hash
        )
    }

    /// Whether a block is another or comes after it.
    pub(crate) fn descends(&self, mut from: At, to: At) -> bool {
        while from.number > to.number {
            // What is canonical already needs no walk.
            if let Ok(Some(canonical)) = self.shared.engine.head_at(from.number)
                && canonical.hash == from.hash
                && let Ok(Some(below)) = self.shared.engine.head_at(to.number)
            {
                return below.hash == to.hash;
            }
            match self.shared.engine.head(from.hash) {
                Ok(Some(head)) if head.number > 0 => {
                    from = At { number: head.number - 1, hash: head.parent };
                }
                _ => return false,
            }
        }
        from == to
    }

    fn tell(&self, now: [At; 3]) -> Result<(), NodeError> {
        let block = |at: At| -> Result<BlockRef, NodeError> {
            let head = self.shared.engine.head(at.hash)?;
            let (parent, timestamp) = head.map_or((Hash::ZERO, 0), |h| (h.parent, h.timestamp));
            Ok(BlockRef { number: at.number, hash: at.hash, parent, timestamp })
        };
        let heads =
            Heads { latest: block(now[0])?, safe: block(now[1])?, finalized: block(now[2])? };
        let pending = self.shared.pending();
        let safe = self.safe();
        let backlog = self
            .shared
            .settings
            .as_ref()
            .map_or((0, 0), |settings| slowness(&self.view(settings, &safe, &pending)));
        let ends = pending.segments(safe.tip.block).pop().map(|run| run.start);
        let (deposits, forced) = ends.map_or((safe.tip.deposits, safe.tip.forced), |start| {
            (start.deposits.after, start.forced.after)
        });
        drop(pending);
        let lacks = self.lacks.map(|what| format!("waits for {what}"));
        let trouble = [self.l1_trouble.clone(), self.blob_trouble.clone(), self.dispute()];
        let trouble: Vec<String> =
            trouble.into_iter().chain(lacks).filter(|words| !words.is_empty()).collect();
        self.shared.set_status(|status| {
            status.heads = heads;
            status.l1_read = Some(self.inbox.head());
            // The head is asked for less often than blocks are read.
            let known = status.l1_head.filter(|head| head.number > self.inbox.head().number);
            status.l1_head = known.or(status.l1_read);
            status.batches = safe.tip.batches;
            (status.backlog_bytes, status.throttle) = backlog;
            status.deposits_waiting = self.inbox.deposits().since(deposits.next.0).count() as u64;
            status.forced_waiting = self.inbox.forced().since(forced.next.0).count() as u64;
            status.trouble = trouble.join("; ");
        });
        Ok(())
    }

    pub(crate) fn view<'a>(
        &'a self,
        settings: &'a crate::core::sequencing::Settings,
        derived: &'a Derived,
        pending: &'a crate::core::pending::Pending,
    ) -> View<'a> {
        let now = now().as_secs();
        View {
            config: &self.shared.rollup.config,
            rules: &self.rules,
            settings,
            inbox: &self.inbox,
            derived,
            pending,
            now,
        }
    }
}
