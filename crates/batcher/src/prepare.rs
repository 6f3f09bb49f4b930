//! From a segment to the call that L1 is given.

use alloy_primitives::{Bytes, keccak256};
use alloy_sol_types::SolCall;
use tern_codec::BatchData;
use tern_contracts::Inbox;
use tern_l1::{Blob, Call, L1, L1Error, Prices, Sidecar, TransactionKind, sidecar_parallel};
use tern_node_api::Segment;
use tern_protocol::{BatchLimits, DataRef, Hash};
use tern_rollup::Rollup;

use crate::{
    BatcherError, Tip,
    core::{self, Assembled, Choice, Circumstances, Habit, Shape, Sizes},
};

/// A segment's data, written once: it may have to wait for its turn.
#[derive(Debug, Clone)]
pub(crate) struct Encoded {
    pub(crate) segment: Segment,
    /// As batch data; without transactions there are none.
    bytes: Bytes,
    is_empty: bool,
    /// The blobs, if they were needed.
    sidecar: Option<Sidecar>,
}

/// A batch, ready to be sent.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) batch: Assembled,
    pub(crate) call: Call,
    pub(crate) shape: Shape,
    pub(crate) kind: TransactionKind,
    pub(crate) bytes: usize,
    pub(crate) transactions: u64,
    pub(crate) last_hash: Hash,
}

impl Encoded {
    /// Writes a segment's data, not on an async thread.
    pub(crate) async fn new(segment: Segment, limits: BatchLimits) -> Result<Self, BatcherError> {
        let data = core::data(&segment);
        let is_empty = data.is_none();
        let data =
            data.unwrap_or_else(|| BatchData { blocks: vec![Vec::new(); segment.blocks.len()] });
        let bytes = tokio::task::spawn_blocking(move || tern_codec::best(&data, &limits))
            .await
            .map_err(|_| BatcherError::Ended("encoder"))?;
        Ok(Self { segment, bytes: bytes.into(), is_empty, sidecar: None })
    }

    /// Bytes of its data.
    pub(crate) fn size(&self) -> usize {
        self.bytes.len()
    }

    /// Chooses how to send it.
    pub(crate) fn choose(
        &self,
        anchors: &[Bytes],
        prices: Option<&Prices>,
        circumstances: &Circumstances,
        habit: Habit,
    ) -> (Choice, Habit) {
        let calldata = self.calldata();
        let blobs = self.blobs();
        // What the header says differs by a few bytes between the kinds.
        let encoded = |data: &Bytes| encode(vec![0xff; 200].into(), anchors, data.clone());
        let ordinary = Shape::of(&encoded(&calldata), calldata.len(), anchors.len(), 0);
        let blob = Shape::of(&encoded(&Bytes::new()), 0, anchors.len(), blobs);
        core::choose(&Sizes { ordinary, blob }, prices, circumstances, habit)
    }

    /// Makes the batch that continues `tip`, of this kind.
    pub(crate) async fn ready(
        &mut self,
        rollup: &Rollup,
        tip: &Tip,
        anchors: &[Bytes],
        kind: TransactionKind,
    ) -> Result<Ready, BatcherError> {
        let limits = &rollup.config.limits;
        let (data_ref, data, blobs) = match kind {
            TransactionKind::Ordinary if self.is_empty => (DataRef::None, Bytes::new(), None),
            TransactionKind::Ordinary => {
                let hash = keccak256(&self.bytes);
                (DataRef::Calldata(Hash(hash.0)), self.bytes.clone(), None)
            }
            TransactionKind::Blob => {
                let sidecar = self.sidecar().await?;
                let hashes = sidecar.versioned_hashes().map(|hash| Hash(hash.0)).collect();
                (DataRef::Blobs(hashes), Bytes::new(), Some(sidecar))
            }
        };
        let batch = core::assemble(&self.segment, tip, data_ref, limits)?;
        let count = blobs.as_ref().map_or(0, |blobs| blobs.blobs.len());
        let size = data.len();
        let calldata = encode(batch.record.header.encode().into(), anchors, data);
        let shape = Shape::of(&calldata, size, anchors.len(), count);
        let inbox = tern_contracts::to_alloy(&rollup.config.inbox);
        let what = format!("batch {}", tip.batches);
        let call = Call { blobs, ..Call::new(what, inbox, calldata) };
        let transactions = self.segment.blocks.iter().map(|block| block.len() as u64).sum();
        let (bytes, last_hash) = (self.bytes.len(), self.segment.last_hash);
        Ok(Ready { batch, call, shape, kind, bytes, transactions, last_hash })
    }

    fn calldata(&self) -> Bytes {
        if self.is_empty { Bytes::new() } else { self.bytes.clone() }
    }

    fn blobs(&self) -> usize {
        (1..=usize::from(u8::MAX))
            .find(|blobs| self.bytes.len() <= tern_codec::capacity(*blobs))
            .unwrap_or(usize::MAX)
    }

    async fn sidecar(&mut self) -> Result<Sidecar, BatcherError> {
        if let Some(sidecar) = &self.sidecar {
            return Ok(sidecar.clone());
        }
        let bytes = self.bytes.clone();
        let blobs = tokio::task::spawn_blocking(move || tern_codec::pack(&bytes))
            .await
            .map_err(|_| BatcherError::Ended("packer"))??;
        let sidecar = sidecar_parallel(blobs.into_iter().map(Blob::from).collect()).await?;
        self.sidecar = Some(sidecar.clone());
        Ok(sidecar)
    }
}

fn encode(header: Bytes, anchors: &[Bytes], data: Bytes) -> Vec<u8> {
    let call = Inbox::submitBatchCall { header, anchorHeaders: anchors.to_vec(), data };
    call.abi_encode()
}

/// The headers of a segment's anchors, as long as they are L1's.
pub(crate) async fn anchor_headers(
    l1: &L1,
    segment: &Segment,
) -> Result<Option<Vec<Bytes>>, L1Error> {
    let mut headers = Vec::with_capacity(segment.anchors.len());
    for anchor in &segment.anchors {
        match l1.header(Some(anchor.number)).await {
            Ok(header) if header.hash.0 == anchor.hash.0 => headers.push(header.rlp),
            Ok(_) | Err(L1Error::NoBlock { .. }) => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    Ok(Some(headers))
}
