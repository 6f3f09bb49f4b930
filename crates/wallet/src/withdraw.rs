//! ETH from the rollup to L1, and every other message there.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use alloy_primitives::{B256, Bytes, U64, U256, keccak256};
use alloy_sol_types::{SolCall, SolValue};
use serde::Serialize;
use tern_contracts::{Bridge, Inbox, Outbox, Settlement};
use tern_interop_address::InteropAddress;
use tern_l1::{Call, Key, L1Error, Verdict};
use tern_node_api::MessageProof;

use crate::{
    Chains, Entry, Event, Journal, WalletError, Watch,
    account::interop,
    claims::{Claims, OVERLAP, bridge_claim, facts, paid_at, same},
    raw,
    view::{OUTBOX, all, explain, overtaken, safe_block, view},
    wait::{patient, until},
    withdrawal::{Next, Stage, next},
};

/// So many looks in a row must find a transaction nowhere and its nonce used before it is given up:
/// behind one URL may stand nodes that are not equally far.
const LOOKS: u32 = 3;

/// A withdrawal that is paid.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Paid {
    /// The L2 transaction.
    pub transaction: B256,
    /// Its place in the outbox.
    pub nonce: u64,
    /// Who withdrew.
    pub from: InteropAddress,
    /// Who was paid.
    pub to: InteropAddress,
    /// How much: wei, or the least units of the token.
    pub amount: U256,
    /// The token on L1, unless it is ETH.
    pub token: Option<InteropAddress>,
    /// The L1 transaction that paid it, if it was sent from here.
    pub paid_by: Option<B256>,
    /// Whether an L1 block that is final has it. Until then the journal keeps it, for whoever resumes
    /// to look again.
    pub is_final: bool,
}

/// How a withdrawal is paid.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ends {
    /// If its call failed before: try again with this gas.
    pub retry_gas: Option<u64>,
}

/// Follows a withdrawal until all that its transaction sent is paid, and does each step that is
/// due. May be repeated after it was stopped at any moment.
pub async fn resume(
    chains: &Chains,
    key: &Key,
    transaction: B256,
    journal: &Journal,
    ends: Ends,
    watch: Watch<'_>,
) -> Result<Vec<Paid>, WalletError> {
    let entry = match journal.load(transaction)? {
        Some(entry) => entry,
        None => Entry::new(chains.config_hash(), transaction, chains.rollup.deployed.number),
    };
    let mut following = Following::new(chains, key, journal, vec![entry], ends);
    following.next(watch).await.map_or(Ok(vec![]), |(_, end)| end)
}

/// Withdrawals that are followed in turn, so that none waits for another.
pub struct Following<'a> {
    chains: &'a Chains,
    runs: VecDeque<Run<'a>>,
}

impl<'a> Following<'a> {
    /// Follows these.
    pub fn new(
        chains: &'a Chains,
        key: &'a Key,
        journal: &'a Journal,
        entries: Vec<Entry>,
        ends: Ends,
    ) -> Self {
        let run = |entry: Entry| Run {
            chains,
            key,
            journal,
            ends,
            claims: Claims::new(entry.l1_from),
            entry,
            said: BTreeMap::new(),
            retried: BTreeSet::new(),
            missed: 0,
        };
        Self { chains, runs: entries.into_iter().map(run).collect() }
    }

    /// Goes on until one of them ends, and says how; none if no one is left.
    pub async fn next(
        &mut self,
        watch: Watch<'_>,
    ) -> Option<(B256, Result<Vec<Paid>, WalletError>)> {
        if self.runs.is_empty() {
            return None;
        }
        let l1 = &self.chains.l1;
        let runs = &mut self.runs;
        until(l1, watch, async |watch| Ok(round(runs, watch).await)).await.ok()
    }
}

