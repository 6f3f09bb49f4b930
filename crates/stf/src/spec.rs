//! Which of Ethereum's rules a chain follows, and from when.

use core::fmt;

use tern_protocol::{Address, ChainId, Timestamp};

/// A set of Ethereum rules. Nothing before Paris, nothing after Prague.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fork {
    /// The merge.
    Paris,
    /// Withdrawals, PUSH0, warm coinbase, bounded initcode.
    Shanghai,
    /// Blobs, transient storage, beacon roots, MCOPY.
    Cancun,
    /// Set-code transactions, BLS precompiles, requests, historical hashes.
    Prague,
}

impl fmt::Display for Fork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// The blob market's numbers (EIP-7840).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlobParams {
    /// Blobs a block aims at.
    pub target: u64,
    /// Blobs a block may hold.
    pub max: u64,
    /// How fast the price follows demand.
    pub update_fraction: u64,
}

impl BlobParams {
    /// Cancun's schedule.
    pub const CANCUN: Self = Self { target: 3, max: 6, update_fraction: 3_338_477 };
    /// Prague's schedule (EIP-7691).
    pub const PRAGUE: Self = Self { target: 6, max: 9, update_fraction: 5_007_716 };
}

/// The rules of one chain. Paris holds from the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainSpec {
    /// The chain's id.
    pub chain_id: ChainId,
    /// When Shanghai begins, if it does.
    pub shanghai: Option<Timestamp>,
    /// When Cancun begins, if it does.
    pub cancun: Option<Timestamp>,
    /// When Prague begins, if it does.
    pub prague: Option<Timestamp>,
    /// Cancun's blob numbers.
    pub cancun_blobs: BlobParams,
    /// Prague's blob numbers.
    pub prague_blobs: BlobParams,
    /// The contract whose logs become deposit requests (EIP-6110).
    pub deposit_contract: Address,
}

impl ChainSpec {
    /// Ethereum's deposit contract.
    pub const MAINNET_DEPOSIT_CONTRACT: Address = Address([
        0x00, 0x00, 0x00, 0x00, 0x21, 0x9a, 0xb5, 0x40, 0x35, 0x6c, 0xbb, 0x83, 0x9c, 0xbe, 0x05,
        0x30, 0x3d, 0x77, 0x05, 0xfa,
    ]);

    /// What rollups have in its place: an address beside their own contracts, where nobody can put
    /// code. At Ethereum's, whoever made the contract there could make any code on another chain, and
    /// a log of it that is no deposit makes a block invalid for ever.
    pub const NO_DEPOSIT_CONTRACT: Address =
        Address([0x7e, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);

    /// The rules of every Tern chain: Prague's from the first block, and no deposit contract.
    pub const fn rollup(chain_id: ChainId) -> Self {
        let mut spec = Self::prague(chain_id);
        spec.deposit_contract = Self::NO_DEPOSIT_CONTRACT;
        spec
    }

    /// A chain that follows Ethereum's Prague from its first block.
    pub const fn prague(chain_id: ChainId) -> Self {
        Self {
            chain_id,
            shanghai: Some(Timestamp(0)),
            cancun: Some(Timestamp(0)),
            prague: Some(Timestamp(0)),
            cancun_blobs: BlobParams::CANCUN,
            prague_blobs: BlobParams::PRAGUE,
            deposit_contract: Self::MAINNET_DEPOSIT_CONTRACT,
        }
    }

    /// The rules that hold at a time.
    pub fn fork_at(&self, time: Timestamp) -> Fork {
        let reached = |start: Option<Timestamp>| start.is_some_and(|start| time >= start);
        if reached(self.prague) {
            Fork::Prague
        } else if reached(self.cancun) {
            Fork::Cancun
        } else if reached(self.shanghai) {
            Fork::Shanghai
        } else {
            Fork::Paris
        }
    }

    /// The blob numbers that hold at a time, once there are blobs.
    pub fn blobs_at(&self, time: Timestamp) -> Option<BlobParams> {
        match self.fork_at(time) {
            Fork::Paris | Fork::Shanghai => None,
            Fork::Cancun => Some(self.cancun_blobs),
            Fork::Prague => Some(self.prague_blobs),
        }
    }
}
