#![doc = include_str!("../README.md")]

mod account;
mod amount;
mod chains;
mod claims;
mod deposit;
mod error;
mod force;
mod initiate;
mod journal;
mod raw;
mod send;
mod status;
mod view;
mod wait;
mod withdraw;
pub mod withdrawal;

pub use account::Account;
pub use amount::{Amount, parse as parse_amount, parse_fee};
pub use chains::{Chains, Sources};
pub use deposit::{Credited, Deposited, deposit};
pub use error::WalletError;
pub use force::{Fate, Force, Forced, force};
pub use initiate::initiate;
pub use journal::{Entry, Journal, Kept};
pub use send::{Sent, send};
pub use status::{AccountRow, ClaimRow, Status, WithdrawalRow, status};
pub use withdraw::{Ends, Following, Paid, resume};

/// Calldata.
pub use alloy_primitives::Bytes as Data;
/// The hash of a transaction.
pub use alloy_primitives::TxHash;

/// What an action tells while it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// This is done.
    Done(String),
    /// It waits for this.
    Waits(String),
}

/// Who is told.
pub type Watch<'a> = &'a mut dyn FnMut(Event);
