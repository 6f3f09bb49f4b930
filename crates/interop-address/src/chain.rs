//! Which chain.

use alloc::vec::Vec;
use core::fmt;

use crate::Error;

/// A family of chains, as CASA numbers them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChainType {
    /// EVM chains.
    Eip155,
    /// Bitcoin and its kin.
    Bip122,
    /// Solana.
    Solana,
    /// Starknet.
    Starknet,
    /// Another one. Of the numbers of those above, it is refused.
    Other(u16),
}

/// A chain, or all chains of a family where an address leaves the chain open.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChainRef {
    pub(crate) kind: ChainType,
    pub(crate) reference: Vec<u8>,
}

impl ChainType {
    /// The family of a number.
    pub const fn from_code(code: u16) -> Self {
        match code {
            0 => Self::Eip155,
            1 => Self::Bip122,
            2 => Self::Solana,
            3 => Self::Starknet,
            other => Self::Other(other),
        }
    }

    /// The number of a family.
    pub const fn code(self) -> u16 {
        match self {
            Self::Eip155 => 0,
            Self::Bip122 => 1,
            Self::Solana => 2,
            Self::Starknet => 3,
            Self::Other(code) => code,
        }
    }

    /// How long an account is, where it is known.
    pub(crate) const fn account_length(self) -> Option<usize> {
        match self {
            Self::Eip155 => Some(20),
            Self::Solana => Some(32),
            _ => None,
        }
    }
}

impl fmt::Display for ChainType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Eip155 => f.write_str("eip155"),
            Self::Bip122 => f.write_str("bip122"),
            Self::Solana => f.write_str("solana"),
            Self::Starknet => f.write_str("starknet"),
            Self::Other(code) => write!(f, "namespace {code:#06x}"),
        }
    }
}

impl ChainRef {
    /// An EVM chain. There is no chain 0.
    pub fn evm(chain_id: u64) -> Result<Self, Error> {
        let bytes = chain_id.to_be_bytes();
        let zeros = chain_id.leading_zeros() as usize / 8;
        // Zero is then one zero byte, which is refused with its reason.
        Self::new(ChainType::Eip155, bytes[zeros.min(7)..].to_vec())
    }

    /// A chain by its bytes; none stand for a chain left open.
    pub fn new(kind: ChainType, reference: Vec<u8>) -> Result<Self, Error> {
        // `Other(0)` would be a second name of an EVM chain.
        let kind = ChainType::from_code(kind.code());
        let rule = match (kind, reference.as_slice()) {
            (_, []) => None,
            (ChainType::Eip155, [0, ..]) => Some("a chain id has no leading zero, and is not zero"),
            (ChainType::Eip155, id) if id.len() > 32 => Some("a chain id has at most 32 bytes"),
            (ChainType::Solana, hash) if hash.len() != 32 => {
                Some("a Solana chain is called by the 32 bytes of its genesis hash")
            }
            (_, any) if any.len() > 255 => Some("at most 255 bytes fit"),
            _ => None,
        };
        match rule {
            Some(rule) => Err(Error::Reference { namespace: kind, reference, rule }),
            None => Ok(Self { kind, reference }),
        }
    }

    /// Its family.
    pub const fn kind(&self) -> ChainType {
        self.kind
    }

    /// Its bytes; empty if the chain is left open.
    pub fn reference(&self) -> &[u8] {
        &self.reference
    }

    /// The chain id, if it is an EVM chain and its id fits.
    pub fn evm_id(&self) -> Option<u64> {
        if self.kind != ChainType::Eip155 || self.reference.is_empty() || self.reference.len() > 8 {
            return None;
        }
        Some(self.reference.iter().fold(0, |id, byte| id << 8 | u64::from(*byte)))
    }
}
