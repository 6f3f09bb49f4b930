//! What a node keeps beside the chain itself: one file.

use std::path::{Path, PathBuf};

use redb::{
    Database, DatabaseError, ReadableDatabase, ReadableTable, TableDefinition, WriteTransaction,
};
use serde::{Serialize, de::DeserializeOwned};
use tern_node_api::{BatchInfo, Bytes};
use tern_protocol::{BatchAcc, ConfigHash, Hash};

use crate::{
    NodeError,
    checkpoint::Checkpoint,
    core::pending::{OwnBlock, Pending},
};

/// The form of the file. A program reads only its own.
const VERSION: u64 = 2;
/// Checkpoints that are kept: one is needed, more let L1 go back further.
const CHECKPOINTS: usize = 48;

type Rows<K> = TableDefinition<'static, K, &'static [u8]>;

const META: Rows<&str> = TableDefinition::new("meta");
/// The sequencer's own blocks by number.
const OWN: Rows<u64> = TableDefinition::new("own");
/// The journal: what each batch derived to, by the accumulator after it.
const BATCHES: Rows<[u8; 32]> = TableDefinition::new("batches");
/// The accumulator after each batch of this branch of L1, by its place.
const PLACES: Rows<u64> = TableDefinition::new("places");
/// Where reading L1 can begin, by the number of the L1 block.
const CHECKPOINT: Rows<u64> = TableDefinition::new("checkpoints");
/// The outbox's account proof at the ends of batches, by block number and hash: branches of L1
/// that come back find theirs again.
const PROOFS: Rows<(u64, [u8; 32])> = TableDefinition::new("proofs");

/// What proves the outbox's account under a block whose state may be gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize)]
pub(crate) struct KeptProof {
    pub(crate) hash: Hash,
    pub(crate) header: Bytes,
    pub(crate) account: Vec<Bytes>,
    /// How many messages the outbox has then.
    pub(crate) messages: u64,
}

/// The node's file. Everything that a function writes is on the disk when it returns, whole or
/// not at all.
#[derive(Debug)]
pub(crate) struct Store {
    path: PathBuf,
    database: Database,
}

impl Store {
    /// Opens the file of a rollup's node in a folder, or makes it.
    pub(crate) fn open(folder: &Path, config: ConfigHash) -> Result<Self, NodeError> {
        let path = folder.join("node.redb");
        let database = Database::create(&path).map_err(|error| match error {
            DatabaseError::DatabaseAlreadyOpen => NodeError::InUse { path: folder.into() },
            error => NodeError::Store { path: path.clone(), reason: error.to_string() },
        })?;
        let store = Self { path, database };
        let write = store.begin()?;
        let (version, chain) = {
            let mut meta = write.open_table(META).map_err(|e| store.failed(&e))?;
            let version = VERSION.to_be_bytes();
            let mut keep = |key: &str, value: &[u8]| -> Result<Vec<u8>, NodeError> {
                let kept = meta.get(key).map_err(|e| store.failed(&e))?.map(|v| v.value().to_vec());
                if kept.is_none() {
                    meta.insert(key, value).map_err(|e| store.failed(&e))?;
                }
                Ok(kept.unwrap_or_else(|| value.to_vec()))
            };
            (keep("version", &version)?, keep("config", &config.0.0)?)
        };
        let got = <[u8; 8]>::try_from(version.as_slice()).map_or(0, u64::from_be_bytes);
        if got != VERSION {
            return Err(NodeError::StoreVersion { path: store.path, got, want: VERSION });
        }
        if chain != config.0.0 {
            return Err(NodeError::StoreRollup { path: store.path });
        }
        for table in [OWN, PLACES, CHECKPOINT] {
            write.open_table(table).map_err(|e| store.failed(&e))?;
        }
        write.open_table(PROOFS).map_err(|e| store.failed(&e))?;
        write.open_table(BATCHES).map_err(|e| store.failed(&e))?;
        store.commit(write)?;
        Ok(store)
    }

    /// The sequencer's own blocks.
    pub(crate) fn own(&self) -> Result<Pending, NodeError> {
        let read = self.database.begin_read().map_err(|e| self.failed(&e))?;
        let table = read.open_table(OWN).map_err(|e| self.failed(&e))?;
        let mut blocks: Vec<OwnBlock> = Vec::new();
        for row in table.iter().map_err(|e| self.failed(&e))? {
            let (_, value) = row.map_err(|e| self.failed(&e))?;
            blocks.push(self.parse(value.value())?);
        }
        let meta = read.open_table(META).map_err(|e| self.failed(&e))?;
        let sealed = meta.get("sealed").map_err(|e| self.failed(&e))?;
        let sealed = sealed.and_then(|v| v.value().try_into().ok()).map_or(0, u64::from_be_bytes);
        Ok(Pending::restore(blocks, sealed))
    }

