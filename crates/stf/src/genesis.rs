//! What a rollup's first state must not be. Ethereum's rules say nothing here, and clients
//! differ on states that no chain can reach, so such a genesis would split the lanes.

use alloc::{collections::BTreeSet, vec::Vec};

use tern_protocol::{Address, Word, predeploys::PREDEPLOYS};

use crate::{ChainSpec, GenesisAccount, Header};

/// A genesis on which the lanes would part, or no block could follow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GenesisError {
    /// An account is named twice.
    #[error("{0} is in the genesis twice")]
    Twice(Address),
    /// An account without anything (EIP-7523): clients differ in what a touch does to it.
    #[error("{0} has no nonce, balance or code: leave it out")]
    Empty(Address),
    /// A system contract of Prague is not there as its EIP publishes it.
    #[error("EIP-{eip} needs its contract at {address}, with the code the EIP publishes")]
    SystemContract {
        /// The EIP.
        eip: u32,
        /// Where the contract belongs.
        address: Address,
    },
    /// There is code where deposit logs are looked for (EIP-6110): it could stop the chain.
    #[error("{0} must have no code: its logs would be taken for validator deposits")]
    DepositContract(Address),
    /// Balances add up to more than 128 bits, so that credits could overflow 256.
    #[error("all balances together are 2^128 wei or more")]
    Supply,
    /// The blob market cannot be computed.
    #[error("a blob schedule's update fraction is 0")]
    BlobSchedule,
    /// The first block could not have the configured gas limit.
    #[error("the genesis block's gas limit is {got}, but every block's is {expected}")]
    GasLimit {
        /// The genesis block's.
        got: u64,
        /// The configuration's.
        expected: u64,
    },
    /// There is a blob price before there are blobs.
    #[error("the genesis block's excess blob gas must be 0")]
    ExcessBlobGas,
}

/// Prague's system contracts, as every rollup's first state holds them.
pub fn system_accounts() -> Vec<GenesisAccount> {
    PREDEPLOYS
        .iter()
        .map(|predeploy| GenesisAccount {
            address: predeploy.address,
            nonce: 1,
            code: predeploy.code(),
            ..GenesisAccount::default()
        })
        .collect()
}

/// Refuses accounts that a rollup must not begin with.
pub fn check_genesis_accounts(
    spec: &ChainSpec,
    accounts: &[GenesisAccount],
) -> Result<(), GenesisError> {
    if spec.cancun_blobs.update_fraction == 0 || spec.prague_blobs.update_fraction == 0 {
        return Err(GenesisError::BlobSchedule);
    }
    let mut seen = BTreeSet::new();
    let mut supply = 0u128;
    for account in accounts {
        let address = account.address;
        if !seen.insert(address) {
            return Err(GenesisError::Twice(address));
        }
        if account.nonce == 0 && account.balance == Word::ZERO && account.code.is_empty() {
            return Err(GenesisError::Empty(address));
        }
        if address == spec.deposit_contract && !account.code.is_empty() {
            return Err(GenesisError::DepositContract(address));
        }
        let (high, low) = account.balance.0.split_at(16);
        let low = low.try_into().map(u128::from_be_bytes).unwrap_or(u128::MAX);
        supply = supply.checked_add(low).ok_or(GenesisError::Supply)?;
        if high.iter().any(|byte| *byte != 0) {
            return Err(GenesisError::Supply);
        }
    }
    for predeploy in PREDEPLOYS {
        let (eip, address) = (predeploy.eip, predeploy.address);
        let there = accounts.iter().find(|account| account.address == address);
        if there.is_none_or(|account| account.code != predeploy.code()) {
            return Err(GenesisError::SystemContract { eip, address });
        }
    }
    Ok(())
}

/// Refuses a block 0 that no block of the configured gas limit can follow.
pub const fn check_genesis_header(header: &Header, gas_limit: u64) -> Result<(), GenesisError> {
    if header.gas_limit != gas_limit {
        return Err(GenesisError::GasLimit { got: header.gas_limit, expected: gas_limit });
    }
    match header.excess_blob_gas {
        None | Some(0) => Ok(()),
        Some(_) => Err(GenesisError::ExcessBlobGas),
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;
    use tern_protocol::ChainId;

    fn accounts() -> Vec<GenesisAccount> {
        let mut accounts = system_accounts();
        let balance = Word::from_u64(1);
        accounts.push(GenesisAccount { balance, ..GenesisAccount::default() });
        accounts
    }

    fn check(change: impl Fn(&mut Vec<GenesisAccount>)) -> Result<(), GenesisError> {
        let mut accounts = accounts();
        change(&mut accounts);
        check_genesis_accounts(&ChainSpec::rollup(ChainId(7357)), &accounts)
    }

    #[test]
    fn a_genesis_on_which_lanes_would_part_is_refused() {
        let deposit = ChainSpec::NO_DEPOSIT_CONTRACT;
        let half = Word({
            let mut bytes = [0; 32];
            bytes[16] = 0x80;
            bytes
        });
        assert_eq!(check(|_| ()), Ok(()));
        assert_eq!(check(|a| a.push(a[4].clone())), Err(GenesisError::Twice(Address::ZERO)));
        assert_eq!(check(|a| a[4].balance = Word::ZERO), Err(GenesisError::Empty(Address::ZERO)));
        assert_eq!(
            check(|a| (a[4].address, a[4].code) = (deposit, vec![0])),
            Err(GenesisError::DepositContract(deposit))
        );
        assert_eq!(
            check(|a| (a[3].balance, a[4].balance) = (half, half)),
            Err(GenesisError::Supply)
        );
        assert_eq!(check(|a| a[4].balance.0[0] = 1), Err(GenesisError::Supply));
        let eip = PREDEPLOYS[2].eip;
        let address = PREDEPLOYS[2].address;
        let missing = Err(GenesisError::SystemContract { eip, address });
        assert_eq!(check(|a| drop(a.remove(2))), missing);
        assert_eq!(check(|a| a[2].code.truncate(10)), missing);
    }
}
