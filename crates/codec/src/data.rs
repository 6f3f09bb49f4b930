//! Transactions to bytes and back.

use alloc::vec::Vec;

#[cfg(feature = "encode")]
use crate::Columns;
use crate::{brotli, columns};
use tern_protocol::{BatchLimits, FormatError, Unpack, put_length};

const VERSION: u8 = 1;
const PLAIN: u8 = 0;
const COLUMNS: u8 = 1;

/// The transactions that the sequencer puts into a batch's blocks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BatchData {
    /// Signed transactions, block by block.
    pub blocks: Vec<Vec<Vec<u8>>>,
}

/// Why a batch's data is dropped, and the sequencer's transactions with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// It is not in its blobs as packing puts it there.
    #[error("the data is not packed into blobs as it must be: {0}")]
    Packing(&'static str),
    /// It cannot be read.
    #[error("the data cannot be decoded: {0}")]
    Format(#[from] FormatError),
    /// It cannot be decompressed.
    #[error("the data cannot be decompressed: {0}")]
    Compression(&'static str),
    /// Its columns do not make transactions.
    #[error("the data's columns cannot be put together: {0}")]
    Columns(&'static str),
    /// It decodes to more bytes than allowed.
    #[error("the data decodes to more than the {limit} bytes allowed")]
    Bytes {
        /// How many are allowed.
        limit: u32,
    },
    /// It holds more transactions than allowed.
    #[error("the data holds more than the {limit} transactions allowed")]
    Transactions {
        /// How many are allowed.
        limit: u32,
    },
}

/// How data is written.
#[cfg(feature = "encode")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// As it is: for tests, and for data that nothing makes smaller.
    Plain,
    /// In columns, compressed.
    Columns,
}

/// Writes data as it is.
pub fn encode_plain(data: &BatchData) -> Vec<u8> {
    let mut out = alloc::vec![VERSION, PLAIN];
    put_plain(&mut out, data);
    out
}

/// Writes data: version, codec, body.
#[cfg(feature = "encode")]
pub fn encode(data: &BatchData, choice: Choice) -> Vec<u8> {
    match choice {
        Choice::Plain => encode_plain(data),
        Choice::Columns => {
            let columns = Columns::new(data);
            let packed = brotli::compress(&columns.packed);
            let mut out = alloc::vec![VERSION, COLUMNS];
            put_length(&mut out, packed.len() as u32);
            out.extend_from_slice(&packed);
            out.extend_from_slice(&columns.loose);
            out
        }
    }
}

/// Writes data in the way that takes the fewest bytes, of those that read back within the limits.
/// In columns some data take more than `limits.decodedBytes` before they are put together again,
/// and what does not read back would drop the whole batch's transactions.
#[cfg(feature = "encode")]
pub fn best(data: &BatchData, limits: &BatchLimits) -> Vec<u8> {
    let columns = encode(data, Choice::Columns);
    let blocks = u16::try_from(data.blocks.len()).unwrap_or(u16::MAX);
    let is_shorter = columns.len() <= 2 + plain_bytes(data);
    if is_shorter && decode(&columns, blocks, limits).as_ref() == Ok(data) {
        return columns;
    }
    encode_plain(data)
}

/// The bytes that a length takes in the plain form, where one stands before each block and transaction.
pub const fn length_bytes(length: usize) -> usize {
    let bits = usize::BITS - length.leading_zeros();
    if bits == 0 { 1 } else { bits.div_ceil(7) as usize }
}

/// How many bytes data decodes to: what `limits.decodedBytes` bounds.
pub fn plain_bytes(data: &BatchData) -> usize {
    let mut out = Vec::new();
    put_plain(&mut out, data);
    out.len()
}

/// About how many bytes a transaction adds to its batch's data: a little too many rather than
/// too few. Cheap, and only for planning; what a batch takes is known once it is encoded.
pub fn estimate(transaction: &[u8]) -> usize {
    // What is left of RLP, chain id, gas and fees once they stand in columns.
    const SAVED: usize = 24;
    let bytes = transaction.iter().filter(|byte| **byte != 0).count();
    bytes.saturating_sub(SAVED).max(1)
}

fn put_plain(out: &mut Vec<u8>, data: &BatchData) {
    for block in &data.blocks {
        put_length(out, block.len() as u32);
        for transaction in block {
            put_length(out, transaction.len() as u32);
            out.extend_from_slice(transaction);
        }
    }
}

/// Reads data for exactly `block_count` blocks within the limits.
pub fn decode(
    bytes: &[u8],
    block_count: u16,
    limits: &BatchLimits,
) -> Result<BatchData, DataError> {
    let mut input = Unpack(bytes);
    match input.u8("version")? {
        VERSION => {}
        got => {
            return Err(FormatError::Unknown { what: "data version", got, known: "1" }.into());
        }
    }
    match input.u8("codec")? {
        PLAIN => decode_plain(input, block_count, limits),
        COLUMNS => {
            let length = input.length("compressed columns")?;
            let stream = input.bytes(length, "compressed columns")?;
            let packed = brotli::decompress(stream, limits.decoded_bytes)?;
            columns::read(&packed, input.0, block_count, limits)
        }
        got => Err(FormatError::Unknown { what: "codec", got, known: "0 and 1" }.into()),
    }
}

fn decode_plain(
    mut input: Unpack<'_>,
    block_count: u16,
    limits: &BatchLimits,
) -> Result<BatchData, DataError> {
    if input.0.len() > limits.decoded_bytes as usize {
        return Err(DataError::Bytes { limit: limits.decoded_bytes });
    }
    let mut left = limits.transactions as usize;
    let mut blocks = Vec::with_capacity(usize::from(block_count));
    for _ in 0..block_count {
        let count = input.length("transaction count")?;
        left = left
            .checked_sub(count)
            .ok_or(DataError::Transactions { limit: limits.transactions })?;
        // A transaction takes at least its length byte, so no count can make this large.
        let mut block = Vec::with_capacity(count.min(input.0.len()));
        for _ in 0..count {
            let len = input.length("transaction length")?;
            block.push(input.bytes(len, "transaction")?.to_vec());
        }
        blocks.push(block);
    }
    input.end()?;
    Ok(BatchData { blocks })
}
