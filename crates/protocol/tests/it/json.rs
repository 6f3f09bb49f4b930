//! How the vectors are written.

use core::fmt::Debug;

use serde::{Deserialize, Deserializer, de::DeserializeOwned, de::Error};
use tern_protocol::{Address, BatchLimits, ChainId, Hash, RollupConfig};

/// Reads a file of vectors.
pub(crate) fn load<T: DeserializeOwned>(name: &str) -> T {
    let here = std::env::var("CARGO_MANIFEST_DIR").expect("cargo runs the tests");
    let path = format!("{here}/../../spec/vectors/{name}.json");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The name of an enum's variant.
pub(crate) fn kind(error: &impl Debug) -> String {
    let text = format!("{error:?}");
    text.chars().take_while(|char| char.is_alphanumeric()).collect()
}

/// Bytes as `0x…`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Bytes(#[serde(with = "tern_protocol::hex_bytes")] pub(crate) Vec<u8>);

/// A number as a decimal string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Number(pub(crate) u64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map(Self).map_err(D::Error::custom)
    }
}

/// The bounds of one batch.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Limits {
    blocks: u16,
    anchors: u8,
    blobs: u8,
    decoded_bytes: u32,
    transactions: u32,
    deposits: u16,
    forced: u16,
    forced_bytes: u32,
    forced_gas: Number,
}

impl From<Limits> for BatchLimits {
    fn from(limits: Limits) -> Self {
        Self {
            blocks: limits.blocks,
            anchors: limits.anchors,
            blobs: limits.blobs,
            decoded_bytes: limits.decoded_bytes,
            transactions: limits.transactions,
            deposits: limits.deposits,
            forced: limits.forced,
            forced_bytes: limits.forced_bytes,
            forced_gas: limits.forced_gas.0,
        }
    }
}

/// A configuration, limits beside the other fields.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Config {
    chain_id: Number,
    l1_chain_id: Number,
    inbox: Address,
    genesis_hash: Hash,
    gas_limit: Number,
    fee_recipient: Address,
    extra_data: Bytes,
    #[serde(flatten)]
    limits: Limits,
}

impl From<Config> for RollupConfig {
    fn from(config: Config) -> Self {
        Self {
            chain_id: ChainId(config.chain_id.0),
            l1_chain_id: ChainId(config.l1_chain_id.0),
            inbox: config.inbox,
            genesis_hash: config.genesis_hash,
            gas_limit: config.gas_limit.0,
            fee_recipient: config.fee_recipient,
            extra_data: config.extra_data.0,
            limits: config.limits.into(),
        }
    }
}
