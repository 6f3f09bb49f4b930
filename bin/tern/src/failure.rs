//! Why a command could not do its work.

use tern_protocol::Hash;

/// Why a command could not do its work: what happened, what was kept, what to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Stack(Box<tern_stack::StackError>),
    #[error(transparent)]
    Node(Box<tern_node::NodeError>),
    #[error(transparent)]
    Batcher(Box<tern_batcher::BatcherError>),
    #[error(transparent)]
    Voter(Box<tern_dev_voter::VoterError>),
    #[error(transparent)]
    Rollup(#[from] tern_rollup::RollupError),
    #[error("cannot start {}: {source}; check that it is there and may be executed", program.display())]
    Program { program: std::path::PathBuf, source: std::io::Error },
    #[error(transparent)]
    Wallet(Box<tern_wallet::WalletError>),
    #[error(transparent)]
    Address(#[from] tern_interop_address::Error),
    #[error(transparent)]
    Deploy(Box<tern_deploy::DeployError>),
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

/// The rooms' errors say much; most results are none.
macro_rules! boxed {
    ($($variant:ident($error:ty)),* $(,)?) => {
        $(
            impl From<$error> for Failure {
                fn from(error: $error) -> Self {
                    Self::$variant(Box::new(error))
                }
            }
        )*
    };
}

boxed! {
    Stack(tern_stack::StackError),
    Node(tern_node::NodeError),
    Batcher(tern_batcher::BatcherError),
    Voter(tern_dev_voter::VoterError),
    Wallet(tern_wallet::WalletError),
    Deploy(tern_deploy::DeployError),
}

impl From<tern_l1::L1Error> for Failure {
    fn from(error: tern_l1::L1Error) -> Self {
        tern_deploy::DeployError::from(error).into()
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
