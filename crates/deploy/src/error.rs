//! Why a rollup cannot be deployed, or its deployment not be read back.

use std::path::PathBuf;

use alloy_primitives::{Address, U256};
use tern_l1::{L1Error, ether_down, ether_up};

/// Why a rollup cannot be deployed, or its deployment not be read back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeployError {
    /// L1 could not be read or written.
    #[error(transparent)]
    L1(#[from] L1Error),
    /// The configuration file cannot be read.
    #[error(
        "cannot read the configuration {path}: {source}; tern deploy --example prints a complete one"
    )]
    ConfigFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The configuration is not one.
    #[error(
        "{name}, line {line} ({text}): {message}; tern deploy --example prints a complete configuration"
    )]
    ConfigSyntax {
        /// The file.
        name: String,
        /// The line.
        line: usize,
        /// What is written there.
        text: String,
        /// What is wrong with it.
        message: String,
    },
    /// Values are outside their bounds.
    #[error("the configuration cannot be deployed: {}", .0.join("; "))]
    Config(Vec<String>),
    /// Development shortcuts on a real chain.
    #[error(
        "--dev has delays of minutes and a key that everybody knows, and is for development chains only, but this is chain {chain_id}: give --config FILE"
    )]
    NotDevelopment {
        /// The chain.
        chain_id: u64,
    },
    /// L1 lacks the contract that deploys by CREATE2.
    #[error(
        "chain {chain_id} has no CREATE2 deployer at {address}: most chains have it; where nobody did, send the transaction of github.com/Arachnid/deterministic-deployment-proxy first"
    )]
    NoCreate2 {
        /// The chain.
        chain_id: u64,
        /// Where it should be.
        address: Address,
    },
    /// The account cannot pay for what is left.
    #[error("{account} has {}, but what is left to deploy costs up to {} now: send it at least {} more", ether_down(*have), ether_up(*need), ether_up(need.saturating_sub(*have)))]
    Funds {
        /// The account.
        account: Address,
        /// Its balance.
        have: U256,
        /// What it needs.
        need: U256,
    },
    /// A step would fail.
    #[error("{step} would fail: {reason}; nothing more was sent")]
    Step {
        /// Which.
        step: &'static str,
        /// Why.
        reason: String,
    },
    /// A step ran and nothing is there.
    #[error(
        "{step} ran, but there is no code at {address}: run again; if it stays so, the node is wrong"
    )]
    NothingThere {
        /// Which.
        step: &'static str,
        /// Where it should be.
        address: Address,
    },
    /// The node cannot simulate.
    #[error(
        "the L1 node cannot simulate ({reason}): use a node with eth_simulateV1, such as anvil with --fork-url"
    )]
    NoSimulation {
        /// What it said.
        reason: String,
    },
    /// The given Safe is not there.
    #[error(
        "council.safe {0} has no code on this chain: correct the address, or leave it out to have a Safe made"
    )]
    NoSafe(Address),
    /// It is not known which block 0 the rollup has.
    #[error(
        "it is not known which block 0 the rollup has: give the folder with its genesis.json by --out DIR, or chain.genesisHash in the configuration"
    )]
    NoGenesis,
    /// No chain can begin so.
    #[error(
        "the rollup's block 0 cannot be made: {reason}; correct [genesis] in the configuration"
    )]
    Genesis {
        /// Why not.
        reason: String,
    },
    /// A constructor fails where no chain is.
    #[error(
        "the constructor of {name} fails in the genesis: {reason}; run tools/artifacts, then build again"
    )]
    Constructor {
        /// The contract.
        name: &'static str,
        /// How.
        reason: String,
    },
    /// A file cannot be read or written.
    #[error("cannot open {path}: {source}; give another folder by --out DIR")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// There is a genesis of something else.
    #[error("{path} is not this rollup's: {reason}; give another folder by --out DIR")]
    GenesisFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// What nodes read cannot be written.
    #[error(transparent)]
    Rollup(#[from] tern_rollup::RollupError),
    /// A node of another chain was given.
    #[error("the L2 token bridge on chain {chain_id} cannot be bound: {reason}")]
    Bind {
        /// The rollup's chain id.
        chain_id: u64,
        /// Why not.
        reason: String,
    },
    /// A contract answered something else than its ABI says.
    #[error("{what} answers with what its interface does not allow: {reason}")]
    Answer {
        /// What was asked.
        what: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A contract's compiled form is not among the committed ones.
    #[error(
        "this program was built without the contract {name}: run tools/artifacts, then build again"
    )]
    NoArtifact {
        /// The contract.
        name: String,
    },
}
