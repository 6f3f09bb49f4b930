//! What your accounts are given on the rollup: once, however often a stack was stopped before.

use alloy_primitives::{Address, LogData, U256};
use alloy_sol_types::{SolCall, SolEvent};
use serde_json::json;
use tern_contracts::Inbox;
use tern_l1::{Call, Key, L1, L1Error};
use tern_rollup::Rollup;

use crate::{DevAccount, Role, accounts::ACCOUNTS};

/// In ETH.
pub(crate) const GIFT: u64 = 1_000;
const GWEI: u64 = 1_000_000_000;

/// Deposits for each of your accounts that nothing was deposited for yet; how many have it now.
///
/// What says so is L1 and no file of ours: it may have forgotten blocks when it was stopped.
pub(crate) async fn fund(l1: &L1, key: &Key, rollup: &Rollup) -> Result<usize, L1Error> {
    let inbox = tern_contracts::to_alloy(&rollup.config.inbox);
    let deposits = deposits(l1, inbox, rollup.deployed.number).await?;
    for account in without(&deposits) {
        let data = Inbox::depositCall { to: account.address }.abi_encode();
        let mut call = Call::new("a deposit", inbox, data);
        call.value = U256::from(GIFT) * U256::from(GWEI) * U256::from(GWEI);
        l1.send(key, &call).await?;
    }
    Ok(yours().count())
}

/// Who got how many gwei, since a block.
async fn deposits(l1: &L1, inbox: Address, from: u64) -> Result<Vec<(Address, u64)>, L1Error> {
    let filter = json!({
        "address": inbox,
        "topics": [Inbox::Deposited::SIGNATURE_HASH],
        "fromBlock": format!("{from:#x}"),
        "toBlock": "latest",
    });
    let logs: Vec<LogData> = l1.ask("eth_getLogs", (filter,)).await?;
    let wrong = |error: alloy_sol_types::Error| L1Error::NotANode {
        host: l1.host().to_owned(),
        method: "eth_getLogs".into(),
        reason: error.to_string(),
    };
    let read = |log: &LogData| Inbox::Deposited::decode_log_data(log).map_err(wrong);
    logs.iter().map(|log| read(log).map(|deposit| (deposit.to, deposit.amountGwei))).collect()
}

fn yours() -> impl Iterator<Item = &'static DevAccount> {
    ACCOUNTS.iter().filter(|account| matches!(account.role, Role::Deployer | Role::User))
}

fn without(deposits: &[(Address, u64)]) -> Vec<&'static DevAccount> {
    let has = |account: &DevAccount| {
        deposits.iter().any(|(to, gwei)| *to == account.address && *gwei >= GIFT * GWEI)
    };
    yours().filter(|account| !has(account)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_given_its_share_before_the_stack_was_stopped_is_given_no_other() {
        let all = without(&[]);
        assert_eq!(all.len(), 3);
        let gift = |account: &DevAccount| (account.address, GIFT * GWEI);
        let left = |deposits: &[(Address, u64)]| {
            without(deposits).iter().map(|account| account.address).collect::<Vec<_>>()
        };
        assert_eq!(left(&[gift(all[0])]), [all[1].address, all[2].address]);
        let small = (all[1].address, GIFT * GWEI - 1);
        assert_eq!(left(&[gift(all[0]), small, gift(all[2])]), [all[1].address]);
        assert!(without(&all.iter().copied().map(gift).collect::<Vec<_>>()).is_empty());
    }
}
