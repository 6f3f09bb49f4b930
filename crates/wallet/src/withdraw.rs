//! ETH from the rollup to L1, and every other message there.

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::{SolCall, SolValue};
use serde::Serialize;
use tern_contracts::{Bridge, Inbox, Outbox, Settlement};
use tern_interop_address::InteropAddress;
use tern_l1::{Call, Key, Kind, L1Error};
use tern_node_api::MessageProof;

use crate::{
    Amount, Chains, Entry, Event, Journal, WalletError, Watch,
    account::interop,
    chains::pace,
    claims::{Claims, bridge_claim, claim_view, pay_view, same},
    raw::{self, Draft},
    view::{OUTBOX, explain, first, view},
    withdrawal::{ClaimState, Covering, Facts, Next, Stage, next},
};

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
}

/// How a withdrawal is paid.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ends {
    /// If its call failed before: try again with this gas.
    pub retry_gas: Option<u64>,
}

/// Signs a withdrawal, keeps it, and sends it. Returns what is kept.
pub async fn initiate(
    chains: &Chains,
    key: &Key,
    to: Address,
    amount: Amount,
    journal: &Journal,
    watch: Watch<'_>,
) -> Result<Entry, WalletError> {
    let node = chains.node()?.rpc();
    let call = Outbox::withdrawCall { to, gas: 0, data: Bytes::new() };
    let mut call = Call::new("the withdrawal", OUTBOX, call.abi_encode());
    call.value = amount.0;
    let account = key.address();
    raw::afford(node, account, &call.what, amount.0).await?;
    node.wait_for_pending(account).await?;
    let gas = node.estimate(account, &call).await.map_err(explain)?;
    let fees = node.fees(&call.what).await.map_err(explain)?;
    let draft = Draft {
        chain_id: chains.l2_chain(),
        nonce: node.nonce(account, true).await?,
        gas: gas.saturating_add(gas / 4),
        max_fee: fees.max,
        priority: fees.priority,
        to: OUTBOX,
        value: amount.0,
        data: call.data.clone(),
    };
    raw::afford(node, account, &call.what, draft.cost()).await?;
    let signed = draft.sign(key)?;
    let l1_from = chains.l1.header(None).await?.number;
    let mut entry = Entry::new(chains.config_hash(), signed.hash, l1_from);
    (entry.nonce, entry.raw) = (Some(draft.nonce), Some(signed.bytes.clone()));
    journal.save(&entry)?;
    raw::send(node, &signed.bytes).await?;
    watch(Event::Done(format!("withdrawal sent: L2 transaction {}", signed.hash)));
    Ok(entry)
}

/// Follows a withdrawal until it is paid, and does each step that is due. May be repeated after
/// it was stopped at any moment.
pub async fn resume(
    chains: &Chains,
    key: &Key,
    transaction: B256,
    journal: &Journal,
    ends: Ends,
    watch: Watch<'_>,
) -> Result<Paid, WalletError> {
    let entry = match journal.load(transaction)? {
        Some(entry) => entry,
        None => Entry::new(chains.config_hash(), transaction, chains.rollup.deployed.number),
    };
    let claims = Claims::new(entry.l1_from);
    let mut run = Run { chains, key, journal, ends, entry, claims, pending: None };
    loop {
        match run.step(watch).await {
            Ok(Some(paid)) => return Ok(paid),
            Ok(None) => {}
            // Another was faster, or a node is away: the views say what is left to do.
            Err(WalletError::Node(error)) if error.kind() != Kind::Stop => {
                watch(Event::Waits(format!("{error}; trying again")));
            }
            Err(error) => return Err(error),
        }
        tokio::time::sleep(pace(&chains.l1)).await;
    }
}

struct Run<'a> {
    chains: &'a Chains,
    key: &'a Key,
    journal: &'a Journal,
    ends: Ends,
    entry: Entry,
    claims: Claims,
    /// What was said last, so that a stage is said once.
    pending: Option<Stage>,
}

/// A withdrawal in a block.
struct Found {
    block: u64,
    message: Bridge::Message,
}

