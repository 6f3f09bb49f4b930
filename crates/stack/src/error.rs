//! What can go wrong in a stack.

use std::{io, path::PathBuf};

use tern_deploy::DeployError;
use tern_l1::L1Error;
use tern_rollup::RollupError;

/// Why a stack does not start or stops.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StackError {
    /// A file cannot be read or written.
    #[error("cannot use {path}: {source}; make it writable, or choose another folder with --dir")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another stack has the folder.
    #[error(
        "another `tern up` runs in {folder} (process {process}): stop it, or choose another folder with --dir"
    )]
    Busy {
        /// The folder.
        folder: PathBuf,
        /// Its process.
        process: String,
    },
    /// The folder holds other things.
    #[error("{folder} holds things that `tern up` did not make: choose another folder with --dir")]
    NotOurs {
        /// The folder.
        folder: PathBuf,
    },
    /// The file that describes the folder is not one of this version.
    #[error(
        "{path} cannot be read ({reason}): use the tern that wrote it, or start over with --fresh"
    )]
    State {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// There is no development L1.
    #[error(
        "anvil, the development L1, is not found: run `tools/contracts path anvil` in Tern's source folder to install it, or name it with --anvil PATH or the variable TERN_ANVIL"
    )]
    NoAnvil,
    /// The development L1 is not where it is said to be.
    #[error(
        "there is no program {path}: name anvil, the development L1, with --anvil PATH or the variable TERN_ANVIL, or leave both away"
    )]
    AnvilPath {
        /// Where it was said to be.
        path: PathBuf,
    },
    /// A port is taken.
    #[error(
        "port {port}, for {what}, is taken by another program: stop that program, or give a free port with {option}"
    )]
    Port {
        /// The port.
        port: u16,
        /// Who was to listen there.
        what: &'static str,
        /// How to give another one.
        option: &'static str,
    },
    /// There is no free port.
    #[error("this machine has no free port: {0}")]
    NoPort(io::Error),
    /// A program does not start.
    #[error("cannot start {program}: {source}; check that it is there and may be executed")]
    Start {
        /// The program.
        program: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A part ends again and again.
    #[error("the {part} does not stay up; it said: {said} (all of it is in {log})")]
    Ended {
        /// Which part.
        part: &'static str,
        /// Its last words.
        said: String,
        /// Its log.
        log: PathBuf,
    },
    /// A part runs, but is not ready.
    #[error(
        "the {part} is not ready after {seconds} s ({waiting}): see {log}, then run the same command again, it goes on from here"
    )]
    Slow {
        /// Which part.
        part: &'static str,
        /// How long it was waited for.
        seconds: u64,
        /// What was waited for.
        waiting: String,
        /// Its log.
        log: PathBuf,
    },
    /// The L1 is not a development chain.
    #[error(
        "the L1 has chain id {chain_id}, which is no development chain: `tern up` uses keys that everybody knows, so use `tern deploy` and `tern node` there"
    )]
    NotDevelopment {
        /// Its chain id.
        chain_id: u64,
    },
    /// The development L1 answers what it should not.
    #[error(
        "the development L1 gave a state that cannot be kept: {0}; the state kept before stays"
    )]
    L1State(String),
    /// L1 failed.
    #[error(transparent)]
    L1(#[from] L1Error),
    /// Deploying failed.
    #[error(transparent)]
    Deploy(#[from] DeployError),
    /// The rollup's files.
    #[error(transparent)]
    Rollup(#[from] RollupError),
}
