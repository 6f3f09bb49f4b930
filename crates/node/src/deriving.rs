//! Deriving the next batch: fetching its data, then making or recognising its blocks.

use std::sync::Arc;

use alloy_primitives::B256;
use tern_codec::BatchData;
use tern_engine::Ethrex;
use tern_l1::{Blob, BlobBlock};
use tern_node_api::{BatchInfo, Bytes};
use tern_protocol::Hash;
use tern_rollup::predeploys::OUTBOX;
use tracing::{debug, warn};

use crate::{
    NodeError,
    core::{
        derivation::{self, Data},
        inbox::Batch,
        sequencing::Derived,
    },
    driver::Driver,
    shared::{Backoff, Shared},
    store::KeptProof,
};

/// Batches whose blobs are fetched while the one before is derived.
const AHEAD: u64 = 6;

impl Driver {
    /// Derives one batch, if one waits and its data is there. Whether it did.
    pub(crate) async fn derive_next(&mut self) -> Result<bool, NodeError> {
        let safe = self.safe();
        let index = safe.tip.batches;
        let Some(batch) = self.inbox.batch(index).cloned() else { return Ok(false) };
        if let Some(known) = self.known(&batch)? {
            self.remember(&batch, known, false).await?;
            return Ok(true);
        }
        self.fetch(index);
        let Some(data) = self.fetched.remove(&batch.acc) else { return Ok(false) };
        self.blob_trouble.clear();
        let derived = derivation::inputs(&self.shared.rollup.config, &self.inbox, &batch, &data);
        let derived = derived.map_err(|error| NodeError::Inbox {
            block: batch.l1.number,
            reason: error.to_string(),
        })?;
        if let Some(reason) = &derived.dropped {
            warn!(batch = index, %reason, "its sequencer's transactions are dropped");
        }
        let first = batch.record.first_block.0;
        let work = move |shared: &Shared| make(shared, safe, first, &derived.blocks);
        let (hashes, made) = self.shared.blocking(work).await?;
        debug!(batch = index, first, blocks = hashes.len(), made, "derived a batch");
        let info = BatchInfo {
            index,
            parent_acc: batch.record.header.parent,
            acc: batch.acc,
            header: Bytes(batch.record.header.encode()),
            first_block: first,
            block_hashes: hashes,
            parent_hash: safe.hash,
            l1: batch.l1,
            l1_transaction: batch.transaction,
            dropped: derived.dropped.map(|reason| reason.to_string()),
        };
        self.remember(&batch, info, self.proves(&batch)).await?;
        Ok(true)
    }

    /// What the batch derived to before, if its blocks are still there.
    fn known(&self, batch: &Batch) -> Result<Option<BatchInfo>, NodeError> {
        let Some(info) = self.shared.store.batch(batch.acc)? else { return Ok(None) };
        let Some(last) = info.block_hashes.last() else { return Ok(None) };
        if self.shared.engine.head(*last)?.is_none() {
            return Ok(None);
        }
        // It may be in another block of L1 now.
        Ok(Some(BatchInfo { l1: batch.l1, l1_transaction: batch.transaction, ..info }))
    }

    async fn remember(
        &mut self,
        batch: &Batch,
        info: BatchInfo,
        prove: bool,
    ) -> Result<(), NodeError> {
        let hash = info.block_hashes.last().copied().unwrap_or(self.safe().hash);
        let number = batch.tip().block;
        let overtaken = {
            let pending = self.shared.pending();
            let differs = |(number, hash): &(u64, &Hash)| {
                pending.get(*number).is_some_and(|own| own.hash != **hash)
            };
            (info.first_block..).zip(&info.block_hashes).find(differs).map(|(number, _)| number)
        };
        let work = move |shared: &Shared| {
            let proof = prove.then(|| outbox(&shared.engine, hash)).flatten();
            shared.store.put_batch(&info, proof.map(|proof| (number, proof)))
        };
        self.shared.blocking(work).await?;
        self.fetched.remove(&batch.acc);
        self.derived.push(Derived { tip: batch.tip(), hash });
        // Also where none of the own blocks is after the batch, and so none is in the way.
        if let Some(number) = overtaken {
            self.drop_after(number - 1).await?;
        }
        Ok(())
    }

    /// Whether the state at the batch's end should be proven now: once it is settled it may be gone.
    fn proves(&self, batch: &Batch) -> bool {
        let settled = self.inbox.settled().map_or(0, |settled| settled.number);
        batch.tip().block > settled
    }

    /// Starts to fetch the data of the next batches.
    fn fetch(&mut self, next: u64) {
        for index in next..next + AHEAD {
            let Some(batch) = self.inbox.batch(index) else { return };
            let acc = batch.acc;
            if self.wanted.contains(&acc) || self.fetched.contains_key(&acc) {
                continue;
            }
            if let Some(calldata) = &batch.calldata {
                self.fetched.insert(acc, Data::Calldata(calldata.clone()));
                continue;
            }
            let hashes: Vec<_> =
                derivation::blobs(batch).iter().map(|hash| hash.0.into()).collect();
            if hashes.is_empty() {
                self.fetched.insert(acc, Data::None);
                continue;
            }
            self.wanted.push(acc);
            let (shared, at) = (self.shared.clone(), batch.l1);
            let at = BlobBlock { number: at.number, timestamp: at.timestamp };
            let first = batch.record.first_block.0;
            self.fetching.spawn(async move { (acc, blobs(&shared, at, first, hashes).await) });
        }
    }