    /// Keeps a new own block.
    pub(crate) fn put_own(&self, block: &OwnBlock, sealed: u64) -> Result<(), NodeError> {
        let write = self.begin()?;
        self.insert(&write, OWN, block.number, block)?;
        self.put_sealed(&write, sealed)?;
        self.commit(write)
    }

    /// Remembers up to where segments are sealed.
    pub(crate) fn seal(&self, sealed: u64) -> Result<(), NodeError> {
        let write = self.begin()?;
        self.put_sealed(&write, sealed)?;
        self.commit(write)
    }

    /// Forgets the own blocks after a number.
    pub(crate) fn drop_own_after(&self, number: u64, sealed: u64) -> Result<(), NodeError> {
        let write = self.begin()?;
        self.retain(&write, OWN, |at| at <= number)?;
        self.put_sealed(&write, sealed)?;
        self.commit(write)
    }

    /// Keeps what a batch derived to, and its place.
    pub(crate) fn put_batch(
        &self,
        batch: &BatchInfo,
        proof: Option<(u64, KeptProof)>,
    ) -> Result<(), NodeError> {
        let write = self.begin()?;
        self.insert(&write, BATCHES, batch.acc.0.0, batch)?;
        {
            let mut places = write.open_table(PLACES).map_err(|e| self.failed(&e))?;
            places.insert(batch.index, batch.acc.0.0.as_slice()).map_err(|e| self.failed(&e))?;
        }
        if let Some((number, proof)) = proof {
            self.insert(&write, PROOFS, (number, proof.hash.0), &proof)?;
        }
        self.commit(write)
    }

    /// What a batch derived to, on whatever branch of L1 that was.
    pub(crate) fn batch(&self, acc: BatchAcc) -> Result<Option<BatchInfo>, NodeError> {
        self.get(BATCHES, acc.0.0)
    }

    /// The batch that was derived last at a place.
    pub(crate) fn batch_at(&self, index: u64) -> Result<Option<BatchInfo>, NodeError> {
        let read = self.database.begin_read().map_err(|e| self.failed(&e))?;
        let places = read.open_table(PLACES).map_err(|e| self.failed(&e))?;
        let acc = places.get(index).map_err(|e| self.failed(&e))?;
        match acc.and_then(|acc| Hash::from_slice(acc.value())) {
            Some(acc) => self.batch(BatchAcc(acc)),
            None => Ok(None),
        }
    }

    /// Keeps where reading can begin. Own blocks and proofs up to these numbers go.
    pub(crate) fn put_checkpoint(
        &self,
        checkpoint: &Checkpoint,
        own: u64,
        proofs: u64,
    ) -> Result<(), NodeError> {
        let write = self.begin()?;
        let number = checkpoint.l1.number;
        // Later ones are of another branch of L1.
        self.retain(&write, CHECKPOINT, |at| at < number)?;
        self.insert(&write, CHECKPOINT, number, checkpoint)?;
        {
            let mut table = write.open_table(CHECKPOINT).map_err(|e| self.failed(&e))?;
            let numbers: Result<Vec<u64>, _> = table
                .iter()
                .map_err(|e| self.failed(&e))?
                .map(|row| row.map(|(key, _)| key.value()))
                .collect();
            let numbers = numbers.map_err(|e| self.failed(&e))?;
            for old in numbers.iter().rev().skip(CHECKPOINTS) {
                table.remove(old).map_err(|e| self.failed(&e))?;
            }
        }
        self.retain(&write, OWN, |at| at > own)?;
        self.retain(&write, PROOFS, |(at, _)| at >= proofs)?;
        self.commit(write)
    }

    /// Forgets where reading can begin: it begins before the deployment.
    pub(crate) fn forget_checkpoints(&self) -> Result<(), NodeError> {
        let write = self.begin()?;
        self.retain(&write, CHECKPOINT, |_| false)?;
        self.commit(write)
    }

