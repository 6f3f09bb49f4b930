//! Reading the inbox on L1.

use alloy_primitives::{Address, Bytes};
use alloy_rpc_types_eth::TransactionRequest;
use alloy_sol_types::SolCall;
use tern_contracts::{Inbox, to_alloy};
use tern_l1::{Header, L1, L1Error};
use tern_protocol::{BatchAcc, Hash, QueueAcc, QueueHead, QueueIndex};

use crate::{BatcherError, Tip};

/// What the inbox says at one L1 block.
#[derive(Debug, Clone)]
pub(crate) struct View {
    /// The L1 block.
    pub(crate) head: Header,
    /// Where the inbox's chain of batches ends.
    pub(crate) tip: Tip,
    /// Who may submit.
    pub(crate) sequencer: Address,
    /// When the sequencer last submitted and left nothing overdue.
    pub(crate) sequenced_at: u64,
}

impl View {
    /// Refuses an account that the inbox would refuse: whoever is not the sequencer may submit after
    /// its silence only.
    pub(crate) fn check_turn(
        &self,
        inbox: Address,
        silence: u64,
        account: Address,
    ) -> Result<(), BatcherError> {
        let opens_after = self.sequenced_at.saturating_add(silence);
        if account == self.sequencer || self.head.timestamp > opens_after {
            return Ok(());
        }
        let (got, sequencer) = (account, self.sequencer);
        Err(BatcherError::NotSequencer { got, inbox, sequencer, opens_after })
    }
}

/// One inbox.
#[derive(Debug, Clone)]
pub(crate) struct InboxReader {
    l1: L1,
    pub(crate) address: Address,
}

impl InboxReader {
    pub(crate) fn new(l1: &L1, inbox: &tern_protocol::Address) -> Self {
        Self { l1: l1.clone(), address: to_alloy(inbox) }
    }

    /// Everything at L1's head, and at one block: a block that comes in between changes nothing.
    pub(crate) async fn view(&self) -> Result<View, L1Error> {
        let head = self.l1.header(None).await?;
        let at = head.number;
        let tip = self.ask(Inbox::tipCall {}, at).await?;
        let details = self.ask(Inbox::tipDetailsCall {}, at).await?;
        let deposits = self.ask(Inbox::depositQueueCall {}, at).await?;
        let forced = self.ask(Inbox::forcedQueueCall {}, at).await?;
        let sequencer = self.ask(Inbox::sequencerCall {}, at).await?;
        let queue =
            |next, acc: [u8; 32]| QueueHead { next: QueueIndex(next), acc: QueueAcc(Hash(acc)) };
        let tip = Tip {
            batches: tip.batches,
            acc: BatchAcc(Hash(tip.acc.0)),
            block: details.blocks.to(),
            timestamp: details.timestamp.to(),
            anchor: details.anchor,
            deposits: queue(deposits.next, deposits.acc.0),
            forced: queue(forced.next, forced.acc.0),
        };
        Ok(View { head, tip, sequencer, sequenced_at: details.sequencedAt.to() })
    }

    /// How long the sequencer may be silent before anyone may submit.
    pub(crate) async fn silence(&self) -> Result<u64, L1Error> {
        let head = self.l1.header(None).await?;
        Ok(self.ask(Inbox::paramsCall {}, head.number).await?.silence.to())
    }

    /// The least that a batch must take of deposits and forced transactions.
    pub(crate) async fn duty(&self, at: u64) -> Result<(u16, u16), L1Error> {
        let duty = self.ask(Inbox::nextDutyCall {}, at).await?;
        Ok((duty.deposits.saturating_to(), duty.forced.saturating_to()))
    }

    async fn ask<C: SolCall>(&self, call: C, block: u64) -> Result<C::Return, L1Error> {
        let request = TransactionRequest::default()
            .to(self.address)
            .input(Bytes::from(call.abi_encode()).into());
        let answer: Bytes = self.l1.ask("eth_call", (request, format!("{block:#x}"))).await?;
        C::abi_decode_returns_validate(&answer).map_err(|error| L1Error::NotANode {
            host: self.l1.host().to_owned(),
            method: format!("{} of the inbox {}", C::SIGNATURE, self.address),
            reason: error.to_string(),
        })
    }
}
