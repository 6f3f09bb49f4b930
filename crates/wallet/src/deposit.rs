//! ETH from L1 to the rollup.

use alloy_primitives::{Address, B256, U256};
use alloy_rpc_types_eth::{Block, Withdrawal};
use alloy_sol_types::SolCall;
use serde::Serialize;
use tern_contracts::Inbox;
use tern_interop_address::InteropAddress;
use tern_l1::{Call, Key, L1, L1Error, TransactionReceipt};

use crate::{
    Amount, Chains, Event, WalletError, Watch,
    account::interop,
    view::{first, safe_block, view},
    wait::until,
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
    let from = match (&chains.l2, wait) {
        (Some(l2), true) => not_before(chains, l2.rpc()).await?,
        (None, true) => return Err(WalletError::Offline("--no-wait")),
        _ => 0,
    };
    l1.wait_for_pending(key.address()).await?;
    let mut call = Call::new("the deposit", inbox, Inbox::depositCall { to }.abi_encode());
    call.value = amount.0;
    crate::raw::afford(l1, key.address(), &call.what, amount.0).await?;
    watch(Event::Waits("L1 takes the deposit".into()));
    let receipt = crate::raw::pay(l1, key, &call, watch).await?;
    let transaction = receipt.transaction_hash;
    let mut wanted = Wanted { index: index(&receipt, inbox)?, to, gwei };
    watch(Event::Done(format!("deposit {} is on L1: transaction {transaction}", wanted.index)));
    let to = interop(chains.l2_chain(), to)?;
    let credited = if wait {
        Some(credit(chains, transaction, &mut wanted, from, watch).await?)
    } else {
        None
    };
    Ok(Deposited { transaction, index: wanted.index, to, gwei, credited })
}

/// A block that can never come to be after one that has the deposit. Not the latest: blocks that L1
/// does not have yet may be made anew, and fewer. Where a node calls none safe, L1 says it.
async fn not_before(chains: &Chains, node: &L1) -> Result<u64, WalletError> {
    match safe_block(node).await {
        Ok(Some(block)) => Ok(block),
        Ok(None) | Err(L1Error::Refused { .. }) => {
            let tip = view(&chains.l1, chains.inbox(), Inbox::tipDetailsCall {}).await?;
            Ok(tip.blocks.to())
        }
        Err(error) => Err(error.into()),
    }
}

fn index(receipt: &TransactionReceipt, inbox: Address) -> Result<u64, WalletError> {
    let event: Option<Inbox::Deposited> = first(receipt.logs(), inbox)?;
    let none = WalletError::Answer { what: "the deposit", reason: "no event".into() };
    Ok(event.ok_or(none)?.index)
}

/// Waits for the L2 block that credits a deposit.
async fn credit(
    chains: &Chains,
    transaction: B256,
    wanted: &mut Wanted,
    from: u64,
    watch: Watch<'_>,
) -> Result<Credited, WalletError> {
    let (l1, node, inbox) = (&chains.l1, chains.node()?, chains.inbox());
    let mut search = Search { from, next: from, last: None };
    until(l1, watch, async |watch| {
        if let Some(block) = search.advance(node.rpc(), wanted).await? {
            let safe = node.status().await.is_ok_and(|status| status.heads.safe.number >= block);
            return Ok(Some(Credited { block, safe }));
        }
        let Some(receipt) = l1.receipt(transaction).await? else {
            watch(Event::Waits("L1 took back the block with the deposit; it needs another".into()));
            return Ok(None);
        };
        // In another block it may have another place.
        let now = index(&receipt, inbox)?;
        if wanted.index != now {
            wanted.index = now;
            search = Search { from, next: from, last: None };
        }
        let status = Inbox::depositStatusCall { index: U256::from(now) };
        let status = view(l1, inbox, status).await?;
        watch(Event::Waits(if status.taken {
            "a batch on L1 has the deposit; this node has not derived it yet".into()
        } else {
            let time = crate::status::time(status.overdueAfter.saturating_to());
            format!("the sequencer must take the deposit by {time}")
        }));
        Ok(None)
    })
    .await
}

/// A deposit as the rollup credits it. Its place alone is not enough: after a reorganisation of L1
/// somebody else's may have it.
struct Wanted {
    index: u64,
    to: Address,
    gwei: u64,
}

impl Wanted {
    fn is(&self, entry: &Withdrawal) -> bool {
        (entry.index, entry.address, entry.amount) == (self.index, self.to, self.gwei)
    }
}

/// Looks through new blocks; from the start again when they were replaced.
struct Search {
    from: u64,
    next: u64,
    last: Option<B256>,
}

impl Search {
    async fn advance(&mut self, node: &L1, wanted: &Wanted) -> Result<Option<u64>, WalletError> {
        loop {
            let tag = format!("{:#x}", self.next);
            let block: Option<Block<B256>> = node.ask("eth_getBlockByNumber", (tag, false)).await?;
            let Some(block) = block else {
                // A chain that became shorter lost blocks that were looked at.
                if node.header(None).await?.number.saturating_add(1) < self.next {
                    (self.next, self.last) = (self.from, None);
                }
                return Ok(None);
            };
            if self.last.is_some_and(|last| last != block.header.inner.parent_hash) {
                (self.next, self.last) = (self.from, None);
                continue;
            }
            let credits = block.withdrawals.iter().flat_map(|all| all.iter());
            if credits.into_iter().any(|entry| wanted.is(entry)) {
                return Ok(Some(self.next));
            }
            (self.next, self.last) = (self.next.saturating_add(1), Some(block.header.hash));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_elses_deposit_at_the_same_place_is_not_ours() {
        let to = Address::repeat_byte(7);
        let wanted = Wanted { index: 3, to, gwei: 5 };
        let entry =
            |index, address, amount| Withdrawal { index, address, amount, ..Withdrawal::default() };
        assert!(wanted.is(&entry(3, to, 5)));
        for other in [entry(2, to, 5), entry(3, Address::ZERO, 5), entry(3, to, 6)] {
            assert!(!wanted.is(&other));
        }
    }
}
