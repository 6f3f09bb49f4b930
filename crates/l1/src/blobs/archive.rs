//! Blobs on the disk.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, SystemTime},
};

use alloy_eips::eip4844::Blob;
use alloy_primitives::B256;

use super::versioned_hash;
use crate::L1Error;

const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A folder with a file for each blob, named by its versioned hash.
#[derive(Debug, Clone)]
pub struct Archive {
    folder: PathBuf,
}

impl Archive {
    /// Makes the folder if it is missing.
    pub fn open(folder: &Path) -> Result<Self, L1Error> {
        fs::create_dir_all(folder).map_err(|error| failed("make", folder, &error))?;
        Ok(Self { folder: folder.into() })
    }

    /// Keeps a blob. It is on the disk when this returns. The caller knows that it is the hash's.
    pub fn put(&self, hash: B256, blob: &Blob) -> Result<(), L1Error> {
        // Two of this process may keep the same blob at once, and two processes may too.
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let new = self.folder.join(format!("{hash:x}.{}.{count}.new", std::process::id()));
        let path = self.path(hash);
        let written = File::create(&new)
            .and_then(|mut file| file.write_all(blob.as_slice()).and_then(|()| file.sync_all()))
            .and_then(|()| fs::rename(&new, &path))
            .and_then(|()| File::open(&self.folder)?.sync_all());
        written.map_err(|error| {
            let _ = fs::remove_file(&new);
            failed("write", &path, &error)
        })
    }

    /// A blob, if it is there and unharmed. Checking takes tens of milliseconds.
    pub fn get(&self, hash: B256) -> Result<Option<Box<Blob>>, L1Error> {
        let path = self.path(hash);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed("read", &path, &error)),
        };
        // A harmed one is fetched again and then overwritten.
        let Ok(blob) = Blob::try_from(bytes.as_slice()) else { return Ok(None) };
        let sound = versioned_hash(&blob).is_ok_and(|computed| computed == hash);
        Ok(sound.then(|| Box::new(blob)))
    }

    /// Removes blobs that were kept longer before this time of L1's, and says how many those were.
    ///
    /// Files have this machine's time. Where that and L1's are more than a day apart nothing is
    /// removed: a clock that jumps must cost no blobs, and what L1 had of them may be gone.
    pub fn prune(&self, older_than: Duration, l1_time: u64) -> Result<usize, L1Error> {
        let now = SystemTime::now();
        let l1 = SystemTime::UNIX_EPOCH + Duration::from_secs(l1_time.min(u64::from(u32::MAX)));
        let apart = now.duration_since(l1).unwrap_or_else(|ahead| ahead.duration());
        if apart > A_DAY {
            tracing::warn!(
                seconds = apart.as_secs(),
                "no blobs are removed: L1's time and this machine's are too far apart; mend the clock, or wait until L1 goes on"
            );
            return Ok(0);
        }
        let limit = l1.checked_sub(older_than).unwrap_or(SystemTime::UNIX_EPOCH);
        let mut removed = 0;
        let entries =
            fs::read_dir(&self.folder).map_err(|error| failed("read", &self.folder, &error))?;
        for entry in entries {
            let entry = entry.map_err(|error| failed("read", &self.folder, &error))?;
            let path = entry.path();
            // Nobody else's files; what a killed process left half written is ours too.
            let ours = path.extension().is_some_and(|end| end == "blob" || end == "new");
            let old = entry.metadata().and_then(|meta| meta.modified()).is_ok_and(|at| at < limit);
            if ours && old {
                fs::remove_file(&path).map_err(|error| failed("remove", &path, &error))?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn path(&self, hash: B256) -> PathBuf {
        self.folder.join(format!("{hash:x}.blob"))
    }
}

fn failed(action: &'static str, path: &Path, error: &io::Error) -> L1Error {
    L1Error::File { action, path: path.into(), reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_archive_gives_what_it_kept_and_nothing_harmed() {
        let folder = tempfile::tempdir().expect("a folder");
        let archive = Archive::open(&folder.path().join("blobs")).expect("it is made");
        let mut blob = Blob::ZERO;
        blob[5] = 7;
        let hash = versioned_hash(&blob).expect("a blob");
        assert_eq!(archive.get(hash).expect("readable"), None);
        archive.put(hash, &blob).expect("writable");
        archive.put(hash, &blob).expect("writable again");
        assert_eq!(archive.get(hash).expect("readable"), Some(Box::new(blob)));

        let path = archive.path(hash);
        let bytes = fs::read(&path).expect("it is there");
        for harm in [&bytes[..1_000], &[&bytes[1..], &[0]].concat()] {
            fs::write(&path, harm).expect("writable");
            assert_eq!(archive.get(hash).expect("readable"), None);
        }
    }

    #[test]
    fn pruning_removes_old_blobs_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let archive = Archive::open(folder.path()).expect("it is there");
        archive.put(B256::ZERO, &Blob::ZERO).expect("writable");
        fs::write(folder.path().join("notes"), "").expect("writable");
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
        let prune = |seconds, l1_time| {
            archive.prune(Duration::from_secs(seconds), l1_time).expect("readable")
        };
        assert_eq!(prune(60, now.as_secs()), 0);
        // Either clock may be wrong.
        assert_eq!(prune(0, now.as_secs() + 3 * 86_400), 0);
        assert_eq!(prune(0, now.as_secs() - 3 * 86_400), 0);
        assert_eq!((prune(0, 0), prune(0, u64::MAX)), (0, 0));
        assert_eq!(prune(10, now.as_secs() + 60), 1);
        assert!(folder.path().join("notes").exists() && !archive.path(B256::ZERO).exists());
    }
}
