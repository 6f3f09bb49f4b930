//! From a batch on L1 to the inputs of its blocks.

use tern_derive::{DataBytes, DeriveError, Derived, derive};
use tern_protocol::{DataRef, Hash, RollupConfig};

use super::inbox::{Batch, Inbox};

/// A batch's data, as it was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Data {
    None,
    Blobs(Vec<Vec<u8>>),
    Calldata(Vec<u8>),
}

/// The blobs that a batch needs before it can be derived.
pub(crate) fn blobs(batch: &Batch) -> &[Hash] {
    match &batch.record.header.data {
        DataRef::Blobs(hashes) => hashes,
        DataRef::None | DataRef::Calldata(_) => &[],
    }
}

/// What decides each block of a batch.
pub(crate) fn inputs(
    config: &RollupConfig,
    inbox: &Inbox,
    batch: &Batch,
    data: &Data,
) -> Result<Derived, DeriveError> {
    let record = &batch.record;
    let span = |(before, after): (tern_protocol::QueueHead, tern_protocol::QueueHead)| {
        (before.next.0, after.next.0)
    };
    let (before, after) = span(record.deposits);
    let deposits = inbox.deposits().between(before, after);
    let (from, to) = span(record.forced);
    let forced = inbox.forced().between(from, to);
    let blobs: Vec<&[u8]>;
    let data = match data {
        Data::None => DataBytes::None,
        Data::Calldata(bytes) => DataBytes::Calldata(bytes),
        Data::Blobs(all) => {
            blobs = all.iter().map(Vec::as_slice).collect();
            DataBytes::Blobs(&blobs)
        }
    };
    derive(
        config,
        &tern_derive::Batch {
            header: &record.header,
            first_block: record.first_block,
            data,
            first_deposit: record.deposits.0.next,
            deposits: &deposits,
            forced: &forced,
        },
    )
}
