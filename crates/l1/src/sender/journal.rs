//! What a sender has to find again after it was killed.

use std::path::{Path, PathBuf};

use alloy_primitives::{Address, Bytes, U256};
use alloy_rlp::Decodable;
use redb::{Database, DatabaseError, ReadableDatabase, ReadableTable, TableDefinition};
use serde::{Deserialize, Serialize};

use super::decide::Attempt;
use crate::{Call, L1Error, Sidecar};

const VERSION: u32 = 1;
const OF: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("of");
const RECORDS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("transactions");
/// Apart, since they are large and never change.
const SIDECARS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("sidecars");

/// A transaction as it was submitted, and every attempt to send it.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) nonce: u64,
    pub(super) call: Call,
    pub(super) gas: u64,
    pub(super) cancelled: bool,
    pub(super) attempts: Vec<Attempt>,
}

#[derive(Serialize, Deserialize)]
struct Record {
    what: String,
    to: Address,
    value: U256,
    data: Bytes,
    gas: u64,
    cancelled: bool,
    attempts: Vec<Attempt>,
}

/// Whose journal it is, so that another account's is not continued.
#[derive(Serialize, Deserialize, PartialEq, Eq)]
struct Of {
    version: u32,
    chain_id: u64,
    account: Address,
}

#[derive(Debug)]
pub(super) struct Journal {
    database: Database,
    path: PathBuf,
}

impl Journal {
    /// Opens or makes it, and gives what is in it in the order of nonces.
    pub(super) fn open(
        path: &Path,
        chain_id: u64,
        account: Address,
    ) -> Result<(Self, Vec<Entry>), L1Error> {
        let failed = |reason: String| L1Error::Journal { path: path.into(), reason };
        let database = Database::create(path).map_err(|error| {
            failed(match error {
                DatabaseError::DatabaseAlreadyOpen => "another program has it open".into(),
                error => error.to_string(),
            })
        })?;
        let this = Self { database, path: path.into() };
        this.own(&Of { version: VERSION, chain_id, account })?;
        let entries = this.try_all().map_err(|error| this.failed(&error))??;
        Ok((this, entries))
    }

    /// Keeps an entry; it is on the disk when this returns. The sidecar of one that is there stays.
    pub(super) fn put(&self, entry: &Entry) -> Result<(), L1Error> {
        let Entry { nonce, call, gas, cancelled, attempts } = entry;
        let record = Record {
            what: call.what.clone(),
            to: call.to,
            value: call.value,
            data: call.data.clone(),
            gas: *gas,
            cancelled: *cancelled,
            attempts: attempts.clone(),
        };
        let record = serde_json::to_vec(&record).map_err(|error| self.wrong(error.to_string()))?;
        let sidecar = call.blobs.as_ref().filter(|_| attempts.len() == 1).map(alloy_rlp::encode);
        self.try_put(*nonce, &record, sidecar.as_deref()).map_err(|error| self.failed(&error))
    }

    pub(super) fn remove(&self, nonce: u64) -> Result<(), L1Error> {
        self.try_remove(nonce).map_err(|error| self.failed(&error))
    }

    fn own(&self, of: &Of) -> Result<(), L1Error> {
        let bytes = serde_json::to_vec(of).map_err(|error| self.wrong(error.to_string()))?;
        let found = self.try_own(&bytes).map_err(|error| self.failed(&error))?;
        let Some(found) = found else { return Ok(()) };
        match serde_json::from_slice::<Of>(&found) {
            Ok(found) if found == *of => Ok(()),
            Ok(found) => Err(self.wrong(format!(
                "it is of {} on chain {} in version {}",
                found.account, found.chain_id, found.version
            ))),
            Err(error) => Err(self.wrong(error.to_string())),
        }
    }

    /// Writes whose it is, or gives what is written.
    fn try_own(&self, bytes: &[u8]) -> Result<Option<Vec<u8>>, redb::Error> {
        let write = self.database.begin_write()?;
        let found = {
            let mut table = write.open_table(OF)?;
            let found = table.get("of")?.map(|found| found.value().to_vec());
            if found.is_none() {
                table.insert("of", bytes)?;
            }
            write.open_table(RECORDS)?;
            write.open_table(SIDECARS)?;
            found
        };
        write.commit()?;
        Ok(found)
    }

