//! What can go wrong between here and L1.

use std::path::PathBuf;

use alloy_primitives::{Address, B256, Bytes, U256};

use crate::{ether_down, ether_up, gwei};

/// What the caller can do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Try again later: nothing is known to be wrong.
    Retry,
    /// Read the chain again before deciding what to send.
    Reset,
    /// Somebody has to change something.
    Stop,
}

/// Why L1 could not be read, or a transaction not be sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum L1Error {
    /// The URL is not one.
    #[error(
        "{url:?} is not an address of the {role} ({reason}): give one like http://127.0.0.1:8545"
    )]
    Url {
        /// What kind of node was meant.
        role: String,
        /// What was given, without secrets.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Nobody answers there.
    #[error("no {role} answers at {host} ({reason}): check the URL and that the node runs")]
    Unreachable {
        /// What kind of node was meant.
        role: String,
        /// The node.
        host: String,
        /// What the network said.
        reason: String,
    },
    /// Somebody answers, but not as an Ethereum node does.
    #[error("{host} does not answer {method} as an Ethereum node does ({reason}): check the URL")]
    NotANode {
        /// The node.
        host: String,
        /// What was asked.
        method: String,
        /// What came back.
        reason: String,
    },
    /// The node refused a request.
    #[error("the {role} {host} refuses {method}: {message}")]
    Refused {
        /// What kind of node it is.
        role: String,
        /// The node.
        host: String,
        /// What was asked.
        method: String,
        /// What it said.
        message: String,
    },
    /// The node is on another chain.
    #[error(
        "{host} is on chain {got}, but chain {want} is expected: give the URL of a node of chain {want}"
    )]
    WrongChain {
        /// The node.
        host: String,
        /// Its chain id.
        got: u64,
        /// The expected one.
        want: u64,
    },
    /// A call reverted.
    #[error("{what} reverts: {}", reason(data))]
    Reverted {
        /// What was called.
        what: String,
        /// What the contract returned: an encoded error.
        data: Bytes,
    },
    /// A transaction was mined and failed.
    #[error(
        "{what} was mined and failed (transaction {hash}, {gas} gas): another transaction came first; run again to see the state now"
    )]
    Failed {
        /// What was sent.
        what: String,
        /// The transaction.
        hash: B256,
        /// Gas it used.
        gas: u64,
    },
    /// No block took a transaction in time.
    #[error(
        "{what} was sent (transaction {hash}) but no block took it in {seconds} s: it may still be mined; run again, what is there is not sent twice"
    )]
    Unseen {
        /// What was sent.
        what: String,
        /// The transaction.
        hash: B256,
        /// How long it was waited for.
        seconds: u64,
    },
    /// Transactions of the account from before are not mined yet.
    #[error(
        "{count} earlier transactions of {account} wait for a block since {seconds} s: wait for them or replace them, then run again"
    )]
    Pending {
        /// The account.
        account: Address,
        /// How many wait.
        count: u64,
        /// How long they were waited for.
        seconds: u64,
    },
    /// The account cannot pay.
    #[error("{account} has {}, but {what} may cost {}: send it at least {} more", ether_down(*have), ether_up(*need), ether_up(need.saturating_sub(*have)))]
    Funds {
        /// What was to be sent.
        what: String,
        /// The account.
        account: Address,
        /// Its balance.
        have: U256,
        /// What it needs.
        need: U256,
    },
    /// A transaction would need more gas than a block takes for one.
    #[error("{what} needs {gas} gas, more than the {limit} that a transaction may use")]
    TooMuchGas {
        /// What was to be sent.
        what: String,
        /// The estimate.
        gas: u64,
        /// The most a transaction may use.
        limit: u64,
    },
    /// A header does not hash to the hash the node gave.
    #[error(
        "the {node} says block {number} has hash {claimed}, but its header hashes to {computed}: the node is wrong or newer than this program"
    )]
    Header {
        /// What kind of node it is, and where: one text, since every error is as large as the largest.
        node: String,
        /// The block.
        number: u64,
        /// What the node says.
        claimed: B256,
        /// What the header hashes to.
        computed: B256,
    },
    /// There is no such block.
    #[error("the {role} {host} has no block {number}")]
    NoBlock {
        /// What kind of node it is.
        role: String,
        /// The node.
        host: String,
        /// The block.
        number: String,
    },
    /// Blobs cannot be committed to.
    #[error("cannot commit to {count} blobs: {reason}")]
    Blobs {
        /// How many.
        count: usize,
        /// Why not.
        reason: String,
    },
    /// A block from which logs were read is not part of the chain, nor is any block before it that
    /// is remembered.
    #[error(
        "L1 reorganised deeper than the {depth} blocks remembered (from block {number} on): start again from an older checkpoint"
    )]
    Reorged {
        /// The oldest block remembered.
        number: u64,
        /// How many are remembered.
        depth: usize,
    },
    /// Blobs are nowhere.
    #[error("{} of block {block} (the first is {}) cannot be had: {}; add a beacon node or another rollup node, or wait", count(*missing, "blob"), first, tried.join("; "))]
    BlobsMissing {
        /// The L1 block.
        block: u64,
        /// How many are missing.
        missing: usize,
        /// The versioned hash of the first that is missing.
        first: B256,
        /// The sources, each with what it said.
        tried: Vec<String>,
    },
    /// A file or a folder cannot be used.
    #[error("cannot {action} {path}: {reason}")]
    File {
        /// What was to be done.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The journal of a sender is not one that this program can use.
    #[error(
        "the journal {path} cannot be used ({reason}): stop whoever uses it, or move it away and wait until nothing of the account is pending"
    )]
    Journal {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// As many transactions wait for a block as may.
    #[error("{count} transactions of {account} wait for a block: wait for one of them")]
    Full {
        /// The account.
        account: Address,
        /// How many wait.
        count: usize,
    },
    /// Transactions of the other kind are not done yet.
    #[error(
        "{account} has pending transactions of the other kind, and L1 nodes take blob transactions and ordinary ones of an account only one kind at a time: wait for them"
    )]
    OtherKind {
        /// The account.
        account: Address,
    },
    /// Gas costs more than allowed.
    #[error("the {role} asks {} a unit of {unit} for {what}, but at most {} are allowed: wait, or allow more with --max-{}fee", gwei(*need), gwei(*cap), if *unit == "gas" { "" } else { "blob-" })]
    FeeCap {
        /// What kind of node it is.
        role: String,
        /// What was to be sent.
        what: String,
        /// `gas` or `blob gas`.
        unit: &'static str,
        /// What it costs, in wei.
        need: u128,
        /// The cap, in wei.
        cap: u128,
    },
    /// Somebody else sends with the same key.
    #[error(
        "another program sends from {account} with the same key (nonce {nonce} is not from here): stop it, or give each its own key"
    )]
    NonceTaken {
        /// The account.
        account: Address,
        /// A nonce that somebody else used.
        nonce: u64,
    },
    /// A key file cannot be read.
    #[error("cannot read the key file {path}: {source}")]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Others can read a key file.
    #[error("the key file {path} can be read by others (mode {mode:o}): run chmod 600 {path}")]
    KeyFileOpen {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// Something is not a key.
    #[error("{from} does not hold a private key: 64 hexadecimal digits are expected")]
    NotAKey {
        /// Where it came from.
        from: String,
    },
    /// A keystore does not open.
    #[error("the keystore {path} does not open: {reason}")]
    Keystore {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// There is no key.
    #[error("no key to send with: give --key-file FILE, --keystore FILE, or the variable {0}")]
    NoKey(&'static str),
    /// Signing failed.
    #[error("cannot sign {what}: {reason}")]
    Sign {
        /// What was to be signed.
        what: String,
        /// Why.
        reason: String,
    },
}

impl L1Error {
    /// Whether asking again may help where the node answered well before: one that restarts, is
    /// asked too often, or stands behind a proxy says for a while what would be lasting at the start.
    pub const fn passes(&self) -> bool {
        match self {
            Self::Refused { .. }
            | Self::NotANode { .. }
            | Self::NoBlock { .. }
            | Self::Header { .. } => true,
            _ => !matches!(self.kind(), Kind::Stop),
        }
    }

    /// What the caller can do about it.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Unreachable { .. }
            | Self::Pending { .. }
            | Self::BlobsMissing { .. }
            | Self::Full { .. }
            | Self::OtherKind { .. }
            | Self::FeeCap { .. } => Kind::Retry,
            Self::Failed { .. }
            | Self::Unseen { .. }
            | Self::NonceTaken { .. }
            | Self::Reverted { .. }
            | Self::Reorged { .. } => Kind::Reset,
            _ => Kind::Stop,
        }
    }
}

