//! The data vectors of `spec/vectors`, made by another implementation from the text alone.

use serde::Deserialize;
use tern_codec::{
    BLOB_BYTES, BatchData, Choice, Columns, DataError, decode, encode, encode_plain, pack, unpack,
};
use tern_protocol::{Hash, keccak256};

use crate::json::{Bytes, Limits, kind, load};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Plain {
    limits: Limits,
    data: Vec<DataCase>,
    data_invalid: Vec<BadDataCase>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vectors {
    limits: Limits,
    packing: Vec<PackingCase>,
    packing_invalid: Vec<BadPackingCase>,
    columns: Vec<ColumnsCase>,
    columns_invalid: Vec<BadColumnsCase>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DataCase {
    name: String,
    block_count: u16,
    data: Bytes,
    counts: Vec<usize>,
    transactions: Vec<Bytes>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BadDataCase {
    name: String,
    block_count: u16,
    data: Bytes,
    kind: String,
    reason: String,
}

#[derive(Deserialize)]
struct PackingCase {
    name: String,
    length: usize,
    count: usize,
    blobs: Bytes,
    hash: Hash,
}

#[derive(Deserialize)]
struct BadPackingCase {
    name: String,
    count: usize,
    blobs: Bytes,
    at: usize,
    byte: u8,
    reason: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ColumnsCase {
    #[serde(flatten)]
    data: DataCase,
    packed: Bytes,
    loose: Bytes,
}

#[derive(Deserialize)]
struct BadColumnsCase {
    name: String,
    data: Bytes,
    kind: String,
    reason: String,
}

impl DataCase {
    fn transactions(&self) -> BatchData {
        let mut transactions = self.transactions.iter().map(|raw| raw.0.clone());
        let take = |count: &usize| transactions.by_ref().take(*count).collect();
        BatchData { blocks: self.counts.iter().map(take).collect() }
    }
}

fn data() -> Vectors {
    load("data")
}

fn plain() -> Plain {
    load("batch")
}

fn error_kind(error: &DataError) -> String {
    match error {
        DataError::Format(error) => format!("Format.{}", kind(error)),
        error => kind(error),
    }
}

#[test]
fn plain_data_encodes_and_decodes_as_written() {
    let limits = plain().limits.into();
    for case in plain().data {
        let data = case.transactions();
        assert_eq!(encode_plain(&data), case.data.0, "{}", case.name);
        assert_eq!(decode(&case.data.0, case.block_count, &limits), Ok(data), "{}", case.name);
    }
}

#[test]
fn malformed_plain_data_is_refused() {
    let limits = plain().limits.into();
    for case in plain().data_invalid {
        let error = decode(&case.data.0, case.block_count, &limits).expect_err(&case.name);
        assert_eq!(error_kind(&error), case.kind, "{}: {}", case.name, case.reason);
    }
}

#[test]
fn blobs_are_packed_as_written() {
    for case in data().packing {
        let bytes: Vec<u8> = (0..case.length).map(|at| (31 * at + 7) as u8).collect();
        let blobs = pack(&bytes).expect(&case.name);
        assert_eq!(blobs.len(), case.count, "{}", case.name);
        assert_eq!(keccak256(&blobs.concat()), case.hash, "{}", case.name);
        // Short ones are written out, less the zeros at their end.
        let shown = &case.blobs.0;
        assert!(blobs.concat().starts_with(shown), "{}", case.name);
        let blobs: Vec<_> = blobs.iter().map(<[u8; BLOB_BYTES]>::as_slice).collect();
        assert_eq!(unpack(&blobs), Ok(bytes), "{}", case.name);
    }
}

#[test]
fn malformed_blobs_are_refused() {
    for case in data().packing_invalid {
        let mut bytes = case.blobs.0;
        bytes.resize(case.count * BLOB_BYTES, 0);
        if let Some(byte) = bytes.get_mut(case.at) {
            *byte = case.byte;
        }
        let blobs: Vec<_> = bytes.chunks(BLOB_BYTES).collect();
        let result = unpack(&blobs);
        assert!(matches!(result, Err(DataError::Packing(_))), "{}: {}", case.name, case.reason);
    }
}

#[test]
fn columns_are_read_and_written_as_written() {
    let limits = data().limits.into();
    for case in data().columns {
        let (transactions, name) = (case.data.transactions(), &case.data.name);
        let decoded = decode(&case.data.data.0, case.data.block_count, &limits);
        assert_eq!(decoded.as_ref(), Ok(&transactions), "{name}");
        let columns = Columns { packed: case.packed.0, loose: case.loose.0 };
        let read = columns.read(case.data.block_count, &limits);
        assert_eq!(read.as_ref(), Ok(&transactions), "{name}");
        // An encoder is free in how it writes a number, so its bytes need not be these.
        let again = encode(&transactions, Choice::Columns);
        assert_eq!(decode(&again, case.data.block_count, &limits), Ok(transactions), "{name}");
    }
}

#[test]
fn malformed_columns_are_refused() {
    let limits = data().limits.into();
    for case in data().columns_invalid {
        let error = decode(&case.data.0, 1, &limits).expect_err(&case.name);
        assert_eq!(error_kind(&error), case.kind, "{}: {}", case.name, case.reason);
    }
}
