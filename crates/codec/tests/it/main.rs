//! What packing and decoding promise, and the vectors of `spec/`.

use tern_protocol::BatchLimits;

#[path = "../../../protocol/tests/it/json.rs"]
#[allow(dead_code, reason = "not every crate reads every vector")]
mod json;
#[allow(dead_code, reason = "the table needs more of it")]
mod loads;
mod packing;
mod round_trips;
mod span_batch;
mod vectors;

/// Bounds that no test meets unless it means to.
const LIMITS: BatchLimits = BatchLimits {
    blocks: 64,
    anchors: 1,
    blobs: 6,
    decoded_bytes: 1 << 20,
    transactions: 1 << 12,
    deposits: 1,
    forced: 1,
    forced_bytes: 1,
    forced_gas: 21_000,
};
