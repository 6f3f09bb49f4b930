#![doc = include_str!("../README.md")]
#![no_std]

extern crate alloc;

mod blobs;
mod brotli;
mod columns;
mod data;
mod number;
mod transaction;

pub use blobs::{BLOB_BYTES, Blob, PackError, capacity, pack, unpack};
pub use brotli::decompress;
pub use columns::Columns;
pub use data::{BatchData, DataError, decode, encode_plain, estimate, length_bytes, plain_bytes};
#[cfg(feature = "encode")]
pub use data::{Choice, best, encode};
