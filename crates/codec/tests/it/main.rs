//! What packing and decoding promise, and the vectors of `spec/`.

use tern_protocol::BatchLimits;

mod packing;
mod round_trips;

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
