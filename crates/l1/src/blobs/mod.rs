//! Blobs by versioned hash.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use alloy_eips::eip4844::Blob;
use alloy_primitives::B256;

use crate::L1Error;

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
}

impl Blobs {
    /// Asks these sources, in this order, for what the archive does not have.
    pub fn new(_archive: Archive, _sources: &[BlobSource]) -> Result<Self, L1Error> {
        todo!()
    }

    /// The blobs with these versioned hashes, in this order. `L1Error::BlobsMissing` (it says
    /// `Retry`) names the sources that were asked in vain.
    pub async fn get(&self, _at: BlobBlock, _hashes: &[B256]) -> Result<Vec<Blob>, L1Error> {
        todo!()
    }

    /// Where blobs are kept.
    pub const fn archive(&self) -> &Archive {
        &self.archive
    }
}

/// A folder with a file for each blob, named by its versioned hash.
#[derive(Debug, Clone)]
pub struct Archive {
    folder: PathBuf,
}

impl Archive {
    /// Makes the folder if it is missing.
    pub fn open(folder: &Path) -> Result<Self, L1Error> {
        Ok(Self { folder: folder.into() })
    }

    /// Keeps a blob. It is on the disk when this returns.
    pub fn put(&self, _hash: B256, _blob: &Blob) -> Result<(), L1Error> {
        todo!()
    }

    /// A blob, if it is there and unharmed.
    pub fn get(&self, _hash: B256) -> Result<Option<Box<Blob>>, L1Error> {
        todo!()
    }

    /// Removes what is older, and says how many blobs that were.
    pub fn prune(&self, _older_than: Duration) -> Result<usize, L1Error> {
        todo!()
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// The versioned hash of a blob. Takes tens of milliseconds.
pub fn versioned_hash(_blob: &Blob) -> Result<B256, L1Error> {
    todo!()
}
