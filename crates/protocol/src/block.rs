//! What derivation hands to an executor: everything that decides an L2 block, except
//! the parent, which is the block executed before it.

use alloc::vec::Vec;

use crate::{Address, Gwei, Hash, Timestamp};

/// A transaction that may enter a block, if it is valid where it lands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The signed transaction in its EIP-2718 form, as its sender gave it.
    pub raw: Vec<u8>,
    /// The gas paid for on L1 if the transaction was forced: one that wants more is
    /// skipped. `None` for the sequencer's own.
    pub forced_gas: Option<u64>,
}

/// ETH credited outside any transaction (EIP-4895). On a Tern chain, a deposit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Withdrawal {
    /// The deposit's index.
    pub index: u64,
    /// Always 0 on a Tern chain.
    pub validator_index: u64,
    /// Who receives it.
    pub address: Address,
    /// How much.
    pub amount: Gwei,
}

/// The exact inputs of one L2 block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockInputs {
    /// The block's time.
    pub timestamp: Timestamp,
    /// Its gas limit.
    pub gas_limit: u64,
    /// Who receives the priority fees.
    pub beneficiary: Address,
    /// The header's `mixHash`.
    pub prev_randao: Hash,
    /// The header's `extraData`.
    pub extra_data: Vec<u8>,
    /// The hash of the L1 block this L2 block can read (EIP-4788).
    pub parent_beacon_block_root: Hash,
    /// Deposits credited after the transactions.
    pub withdrawals: Vec<Withdrawal>,
    /// Transactions in the order in which they are tried.
    pub candidates: Vec<Candidate>,
}
