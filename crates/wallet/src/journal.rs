//! What is kept of a withdrawal between runs.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use alloy_primitives::{B256, Bytes};
use serde::{Deserialize, Serialize};
use tern_node_api::MessageProof;

use crate::WalletError;

const VERSION: u32 = 2;

/// A folder with a file for each withdrawal.
#[derive(Debug, Clone)]
pub struct Journal {
    folder: PathBuf,
}

/// One withdrawal. Whoever reads it learns nothing that the chains do not say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Entry {
    /// The version of this file's form: 2.
    pub version: u32,
    /// The rollup's configuration.
    pub config: B256,
    /// The L2 transaction.
    pub transaction: B256,
    /// Its nonce, if it was signed here.
    pub nonce: Option<u64>,
    /// The signed transaction, if it was signed here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<Bytes>,
    /// No claim before this L1 block covers it.
    pub l1_from: u64,
    /// Of its messages to L1, each by its place in the outbox.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub messages: BTreeMap<u64, Kept>,
    /// Whether nothing is left to do for it: all is paid in an L1 block that is final, or it
    /// never can be.
    #[serde(default)]
    pub done: bool,
}

/// What is kept of a message.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Kept {
    /// The proof under a final claim's block, kept because nodes forget old states.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<MessageProof>,
    /// The L1 transaction that paid it, if it was sent here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid: Option<B256>,
}

impl Entry {
    /// A withdrawal of which nothing is known but its transaction.
    pub const fn new(config: B256, transaction: B256, l1_from: u64) -> Self {
        Self {
            version: VERSION,
            config,
            transaction,
            nonce: None,
            raw: None,
            l1_from,
            messages: BTreeMap::new(),
            done: false,
        }
    }
}

impl Journal {
    /// In this folder, which is made when something is written.
    pub const fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What is kept of a withdrawal.
    pub fn load(&self, transaction: B256) -> Result<Option<Entry>, WalletError> {
        read(&self.path(transaction))
    }

    /// All withdrawals of a rollup that are not done, the oldest first; and why files that cannot
    /// be read are left out: they must not hold up the others.
    pub fn unfinished(&self, config: B256) -> Result<(Vec<Entry>, Vec<WalletError>), WalletError> {
        let error = |error| WalletError::file(&self.folder, &error, "choose another folder");
        let files = match fs::read_dir(&self.folder) {
            Ok(files) => files,
            Err(reason) if reason.kind() == io::ErrorKind::NotFound => return Ok((vec![], vec![])),
            Err(reason) => return Err(error(reason)),
        };
        let (mut found, mut broken) = (Vec::new(), Vec::new());
        for file in files {
            let path = file.map_err(error)?.path();
            if path.extension().is_some_and(|end| end == "json") {
                match read(&path) {
                    Ok(entry) => found.extend(entry),
                    Err(error) => broken.push(error),
                }
            }
        }
        found.retain(|entry| entry.config == config && !entry.done);
        found.sort_by_key(|entry| (entry.l1_from, entry.nonce));
        Ok((found, broken))
    }

    /// Forgets a withdrawal that was never sent.
    pub fn remove(&self, transaction: B256) -> Result<(), WalletError> {
        let path = self.path(transaction);
        let fix = "remove it, or a later --resume sends the withdrawal";
        fs::remove_file(&path).map_err(|error| WalletError::file(&path, &error, fix))
    }

    /// Writes what is kept of a withdrawal, whole or not at all.
    pub fn save(&self, entry: &Entry) -> Result<(), WalletError> {
        let path = self.path(entry.transaction);
        let write = || {
            fs::create_dir_all(&self.folder)?;
            let text = serde_json::to_string_pretty(entry).map_err(io::Error::from)?;
            // What was sent must not be forgotten by a machine that stops.
            tern_rollup::write_whole(&path, text.as_bytes())
        };
        write().map_err(|error| WalletError::file(&path, &error, "choose another folder"))
    }

    fn path(&self, transaction: B256) -> PathBuf {
        self.folder.join(format!("{transaction}.json"))
    }
}

#[derive(Deserialize)]
struct Form {
    version: u32,
}

fn read(path: &Path) -> Result<Option<Entry>, WalletError> {
    let fix = "move it away; the withdrawal goes on with --resume and its L2 transaction";
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(WalletError::file(path, &error, fix)),
    };
    let wrong = |reason: String| WalletError::File { path: path.into(), reason, fix };
    // Another version has other fields: it is looked at first.
    let form: Form = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    if form.version != VERSION {
        return Err(wrong(format!("it has version {}, not {VERSION}", form.version)));
    }
    serde_json::from_str(&text).map(Some).map_err(|error| wrong(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_found_again_and_a_broken_file_is_left_alone() {
        let folder = std::env::temp_dir().join(format!("tern-journal-{}", std::process::id()));
        let journal = Journal::new(folder.clone());
        let (ours, others) = (B256::repeat_byte(1), B256::repeat_byte(2));
        let left = || {
            let (found, broken) = journal.unfinished(ours).expect("it reads");
            (found, broken.len())
        };
        assert_eq!(left(), (vec![], 0), "no folder, no withdrawals");
        let mut first = Entry::new(ours, B256::repeat_byte(3), 5);
        first.raw = Some(Bytes::from_static(&[2, 3]));
        let second = Entry::new(ours, B256::repeat_byte(4), 4);
        for entry in [&first, &second, &Entry::new(others, B256::repeat_byte(5), 1)] {
            journal.save(entry).expect("it is written");
        }
        assert_eq!(journal.load(first.transaction).expect("it reads"), Some(first.clone()));
        assert_eq!(left(), (vec![second.clone(), first.clone()], 0));
        journal.save(&Entry { done: true, ..second.clone() }).expect("it is written");
        assert_eq!(left(), (vec![first.clone()], 0));
        journal.save(&second).expect("it is written");

        let path = journal.path(first.transaction);
        fs::write(&path, "{").expect("ours");
        let error = journal.load(first.transaction).expect_err("broken").to_string();
        assert!(error.contains("--resume") && path.exists(), "{error}");
        assert_eq!(left(), (vec![second.clone()], 1), "one that is broken holds up no other");
        let old = serde_json::json!({ "version": 1, "proof": null, "paid": null });
        fs::write(&path, old.to_string()).expect("ours");
        let error = journal.load(first.transaction).expect_err("old").to_string();
        assert!(error.contains("version 1"), "{error}");
        journal.remove(second.transaction).expect("it is there");
        assert_eq!(left(), (vec![], 1));
        fs::remove_dir_all(folder).expect("ours");
    }
}
