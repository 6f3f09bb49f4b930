//! Consuming the queues when the sequencer is silent.

use alloy_primitives::B256;
use alloy_sol_types::SolCall;
use tern_contracts::Inbox;
use tern_l1::{Call, Key, L1};
use tern_protocol::{Anchor, BatchHeader, BatchIndex, DataRef, Hash, Timestamp};
use tern_rollup::Rollup;

use crate::{BatcherError, Tip, inbox::InboxReader};

/// A batch without data, that consumed the queues.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Relief {
    /// The batch's place.
    pub index: u64,
    /// The transaction that brought it.
    pub transaction: B256,
    /// Deposits that it took.
    pub deposits: u16,
    /// Forced transactions that it took.
    pub forced: u16,
}

/// The batch that the inbox takes of anyone in every state: two blocks without data.
pub fn relief_header(
    tip: &Tip,
    anchor: (u64, Hash, Timestamp),
    (deposits, forced): (u16, u16),
) -> BatchHeader {
    let (number, hash, timestamp) = anchor;
    BatchHeader {
        parent: tip.acc,
        index: BatchIndex(tip.batches),
        block_count: 2,
        first_timestamp: Timestamp(timestamp.0.max(tip.timestamp.saturating_add(1))),
        time_step: 1,
        deposits,
        forced,
        anchors: vec![Anchor { from_block: 0, number, hash }],
        data: DataRef::None,
    }
}

/// Submits a batch of two blocks without data that takes the queue entries which are due: anyone
/// may, once the sequencer has been silent for long enough.
pub async fn relief(l1: &L1, rollup: &Rollup, key: &Key) -> Result<Relief, BatcherError> {
    l1.expect_chain(rollup.config.l1_chain_id.0)?;
    let inbox = InboxReader::new(l1, &rollup.config.inbox);
    let view = inbox.view().await?;
    view.check_turn(inbox.address, inbox.silence().await?, key.address())?;
    let duty = inbox.duty(view.head.number).await?;
    // On the newest L1 block the second block would be later than that, and nodes that estimate by
    // its time would call the batch too early.
    let before = l1.header(Some(view.head.number.saturating_sub(1))).await?;
    let follows = before.hash == view.head.parent && before.number >= view.tip.anchor;
    let anchor = if follows { before } else { view.head };
    let header = relief_header(
        &view.tip,
        (anchor.number, Hash(anchor.hash.0), Timestamp(anchor.timestamp)),
        duty,
    );
    let call = Inbox::submitBatchCall {
        header: header.encode().into(),
        anchorHeaders: vec![anchor.rlp],
        data: Default::default(),
    };
    let call = Call::new("a batch that takes the queues", inbox.address, call.abi_encode());
    let receipt = l1.send(key, &call).await?;
    let (deposits, forced) = duty;
    let transaction = receipt.transaction_hash;
    tracing::info!(index = view.tip.batches, deposits, forced, %transaction, "queues consumed");
    Ok(Relief { index: view.tip.batches, transaction, deposits, forced })
}