    fn try_all(&self) -> Result<Result<Vec<Entry>, L1Error>, redb::Error> {
        let read = self.database.begin_read()?;
        let (records, sidecars) = (read.open_table(RECORDS)?, read.open_table(SIDECARS)?);
        let mut entries = Vec::new();
        for found in records.iter()? {
            let (nonce, record) = found?;
            let sidecar = sidecars.get(nonce.value())?;
            let sidecar = sidecar.as_ref().map(redb::AccessGuard::value);
            match self.entry(nonce.value(), record.value(), sidecar) {
                Ok(entry) => entries.push(entry),
                Err(error) => return Ok(Err(error)),
            }
        }
        Ok(Ok(entries))
    }

    fn entry(&self, nonce: u64, record: &[u8], blobs: Option<&[u8]>) -> Result<Entry, L1Error> {
        let Record { what, to, value, data, gas, cancelled, attempts } =
            serde_json::from_slice(record).map_err(|error| self.wrong(error.to_string()))?;
        let decode = |mut bytes: &[u8]| Sidecar::decode(&mut bytes);
        let blobs = blobs.map(decode).transpose().map_err(|error| self.wrong(error.to_string()))?;
        let call = Call { what, to, value, data, blobs };
        Ok(Entry { nonce, call, gas, cancelled, attempts })
    }

    fn try_put(
        &self,
        nonce: u64,
        record: &[u8],
        sidecar: Option<&[u8]>,
    ) -> Result<(), redb::Error> {
        let write = self.database.begin_write()?;
        write.open_table(RECORDS)?.insert(nonce, record)?;
        if let Some(sidecar) = sidecar {
            write.open_table(SIDECARS)?.insert(nonce, sidecar)?;
        }
        // Its default is to return when the disk has it.
        Ok(write.commit()?)
    }

    fn try_remove(&self, nonce: u64) -> Result<(), redb::Error> {
        let write = self.database.begin_write()?;
        write.open_table(RECORDS)?.remove(nonce)?;
        write.open_table(SIDECARS)?.remove(nonce)?;
        Ok(write.commit()?)
    }

    fn failed(&self, error: &redb::Error) -> L1Error {
        self.wrong(error.to_string())
    }

    fn wrong(&self, reason: String) -> L1Error {
        L1Error::Journal { path: self.path.clone(), reason }
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::B256;

    use super::{super::decide::Price, *};
    use crate::{Blob, sidecar};

    fn entry(nonce: u64) -> Entry {
        let price = Price { gas: 3, priority: 1, blob_gas: 2 };
        let attempt =
            Attempt { price, hash: B256::with_last_byte(9), head: 7, empty: false, refused: false };
        let blobs = Some(sidecar(vec![Blob::ZERO]).expect("a blob"));
        let call = Call { blobs, ..Call::new("a batch", Address::repeat_byte(3), vec![1, 2, 3]) };
        Entry { nonce, call, gas: 77, cancelled: false, attempts: vec![attempt] }
    }

    #[test]
    fn what_was_written_is_found_again_by_its_owner_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("journal");
        let open = |account| Journal::open(&path, 1, account);
        let (journal, entries) = open(Address::ZERO).expect("a new one");
        assert!(entries.is_empty());
        for nonce in [9, 300, 8] {
            journal.put(&entry(nonce)).expect("writable");
        }
        let mut more = entry(9);
        more.attempts.push(more.attempts[0].clone());
        more.cancelled = true;
        journal.put(&more).expect("writable");
        journal.remove(8).expect("writable");
        let error = open(Address::ZERO).expect_err("one at a time").to_string();
        assert!(error.contains("another program") && error.contains("stop whoever"), "{error}");
        drop(journal);

        let (_, entries) = open(Address::ZERO).expect("the same");
        assert_eq!(entries.iter().map(|entry| entry.nonce).collect::<Vec<_>>(), [9, 300]);
        assert!(entries[0].cancelled && entries[0].attempts.len() == 2);
        assert_eq!(entries[0].call.blobs, more.call.blobs);
        assert_eq!(entries[0].call.data, more.call.data);
        let error = open(Address::repeat_byte(1)).expect_err("another account's").to_string();
        assert!(error.contains("it is of 0x0000"), "{error}");
    }

    #[test]
    fn what_is_no_journal_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("journal");
        let text = "somebody's letters ".repeat(1_000);
        std::fs::write(&path, &text).expect("writable");
        let error = Journal::open(&path, 1, Address::ZERO).expect_err("no journal");
        assert_eq!(error.kind(), crate::Kind::Stop);
        assert_eq!(std::fs::read_to_string(&path).expect("it is there"), text);
    }
}
