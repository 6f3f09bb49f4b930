//! Blobs by versioned hash.

mod archive;
mod source;

use std::collections::HashMap;

use alloy_eips::eip4844::{Blob, c_kzg, env_settings::EnvKzgSettings, kzg_to_versioned_hash};
use alloy_primitives::B256;
pub use archive::Archive;
use rayon::prelude::*;
use source::Source;

use crate::{L1Error, is_development};

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
    sources: Vec<Source>,
}

impl Blobs {
    /// Asks these sources, in this order, for what the archive does not have of a chain's blobs.
    pub fn new(archive: Archive, sources: &[BlobSource], chain_id: u64) -> Result<Self, L1Error> {
        let development = is_development(chain_id);
        let source = |source| Source::new(source, development);
        let sources = sources.iter().map(source).collect::<Result<_, _>>()?;
        Ok(Self { archive, sources })
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
        for source in &self.sources {
            let missing = missing(hashes, &found);
            if missing.is_empty() {
                break;
            }
            let said = match source.ask(at, &missing).await {
                Ok(blobs) => {
                    let archive = self.archive.clone();
                    let sound = off_thread(move || keep(&archive, &missing, blobs)).await?;
                    let said = format!("{} blobs of them", sound.len());
                    found.extend(sound);
                    said
                }
                Err(said) => said,
            };
            tried.push(format!("{}: {said}", source.host()));
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
