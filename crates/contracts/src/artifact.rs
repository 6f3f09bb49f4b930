//! Bytecode, as it was compiled.

use alloy_primitives::{B256, Bytes, keccak256};

use crate::abi;

/// A contract as it is compiled.
#[derive(Debug, Clone, Copy)]
pub struct Artifact {
    /// Its name, also that of its file in `artifacts/contracts`.
    pub name: &'static str,
    /// What creates it, without arguments.
    pub creation: &'static Bytes,
    /// What lies at its address, with zeros where its immutable values go.
    pub runtime: &'static Bytes,
    /// The file's whole text: ABI, places of immutable values, storage layout, compiler.
    pub json: &'static str,
}

impl Artifact {
    /// The name of its creation code.
    pub fn creation_hash(&self) -> B256 {
        keccak256(self.creation)
    }
}

macro_rules! artifacts {
    ($($name:ident),* $(,)?) => {
        /// Every contract that is deployed.
        pub const ALL: &[Artifact] = &[$(artifacts!(@one $name)),*];
    };
    (@one $name:ident) => { artifacts!(@in "", $name) };
    (@in $folder:literal, $name:ident) => {
        Artifact {
            name: stringify!($name),
            creation: &abi::$name::BYTECODE,
            runtime: &abi::$name::DEPLOYED_BYTECODE,
            json: include_str!(concat!(
                "../../../artifacts/contracts/", $folder, stringify!($name), ".json"
            )),
        }
    };
}

artifacts! {
    Token, Timelock, Governance, CouncilPowers, LaneRegistry, Inbox, Settlement,
    RollupFactory, Status, Bridge, Outbox, TokenBridge, AnchorCache,
    Safe, SafeProxyFactory, SafeProxy, CompatibilityFallbackHandler,
}

/// The lane of development chains, which believes whatever one key signs.
pub const DEV_LANE: Artifact = artifacts!(@in "dev/", DevLane);

/// The contracts of a rollup, in the order in which the factory counts them.
pub fn parts() -> &'static [Artifact] {
    &ALL[..7]
}

/// What the factory's constructor takes: the name of each part's creation code.
pub fn part_code_hashes() -> [B256; 7] {
    core::array::from_fn(|part| ALL[part].creation_hash())
}
