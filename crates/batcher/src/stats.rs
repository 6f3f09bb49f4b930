//! What a batcher counts.

use std::{
    fmt::Write,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tern_l1::TransactionKind;

use crate::Summary;

/// Numbers since the start.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counts {
    pub(crate) batches: u64,
    pub(crate) failed: u64,
    pub(crate) bytes: u64,
    pub(crate) transactions: u64,
    pub(crate) blobs: u64,
    pub(crate) wei: u128,
    pub(crate) by_kind: [u64; 2],
    pub(crate) pending: u64,
    pub(crate) tip: u64,
    pub(crate) l1_head: u64,
    trouble: String,
}

/// Shared with whoever asks over HTTP.
#[derive(Debug, Default)]
pub(crate) struct Stats(Mutex<Counts>);

impl Stats {
    pub(crate) fn change(&self, change: impl FnOnce(&mut Counts)) {
        change(&mut self.lock());
    }

    /// What is wrong now, if anything is.
    pub(crate) fn trouble(&self, trouble: Option<String>) {
        self.lock().trouble = trouble.unwrap_or_default();
    }

    /// What is wrong, if anything is.
    pub(crate) fn is_well(&self) -> Result<(), String> {
        let counts = self.lock();
        if counts.trouble.is_empty() { Ok(()) } else { Err(counts.trouble.clone()) }
    }

    pub(crate) fn summary(&self) -> Summary {
        let counts = self.lock();
        Summary { batches: counts.batches, tip: counts.tip }
    }

    /// In the form that Prometheus reads.
    pub(crate) fn metrics(&self) -> String {
        let counts = self.lock();
        let mut out = String::new();
        let mut put = |name: &str, kind: &str, help: &str, value: &dyn std::fmt::Display| {
            let _ = writeln!(
                out,
                "# HELP tern_batcher_{name} {help}\n# TYPE tern_batcher_{name} {kind}\ntern_batcher_{name} {value}"
            );
        };
        let per_byte = counts.wei.checked_div(counts.bytes.into()).unwrap_or(0);
        put("batches_total", "counter", "Batches on L1.", &counts.batches);
        put("failed_total", "counter", "Batches that L1 refused.", &counts.failed);
        put("bytes_total", "counter", "Bytes of batch data on L1.", &counts.bytes);
        put("transactions_total", "counter", "Transactions in them.", &counts.transactions);
        put("blobs_total", "counter", "Blobs on L1.", &counts.blobs);
        put("wei_total", "counter", "Wei paid to L1.", &counts.wei);
        put("wei_per_byte", "gauge", "Wei a byte of batch data, on average.", &per_byte);
        let [ordinary, blob] = counts.by_kind;
        put("ordinary_total", "counter", "Batches without blobs.", &ordinary);
        put("blob_total", "counter", "Batches in blobs.", &blob);
        put("pending", "gauge", "Batches on their way.", &counts.pending);
        put("inbox_batches", "gauge", "The inbox's batches.", &counts.tip);
        put("l1_head", "gauge", "The last L1 block seen.", &counts.l1_head);
        out
    }

    /// Numbers stay numbers if somebody panicked beside them.
    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) const fn slot(kind: TransactionKind) -> usize {
    match kind {
        TransactionKind::Ordinary => 0,
        TransactionKind::Blob => 1,
    }
}
