#![doc = include_str!("../README.md")]

mod anvil;
mod client;
mod error;
mod key;
mod send;

pub use alloy_eips::eip7594::BlobTransactionSidecarEip7594 as Sidecar;
pub use alloy_rpc_types_eth::{EIP1186AccountProofResponse, TransactionReceipt};
pub use anvil::{Anvil, AnvilError};
pub use client::{Header, L1};
pub use error::{Kind, L1Error};
pub use key::{Key, KeySource};
pub use send::{Call, Fees, MAX_GAS, sidecar};

/// Whether a chain id is one that people use for development only.
pub const fn is_development(chain_id: u64) -> bool {
    matches!(chain_id, 31_337 | 1_337 | 31_338)
}
