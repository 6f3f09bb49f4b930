//! Opening and closing the database.

use std::{
    fs::{self, File, TryLockError},
    io::{self, Write},
    path::Path,
    sync::{Arc, Mutex},
};

use ethrex_blockchain::{Blockchain, BlockchainOptions};
use ethrex_common::{
    H256,
    types::{Fork, Genesis},
};
use ethrex_rlp::decode::RLPDecode;
use ethrex_storage::{
    EngineType, Store, StoreConfig, api::tables::CANONICAL_BLOCK_HASHES, error::StoreError,
};
use tern_protocol::{ChainId, Hash};
use tern_stf::ChainSpec;
use tokio::sync::broadcast;

use super::{Ethrex, Inner, is_disk_failure};
use crate::{
    EngineError,
    convert::{h256, hash},
    pool,
    subscriptions::WAITING,
};

/// The form of what this program keeps beside and in the database.
const VERSION: u32 = 1;

/// The file that says it.
const VERSION_FILE: &str = "engine.version";

/// The file that one process holds.
const LOCK_FILE: &str = "engine.lock";

/// The folder that is ethrex's.
const CHAIN: &str = "chain";

/// How much of the database may stay in memory, beside what RocksDB has not written yet.
const CACHE_BYTES: usize = 512 << 20;

/// How many transactions one sender may have in the pool whose turn has not come.
const QUEUED: usize = 4096;

const FOLDER: &str = "give a folder that this user may write";
const BROKEN: &str =
    "restore a copy of the folder, or move it away, then all is derived from L1 again";

impl Ethrex {
    /// Opens the database in a folder, or makes it, for the chain that begins with this genesis
    /// (in geth's form). A process that was killed finds the chain that it had; the last states
    /// are made again by executing their blocks.
    pub async fn open(dir: &Path, genesis: &Path, genesis_hash: Hash) -> Result<Self, EngineError> {
        let genesis = read_genesis(genesis, genesis_hash)?;
        let spec = ChainSpec::rollup(ChainId(genesis.config.chain_id));
        let lock = take_folder(dir)?;
        let store = open_store(dir, genesis).await?;
        let options = BlockchainOptions {
            max_mempool_size: pool::MOST,
            max_queued_txs_per_account: QUEUED,
            ..BlockchainOptions::default()
        };
        let chain = Arc::new(Blockchain::new(store.clone(), options));
        chain.set_synced();
        let inner = Inner {
            dir: dir.to_owned(),
            store,
            chain,
            spec,
            runtime: tokio::runtime::Handle::current(),
            turn: Mutex::default(),
            searched: Mutex::default(),
            news: broadcast::Sender::new(WAITING),
            _lock: lock,
        };
        let engine = Self { inner: Arc::new(inner) };
        engine.recover().await?;
        Ok(engine)
    }

    /// Writes everything to the disk. Nothing may be asked of the client any more.
    pub async fn close(&self) -> Result<(), EngineError> {
        self.inner.store.shutdown().await.map_err(|error| self.inner.failed("close", &error))
    }

    async fn recover(&self) -> Result<(), EngineError> {
        let inner = self.inner.clone();
        let work = move || {
            let mut turn = inner.turn();
            // The journal of a step back is only whole from when this has ended.
            inner
                .store
                .generate_flatkeyvalue()
                .map_err(|error| inner.failed("start its background work", &error))?;
            inner.await_background_work()?;
            let head = inner.latest_header()?;
            inner.revive(&mut turn, head.hash(), true)
        };
        blocking(work).await
    }
}

/// Runs work that blocks, away from the asynchronous threads.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, EngineError> + Send + 'static,
) -> Result<T, EngineError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| {
        Err(EngineError::Ethrex { what: "finish its work", reason: error.to_string() })
    })
}

fn read_genesis(path: &Path, want: Hash) -> Result<Genesis, EngineError> {
    let unusable = |reason: String| EngineError::GenesisFile { path: path.to_owned(), reason };
    let text = fs::read(path).map_err(|error| unusable(error.to_string()))?;
    let genesis: Genesis =
        serde_json::from_slice(&text).map_err(|error| unusable(error.to_string()))?;
    let forks = [0, u64::MAX].map(|time| genesis.config.fork(time));
    if forks != [Fork::Prague; 2] {
        return Err(unusable(format!(
            "its rules are not Prague's from the first block: {forks:?}"
        )));
    }
    let spec = ChainSpec::rollup(ChainId(genesis.config.chain_id));
    let deposits = genesis.config.deposit_contract_address;
    if deposits.0 != spec.deposit_contract.0 {
        return Err(unusable(format!("its depositContractAddress is {deposits:#x}")));
    }
    let got = genesis.get_block().hash();
    if got != h256(want) {
        return Err(EngineError::Genesis { got: hash(got), want });
    }
    Ok(genesis)
}

