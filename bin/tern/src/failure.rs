//! Why a command could not do its work.

use tern_protocol::Hash;

/// Why a command could not do its work: what happened, what was kept, what to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Stack(#[from] tern_stack::StackError),
    #[error(transparent)]
    Node(#[from] tern_node::NodeError),
    #[error(transparent)]
    Batcher(#[from] tern_batcher::BatcherError),
    #[error(transparent)]
    Voter(#[from] tern_dev_voter::VoterError),
    #[error(transparent)]
    Rollup(#[from] tern_rollup::RollupError),
    #[error("cannot start {}: {source}; check that it is there and may be executed", program.display())]
    Program { program: std::path::PathBuf, source: std::io::Error },
    #[error(transparent)]
    Wallet(#[from] tern_wallet::WalletError),
    #[error(transparent)]
    Address(#[from] tern_interop_address::Error),
    #[error(transparent)]
    Deploy(#[from] tern_deploy::DeployError),
    #[error(transparent)]
    EfTest(#[from] tern_ef_test::Error),
    #[error(transparent)]
    Replay(#[from] tern_stf_diff::ReplayError),
    #[error("cannot write into {path}: {source}; choose another folder with --out")]
    Folder { path: String, source: std::io::Error },
    #[error("the demo's chain is not what it should be: {0}")]
    Stf(#[from] tern_stf::Error),
    #[error("{executor} computes genesis state root {root}, but the first executor {expected}")]
    Genesis { executor: String, root: Hash, expected: Hash },
    #[error("the demo's batch is not what it should be: {0}")]
    Derive(#[from] tern_derive::DeriveError),
    #[error("the executors disagree though none was made wrong: {0}")]
    Cross(#[from] tern_stf::CrossError),
    #[error("cannot start the machinery that talks to L1: {0}")]
    Runtime(std::io::Error),
    #[error("cannot write the result: {0}")]
    Output(#[from] std::io::Error),
    #[error("cannot write the result as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl From<tern_l1::L1Error> for Failure {
    fn from(error: tern_l1::L1Error) -> Self {
        Self::Deploy(error.into())
    }
}

impl Failure {
    /// Whether the reader of stdout went away, as `head` does.
    pub(crate) fn is_closed_pipe(&self) -> bool {
        let kind = match self {
            Self::Output(error) => Some(error.kind()),
            Self::Json(error) => error.io_error_kind(),
            _ => None,
        };
        kind == Some(std::io::ErrorKind::BrokenPipe)
    }
}
