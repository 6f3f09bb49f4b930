#![doc = include_str!("../README.md")]

mod anvil;
mod blobs;
mod client;
mod cursor;
mod error;
mod ether;
mod key;
mod prices;
mod raw;
mod send;
mod sender;
mod sidecars;

pub use alloy_eips::{eip4844::Blob, eip7594::BlobTransactionSidecarEip7594 as Sidecar};
pub use alloy_rpc_types_eth::{EIP1186AccountProofResponse, TransactionReceipt};
pub use anvil::{Anvil, AnvilError, AnvilOptions};
pub use blobs::{Archive, BlobBlock, BlobSource, Blobs, versioned_hash};
pub use client::{Header, L1};
pub use cursor::{BlockId, Cursor, CursorOptions, L1Block, L1Log, Step};
pub use error::{Kind, L1Error};
pub use ether::{ether, ether_down, ether_up, gwei};
pub use key::{Key, KeySource};
pub use prices::{BlobSchedule, Prices};
pub use raw::Verdict;
pub use send::{Call, Fees, MAX_FEE, MAX_GAS};
pub use sender::{Outcome, Sender, SenderOptions, TransactionKind, Waiting};
pub use sidecars::{MAX_BLOBS, sidecar, sidecar_parallel};

/// Whether a chain id is one that people use for development only.
pub const fn is_development(chain_id: u64) -> bool {
    matches!(chain_id, 31_337 | 1_337 | 31_338)
}
