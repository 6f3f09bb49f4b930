//! Reads batch data as several codecs would have it.
//!
//! The input: library, layout, blocks (u16), compressed bytes (u32) and those, then what
//! stands apart. The output: transactions and their bytes, as two numbers of 32 bits. Numbers
//! are little-endian.

#![no_std]
#![no_main]

extern crate alloc;

use alloc::{borrow::Cow, vec::Vec};

use ruzstd::{decoding::StreamingDecoder, io::Read};
use tern_codec::{BatchData, Columns, decode, decompress};
use tern_guest::{GuestError, InputError};
use tern_protocol::{BatchLimits, Hash};

const LIMITS: BatchLimits = BatchLimits {
    blocks: u16::MAX,
    anchors: 1,
    blobs: 255,
    decoded_bytes: 1 << 24,
    transactions: 1 << 20,
    deposits: 1,
    forced: 1,
    forced_bytes: 1,
    forced_gas: 21_000,
};

fn check(input: &[u8]) -> Result<Hash, GuestError> {
    let data = read(input).ok_or(InputError::NotCanonical)?;
    let transactions = || data.blocks.iter().flatten();
    let mut output = [0; 32];
    output[..4].copy_from_slice(&(transactions().count() as u32).to_le_bytes());
    let bytes: usize = transactions().map(Vec::len).sum();
    output[4..8].copy_from_slice(&(bytes as u32).to_le_bytes());
    Ok(Hash(output))
}

fn read(input: &[u8]) -> Option<BatchData> {
    let (&[library, layout, low, high, l0, l1, l2, l3], rest) = input.split_first_chunk::<8>()?;
    let blocks = u16::from_le_bytes([low, high]);
    let length = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
    let (stream, apart) = rest.split_at_checked(length)?;
    let bytes = undo(library, stream)?;
    match layout {
        0 => decode(&bytes, blocks, &LIMITS).ok(),
        1 => {
            let (length, bytes) = bytes.split_first_chunk::<4>()?;
            let (packed, loose) = bytes.split_at_checked(u32::from_le_bytes(*length) as usize)?;
            columns(packed, loose, blocks)
        }
        _ => columns(&bytes, apart, blocks),
    }
}

fn columns(packed: &[u8], loose: &[u8], blocks: u16) -> Option<BatchData> {
    let columns = Columns { packed: packed.to_vec(), loose: loose.to_vec() };
    columns.read(blocks, &LIMITS).ok()
}

fn undo(library: u8, stream: &[u8]) -> Option<Cow<'_, [u8]>> {
    let bytes = match library {
        0 => return Some(Cow::Borrowed(stream)),
        1 => miniz_oxide::inflate::decompress_to_vec(stream).ok()?,
        2 => zstd(stream)?,
        3 => decompress(stream, LIMITS.decoded_bytes).ok()?,
        _ => lz4_flex::block::decompress_size_prepended(stream).ok()?,
    };
    Some(Cow::Owned(bytes))
}

fn zstd(stream: &[u8]) -> Option<Vec<u8>> {
    let mut decoder = StreamingDecoder::new(stream).ok()?;
    let mut out = Vec::new();
    decoder.read_to_end(&mut out).ok()?;
    Some(out)
}

tern_guest::entry!(check);
