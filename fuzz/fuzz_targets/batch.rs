#![no_main]
//! Batch headers: what decodes encodes to the same bytes.

use libfuzzer_sys::fuzz_target;
use tern_protocol::{BatchHeader, BatchLimits};

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
});