/// One step of each, up to the first that ends.
async fn round(
    runs: &mut VecDeque<Run<'_>>,
    watch: Watch<'_>,
) -> Option<(B256, Result<Vec<Paid>, WalletError>)> {
    let many = runs.len() > 1;
    for _ in 0..runs.len() {
        let mut run = runs.pop_front()?;
        let transaction = run.entry.transaction;
        let mut named = |event: Event| match event {
            Event::Waits(text) if many => watch(Event::Waits(format!("{transaction}: {text}"))),
            event => watch(event),
        };
        let stepped = run.step(&mut named).await;
        match patient(stepped, &mut named) {
            Ok(None) => runs.push_back(run),
            Ok(Some(paid)) => return Some((transaction, Ok(paid))),
            Err(error) => return Some((transaction, Err(error))),
        }
    }
    None
}

struct Run<'a> {
    chains: &'a Chains,
    key: &'a Key,
    journal: &'a Journal,
    ends: Ends,
    entry: Entry,
    claims: Claims,
    /// What was said last of each message, so that a stage is said once.
    said: BTreeMap<Option<u64>, Stage>,
    /// Messages whose second try was made.
    retried: BTreeSet<u64>,
    /// How many looks in a row found it replaced.
    missed: u32,
}

/// What a transaction sent to L1, and its block.
struct Found {
    block: u64,
    messages: Vec<Bridge::Message>,
}

