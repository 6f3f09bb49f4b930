//! One executor on one test, from genesis to the last block.

use std::{
    any::Any,
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
};

use tern_protocol::{Hash, keccak256};
use tern_stf::{
    ChainSpec, Error, Execution, Executor, GenesisAccount, GenesisState, Header, Need, PreimageSet,
};

use crate::header;

/// A test, ready to be run.
pub(crate) struct Plan {
    pub(crate) spec: ChainSpec,
    pub(crate) genesis: Header,
    pub(crate) pre: Vec<GenesisAccount>,
    pub(crate) blocks: Vec<PlannedBlock>,
    pub(crate) last: Hash,
    pub(crate) post: Post,
}

/// A block and what must become of it.
pub(crate) struct PlannedBlock {
    pub(crate) rlp: Vec<u8>,
    pub(crate) expected: Expected,
}

/// What must become of a block.
pub(crate) enum Expected {
    Accepted { hash: Hash, header: Box<Header> },
    Rejected { exception: String },
}

/// The state that the last block must leave.
pub(crate) enum Post {
    Accounts(Vec<GenesisAccount>),
    Root(Hash),
    Unsaid,
}

/// Why an executor did not accept a block.
enum Refusal {
    /// The block is wrong, says the executor.
    Rejected(String),
    /// The executor could not decide, although it was given everything.
    Broken(String),
}

impl Refusal {
    fn from_error(error: &Error) -> Self {
        match error {
            // Every node and code of every accepted block is in the archive, and all are
            // well-formed. A header may be missing: a wrong block may name any parent.
            Error::Missing { need: Need::Node | Need::Code, .. } | Error::Malformed { .. } => {
                Self::Broken(error.to_string())
            }
            _ => Self::Rejected(error.to_string()),
        }
    }

    fn into_text(self) -> String {
        match self {
            Self::Rejected(text) | Self::Broken(text) => text,
        }
    }
}

/// What an executor did with a test.
#[derive(Default)]
pub(crate) struct LaneRun {
    /// For each block that was tried: the reason of its rejection, or `None`.
    pub(crate) verdicts: Vec<Option<String>>,
    /// What the test does not allow, with the block's index.
    pub(crate) failures: Vec<(Option<usize>, String)>,
}

/// Runs a test through an executor.
pub(crate) fn run(executor: &dyn Executor, plan: &Plan) -> LaneRun {
    let mut chain = Chain {
        executor,
        spec: &plan.spec,
        archive: PreimageSet::new(keccak256),
        roots: HashMap::new(),
    };
    let mut run = LaneRun::default();
    if let Err(reason) = chain.start(plan) {
        run.failures.push((None, reason));
        return run;
    }
    for (index, block) in plan.blocks.iter().enumerate() {
        let result = chain.import(&block.rlp);
        let judged = chain.judge(&result, block);
        let failed = judged.is_err();
        run.verdicts.push(result.err().map(Refusal::into_text));
        if let Err(reason) = judged {
            run.failures.push((Some(index), reason));
        }
        // What follows stands on this block: it would only fail for the same reason.
        let needed = matches!(block.expected, Expected::Accepted { .. });
        if needed && failed {
            return run;
        }
    }
    if let Err(reason) = chain.finish(plan) {
        run.failures.push((None, reason));
    }
    run
}

/// The chain as one executor left it.
struct Chain<'a> {
    executor: &'a dyn Executor,
    spec: &'a ChainSpec,
    archive: PreimageSet,
    /// The state roots of genesis and of every accepted block.
    roots: HashMap<Hash, Hash>,
}

impl Chain<'_> {
    fn start(&mut self, plan: &Plan) -> Result<(), String> {
        let state = self.state(&plan.pre).map_err(|reason| format!("genesis state: {reason}"))?;
        same("the genesis state root", plan.genesis.state_root, state.root)?;
        self.archive.extend(state.created);
        let hash = self.archive.insert(header::encode(&plan.genesis));
        self.roots.insert(hash, state.root);
        Ok(())
    }

    fn state(&self, accounts: &[GenesisAccount]) -> Result<GenesisState, String> {
        match caught(|| self.executor.genesis_state(accounts)) {
            Ok(Ok(state)) => Ok(state),
            Ok(Err(error)) => Err(error.to_string()),
            Err(panic) => Err(panic),
        }
    }

    fn import(&self, rlp: &[u8]) -> Result<Execution, Refusal> {
        match caught(|| self.executor.check(self.spec, rlp, &self.archive)) {
            Ok(result) => result.map_err(|error| Refusal::from_error(&error)),
            Err(panic) => Err(Refusal::Broken(panic)),
        }
    }

    /// Holds an executor's verdict on a block against the test's.
    fn judge(
        &mut self,
        result: &Result<Execution, Refusal>,
        block: &PlannedBlock,
    ) -> Result<(), String> {
        match (result, &block.expected) {
            (Err(Refusal::Broken(reason)), _) => Err(reason.clone()),
            (Err(Refusal::Rejected(_)), Expected::Rejected { .. }) => Ok(()),
            (Err(Refusal::Rejected(reason)), Expected::Accepted { .. }) => {
                Err(format!("rejected: {reason}"))
            }
            (Ok(got), Expected::Rejected { exception }) => {
                Err(format!("accepted as {}, but must be rejected: {exception}", got.hash))
            }
            (Ok(got), Expected::Accepted { hash, header }) => self.keep(got, block, *hash, header),
        }
    }

    fn keep(
        &mut self,
        got: &Execution,
        block: &PlannedBlock,
        hash: Hash,
        header: &Header,
    ) -> Result<(), String> {
        same("the block hash", hash, got.hash)?;
        same("the hash of the returned header", hash, keccak256(&got.header_rlp))?;
        if got.header != *header {
            return Err("the returned header's fields are not the block's".into());
        }
        if got.block != block.rlp {
            return Err("the returned block is not the one that was given".into());
        }
        if !got.skipped.is_empty() {
            return Err("a check returned skipped candidates".into());
        }
        self.archive.insert(got.header_rlp.clone());
        self.archive.extend(got.created.iter().cloned());
        self.roots.insert(hash, header.state_root);
        Ok(())
    }

    fn finish(&self, plan: &Plan) -> Result<(), String> {
        let Some(got) = self.roots.get(&plan.last) else {
            return Err(format!("the last block {} is not among the accepted ones", plan.last));
        };
        let expected = match &plan.post {
            Post::Unsaid => return Ok(()),
            Post::Root(root) => *root,
            Post::Accounts(accounts) => {
                self.state(accounts).map_err(|reason| format!("post state: {reason}"))?.root
            }
        };
        same("the state root after the last block", expected, *got)
    }
}

fn same(what: &str, expected: Hash, got: Hash) -> Result<(), String> {
    if expected == got { Ok(()) } else { Err(format!("{what} is {got}, but must be {expected}")) }
}

/// An executor that panics has failed the test, not ended the run.
fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| panic_text(&*panic))
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("panicked: {}", text.unwrap_or("without a message"))
}
