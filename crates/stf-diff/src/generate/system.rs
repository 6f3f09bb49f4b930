//! The system contracts of Prague, as a rollup is born with them.

use tern_protocol::{Address, predeploys::PREDEPLOYS};
use tern_stf::GenesisAccount;

/// Addresses of all four.
pub(crate) fn addresses() -> Vec<Address> {
    PREDEPLOYS.iter().map(|predeploy| predeploy.address).collect()
}

/// The four accounts.
pub(crate) fn accounts() -> Vec<GenesisAccount> {
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
