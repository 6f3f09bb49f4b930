//! Blobs by versioned hash.

mod archive;
mod source;

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use alloy_eips::eip4844::{Blob, c_kzg, env_settings::EnvKzgSettings, kzg_to_versioned_hash};
use alloy_primitives::B256;
pub use archive::Archive;
use rayon::prelude::*;
use source::Source;

use crate::{L1Error, is_development};

/// How long one source may take for the blobs of a batch; half as long more for each of them.
const PATIENCE: Duration = Duration::from_secs(20);
/// For so long a source that took too long counts as slow.
const SLOW: Duration = Duration::from_secs(300);

/// Where blobs come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BlobSource {
    /// The URL of a beacon node.
    Beacon(String),
    /// The URL of a node of the same rollup, which keeps blobs (`tern_blob`).
    Node(String),
}

/// The L1 block whose blobs are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlobBlock {
    /// Its number.
    pub number: u64,
    /// Its time.
    pub timestamp: u64,
}

/// Finds blobs, checks each against its versioned hash, and keeps it.
#[derive(Debug)]
pub struct Blobs {
    archive: Archive,
    sources: Vec<Asked>,
    patience: Duration,
}

/// A source, and when it was asked last, if it took too long then.
#[derive(Debug)]
struct Asked {
    source: Source,
    slow: Mutex<Option<Instant>>,
}

impl Asked {
    async fn ask(&self, at: BlobBlock, of: &[B256], most: Duration) -> Result<Vec<Blob>, String> {
        let answer = tokio::time::timeout(most, self.source.ask(at, of)).await;
        let slow = answer.is_err().then(Instant::now);
        *self.slow.lock().unwrap_or_else(PoisonError::into_inner) = slow;
        answer.unwrap_or_else(|_| Err(format!("it took more than {} s", most.as_secs())))
    }

    fn is_slow(&self) -> bool {
        let slow = *self.slow.lock().unwrap_or_else(PoisonError::into_inner);
        slow.is_some_and(|at| at.elapsed() < SLOW)
    }
}

impl Blobs {
    /// Asks these sources, in this order, for what the archive does not have of a chain's blobs. One
    /// that took too long is asked last for some minutes, or until it is faster.
    pub fn new(archive: Archive, sources: &[BlobSource], chain_id: u64) -> Result<Self, L1Error> {
        let development = is_development(chain_id);
        let source = |source| {
            let source = Source::new(source, development)?;
            Ok(Asked { source, slow: Mutex::new(None) })
        };
        let sources = sources.iter().map(source).collect::<Result<_, L1Error>>()?;
        Ok(Self { archive, sources, patience: PATIENCE })
    }

    /// The blobs with these versioned hashes, in this order. `L1Error::BlobsMissing` (it says
    /// `Retry`) names the sources that were asked in vain.
    pub async fn get(&self, at: BlobBlock, hashes: &[B256]) -> Result<Vec<Blob>, L1Error> {
        let archive = self.archive.clone();
        let wanted = hashes.to_vec();
        let mut found: HashMap<B256, Box<Blob>> = off_thread(move || {
            let read = wanted.par_iter().map(|hash| Ok((*hash, archive.get(*hash)?)));
            read.filter_map(|kept| match kept {
                Ok((hash, blob)) => Some(Ok((hash, blob?))),
                Err(error) => Some(Err(error)),
            })
            .collect()
        })
        .await?;
        let mut tried = vec![format!("{}: not there", self.archive.folder().display())];
        let mut sources: Vec<&Asked> = self.sources.iter().collect();
        sources.sort_by_key(|asked| asked.is_slow());
        for asked in sources {
            let missing = missing(hashes, &found);
            if missing.is_empty() {
                break;
            }
            let said = match asked.ask(at, &missing, most(self.patience, missing.len())).await {
                Ok(blobs) => {
                    let archive = self.archive.clone();
                    let sound = off_thread(move || keep(&archive, &missing, blobs)).await?;
                    let said = format!("{} blobs of them", sound.len());
                    found.extend(sound);
                    said
                }
                Err(said) => said,
            };
            tried.push(format!("{}: {said}", asked.source.host()));
        }
        let missing = missing(hashes, &found);
        if let Some(first) = missing.first() {
            let (block, missing, first) = (at.number, missing.len(), *first);
            return Err(L1Error::BlobsMissing { block, missing, first, tried });
        }
        Ok(hashes.iter().filter_map(|hash| found.get(hash).map(|blob| **blob)).collect())
    }