    /// Takes what was fetched, or why it was not.
    pub(crate) fn on_data(
        &mut self,
        joined: Result<(tern_protocol::BatchAcc, Result<Data, NodeError>), tokio::task::JoinError>,
    ) -> Result<(), NodeError> {
        let Ok((acc, data)) = joined else { return Err(NodeError::Ended("reader of blobs")) };
        self.wanted.retain(|wanted| *wanted != acc);
        // L1 went back meanwhile: nobody waits for it.
        if !self.inbox.has(acc) {
            return Ok(());
        }
        match data {
            Ok(data) => {
                self.fetched.insert(acc, data);
            }
            Err(error) if error.kind() == crate::Kind::Stop => return Err(error),
            Err(error) => {
                if self.blob_trouble != error.to_string() {
                    warn!("{error}");
                }
                self.blob_trouble = error.to_string();
            }
        }
        Ok(())
    }
}

/// The blobs of a batch, from whoever has them.
async fn blobs(
    shared: &Arc<Shared>,
    at: BlobBlock,
    first: u64,
    hashes: Vec<B256>,
) -> Result<Data, NodeError> {
    let error = match shared.blobs.get(at, &hashes).await {
        Ok(all) => {
            let all = all.into_iter().map(|blob| blob.as_slice().to_vec());
            return Ok(Data::Blobs(all.collect()));
        }
        Err(error) => NodeError::from(error),
    };
    // Who makes the blocks must not stand still because nobody hands them back.
    let own = shared.blocking(move |shared| Ok(own_blobs(shared, first, &hashes))).await?;
    if let Some(own) = own {
        return Ok(Data::Blobs(own));
    }
    // The next try comes after a pause.
    tokio::time::sleep(Backoff::default().next() * 2).await;
    Err(error)
}

/// The blobs of an own segment, if they are those that the batch names.
fn own_blobs(shared: &Shared, first: u64, hashes: &[B256]) -> Option<Vec<Vec<u8>>> {
    let segment = shared.pending().sealed_segment(first)?;
    let blocks = segment.blocks.into_iter();
    let blocks = blocks.map(|block| block.into_iter().map(|raw| raw.0).collect()).collect();
    let data = tern_codec::best(&BatchData { blocks }, &shared.rollup.config.limits);
    let blobs = tern_codec::pack(&data).ok().filter(|blobs| blobs.len() == hashes.len())?;
    let mut own = Vec::with_capacity(blobs.len());
    for (blob, hash) in blobs.into_iter().zip(hashes) {
        let blob = Blob::try_from(blob.as_slice()).ok()?;
        if tern_l1::versioned_hash(&blob).ok()? != *hash {
            return None;
        }
        // Others may ask for it.
        if let Err(error) = shared.blobs.archive().put(*hash, &blob) {
            warn!(%error, "an own blob is not kept");
        }
        own.push(blob.as_slice().to_vec());
    }
    Some(own)
}

/// Makes the blocks that are not there as they must be. Their hashes, and how many were made.
fn make(
    shared: &Shared,
    safe: Derived,
    first: u64,
    blocks: &[tern_protocol::BlockInputs],
) -> Result<(Vec<Hash>, usize), NodeError> {
    let mut parent = safe.hash;
    let mut hashes = Vec::with_capacity(blocks.len());
    let mut made = 0;
    for (number, inputs) in (first..).zip(blocks) {
        let own = shared.pending().get(number).filter(|own| own.parent == parent).map(|b| b.hash);
        let there = match own {
            Some(hash) => Some(hash),
            None => {
                let head = shared.engine.head_at(number)?;
                head.filter(|head| head.parent == parent).map(|head| head.hash)
            }
        };
        let same = match there {
            Some(hash) if shared.engine.matches(hash, inputs)? => Some(hash),
            _ => None,
        };
        parent = match same {
            Some(hash) => hash,
            None => {
                made += 1;
                shared.engine.build(parent, inputs, None)?.head.hash
            }
        };
        hashes.push(parent);
    }
    Ok((hashes, made))
}

/// What proves the outbox under a block, while the engine has its state.
fn outbox(engine: &Ethrex, block: Hash) -> Option<KeptProof> {
    let made = || -> Result<KeptProof, NodeError> {
        let proof = engine.account_proof(block, OUTBOX)?;
        Ok(KeptProof {
            hash: block,
            header: Bytes(proof.header),
            account: proof.account.into_iter().map(Bytes).collect(),
            messages: crate::outbox::count(engine, block)?,
        })
    };
    made().inspect_err(|error| debug!(%error, "no proof of the outbox is kept")).ok()
}
