#![no_main]
//! Batch headers and batch data: what decodes encodes to the same bytes.

use libfuzzer_sys::fuzz_target;
use tern_protocol::{BatchData, BatchHeader, BatchLimits};

const LIMITS: BatchLimits = BatchLimits {
    blocks: 64,
    anchors: 4,
    blobs: 6,
    decoded_bytes: 1 << 16,
    transactions: 256,
    deposits: 64,
    forced: 64,
    forced_bytes: 1 << 16,
    forced_gas: 1 << 20,
};

fuzz_target!(|input: &[u8]| {
    if let Ok(header) = BatchHeader::decode(input) {
        assert_eq!(header.encode(), input);
        let _ = header.check(&LIMITS);
    }
    if let Some((count, data)) = input.split_first() {
        if let Ok(decoded) = BatchData::decode(data, u16::from(*count), &LIMITS) {
            assert_eq!(decoded.encode_plain(), data);
        }
    }
});