    /// Where blobs are kept.
    pub const fn archive(&self) -> &Archive {
        &self.archive
    }
}

fn most(patience: Duration, blobs: usize) -> Duration {
    let more = (patience / 2).saturating_mul(u32::try_from(blobs).unwrap_or(u32::MAX));
    patience.saturating_add(more)
}

fn missing(hashes: &[B256], found: &HashMap<B256, Box<Blob>>) -> Vec<B256> {
    hashes.iter().filter(|hash| !found.contains_key(*hash)).copied().collect()
}

/// Keeps what is wanted of what a source gave, by the hash that each blob has.
fn keep(
    archive: &Archive,
    wanted: &[B256],
    blobs: Vec<Blob>,
) -> Result<HashMap<B256, Box<Blob>>, L1Error> {
    let sound = blobs.into_par_iter().filter_map(|blob| {
        let hash = versioned_hash(&blob).ok().filter(|hash| wanted.contains(hash))?;
        Some(archive.put(hash, &blob).map(|()| (hash, Box::new(blob))))
    });
    sound.collect()
}

/// Commitments take long enough to hold up everything else of an async thread.
async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, L1Error> + Send + 'static,
) -> Result<T, L1Error> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| L1Error::Blobs { count: 0, reason: error.to_string() })?
}

/// The versioned hash of a blob. Takes tens of milliseconds.
pub fn versioned_hash(blob: &Blob) -> Result<B256, L1Error> {
    let failed = |error: c_kzg::Error| L1Error::Blobs { count: 1, reason: error.to_string() };
    let blob = c_kzg::Blob::from_bytes(blob.as_slice()).map_err(failed)?;
    let commitment = EnvKzgSettings::Default.get().blob_to_kzg_commitment(&blob).map_err(failed)?;
    Ok(kzg_to_versioned_hash(commitment.as_slice()))
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read, Write},
        net::TcpListener,
        thread,
    };

    use super::*;

    /// A server that answers every request with these bytes, and then goes on with the others until
    /// nobody listens.
    fn server(first: Vec<u8>, then: Option<Vec<u8>>) -> BlobSource {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        thread::spawn(move || {
            for mut near in listener.incoming().flatten() {
                let (first, then) = (first.clone(), then.clone());
                thread::spawn(move || {
                    let _ = near.read(&mut [0; 4096]);
                    let _ = near.write_all(&first);
                    while then.as_ref().is_some_and(|more| near.write_all(more).is_ok()) {}
                    // Silent, but not gone.
                    thread::sleep(Duration::from_secs(30));
                });
            }
        });
        BlobSource::Node(url)
    }

    fn ask(blobs: &Blobs) -> String {
        let at = BlobBlock { number: 1, timestamp: 1 };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let got = runtime.expect("a runtime").block_on(blobs.get(at, &[B256::ZERO]));
        got.expect_err("nobody has it").to_string()
    }

    #[test]
    fn a_source_that_never_ends_is_left_and_one_that_is_slow_is_asked_last() {
        const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";
        let endless = server(HEAD.to_vec(), Some(vec![b'0'; 1 << 16]));
        let silent = server(HEAD.to_vec(), None);
        let folder = tempfile::tempdir().expect("a folder");
        let archive = Archive::open(folder.path()).expect("a folder");
        let mut blobs = Blobs::new(archive, &[silent, endless], 1).expect("URLs");
        blobs.patience = Duration::from_millis(300);
        let place = |text: &str, words: &str| text.find(words).unwrap_or_else(|| panic!("{text}"));
        let first = ask(&blobs);
        assert!(place(&first, "it took more than") < place(&first, "answers with more than"));
        let second = ask(&blobs);
        assert!(place(&second, "it took more than") > place(&second, "answers with more than"));
        *blobs.sources[0].slow.lock().expect("nobody panics") = Instant::now().checked_sub(SLOW);
        let third = ask(&blobs);
        assert!(place(&third, "it took more than") < place(&third, "answers with more than"));
    }

    #[test]
    fn many_blobs_may_take_longer() {
        assert_eq!([1, 21].map(|blobs| most(PATIENCE, blobs).as_secs()), [30, 230]);
    }
}
