//! What a batch's transaction costs.

use tern_l1::MAX_GAS;

/// The gas of one blob (EIP-4844).
pub const BLOB_GAS: u64 = 1 << 17;
/// What every transaction costs before it does anything.
const TRANSACTION: u64 = 21_000;
/// Calldata is counted in tokens, four for a byte that is not zero (EIP-7623).
const TOKENS_OF_A_BYTE: u64 = 4;
/// Gas of a token (EIP-2028), where execution comes on top.
const TOKEN: u64 = 4;
/// The least gas of a token, execution included (EIP-7623).
const TOKEN_FLOOR: u64 = 10;
/// Bytes that nodes take of one transaction without blobs; one with blobs may bring these beside.
const MOST_BYTES: usize = 128 * 1024;
/// The transaction around its calldata: fees, nonce, signature, and the call's own encoding.
const AROUND: usize = 2_048;

/// Execution of `submitBatch` without data and with its first anchor, measured (`bench/gas.md`:
/// 91,792 whole, of which 21,000 and some 12,000 of calldata).
const EXECUTION: u64 = 59_000;
/// Each blob's hash is compared, each anchor is looked up by EIP-2935 and its header is read.
const EACH_BLOB: u64 = 1_400;
const EACH_ANCHOR: u64 = 9_000;
/// What a rollup's first batch and batches that move both queues write besides.
const FRESH_PLACES: u64 = 90_000;

/// What is known of a batch's calldata.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Shape {
    /// Bytes of the whole calldata.
    pub bytes: usize,
    /// Of these, zeros.
    pub zeros: usize,
    /// Bytes of batch data among them.
    pub data: usize,
    /// Anchors.
    pub anchors: usize,
    /// Blobs.
    pub blobs: usize,
}

impl Shape {
    /// The shape of this calldata.
    pub fn of(calldata: &[u8], data: usize, anchors: usize, blobs: usize) -> Self {
        let zeros = calldata.iter().filter(|byte| **byte == 0).count();
        Self { bytes: calldata.len(), zeros, data, anchors, blobs }
    }

    /// Gas by EIP-7623: what it executes, or the floor of its calldata.
    pub fn gas(&self) -> u64 {
        self.with_execution(0)
    }

    /// A gas limit for a batch whose parent is not mined yet, so that no node can estimate: enough
    /// for every place that a batch may be the first to write, and a quarter more.
    pub fn gas_limit(&self) -> u64 {
        let gas = self.with_execution(FRESH_PLACES);
        gas.saturating_add(gas / 4).min(MAX_GAS.max(gas))
    }

    /// Whether one transaction can be that large, and execute.
    pub fn fits(&self) -> bool {
        self.bytes + AROUND <= MOST_BYTES && self.with_execution(FRESH_PLACES) <= MAX_GAS
    }

    fn with_execution(&self, more: u64) -> u64 {
        let bytes = self.bytes as u64;
        let zeros = self.zeros as u64;
        let tokens = zeros + TOKENS_OF_A_BYTE * bytes.saturating_sub(zeros);
        let later_anchors = (self.anchors as u64).saturating_sub(1);
        let execution = EXECUTION
            + more
            + EACH_BLOB * self.blobs as u64
            + EACH_ANCHOR * later_anchors
            + logging(self.data as u64);
        TRANSACTION + (TOKEN * tokens + execution).max(TOKEN_FLOOR * tokens)
    }
}

/// Hashing and logging data: 8 gas a byte of the log, 6 a word of the hash, two copies of 3 a word,
/// and the memory of both copies.
const fn logging(bytes: u64) -> u64 {
    let words = bytes.div_ceil(32);
    let memory = 2 * words;
    8 * bytes + 12 * words + 3 * memory + memory * memory / 512
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_of_blobs_costs_what_was_measured() {
        for (blobs, measured) in [(0, 91_792), (1, 93_198), (6, 99_688)] {
            // Header, anchor and the call around them, as the measurement had them.
            let shape = Shape { bytes: 1_100, zeros: 420, data: 0, anchors: 1, blobs };
            let gas = shape.gas();
            assert!(gas.abs_diff(measured) < measured / 20, "{gas}, not {measured}");
            assert!(shape.gas_limit() > gas * 5 / 4);
        }
    }

    #[test]
    fn calldata_pays_its_floor_and_has_room_to_execute() {
        let shape = Shape { bytes: 101_000, zeros: 400, data: 100_000, anchors: 1, blobs: 0 };
        let tokens = 400 + 4 * 100_600;
        assert_eq!(shape.gas(), 21_000 + 10 * tokens);
        assert!(shape.fits() && shape.gas_limit() <= MAX_GAS);
    }

    #[test]
    fn no_transaction_is_larger_than_nodes_take() {
        let shape = |bytes| Shape { bytes, zeros: 0, data: bytes, anchors: 1, blobs: 0 };
        assert!(shape(129_000).fits());
        assert!(!shape(129_100).fits());
    }
}