fn count(count: usize, thing: &str) -> String {
    if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") }
}

/// The reason in what a contract returned, as far as it can be read without its ABI.
fn reason(data: &Bytes) -> String {
    const ERROR: [u8; 4] = [0x08, 0xc3, 0x79, 0xa0];
    const PANIC: [u8; 4] = [0x4e, 0x48, 0x7b, 0x71];
    match data.get(..4) {
        None => "it gave no reason".into(),
        Some(selector) if selector == ERROR => {
            let length = data
                .get(36..68)
                .map_or(0, |word| U256::from_be_slice(word).saturating_to::<usize>());
            let text = data.get(68..68_usize.saturating_add(length)).unwrap_or_default();
            String::from_utf8_lossy(text).into_owned()
        }
        Some(selector) if selector == PANIC => {
            format!("a checked operation failed, code {}", data.last().copied().unwrap_or_default())
        }
        Some(_) => format!("error {data}"),
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::hex;

    use super::*;

    #[test]
    fn a_reverted_call_says_what_its_string_says() {
        let data = hex!(
            "08c379a0"
            "0000000000000000000000000000000000000000000000000000000000000020"
            "0000000000000000000000000000000000000000000000000000000000000005"
            "4753303133000000000000000000000000000000000000000000000000000000"
        );
        let error = L1Error::Reverted { what: "the call".into(), data: data.into() };
        assert_eq!(error.to_string(), "the call reverts: GS013");
    }

    #[test]
    fn an_error_names_the_node_that_was_asked_and_amounts_without_empty_digits() {
        let (role, host) = (String::from("rollup node"), String::from("http://b"));
        let error = L1Error::NoBlock { role: role.clone(), host, number: "5".into() };
        assert_eq!(error.to_string(), "the rollup node http://b has no block 5");
        let what = "the deposit".to_owned();
        let error = L1Error::FeeCap {
            role,
            what: what.clone(),
            unit: "gas",
            need: 712_500_000_000,
            cap: 500_000_000_000,
        };
        let says = "the rollup node asks 712.5 gwei a unit of gas for the deposit, but at most \
                    500 gwei are allowed: wait, or allow more with --max-fee";
        assert_eq!(error.to_string(), says);
        let (have, need) =
            (U256::from(1_300_000_000_000_000_u64), U256::from(2_000_000_000_000_000_u64));
        let error = L1Error::Funds { what, account: Address::ZERO, have, need };
        let says =
            "has 0.0013 ETH, but the deposit may cost 0.002 ETH: send it at least 0.0007 ETH more";
        assert!(error.to_string().ends_with(says), "{error}");
    }

    #[test]
    fn what_a_node_says_for_a_while_passes_and_what_somebody_has_to_change_does_not() {
        let (role, host, method) = (String::new(), String::new(), String::new());
        let (message, number) = (String::new(), String::new());
        let refused = L1Error::Refused { role: role.clone(), host: host.clone(), method, message };
        assert!(refused.passes() && refused.kind() == Kind::Stop);
        assert!(L1Error::NoBlock { role, host: host.clone(), number }.passes());
        assert!(!L1Error::WrongChain { host, got: 1, want: 2 }.passes());
    }

    #[test]
    fn broken_revert_data_is_no_panic() {
        for data in [&[][..], &[8], &hex!("08c379a0"), &hex!("08c379a0ffff"), &hex!("4e487b71")] {
            assert!(!reason(&Bytes::copy_from_slice(data)).is_empty() || data.len() >= 4);
        }
        let mut huge = hex!("08c379a0").to_vec();
        huge.extend([0xff; 64]);
        assert_eq!(reason(&huge.into()), "");
    }
}