impl Run<'_> {
    async fn step(&mut self, watch: Watch<'_>) -> Result<Option<Vec<Paid>>, WalletError> {
        let Some(found) = self.find(watch).await? else { return Ok(None) };
        let tip = view(&self.chains.l1, self.chains.inbox(), Inbox::tipDetailsCall {}).await?;
        let on_l1 = tip.blocks.to();
        if on_l1 >= found.block {
            self.claims.update(self.chains).await?;
        }
        // One that cannot be paid must not hold up the others of its transaction.
        let (mut waits, mut stops) = (false, None);
        for message in &found.messages {
            let looked = self.advance(found.block, message, on_l1, watch).await;
            match patient(looked.map(|paid| paid.then_some(())), watch) {
                Ok(paid) => waits |= paid.is_none(),
                Err(error) => stops = stops.or(Some(error)),
            }
        }
        match stops {
            _ if waits => Ok(None),
            Some(error) => Err(error),
            None => self.done(&found).await.map(Some),
        }
    }

    fn waits(&mut self, message: Option<u64>, stage: Stage, watch: Watch<'_>) {
        if self.said.insert(message, stage) != Some(stage) {
            watch(Event::Waits(stage.to_string()));
        }
    }

    /// What the transaction sent; none while no block has it.
    async fn find(&mut self, watch: Watch<'_>) -> Result<Option<Found>, WalletError> {
        let (node, transaction) = (self.chains.node()?.rpc(), self.entry.transaction);
        let Some(receipt) = node.receipt(transaction).await? else {
            return self.send_again(watch).await.map(|()| None);
        };
        self.missed = 0;
        let block = receipt.block_number.unwrap_or_default();
        if !receipt.status() {
            // Until L1 has its block the sequencer may drop that, and it may run anew.
            if safe_block(node).await.ok().flatten().is_some_and(|safe| block <= safe) {
                self.close()?;
            }
            return Err(WalletError::Failed { what: "the withdrawal", hash: transaction });
        }
        let mut messages = vec![];
        for sent in all::<Outbox::MessageSent>(receipt.logs(), OUTBOX)? {
            let message = Bridge::Message::abi_decode(&sent.message.abi_encode());
            messages.push(message.map_err(|error| same(&error))?);
        }
        if messages.is_empty() {
            return Err(WalletError::NoMessage(transaction));
        }
        Ok(Some(Found { block, messages }))
    }

    /// Sends what no block has, unless it never can be in one.
    async fn send_again(&mut self, watch: Watch<'_>) -> Result<(), WalletError> {
        let (node, hash) = (self.chains.node()?.rpc(), self.entry.transaction);
        let (Some(raw), Some(nonce)) = (&self.entry.raw, self.entry.nonce) else {
            let folder = self.journal.folder().to_owned();
            return Err(WalletError::UnknownTransaction(hash, folder));
        };
        let account = raw::signer(raw).unwrap_or_else(|| self.key.address());
        if node.nonce(account, false).await? <= nonce {
            match node.send_raw(raw).await {
                // It may know it by another name than we think: only the receipt tells.
                Verdict::Refused(error) | Verdict::Outbid(error) => {
                    watch(Event::Waits(format!("{}; the node says: {error}", Stage::Sent)));
                }
                Verdict::Taken | Verdict::NonceUsed(_) => self.waits(None, Stage::Sent, watch),
            }
            self.missed = 0;
            return Ok(());
        }
        // The sequencer may still drop the block that used the nonce, until L1 has it.
        let used = node.ask::<_, U64>("eth_getTransactionCount", (account, "safe")).await;
        let is_used = used.is_ok_and(|used| used.to::<u64>() > nonce);
        self.missed = if is_used { self.missed + 1 } else { 0 };
        if self.missed >= LOOKS {
            self.close()?;
            return Err(WalletError::Replaced { hash, account, nonce });
        }
        self.waits(None, Stage::Replaced(nonce), watch);
        Ok(())
    }

    /// The next step of a message; true once it is paid.
    async fn advance(
        &mut self,
        block: u64,
        message: &Bridge::Message,
        on_l1: u64,
        watch: Watch<'_>,
    ) -> Result<bool, WalletError> {
        let (inbox, nonce) = (self.chains.inbox(), message.nonce);
        let kept = self.entry.messages.get(&nonce).and_then(|kept| kept.proof.as_ref());
        let kept = kept.map(|proof| keccak256(&proof.header.0));
        let (facts, claims) = facts(self.chains, message, block, on_l1, &self.claims, kept).await?;
        match next(&facts) {
            Next::Done => return Ok(true),
            Next::Wait(stage) => self.waits(Some(nonce), stage, watch),
            Next::Register => {
                let call = Bridge::registerCall { inbox };
                self.call("the registration of the rollup", call.abi_encode(), watch).await?;
            }
            Next::Prove(at, stage) => {
                if let Some(claim) = claims.get(at) {
                    self.proof(message, claim).await?;
                }
                self.waits(Some(nonce), stage, watch);
            }
            Next::Pay(at) => {
                if let Some(claim) = claims.get(at) {
                    self.pay(message, claim, watch).await?;
                }
            }
            Next::Retry => {
                let gas = self.ends.retry_gas.filter(|_| !self.retried.contains(&nonce));
                let gas = gas.ok_or(WalletError::CallFailed(nonce))?;
                let call = Bridge::retryCall { inbox, message: message.clone(), gas };
                // Before the call: what was sent and not seen is not sent once more.
                self.retried.insert(nonce);
                let called = self.call("the second try", call.abi_encode(), watch).await;
                let unseen = |error| matches!(error, &WalletError::Node(L1Error::Unseen { .. }));
                if !called.as_ref().map_or_else(unseen, Option::is_some) {
                    self.retried.remove(&nonce);
                }
                if let Some(hash) = called? {
                    self.paid(nonce, hash)?;
                }
            }
        }
        Ok(false)
    }

    /// The proof under a claim's block: the kept one, or the node's.
    async fn proof(
        &mut self,
        message: &Bridge::Message,
        claim: &Settlement::Claim,
    ) -> Result<MessageProof, WalletError> {
        let want = claim.blockHash;
        let kept = self.entry.messages.get(&message.nonce).and_then(|kept| kept.proof.as_ref());
        if let Some(kept) = kept
            && keccak256(&kept.header.0) == want
        {
            return Ok(kept.clone());
        }
        let node = self.chains.node()?;
        let proof = node.message_proof(message.nonce, claim.blockNumber).await?;
        let got = keccak256(&proof.header.0);
        if got != want {
            return Err(WalletError::OtherBlock { got, want });
        }
        self.entry.messages.entry(message.nonce).or_default().proof = Some(proof.clone());
        self.journal.save(&self.entry)?;
        Ok(proof)
    }

    async fn pay(
        &mut self,
        message: &Bridge::Message,
        claim: &Settlement::Claim,
        watch: Watch<'_>,
    ) -> Result<(), WalletError> {
        let (inbox, nonce, message) = (self.chains.inbox(), message.nonce, message.clone());
        let proof = self.proof(&message, claim).await?;
        let nodes = |list: &[tern_node_api::Bytes]| -> Vec<Bytes> {
            list.iter().map(|node| node.0.clone().into()).collect()
        };
        let block_hash = claim.blockHash;
        let known = Bridge::outboxRootCall { inbox, blockHash: block_hash };
        let known = view(&self.chains.l1, self.chains.bridge(), known).await?;
        let call = if known.is_zero() {
            Bridge::withdrawWithClaimCall {
                inbox,
                claim: bridge_claim(claim)?,
                header: proof.header.0.clone().into(),
                accountProof: nodes(&proof.account),
                message,
                storageProof: nodes(&proof.storage),
            }
            .abi_encode()
        } else {
            Bridge::withdrawCall {
                inbox,
                blockHash: block_hash,
                message,
                storageProof: nodes(&proof.storage),
            }
            .abi_encode()
        };
        watch(Event::Waits("claimable: paying it on L1".into()));
        if let Some(hash) = self.call("the payment", call, watch).await? {
            self.paid(nonce, hash)?;
        }
        Ok(())
    }

    fn paid(&mut self, message: u64, transaction: B256) -> Result<(), WalletError> {
        self.entry.messages.entry(message).or_default().paid = Some(transaction);
        self.journal.save(&self.entry)
    }

    /// Calls the bridge. None if the call is not made, or not known to be: then what the views say
    /// next tells what is left to do.
    async fn call(
        &mut self,
        what: &str,
        data: Vec<u8>,
        watch: Watch<'_>,
    ) -> Result<Option<B256>, WalletError> {
        let l1 = &self.chains.l1;
        // What an earlier run sent may be all that is left to wait for.
        match l1.wait_for_pending(self.key.address()).await {
            Err(L1Error::Pending { account, count, .. }) => {
                watch(Event::Waits(format!(
                    "{count} transactions of {account} wait for an L1 block; if gas has become \
                     dearer than they offer, replace them from any wallet with the same nonce and \
                     a higher price: this goes on by itself then"
                )));
                return Ok(None);
            }
            done => done?,
        }
        match l1.send(self.key, &Call::new(what, self.chains.bridge(), data)).await {
            Ok(receipt) => {
                let hash = receipt.transaction_hash;
                watch(Event::Done(format!("{what} is on L1: transaction {hash}")));
                Ok(Some(hash))
            }
            Err(error) if overtaken(&error) => Ok(None),
            Err(error) => Err(explain(error)),
        }
    }

    /// Nothing is left to do for it.
    fn close(&mut self) -> Result<(), WalletError> {
        self.entry.done = true;
        self.journal.save(&self.entry)
    }

    async fn done(&mut self, found: &Found) -> Result<Vec<Paid>, WalletError> {
        let is_final = self.is_final(found).await.unwrap_or(false);
        self.entry.done |= is_final;
        self.journal.save(&self.entry)?;
        let paid = |message: &Bridge::Message| {
            Ok(Paid {
                transaction: self.entry.transaction,
                nonce: message.nonce,
                from: interop(self.chains.l2_chain(), message.sender)?,
                to: interop(self.chains.l1.chain_id(), message.to)?,
                amount: message.amount,
                token: crate::status::token(self.chains, message.token)?,
                paid_by: self.entry.messages.get(&message.nonce).and_then(|kept| kept.paid),
                is_final,
            })
        };
        found.messages.iter().map(paid).collect()
    }

    /// Whether L1 can no longer take back that all of them are paid.
    async fn is_final(&self, found: &Found) -> Result<bool, WalletError> {
        let l1 = &self.chains.l1;
        let block = match l1.final_block().await {
            Ok(Some(block)) => block,
            // An L1 that calls nothing final: deep must do.
            Ok(None) | Err(L1Error::Refused { .. }) => {
                l1.header(None).await?.number.saturating_sub(OVERLAP)
            }
            Err(error) => return Err(error.into()),
        };
        for message in &found.messages {
            if !paid_at(self.chains, message, block).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
