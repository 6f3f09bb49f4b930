//! Why an action is not done.

use std::{io, path::PathBuf};

use alloy_primitives::{Address, B256};
use tern_interop_address::{Error as AddressError, InteropAddress};
use tern_l1::L1Error;
use tern_rollup::RollupError;

/// Why an action is not done: what happened, and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WalletError {
    /// A node could not be asked, or a transaction not be sent.
    #[error(transparent)]
    Node(#[from] L1Error),
    /// The rollup's description.
    #[error(transparent)]
    Rollup(#[from] RollupError),
    /// What should be an address.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// What should be an amount.
    #[error("{text:?} is not an amount ({rule}): write one like 0.5, 0.5ether, 20gwei or 7wei")]
    Amount {
        /// What was given.
        text: String,
        /// What is wrong with it.
        rule: &'static str,
    },
    /// Deposits are whole gwei.
    #[error("{0} is not a whole number of gwei, the unit of deposits: round it to nine decimals")]
    NotGwei(crate::Amount),
    /// The inbox takes no deposit as small, or as large.
    #[error("{got} is less than the inbox's least deposit: deposit {least} or more")]
    TooSmall {
        /// What was to be deposited.
        got: crate::Amount,
        /// The least.
        least: crate::Amount,
    },
    /// The address is on a chain that the command does not pay on.
    #[error(
        "{account} is on another chain than {what}, which is chain {want}: give an address there"
    )]
    OtherChain {
        /// The address.
        account: InteropAddress,
        /// What the address is for.
        what: &'static str,
        /// The chain it must be on.
        want: u64,
    },
    /// Something to connect to is not known.
    #[error("{what} is not known: give {option}, or --dir DIR of a running tern up ({dir} has no endpoints.json)", dir = dir.display())]
    NotGiven {
        /// What is missing.
        what: &'static str,
        /// How to give it.
        option: &'static str,
        /// Where it was looked for.
        dir: PathBuf,
    },
    /// A file of ours cannot be used.
    #[error("{path} cannot be used ({reason}): {fix}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
        /// What to do.
        fix: &'static str,
    },
    /// There is no inbox where the rollup says.
    #[error(
        "{host} has no contract at the rollup's inbox {inbox}: give the URL of the L1 that the rollup was deployed to, or its rollup.json of now"
    )]
    NoInbox {
        /// The L1 node.
        host: String,
        /// The inbox.
        inbox: Address,
    },
    /// The inbox is of another rollup, or the node is.
    #[error(
        "{host} knows a rollup with configuration {got}, not {want}: its rollup.json is of another deployment"
    )]
    OtherRollup {
        /// Who says so.
        host: String,
        /// Its configuration.
        got: B256,
        /// The file's.
        want: B256,
    },
    /// A contract refuses.
    #[error("{what} is refused: {reason}")]
    Refused {
        /// What was to be done.
        what: String,
        /// What the contract says.
        reason: String,
    },
    /// A contract or node answers something else than its interface says.
    #[error(
        "{what} answers with what its interface does not allow ({reason}): the contracts, or the node, are of another version"
    )]
    Answer {
        /// What was asked.
        what: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// A transaction has no withdrawal in it.
    #[error("transaction {0} sends no message to L1: give the L2 transaction of a withdrawal")]
    NoMessage(B256),
    /// Nobody knows the transaction.
    #[error(
        "the rollup does not know transaction {0}, and no journal in {1} holds it: check the hash"
    )]
    UnknownTransaction(B256, PathBuf),
    /// Another transaction took the nonce.
    #[error(
        "transaction {hash} can never be mined: another transaction of {account} took its nonce {nonce}; nothing was withdrawn by it"
    )]
    Replaced {
        /// The transaction.
        hash: B256,
        /// Who signed both.
        account: Address,
        /// Their nonce.
        nonce: u64,
    },
    /// No block took what was sent.
    #[error(
        "{what} was sent (transaction {hash}), but {why}: it may still be mined; look for it before you run this again, which would send another"
    )]
    Unseen {
        /// What was sent.
        what: String,
        /// The transaction.
        hash: B256,
        /// Why it is not known what came of it.
        why: String,
    },
    /// It is open what came of an earlier withdrawal.
    #[error(
        "withdrawal {hash} was signed before, and no block has it yet: go on with it (tern withdraw --resume {hash}), or add --another to withdraw a second time"
    )]
    Unfinished {
        /// Its L2 transaction.
        hash: B256,
    },
    /// A rollup's description names another contract than its inbox.
    #[error(
        "the rollup's description says that its {what} is {got}, but its inbox on L1 says {want}: give its true rollup.json with --rollup, and trust whoever gave this one with nothing"
    )]
    OtherContract {
        /// Which contract.
        what: &'static str,
        /// What the description says.
        got: Address,
        /// What the inbox says.
        want: Address,
    },
    /// The node knows no rollup.
    #[error(
        "{0} is no node of a rollup: check --l2, or name the chain in the address (0x…@eip155:ID) to send there all the same"
    )]
    NotARollup(String),
    /// The transaction ran and failed.
    #[error("{what} failed on L2 (transaction {hash}): nothing moved but the fee")]
    Failed {
        /// What it was.
        what: &'static str,
        /// The transaction.
        hash: B256,
    },
    /// What a transaction needs to know is not known without a node.
    #[error("without an L2 node, {0} must be given: add it, or --l2 URL")]
    Offline(&'static str),
    /// The node's proof is for another block than the claim's.
    #[error(
        "the node proves the message under a block that hashes to {got}, but the final block is {want}: the node is on another chain, give another with --l2"
    )]
    OtherBlock {
        /// What the header hashes to.
        got: B256,
        /// The claim's block.
        want: B256,
    },
    /// A message that L1 tried to carry out and could not.
    #[error(
        "L1 tried to carry out message {0} and the receiver refused (or ran out of gas): try again with --retry-gas GAS, or let the receiver call Bridge.redirect"
    )]
    CallFailed(u64),
}

impl WalletError {
    /// Whether asking again may help, where a node answered well before.
    pub fn passes(&self) -> bool {
        match self {
            // A method that it does not have is not a matter of time.
            Self::Node(L1Error::Refused { message, .. }) => {
                let said = message.to_lowercase();
                let missing = ["not found", "not exist", "not available", "not supported"];
                !(said.contains("method") && missing.iter().any(|words| said.contains(words)))
            }
            Self::Node(error) => error.passes(),
            _ => false,
        }
    }

    pub(crate) fn file(path: &std::path::Path, error: &io::Error, fix: &'static str) -> Self {
        Self::File { path: path.into(), reason: error.to_string(), fix }
    }
}
