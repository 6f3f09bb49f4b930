//! ETH from L1 to the rollup.

use alloy_primitives::{Address, B256};
use alloy_rpc_types_eth::Block;
use alloy_sol_types::SolCall;
use serde::Serialize;
use tern_contracts::Inbox;
use tern_interop_address::InteropAddress;
use tern_l1::{Call, Key, Kind, L1};

use crate::{
    Amount, Chains, Event, WalletError, Watch,
    account::interop,
    chains::pace,
    view::{first, view},
};

/// A deposit on L1, and in the rollup if it was waited for.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Deposited {
    /// The L1 transaction.
    pub transaction: B256,
    /// Its place among all deposits.
    pub index: u64,
    /// Who has it in the rollup.
    pub to: InteropAddress,
    /// How much.
    pub gwei: u64,
    /// Where it came to be in the rollup.
    pub credited: Option<Credited>,
}

/// A deposit in the rollup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Credited {
    /// The L2 block that has it.
    pub block: u64,
    /// Whether L1 holds everything that block is made of.
    pub safe: bool,
}

/// Deposits, and waits until the rollup has it if `wait` says so.
pub async fn deposit(
    chains: &Chains,
    key: &Key,
    to: Address,
    amount: Amount,
    wait: bool,
    watch: Watch<'_>,
) -> Result<Deposited, WalletError> {
    let (l1, inbox) = (&chains.l1, chains.inbox());
    let gwei = amount.gwei().ok_or(WalletError::NotGwei(amount))?;
    let params = view(l1, inbox, Inbox::paramsCall {}).await?;
    let least = Amount::from_gwei(params.minDeposit.max(1));
    if amount < least {
        return Err(WalletError::TooSmall { got: amount, least });
    }
    // The deposit cannot be in a block before this one.
    let from = match (&chains.l2, wait) {
        (Some(l2), true) => l2.rpc().header(None).await?.number,
        (None, true) => return Err(WalletError::Offline("--no-wait")),
        _ => 0,
    };
    l1.wait_for_pending(key.address()).await?;
    let mut call = Call::new("the deposit", inbox, Inbox::depositCall { to }.abi_encode());
    call.value = amount.0;
    crate::raw::afford(l1, key.address(), &call.what, amount.0).await?;
    watch(Event::Waits("L1 takes the deposit".into()));
    let receipt = crate::raw::pay(l1, key, &call, watch).await?;
    let event: Inbox::Deposited = first(receipt.logs(), inbox)?
        .ok_or(WalletError::Answer { what: "the deposit", reason: "no event".into() })?;
    let (transaction, index) = (receipt.transaction_hash, event.index);
    watch(Event::Done(format!("deposit {index} is on L1: transaction {transaction}")));
    let to = interop(chains.l2_chain(), to)?;
    let credited = if wait { Some(credit(chains, index, from, watch).await?) } else { None };
    Ok(Deposited { transaction, index, to, gwei, credited })
}

/// Waits for the L2 block that credits a deposit.
async fn credit(
    chains: &Chains,
    index: u64,
    from: u64,
    watch: Watch<'_>,
) -> Result<Credited, WalletError> {
    let (node, inbox) = (chains.node()?, chains.inbox());
    let mut search = Search { from, next: from, last: None };
    loop {
        match search.advance(node.rpc(), index).await {
            Ok(Some(block)) => {
                let safe =
                    node.status().await.is_ok_and(|status| status.heads.safe.number >= block);
                return Ok(Credited { block, safe });
            }
            Ok(None) => {}
            Err(error) if error.kind() == Kind::Retry => {}
            Err(error) => return Err(error),
        }
        let call = Inbox::depositStatusCall { index: alloy_primitives::U256::from(index) };
        match view(&chains.l1, inbox, call).await {
            Ok(status) if status.taken => watch(Event::Waits(
                "a batch on L1 has the deposit; this node has not derived it yet".into(),
            )),
            Ok(status) => watch(Event::Waits(format!(
                "the sequencer must take the deposit by {}",
                crate::status::time(status.overdueAfter.saturating_to())
            ))),
            Err(error) if error.kind() == Kind::Retry => {}
            Err(error) => return Err(error),
        }
        tokio::time::sleep(pace(&chains.l1)).await;
    }
}

/// Looks through new blocks; from the start again when they were replaced.
struct Search {
    from: u64,
    next: u64,
    last: Option<B256>,
}

impl Search {
    async fn advance(&mut self, node: &L1, index: u64) -> Result<Option<u64>, WalletError> {
        loop {
            let tag = format!("{:#x}", self.next);
            let block: Option<Block<B256>> = node.ask("eth_getBlockByNumber", (tag, false)).await?;
            let Some(block) = block else {
                // A chain that became shorter lost blocks that were looked at.
                if node.header(None).await?.number + 1 < self.next {
                    (self.next, self.last) = (self.from, None);
                }
                return Ok(None);
            };
            if self.last.is_some_and(|last| last != block.header.inner.parent_hash) {
                (self.next, self.last) = (self.from, None);
                continue;
            }
            let credits = block.withdrawals.iter().flat_map(|all| all.iter());
            if credits.into_iter().any(|entry| entry.index == index) {
                return Ok(Some(self.next));
            }
            (self.next, self.last) = (self.next + 1, Some(block.header.hash));
        }
    }
}
