//! Chains of random blocks, one after another and side by side.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::Duration,
};

use rayon::prelude::*;
use tern_protocol::keccak256;
use tern_stf::{Answer, Disagreement, Execution, Executor, Header, PreimageSet, Subject};

use crate::{
    Case, Generator, Stage, Verdict,
    caught::Caught,
    header, judge,
    replay::{ReplayError, write_replay},
    shrink::shrink,
};

/// How to run.
#[derive(Debug, Clone)]
pub struct Options {
    /// The first chain's seed; the next chains have the next seeds.
    pub seed: u64,
    /// How many blocks in all.
    pub blocks: u64,
    /// How many blocks a chain has.
    pub blocks_per_chain: u64,
    /// Every so many blocks, the smallest witness is tried too. 0 for never.
    pub witness_every: u64,
    /// How many chains run side by side.
    pub threads: usize,
    /// After so many disagreements, no new chain begins.
    pub stop_after: usize,
    /// How long a disagreement may be shrunk.
    pub shrink_for: Duration,
    /// Where replay files are written; nowhere if `None`.
    pub replays: Option<PathBuf>,
}

impl Options {
    /// So many blocks from a seed; everything else as usual.
    pub fn new(seed: u64, blocks: u64) -> Self {
        Self {
            seed,
            blocks,
            blocks_per_chain: 50,
            witness_every: 8,
            threads: 2,
            stop_after: 10,
            shrink_for: Duration::from_secs(60),
            replays: None,
        }
    }
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Blocks on which all agreed.
    pub blocks: u64,
    /// Blocks in all.
    pub of: u64,
    /// Disagreements so far.
    pub failures: u64,
}

/// A disagreement, shrunk.
#[derive(Debug)]
pub struct Failure {
    /// The chain's seed.
    pub seed: u64,
    /// The block's number.
    pub block: u64,
    /// What is wrong.
    pub verdict: Verdict,
    /// What is left of the case.
    pub case: Case,
    /// Where it was written, if it was asked for, or why it could not be.
    pub replay: Option<Result<PathBuf, ReplayError>>,
}

/// What a run met.
#[derive(Debug, Default)]
pub struct Report {
    /// Blocks on which all executors agreed.
    pub blocks: u64,
    /// Transactions in them that ran to their end.
    pub succeeded: u64,
    /// Transactions in them that reverted or failed.
    pub reverted: u64,
    /// Candidates that were skipped, by the first executor's reasons.
    pub skipped: BTreeMap<String, u64>,
    /// Gas used.
    pub gas: u64,
    /// Disagreements, and blocks that all refused.
    pub failures: Vec<Failure>,
}

impl Report {
    fn count(&mut self, execution: &Execution) {
        self.blocks += 1;
        self.gas += execution.header.gas_used;
        for receipt in &execution.receipts {
            if receipt.success {
                self.succeeded += 1;
            } else {
                self.reverted += 1;
            }
        }
        for skipped in &execution.skipped {
            *self.skipped.entry(skipped.reason.to_string()).or_default() += 1;
        }
    }

    fn merge(mut self, other: Self) -> Self {
        self.blocks += other.blocks;
        self.succeeded += other.succeeded;
        self.reverted += other.reverted;
        self.gas += other.gas;
        self.failures.extend(other.failures);
        for (reason, count) in other.skipped {
            *self.skipped.entry(reason).or_default() += count;
        }
        self
    }
}

/// Runs random chains through all executors.
pub fn run(
    executors: &[&dyn Executor],
    options: &Options,
    progress: &(dyn Fn(Progress) + Sync),
) -> Report {
    let blocks = AtomicU64::new(0);
    let failures = AtomicU64::new(0);
    let stop = AtomicBool::new(false);
    let per_chain = options.blocks_per_chain.max(1);
    let chain = |index: u64| {
        if stop.load(Ordering::Relaxed) {
            return Report::default();
        }
        let length = per_chain.min(options.blocks - index * per_chain);
        let each = |failed: bool| {
            let counter = if failed { &failures } else { &blocks };
            counter.fetch_add(1, Ordering::Relaxed);
            let failures = failures.load(Ordering::Relaxed);
            if failures >= options.stop_after as u64 {
                stop.store(true, Ordering::Relaxed);
            }
            let blocks = blocks.load(Ordering::Relaxed);
            progress(Progress { blocks, of: options.blocks, failures });
        };
        run_chain(executors, options, options.seed + index, length, &each)
    };
    let all = || {
        (0..options.blocks.div_ceil(per_chain))
            .into_par_iter()
            .map(chain)
            .reduce(Report::default, Report::merge)
    };
    // Deep recursion of a lane's interpreter shall meet the EVM's limit, not the stack's.
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(options.threads.max(1))
        .stack_size(256 << 20)
        .build();
    match pool {
        Ok(pool) => pool.install(all),
        Err(_) => all(),
    }
}

