//! Where the system contracts of Prague are.

use tern_protocol::{Address, predeploys::PREDEPLOYS};

/// Addresses of all four.
pub(crate) fn addresses() -> Vec<Address> {
    PREDEPLOYS.iter().map(|predeploy| predeploy.address).collect()
}
