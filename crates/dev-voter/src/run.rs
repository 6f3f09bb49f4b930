//! Asking, signing, sending.

use std::{future::Future, time::Duration};

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolCall;
use tern_contracts::{Settlement, to_alloy};
use tern_l1::{Call, Key, KeySource, L1};
use tern_node_api::{BatchInfo, NodeClient};
use tern_protocol::{Claim, MAX_CHECKPOINTS};
use tern_rollup::Rollup;

use crate::{
    Kind, VoterError,
    claim::{Head, Start, next},
    lanes::{Lane, ask, lanes},
};

/// What a dev voter is started with.
#[derive(Debug, Clone)]
pub struct Options {
    /// Its own node: what that derived from L1 is voted for.
    pub node: String,
    /// The L1 node.
    pub l1: String,
    /// The key that the dev lanes believe. It also pays.
    pub key: KeySource,
    /// How long to wait between looking.
    pub interval: Duration,
}

/// Votes until `stop` is done or somebody has to change something. It may be killed at any
/// instant and started again.
pub async fn run(options: Options, stop: impl Future<Output = ()>) -> Result<(), VoterError> {
    tokio::select! {
        done = vote(&options) => done,
        () = stop => {
            tracing::info!("dev voter stops");
            Ok(())
        }
    }
}

async fn vote(options: &Options) -> Result<(), VoterError> {
    let key = Key::load(&options.key)?;
    let voter = loop {
        match Voter::start(options, &key).await {
            Ok(voter) => break voter,
            Err(error) => pause(options, error).await?,
        }
    };
    tracing::info!(
        attestor = %key.address(), inbox = %voter.rollup.config.inbox,
        "dev voter votes for what its node derives; it proves nothing"
    );
    loop {
        match voter.round().await {
            // There may be more than one claim covers.
            Ok(true) => {}
            Ok(false) => tokio::time::sleep(options.interval).await,
            Err(error) => pause(options, error).await?,
        }
    }
}

/// Waits, if waiting helps.
async fn pause(options: &Options, error: VoterError) -> Result<(), VoterError> {
    if error.kind() == Kind::Stop {
        return Err(error);
    }
    tracing::warn!(%error, "dev voter tries again");
    tokio::time::sleep(options.interval).await;
    Ok(())
}

/// A development L1 takes a transaction with its next block, or has forgotten it in a restart.
const PATIENCE: Duration = Duration::from_secs(20);

struct Voter {
    l1: L1,
    node: NodeClient,
    rollup: Rollup,
    key: Key,
    settlement: Address,
}

impl Voter {
    async fn start(options: &Options, key: &Key) -> Result<Self, VoterError> {
        let l1 = L1::connect(&options.l1).await?.with_patience(PATIENCE);
        let chain_id = l1.chain_id();
        if !tern_l1::is_development(chain_id) {
            return Err(VoterError::NotDevelopment { chain_id });
        }
        let node = NodeClient::connect(&options.node).await?;
        let rollup = node.rollup().await?;
        l1.expect_chain(rollup.config.l1_chain_id.0)?;
        lanes(&l1, &rollup, key).await?;
        let settlement = to_alloy(&rollup.contracts.settlement);
        Ok(Self { l1, node, rollup, key: key.clone(), settlement })
    }

    /// Makes one claim final, if there is one to make; whether it did.
    async fn round(&self) -> Result<bool, VoterError> {
        let head = self.head().await?;
        let Some((start, batches)) = self.derived(&head).await? else { return Ok(false) };
        let Some(claim) = next(self.rollup.config.hash(), &head, start, &batches)? else {
            return Ok(false);
        };
        // What was sent before this process was stopped may be on its way.
        self.l1.wait_for_pending(self.key.address()).await?;
        let lanes = lanes(&self.l1, &self.rollup, &self.key).await?;
        for lane in &lanes {
            self.vote(lane, &claim).await?;
        }
        let content = self.content(&claim).await?;
        if content.finalAt.is_zero() {
            // Both voted while it could not be final yet.
            let call = Settlement::finalizeCall { claim: (&claim).into() }.abi_encode();
            self.l1.send(&self.key, &Call::new("dev finalize", self.settlement, call)).await?;
        }
        tracing::info!(
            blocks = claim.block_number.0 - head.block_number, block = claim.block_number.0,
            hash = %claim.block, "dev votes made a claim final"
        );
        Ok(true)
    }

    async fn head(&self) -> Result<Head, VoterError> {
        let head = ask(&self.l1, self.settlement, Settlement::headCall {}).await?;
        Ok(Head { point: head.point, batches: head.batches, block_number: head.blockNumber })
    }

    /// What the node derived behind what is final; none if it has nothing there yet.
    async fn derived(&self, head: &Head) -> Result<Option<(Start, Vec<BatchInfo>)>, VoterError> {
        let start = match head.batches.checked_sub(1) {
            None => Start::genesis(&self.rollup.config),
            Some(last) => match self.node.batch(last).await? {
                Some(batch) => Start::after(&batch),
                None => return Ok(None),
            },
        };
        let (mut batches, mut blocks) = (Vec::new(), 0);
        while blocks < MAX_CHECKPOINTS {
            let index = head.batches + batches.len() as u64;
            let Some(batch) = self.node.batch(index).await? else { break };
            blocks += batch.block_hashes.len();
            batches.push(batch);
        }
        Ok(Some((start, batches)))
    }

    async fn content(&self, claim: &Claim) -> Result<Settlement::Content, VoterError> {
        let id = self.id(claim);
        ask(&self.l1, self.settlement, Settlement::contentCall { id }).await
    }

    fn id(&self, claim: &Claim) -> B256 {
        let config = &self.rollup.config;
        B256::from(claim.id(config.l1_chain_id, &self.rollup.contracts.settlement).0.0)
    }

    /// Votes for a content, unless the lane did.
    async fn vote(&self, lane: &Lane, claim: &Claim) -> Result<(), VoterError> {
        let content = self.content(claim).await?;
        let voted = if lane.seat == 0 { content.zk } else { content.tee };
        if voted == lane.version || !content.finalAt.is_zero() {
            return Ok(());
        }
        let proof = lane.proof(self.l1.chain_id(), self.id(claim), &self.key)?;
        let call =
            Settlement::voteCall { lane: lane.seat, claim: claim.into(), proof: proof.into() };
        let what = format!("dev {} vote", lane.name);
        let receipt =
            self.l1.send(&self.key, &Call::new(what, self.settlement, call.abi_encode())).await?;
        tracing::debug!(
            lane = lane.name,
            block = claim.block_number.0,
            gas = receipt.gas_used,
            "dev voter voted"
        );
        Ok(())
    }
}
