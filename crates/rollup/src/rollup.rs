//! `rollup.json`.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use tern_protocol::{Address, Hash, RollupConfig};

use crate::write_whole;

const VERSION: u32 = 1;

/// One rollup, as everybody who works with it must know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rollup {
    /// The version of this file's form: 1.
    pub version: u32,
    /// What decides its blocks. Its hash is in every claim.
    pub config: RollupConfig,
    /// Where its contracts are on L1; the inbox is in the configuration.
    pub contracts: Contracts,
    /// The L1 block before which there is nothing to read.
    pub deployed: Deployed,
}

/// A rollup's contracts on L1, beside the inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "each is named after its contract")]
pub struct Contracts {
    pub settlement: Address,
    pub registry: Address,
    pub status: Address,
    pub bridge: Address,
}

/// When a rollup came to L1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Deployed {
    /// A block in which the inbox was not there yet, or the one in which it came.
    pub number: u64,
    /// Its hash, by which a node sees that it talks to another L1 of the same chain id.
    pub hash: Hash,
}

/// Why there is no rollup.
#[derive(Debug, thiserror::Error)]
pub enum RollupError {
    /// The file cannot be read or written.
    #[error("cannot open {path}: {source}; `tern deploy` writes it")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not one.
    #[error("{path} does not describe a rollup ({reason}): take the file that `tern deploy` wrote")]
    Syntax {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The file is of another version.
    #[error(
        "{path} has version {got}, but this program reads version {VERSION}: use the tern that wrote it"
    )]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        got: u64,
    },
}

impl Rollup {
    /// The version that this program writes and reads.
    pub const VERSION: u32 = VERSION;

    /// Reads a file.
    pub fn load(path: &Path) -> Result<Self, RollupError> {
        let text = fs::read_to_string(path)
            .map_err(|source| RollupError::File { path: path.into(), source })?;
        let wrong = |reason: String| RollupError::Syntax { path: path.into(), reason };
        let value: serde_json::Value =
            serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        match value.get("version").and_then(serde_json::Value::as_u64) {
            Some(got) if got != u64::from(VERSION) => {
                return Err(RollupError::Version { path: path.into(), got });
            }
            _ => {}
        }
        let rollup: Self =
            serde_json::from_value(value).map_err(|error| wrong(error.to_string()))?;
        rollup.config.check().map_err(|error| wrong(error.to_string()))?;
        Ok(rollup)
    }

    /// Writes a file, whole or not at all.
    pub fn save(&self, path: &Path) -> Result<(), RollupError> {
        let error = |source| RollupError::File { path: path.into(), source };
        let mut text =
            serde_json::to_string_pretty(self).map_err(io::Error::from).map_err(error)?;
        text.push('\n');
        write_whole(path, text.as_bytes()).map_err(error)
    }
}
