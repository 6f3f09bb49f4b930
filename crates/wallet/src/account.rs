//! Accounts as users give them.

use std::str::FromStr;

use alloy_primitives::Address;
use tern_interop_address::{Error, InteropAddress};

use crate::WalletError;

/// An account of an Ethereum chain, with or without its chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    /// The account.
    pub address: Address,
    /// Its chain, if it was said.
    pub chain: Option<u64>,
}

impl FromStr for Account {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        // Any chain gives a plain address the checks of one that names its chain.
        let is_plain = text.len() == 42 && !text.contains('@');
        let full = if is_plain { format!("{text}@eip155:1") } else { text.into() };
        let parsed: InteropAddress = full.parse()?;
        let wrong = |rule| Error::Text { text: text.into(), rule };
        let account = parsed.evm_account().ok_or_else(|| wrong("it names no Ethereum account"))?;
        let chain = parsed.chain().evm_id();
        if chain.is_none() && !parsed.chain().reference().is_empty() {
            return Err(wrong("no rollup has so large a chain id"));
        }
        Ok(Self { address: account.into(), chain: if is_plain { None } else { chain } })
    }
}

impl Account {
    /// The address, unless it is on another chain than `want`.
    pub fn on(self, want: u64, what: &'static str) -> Result<Address, WalletError> {
        match self.chain {
            Some(chain) if chain != want => {
                Err(WalletError::OtherChain { account: interop(chain, self.address)?, what, want })
            }
            _ => Ok(self.address),
        }
    }
}

/// The address with its chain.
pub(crate) fn interop(chain: u64, address: Address) -> Result<InteropAddress, WalletError> {
    Ok(InteropAddress::evm(chain, address.into_array())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &str = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";

    #[test]
    fn an_account_of_another_chain_is_refused() {
        let plain: Account = PLAIN.parse().expect("an account");
        assert!(plain.on(1, "a deposit").is_ok() && plain.on(7_357, "a deposit").is_ok());
        let there: Account = format!("{PLAIN}@eip155:7357").parse().expect("an account");
        assert_eq!(there.on(7_357, "a deposit").expect("it fits"), plain.address);
        let error = there.on(1, "a deposit").expect_err("another chain").to_string();
        assert!(error.contains("@eip155:7357#") && error.contains("chain 1"), "{error}");
    }

    #[test]
    fn a_mistyped_account_is_refused() {
        for text in [
            &PLAIN.replace("2266", "2267"),
            &PLAIN[..41],
            "alice.eth",
            "@eip155:7357",
            &format!("{PLAIN}@base"),
        ] {
            assert!(text.parse::<Account>().is_err(), "{text}");
        }
    }
}
