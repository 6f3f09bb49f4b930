//! Accounts of every development L1, whose keys everybody knows.

use alloy_primitives::{Address, address};
use serde::{Deserialize, Serialize};

/// What an account does in a stack, by the dev configuration of `tern-deploy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// Deploys the contracts; then it is yours.
    Deployer,
    /// Receives the priority fees of the rollup.
    FeeRecipient,
    /// Posts batches.
    Sequencer,
    /// A member of the council.
    Council,
    /// Holds governance tokens.
    Governance,
    /// Stands in for the provers.
    DevVoter,
    /// Tells the rollup's token bridge which inbox is the rollup's.
    Binder,
    /// Yours.
    User,
}

/// An account whose key everybody knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DevAccount {
    /// What it does.
    pub role: Role,
    /// Who it is.
    pub address: Address,
    /// Its private key.
    pub dev_key: &'static str,
}

const fn of(role: Role, address: Address, dev_key: &'static str) -> DevAccount {
    DevAccount { role, address, dev_key }
}

/// The first accounts of the mnemonic "test test test ... junk".
pub(crate) const ACCOUNTS: [DevAccount; 12] = [
    of(
        Role::Deployer,
        address!("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"),
        "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
    ),
    of(
        Role::FeeRecipient,
        address!("0x70997970C51812dc3A010C7d01b50e0d17dc79C8"),
        "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
    ),
    of(
        Role::Sequencer,
        address!("0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"),
        "0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a",
    ),
    of(
        Role::Council,
        address!("0x90F79bf6EB2c4f870365E785982E1f101E93b906"),
        "0x7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6",
    ),
    of(
        Role::Council,
        address!("0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65"),
        "0x47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a",
    ),
    of(
        Role::Council,
        address!("0x9965507D1a55bcC2695C58ba16FB37d819B0A4dc"),
        "0x8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba",
    ),
    of(
        Role::Governance,
        address!("0x976EA74026E726554dB657fA54763abd0C3a0aa9"),
        "0x92db14e403b83dfe3df233f83dfa3a0d7096f21ca9b0d6d6b8d88b2b4ec1564e",
    ),
    of(
        Role::Governance,
        address!("0x14dC79964da2C08b23698B3D3cc7Ca32193d9955"),
        "0x4bbbf85ce3377467afe5d46f804f221813b2bb87f24d81f60f1fcdbf7cbf4356",
    ),
    of(
        Role::DevVoter,
        address!("0x23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f"),
        "0xdbda1821b80551c9d65939329250298aa3472ba22feea921c0cf5d620ea67b97",
    ),
    of(
        Role::Binder,
        address!("0xa0Ee7A142d267C1f36714E4a8F75612F20a79720"),
        "0x2a871d0798f97d79848a013d4936a73bf4cc922c825d33c1cf7073dff6d409c6",
    ),
    of(
        Role::User,
        address!("0xBcd4042DE499D14e55001CcbB24a551F3b954096"),
        "0xf214f2b2cd398c806f84e317254e0f0b801d0643303237d97a22a48e01628897",
    ),
    of(
        Role::User,
        address!("0x71bE63f3384f5fb98995898A86B02Fb2426c5788"),
        "0x701b615bbdfb9de65240bc28bd21bbc0d996645a3dd57e7b12bc2bdf6f192c82",
    ),
];

/// The first account of a role.
pub fn account(role: Role) -> &'static DevAccount {
    ACCOUNTS.iter().find(|account| account.role == role).unwrap_or(&ACCOUNTS[0])
}

#[cfg(test)]
mod tests {
    use tern_l1::Key;

    use super::*;

    #[test]
    fn each_key_is_its_account_s() {
        for account in ACCOUNTS {
            let key = Key::parse(account.dev_key, "the table").expect("it is a key");
            assert_eq!(key.address(), account.address);
        }
    }

    #[test]
    fn the_sequencer_is_who_the_dev_configuration_says() {
        let config = tern_deploy::Config::dev(31_337).expect("a development chain");
        assert_eq!(config.inbox.sequencer, account(Role::Sequencer).address);
        assert_eq!(config.chain.fee_recipient, account(Role::FeeRecipient).address);
    }
}