impl Run<'_> {
    async fn step(&mut self, watch: Watch<'_>) -> Result<Option<Paid>, WalletError> {
        let Some(found) = self.find(watch).await? else { return Ok(None) };
        let (facts, claims) = self.facts(&found).await?;
        match next(&facts) {
            Next::Done => return self.done(&found).map(Some),
            Next::Wait(stage) => self.waits(stage, watch),
            Next::Register => {
                let call = Bridge::registerCall { inbox: self.chains.inbox() };
                self.call("the registration of the rollup", call.abi_encode(), watch).await?;
            }
            Next::Prove(at, stage) => {
                if let Some(claim) = claims.get(at) {
                    self.proof(&found, claim).await?;
                }
                self.waits(stage, watch);
            }
            Next::Pay(at) => {
                if let Some(claim) = claims.get(at) {
                    self.pay(&found, claim, watch).await?;
                }
            }
            Next::Retry => {
                let gas = self.ends.retry_gas.take().ok_or(WalletError::CallFailed)?;
                let call =
                    Bridge::retryCall { inbox: self.chains.inbox(), message: found.message, gas };
                self.call("the second try", call.abi_encode(), watch).await?;
            }
        }
        Ok(None)
    }

    fn waits(&mut self, stage: Stage, watch: Watch<'_>) {
        if self.pending != Some(stage) {
            watch(Event::Waits(stage.to_string()));
            self.pending = Some(stage);
        }
    }

    /// The withdrawal in its block; none while no block has it.
    async fn find(&mut self, watch: Watch<'_>) -> Result<Option<Found>, WalletError> {
        let (node, transaction) = (self.chains.node()?.rpc(), self.entry.transaction);
        if let Some(receipt) = node.receipt(transaction).await? {
            if !receipt.status() {
                return Err(WalletError::Failed { what: "the withdrawal", hash: transaction });
            }
            let sent: Option<Outbox::MessageSent> = first(receipt.logs(), OUTBOX)?;
            let message = sent.ok_or(WalletError::NoMessage(transaction))?.message;
            let message =
                Bridge::Message::abi_decode(&message.abi_encode()).map_err(|error| same(&error))?;
            let block = receipt.block_number.unwrap_or_default();
            return Ok(Some(Found { block, message }));
        }
        let (Some(raw), Some(nonce)) = (&self.entry.raw, self.entry.nonce) else {
            let folder = self.journal.folder().to_owned();
            return Err(WalletError::UnknownTransaction(transaction, folder));
        };
        let account = raw::signer(raw).unwrap_or_else(|| self.key.address());
        // Read before asking again for the receipt: the transaction itself may have taken it.
        let used = node.nonce(account, false).await? > nonce;
        if used && node.receipt(transaction).await?.is_none() {
            return Err(WalletError::Replaced { hash: transaction, account, nonce });
        }
        match raw::send(node, raw).await {
            // It may know it by another name than we think: only the receipt tells.
            Err(WalletError::Node(L1Error::Refused { message, .. })) => {
                watch(Event::Waits(format!("{}; the node says: {message}", Stage::Sent)));
            }
            sent => {
                sent?;
                self.waits(Stage::Sent, watch);
            }
        }
        Ok(None)
    }

    async fn facts(
        &mut self,
        found: &Found,
    ) -> Result<(Facts, Vec<Settlement::Claim>), WalletError> {
        let chains = self.chains;
        let pay = pay_view(chains, &found.message, None).await?;
        let tip = view(&chains.l1, chains.inbox(), Inbox::tipDetailsCall {}).await?;
        let on_l1 = tip.blocks.to();
        let mut facts = Facts { block: Some(found.block), on_l1, pay, covering: vec![] };
        let mut claims = vec![];
        if on_l1 < found.block {
            return Ok((facts, claims));
        }
        self.claims.update(chains).await?;
        for (id, claim) in self.claims.over(found.block) {
            let view = claim_view(chains, id, claim).await?;
            if matches!(view.state, ClaimState::Dead | ClaimState::Unknown) {
                continue;
            }
            let pay = pay_view(chains, &found.message, Some(claim)).await?;
            let ours = chains.node()?.rpc().header(Some(claim.blockNumber)).await;
            let is_ours = ours.is_ok_and(|header| header.hash == claim.blockHash);
            let block = claim.blockNumber;
            facts.covering.push(Covering { block, claim: view, pay, is_ours });
            claims.push(claim.clone());
            // Later ones become final after it.
            if pay.state == crate::withdrawal::PayState::Ready {
                break;
            }
        }
        Ok((facts, claims))
    }

    /// The proof under a claim's block: the kept one, or the node's.
    async fn proof(
        &mut self,
        found: &Found,
        claim: &Settlement::Claim,
    ) -> Result<MessageProof, WalletError> {
        let want = claim.blockHash;
        if let Some(kept) = &self.entry.proof
            && keccak256(&kept.header.0) == want
        {
            return Ok(kept.clone());
        }
        let node = self.chains.node()?;
        let proof = node.message_proof(found.message.nonce, claim.blockNumber).await?;
        let got = keccak256(&proof.header.0);
        if got != want {
            return Err(WalletError::OtherBlock { got, want });
        }
        self.entry.proof = Some(proof.clone());
        self.journal.save(&self.entry)?;
        Ok(proof)
    }

    async fn pay(
        &mut self,
        found: &Found,
        claim: &Settlement::Claim,
        watch: Watch<'_>,
    ) -> Result<(), WalletError> {
        let (inbox, message) = (self.chains.inbox(), found.message.clone());
        let proof = self.proof(found, claim).await?;
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
        self.call("the payment", call, watch).await
    }

    async fn call(
        &mut self,
        what: &str,
        data: Vec<u8>,
        watch: Watch<'_>,
    ) -> Result<(), WalletError> {
        let l1 = &self.chains.l1;
        // What an earlier run sent may be all that is left to wait for.
        l1.wait_for_pending(self.key.address()).await?;
        let call = Call::new(what, self.chains.bridge(), data);
        match l1.send(self.key, &call).await.map_err(explain) {
            Ok(receipt) => {
                let hash = receipt.transaction_hash;
                self.entry.paid = Some(hash);
                self.journal.save(&self.entry)?;
                watch(Event::Done(format!("{what} is on L1: transaction {hash}")));
                Ok(())
            }
            // Somebody else was faster: the bridge's next answer says so.
            Err(WalletError::Refused { reason, .. }) if reason.contains("paid already") => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn done(&mut self, found: &Found) -> Result<Paid, WalletError> {
        self.entry.done = true;
        self.journal.save(&self.entry)?;
        let message = &found.message;
        Ok(Paid {
            transaction: self.entry.transaction,
            nonce: message.nonce,
            from: interop(self.chains.l2_chain(), message.sender)?,
            to: interop(self.chains.l1.chain_id(), message.to)?,
            amount: message.amount,
            token: crate::status::token(self.chains, message.token)?,
            paid_by: self.entry.paid,
        })
    }
}