/// Makes the folder, takes it for this process and looks at its version.
fn take_folder(dir: &Path) -> Result<File, EngineError> {
    let failed = |error: io::Error| from_io(dir, &error);
    fs::create_dir_all(dir).map_err(failed)?;
    let lock = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(dir.join(LOCK_FILE))
        .map_err(failed)?;
    lock.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => EngineError::InUse { path: dir.to_owned() },
        TryLockError::Error(error) => failed(error),
    })?;
    check_version(dir)?;
    Ok(lock)
}

fn check_version(dir: &Path) -> Result<(), EngineError> {
    let file = dir.join(VERSION_FILE);
    match fs::read_to_string(&file) {
        Ok(text) if text.trim() == VERSION.to_string() => Ok(()),
        Ok(text) => {
            let got = text.trim().chars().take(20).collect();
            Err(EngineError::Version { path: dir.to_owned(), got, want: VERSION })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if dir.join(CHAIN).exists() {
                let got = "none".to_owned();
                return Err(EngineError::Version { path: dir.to_owned(), got, want: VERSION });
            }
            write_version(&file).map_err(|error| from_io(dir, &error))
        }
        Err(error) => Err(from_io(dir, &error)),
    }
}

fn write_version(file: &Path) -> io::Result<()> {
    let unfinished = file.with_extension("new");
    let mut writer = File::create(&unfinished)?;
    writeln!(writer, "{VERSION}")?;
    writer.sync_all()?;
    fs::rename(unfinished, file)
}

fn from_io(dir: &Path, error: &io::Error) -> EngineError {
    let path = dir.to_owned();
    let reason = error.to_string();
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            EngineError::Disk { path, reason }
        }
        _ => EngineError::Open { path, reason, fix: FOLDER },
    }
}

async fn open_store(dir: &Path, genesis: Genesis) -> Result<Store, EngineError> {
    let path = dir.join(CHAIN);
    let config = StoreConfig { rocksdb_block_cache_size: CACHE_BYTES, ..StoreConfig::default() };
    let want = genesis.get_block().hash();
    let opened = tokio::task::spawn_blocking(move || {
        Store::new_with_config(path, EngineType::RocksDB, config)
    });
    let mut store = opened
        .await
        .map_err(|error| broken(dir, error.to_string()))?
        .map_err(|error| from_store(dir, &error))?;
    let first = first_block(&store).map_err(|error| from_store(dir, &error))?;
    if let Some(got) = first.filter(|got| *got != want) {
        return Err(EngineError::OtherChain {
            path: dir.to_owned(),
            got: hash(got),
            want: hash(want),
        });
    }
    store.add_initial_state(genesis).await.map_err(|error| from_store(dir, &error))?;
    Ok(store)
}

/// Block 0 as the disk has it: before a genesis is given, the store answers with an empty header's hash.
fn first_block(store: &Store) -> Result<Option<H256>, StoreError> {
    let found = store.read(CANONICAL_BLOCK_HASHES, 0_u64.to_le_bytes().to_vec())?;
    Ok(found.map(|bytes| H256::decode(&bytes)).transpose()?)
}

fn from_store(dir: &Path, error: &StoreError) -> EngineError {
    let path = dir.to_owned();
    let reason = error.to_string();
    match error {
        StoreError::IoError(error) => from_io(dir, error),
        StoreError::NotFoundDBVersion
        | StoreError::IncompatibleDBVersion { .. }
        | StoreError::MigrationFailed { .. } => EngineError::Open {
            path,
            reason,
            fix: "use the tern that wrote it, or move the folder away, then all is derived from L1 again",
        },
        _ if reason.contains("Permission denied") => {
            EngineError::Open { path, reason, fix: FOLDER }
        }
        _ if reason.contains("No space left") => EngineError::Disk { path, reason },
        _ if reason.contains("LOCK") => EngineError::InUse { path },
        _ if is_disk_failure(&reason) && !reason.contains("No such file") => {
            EngineError::Open { path, reason, fix: BROKEN }
        }
        _ => broken(dir, reason),
    }
}

fn broken(dir: &Path, reason: String) -> EngineError {
    EngineError::Open { path: dir.to_owned(), reason, fix: BROKEN }
}