    /// Where reading can begin, the newest first.
    pub(crate) fn checkpoints(&self) -> Result<Vec<Checkpoint>, NodeError> {
        let read = self.database.begin_read().map_err(|e| self.failed(&e))?;
        let table = read.open_table(CHECKPOINT).map_err(|e| self.failed(&e))?;
        let rows = table.iter().map_err(|e| self.failed(&e))?.rev();
        rows.map(|row| self.parse(row.map_err(|e| self.failed(&e))?.1.value())).collect()
    }

    /// The kept proof of a block.
    pub(crate) fn proof(&self, number: u64, hash: Hash) -> Result<Option<KeptProof>, NodeError> {
        self.get(PROOFS, (number, hash.0))
    }

    fn get<K: redb::Key + 'static, T: DeserializeOwned>(
        &self,
        table: Rows<K>,
        key: impl for<'a> std::borrow::Borrow<K::SelfType<'a>>,
    ) -> Result<Option<T>, NodeError> {
        let read = self.database.begin_read().map_err(|e| self.failed(&e))?;
        let table = read.open_table(table).map_err(|e| self.failed(&e))?;
        let value = table.get(key).map_err(|e| self.failed(&e))?;
        value.map(|value| self.parse(value.value())).transpose()
    }

    fn insert<K: redb::Key + 'static, T: Serialize>(
        &self,
        write: &WriteTransaction,
        table: Rows<K>,
        key: impl for<'a> std::borrow::Borrow<K::SelfType<'a>>,
        value: &T,
    ) -> Result<(), NodeError> {
        let bytes = serde_json::to_vec(value).map_err(|e| self.failed(&e))?;
        let mut table = write.open_table(table).map_err(|e| self.failed(&e))?;
        table.insert(key, bytes.as_slice()).map_err(|e| self.failed(&e))?;
        Ok(())
    }

    fn retain<K: redb::Key + 'static>(
        &self,
        write: &WriteTransaction,
        table: Rows<K>,
        keep: impl for<'a> Fn(K::SelfType<'a>) -> bool,
    ) -> Result<(), NodeError> {
        let mut table = write.open_table(table).map_err(|e| self.failed(&e))?;
        table.retain(|key, _| keep(key)).map_err(|e| self.failed(&e))
    }

    fn put_sealed(&self, write: &WriteTransaction, sealed: u64) -> Result<(), NodeError> {
        let mut meta = write.open_table(META).map_err(|e| self.failed(&e))?;
        let bytes = sealed.to_be_bytes();
        meta.insert("sealed", bytes.as_slice()).map_err(|e| self.failed(&e))?;
        Ok(())
    }

    fn begin(&self) -> Result<WriteTransaction, NodeError> {
        self.database.begin_write().map_err(|e| self.failed(&e))
    }

    fn commit(&self, write: WriteTransaction) -> Result<(), NodeError> {
        write.commit().map_err(|e| self.failed(&e))
    }

    fn parse<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, NodeError> {
        serde_json::from_slice(bytes).map_err(|e| self.failed(&e))
    }

    fn failed(&self, error: &dyn std::fmt::Display) -> NodeError {
        NodeError::Store { path: self.path.clone(), reason: error.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("tern-store-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("a folder for the test");
        path
    }

    #[test]
    fn a_store_of_another_rollup_or_version_or_of_rubbish_is_refused_and_kept() {
        let folder = folder("other");
        let config = ConfigHash(Hash([1; 32]));
        let store = Store::open(&folder, config).expect("it opens");
        let error = Store::open(&folder, config).expect_err("it is in use");
        assert!(matches!(error, NodeError::InUse { .. }), "{error}");
        drop(store);
        let error = Store::open(&folder, ConfigHash(Hash([2; 32]))).expect_err("another rollup");
        assert!(matches!(error, NodeError::StoreRollup { .. }), "{error}");
        let store = Store::open(&folder, config).expect("it still opens");
        let write = store.begin().expect("it writes");
        {
            let mut meta = write.open_table(META).expect("it is there");
            meta.insert("version", 7_u64.to_be_bytes().as_slice()).expect("it writes");
        }
        store.commit(write).expect("it writes");
        drop(store);
        let error = Store::open(&folder, config).expect_err("another version");
        assert!(matches!(error, NodeError::StoreVersion { got: 7, .. }), "{error}");
        let file = folder.join("node.redb");
        std::fs::write(&file, b"no database").expect("it writes");
        let error = Store::open(&folder, config).expect_err("rubbish");
        assert!(error.to_string().contains("derived from L1 again"), "{error}");
        assert_eq!(std::fs::read(&file).expect("it is kept"), b"no database");
        std::fs::remove_dir_all(folder).expect("the folder was made");
    }
}
