//! What is fixed for a rollup from its first day.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::{Address, ChainId, ConfigHash, Hash, packed::Packed};

/// Everything that decides what a rollup's blocks are. Its hash is in every claim, so
/// two rollups, or two opinions about one, can never share a proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RollupConfig {
    /// The rollup's chain id.
    pub chain_id: ChainId,
    /// The chain it settles on.
    pub l1_chain_id: ChainId,
    /// Its inbox on L1.
    pub inbox: Address,
    /// The hash of its block 0.
    pub genesis_hash: Hash,
    /// Every block's gas limit.
    pub gas_limit: u64,
    /// Who receives priority fees.
    pub fee_recipient: Address,
    /// Every block's `extraData`.
    #[serde(with = "crate::hex_bytes")]
    pub extra_data: Vec<u8>,
    /// The bounds of one batch.
    pub limits: BatchLimits,
}

/// Bounds of one batch, chosen so that each lane's program succeeds on every input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BatchLimits {
    /// Blocks.
    pub blocks: u16,
    /// L1 blocks it may be anchored to.
    pub anchors: u8,
    /// Blobs of one submission.
    pub blobs: u8,
    /// Bytes of the data after its codec is undone.
    pub decoded_bytes: u32,
    /// Transactions in the data.
    pub transactions: u32,
    /// Deposits it may consume.
    pub deposits: u16,
    /// Forced transactions it may consume.
    pub forced: u16,
    /// Bytes of all forced transactions it consumes.
    pub forced_bytes: u32,
    /// Gas one forced transaction may ask for: below half a block's, so that blocks of
    /// forced transactions are never mostly empty.
    pub forced_gas: u64,
}

/// A configuration that no chain can follow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// `extraData` is longer than a header takes.
    #[error("extraData has {0} bytes, but a block header takes 32 at most")]
    ExtraData(usize),
    /// The gas limit is outside what Ethereum allows.
    #[error("gasLimit is {0}, but must be between 5000 and 2^63 - 1")]
    GasLimit(u64),
    /// One forced transaction could fill more than half a block.
    #[error("limits.forcedGas is {got}, but must be between 21000 and {limit}, half a block")]
    ForcedGas {
        /// The value.
        got: u64,
        /// The most it may be.
        limit: u64,
    },
    /// A limit is zero that must not be.
    #[error("limits.{0} is 0: no batch could be submitted")]
    Zero(&'static str),
    /// L1 and L2 have the same chain id, so a transaction of one could be replayed on the other.
    #[error("chainId and l1ChainId are both {0}: transactions could be replayed between them")]
    SameChain(ChainId),
}

impl RollupConfig {
    /// The bytes that are hashed; `spec/config.md` describes them.
    pub fn encode(&self) -> Vec<u8> {
        let limits = &self.limits;
        Packed::default()
            .u64(self.chain_id.0)
            .u64(self.l1_chain_id.0)
            .address(&self.inbox)
            .hash(&self.genesis_hash)
            .u64(self.gas_limit)
            .address(&self.fee_recipient)
            .u16(limits.blocks)
            .u8(limits.anchors)
            .u8(limits.blobs)
            .u32(limits.decoded_bytes)
            .u32(limits.transactions)
            .u16(limits.deposits)
            .u16(limits.forced)
            .u32(limits.forced_bytes)
            .u64(limits.forced_gas)
            .u8(self.extra_data.len().min(255) as u8)
            .bytes(&self.extra_data)
            .finish()
    }

    /// The configuration's name in every claim.
    pub fn hash(&self) -> ConfigHash {
        ConfigHash(Packed::tagged("tern.config.v1").bytes(&self.encode()).keccak())
    }

    /// Refuses what no chain can follow.
    pub fn check(&self) -> Result<(), ConfigError> {
        let limits = &self.limits;
        if self.extra_data.len() > 32 {
            return Err(ConfigError::ExtraData(self.extra_data.len()));
        }
        if !(5_000..=i64::MAX as u64).contains(&self.gas_limit) {
            return Err(ConfigError::GasLimit(self.gas_limit));
        }
        let half = self.gas_limit / 2;
        if !(21_000..=half).contains(&limits.forced_gas) {
            return Err(ConfigError::ForcedGas { got: limits.forced_gas, limit: half });
        }
        if self.chain_id == self.l1_chain_id {
            return Err(ConfigError::SameChain(self.chain_id));
        }
        let bounds = [
            ("blocks", u64::from(limits.blocks)),
            ("anchors", limits.anchors.into()),
            ("blobs", limits.blobs.into()),
            ("decodedBytes", limits.decoded_bytes.into()),
            ("transactions", limits.transactions.into()),
            ("deposits", limits.deposits.into()),
            ("forced", limits.forced.into()),
            ("forcedBytes", limits.forced_bytes.into()),
        ];
        match bounds.iter().find(|(_, value)| *value == 0) {
            Some((name, _)) => Err(ConfigError::Zero(name)),
            None => Ok(()),
        }
    }
}
