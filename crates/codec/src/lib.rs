#![doc = include_str!("../README.md")]
#![no_std]

extern crate alloc;

mod blobs;
mod data;

pub use blobs::{BLOB_BYTES, Blob, PackError, capacity, pack, unpack};
#[cfg(feature = "encode")]
pub use data::best;
pub use data::{BatchData, Choice, DataError, decode, encode, estimate, plain_bytes};
