//! `spec/batch.md`.

use serde::Deserialize;
use tern_protocol::{
    Address, Anchor, BatchAcc, BatchHeader, BatchIndex, BatchLimits, BatchRecord, BlockNumber,
    DataRef, Deposit, Forced, Gwei, Hash, QueueAcc, QueueHead, QueueIndex, Timestamp, keccak256,
};

use crate::json::{Bytes, Limits, Number, kind, load};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vectors {
    limits: Limits,
    headers: Vec<HeaderCase>,
    headers_invalid: Vec<BadHeaderCase>,
    deposits: Vec<DepositCase>,
    forced: Vec<ForcedCase>,
    records: Vec<RecordCase>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HeaderCase {
    name: String,
    parent: Hash,
    index: Number,
    block_count: u16,
    first_timestamp: Number,
    time_step: u32,
    deposits: u16,
    forced: u16,
    anchor_first_blocks: Vec<u16>,
    anchor_numbers: Vec<Number>,
    anchor_hashes: Vec<Hash>,
    data_kind: u8,
    hashes: Vec<Hash>,
    encoding: Bytes,
    hash: Hash,
}

#[derive(Deserialize)]
struct BadHeaderCase {
    name: String,
    encoding: Bytes,
    kind: String,
    reason: String,
}

#[derive(Deserialize)]
struct DepositCase {
    name: String,
    index: Number,
    before: Hash,
    after: Hash,
    to: Address,
    amount: Number,
}

#[derive(Deserialize)]
struct ForcedCase {
    name: String,
    index: Number,
    before: Hash,
    after: Hash,
    gas: Number,
    raw: Bytes,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RecordCase {
    name: String,
    header: Bytes,
    first_block: Number,
    deposit_before_index: Number,
    deposit_before_acc: Hash,
    deposit_after_index: Number,
    deposit_after_acc: Hash,
    forced_before_index: Number,
    forced_before_acc: Hash,
    forced_after_index: Number,
    forced_after_acc: Hash,
    acc: Hash,
}

fn vectors() -> Vectors {
    load("batch")
}

fn header(case: &HeaderCase) -> BatchHeader {
    let anchors = case.anchor_first_blocks.iter().zip(&case.anchor_numbers);
    BatchHeader {
        parent: BatchAcc(case.parent),
        index: BatchIndex(case.index.0),
        block_count: case.block_count,
        first_timestamp: Timestamp(case.first_timestamp.0),
        time_step: case.time_step,
        deposits: case.deposits,
        forced: case.forced,
        anchors: anchors
            .zip(&case.anchor_hashes)
            .map(|((from_block, number), hash)| Anchor {
                from_block: *from_block,
                number: number.0,
                hash: *hash,
            })
            .collect(),
        data: match (case.data_kind, case.hashes.as_slice()) {
            (0, []) => DataRef::None,
            (1, hashes) => DataRef::Blobs(hashes.to_vec()),
            (2, [hash]) => DataRef::Calldata(*hash),
            other => panic!("{}: {other:?}", case.name),
        },
    }
}

#[test]
fn headers_encode_decode_and_hash_as_written() {
    let limits = vectors().limits.into();
    for case in vectors().headers {
        let header = header(&case);
        assert_eq!(header.encode(), case.encoding.0, "{}", case.name);
        assert_eq!(keccak256(&header.encode()), case.hash, "{}", case.name);
        assert_eq!(BatchHeader::decode(&case.encoding.0).as_ref(), Ok(&header), "{}", case.name);
        assert_eq!(header.check(&limits), Ok(()), "{}", case.name);
    }
}

#[test]
fn headers_that_break_a_rule_are_refused() {
    let limits: BatchLimits = vectors().limits.into();
    for case in vectors().headers_invalid {
        let got = match BatchHeader::decode(&case.encoding.0) {
            Err(error) => format!("Format.{}", kind(&error)),
            Ok(header) => {
                assert_eq!(header.encode(), case.encoding.0, "{}", case.name);
                let error = header.check(&limits).expect_err(&case.name);
                format!("Header.{}", kind(&error))
            }
        };
        assert_eq!(got, case.kind, "{}: {}", case.name, case.reason);
    }
}

#[test]
fn queues_accumulate_as_written() {
    let head = |index: Number, acc| QueueHead { next: QueueIndex(index.0), acc: QueueAcc(acc) };
    for case in vectors().deposits {
        let deposit = Deposit { to: case.to, amount: Gwei(case.amount.0) };
        let after = head(case.index, case.before).after_deposits(&[deposit]);
        assert_eq!(after, head(Number(case.index.0 + 1), case.after), "{}", case.name);
    }
    for case in vectors().forced {
        let forced = Forced { raw: case.raw.0, gas: case.gas.0 };
        let after = head(case.index, case.before).after_forced(&[forced]);
        assert_eq!(after, head(Number(case.index.0 + 1), case.after), "{}", case.name);
    }
}

#[test]
fn records_hash_as_written() {
    let head = |index: Number, acc| QueueHead { next: QueueIndex(index.0), acc: QueueAcc(acc) };
    for case in vectors().records {
        let record = BatchRecord {
            header: BatchHeader::decode(&case.header.0).expect(&case.name),
            first_block: BlockNumber(case.first_block.0),
            deposits: (
                head(case.deposit_before_index, case.deposit_before_acc),
                head(case.deposit_after_index, case.deposit_after_acc),
            ),
            forced: (
                head(case.forced_before_index, case.forced_before_acc),
                head(case.forced_after_index, case.forced_after_acc),
            ),
        };
        assert_eq!(record.acc().0, case.acc, "{}", case.name);
    }
}