/// One chain, until its end or the first disagreement.
fn run_chain(
    executors: &[&dyn Executor],
    options: &Options,
    seed: u64,
    length: u64,
    each: &dyn Fn(bool),
) -> Report {
    let mut report = Report::default();
    let mut chain = match Chain::begin(executors, seed) {
        Ok(chain) => chain,
        Err(failure) => {
            report.failures.push(*failure);
            each(true);
            return report;
        }
    };
    for number in 1..=length {
        let from_witness =
            options.witness_every != 0 && number.is_multiple_of(options.witness_every);
        let case = chain.next_case();
        match judge(executors, &case, from_witness) {
            Verdict::Agreed(execution) => {
                report.count(&execution);
                each(false);
                chain.accept(case, &execution);
            }
            verdict => {
                let (case, verdict) = shrink(executors, case, verdict, options.shrink_for);
                let mut failure = Failure { seed, block: number, verdict, case, replay: None };
                failure.replay = options.replays.as_ref().map(|folder| {
                    let path = folder.join(format!("seed-{seed}-block-{number}.json"));
                    write_replay(&path, &failure).map(|()| path)
                });
                report.failures.push(failure);
                each(true);
                return report;
            }
        }
    }
    report
}

/// One random chain with all of its history.
pub struct Chain {
    generator: Generator,
    parent: Header,
    encoded: Vec<u8>,
    archive: PreimageSet,
}

impl Chain {
    /// The chain of this seed at its genesis, if the executors agree on that.
    pub fn begin(executors: &[&dyn Executor], seed: u64) -> Result<Self, Box<Failure>> {
        let generator = Generator::new(seed);
        let (parent, mut archive) = begin(executors, &generator)?;
        let encoded = header::encode(&parent);
        archive.insert(encoded.clone());
        Ok(Self { generator, parent, encoded, archive })
    }

    /// What yields the blocks.
    pub fn generator(&self) -> &Generator {
        &self.generator
    }

    /// The newest block's header in RLP.
    pub fn head(&self) -> &[u8] {
        &self.encoded
    }

    /// The next block, which is to be judged and then given back. The archive goes with
    /// the case, so that it need not be copied.
    pub fn next_case(&mut self) -> Case {
        let inputs = self.generator.next(&self.parent, &self.archive);
        let nothing = PreimageSet::new(keccak256);
        Case {
            spec: self.generator.spec().clone(),
            parent: self.encoded.clone(),
            inputs,
            preimages: std::mem::replace(&mut self.archive, nothing),
        }
    }

    /// Continues on a block that was agreed on.
    pub fn accept(&mut self, case: Case, execution: &Execution) {
        self.archive = case.preimages;
        self.archive.extend(execution.created.iter().cloned());
        self.archive.insert(execution.header_rlp.clone());
        self.encoded.clone_from(&execution.header_rlp);
        self.parent = execution.header.clone();
    }
}

/// The genesis on which all executors agree.
fn begin(
    executors: &[&dyn Executor],
    generator: &Generator,
) -> Result<(Header, PreimageSet), Box<Failure>> {
    let mut archive = PreimageSet::new(keccak256);
    let mut roots = Vec::new();
    let mut refused = None;
    for executor in executors {
        match Caught(*executor).genesis_state(generator.accounts()) {
            Ok(state) => {
                archive.extend(state.created);
                roots.push((executor.name(), state.root));
            }
            Err(error) => refused = Some(Verdict::Refused(Stage::Genesis, error)),
        }
    }
    let root = roots.first().map(|(_, root)| *root).unwrap_or_default();
    let header = generator.genesis_header(root);
    let apart = roots.iter().any(|(_, other)| *other != root).then(|| Verdict::Apart {
        stage: Stage::Genesis,
        disagreement: Disagreement {
            block: 0,
            subject: Subject::Field("stateRoot"),
            fields: vec!["stateRoot"],
            answers: roots
                .iter()
                .map(|(name, root)| Answer { executor: (*name).into(), value: root.to_string() })
                .collect(),
        },
    });
    match apart.or(refused) {
        None => Ok((header, archive)),
        Some(verdict) => Err(Box::new(Failure {
            seed: generator.seed(),
            block: 0,
            verdict,
            case: Case {
                spec: generator.spec().clone(),
                parent: header::encode(&header),
                inputs: generator.no_inputs(),
                preimages: archive,
            },
            replay: None,
        })),
    }
}
