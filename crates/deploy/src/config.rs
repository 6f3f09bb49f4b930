//! The configuration file.

use std::path::Path;

use alloy_primitives::{Address, B256, Bytes};
use serde::{Deserialize, Deserializer, de::Error as _};

use crate::{
    DeployError,
    units::{Seconds, Tokens, Wei},
};

/// A complete example with comments. Its rollup settles on a development chain.
pub const EXAMPLE: &str = include_str!("example.toml");

const DEV: &str = include_str!("dev.toml");

/// Everything about a rollup that its operator decides.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Config {
    /// Tells apart two rollups that are otherwise equal.
    #[serde(default)]
    pub salt: B256,
    /// The chain it settles on.
    pub l1: L1Section,
    /// What decides its blocks.
    pub chain: ChainSection,
    /// What its block 0 holds, if it is to be made.
    #[serde(default)]
    pub genesis: Option<GenesisSection>,
    /// How batches get in.
    pub inbox: InboxSection,
    /// What a proposal costs and how long it must stand, at the start.
    pub proposals: ProposalSection,
    /// Delays, fixed for ever.
    pub delays: DelaySection,
    /// The first versions of the lanes.
    #[serde(default)]
    pub lanes: LaneSection,
    /// Who is the council.
    pub council: CouncilSection,
    /// Who governs and how slowly.
    pub governance: GovernanceSection,
}

/// The chain a rollup settles on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct L1Section {
    /// Its chain id.
    pub chain_id: u64,
}

/// What decides a rollup's blocks.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "as in spec/config.md")]
pub struct ChainSection {
    pub chain_id: u64,
    /// Only of a block 0 that exists already; else it is made from the section `genesis`.
    #[serde(default)]
    pub genesis_hash: Option<B256>,
    pub gas_limit: u64,
    #[serde(deserialize_with = "account")]
    pub fee_recipient: Address,
    #[serde(default)]
    pub extra_data: Bytes,
    pub limits: LimitSection,
}

/// What a rollup's block 0 holds besides the contracts that every one holds.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GenesisSection {
    /// Who tells the L2 token bridge, once, which inbox on L1 is the chain's.
    #[serde(deserialize_with = "account")]
    pub binder: Address,
    /// Accounts that have ETH which nobody deposited: development chains only.
    #[serde(default)]
    pub accounts: Vec<Funded>,
}

/// An account that has ETH from the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Funded {
    /// Who.
    #[serde(deserialize_with = "account")]
    pub address: Address,
    /// How much.
    pub balance: Wei,
}

/// The bounds of one batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "as in spec/config.md")]
pub struct LimitSection {
    pub blocks: u16,
    pub anchors: u8,
    pub blobs: u8,
    pub decoded_bytes: u32,
    pub transactions: u32,
    pub deposits: u16,
    pub forced: u16,
    pub forced_bytes: u32,
    pub forced_gas: u64,
}

/// How batches get in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "explained in the example")]
pub struct InboxSection {
    #[serde(deserialize_with = "account")]
    pub sequencer: Address,
    pub silence: Seconds,
    pub forced_wait: Seconds,
    pub max_anchor_age: u16,
    pub max_forced_size: u32,
    pub forced_fee: Wei,
    pub min_deposit: Wei,
}

/// What a proposal costs and how long it must stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "explained in the example")]
pub struct ProposalSection {
    pub proposer_bond: Wei,
    pub challenger_bond: Wei,
    pub window: Seconds,
    pub min_window: Seconds,
    pub max_window: Seconds,
    pub min_bond: Wei,
    pub max_bond: Wei,
}

/// Delays, fixed for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "explained in the example")]
pub struct DelaySection {
    pub notice: Seconds,
    pub lapse: Seconds,
    pub stall_after: Seconds,
    pub stall_max: Seconds,
    pub emergency_window: Seconds,
    pub probation: Seconds,
    pub heartbeat: Seconds,
    pub retire_streak: Seconds,
    pub longest_game: Seconds,
    pub bridge_delay: Seconds,
}

/// The first versions of the lanes; what is left out is an empty seat.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "explained in the example")]
pub struct LaneSection {
    #[serde(default, deserialize_with = "account")]
    pub zk: Address,
    #[serde(default, deserialize_with = "account")]
    pub tee: Address,
    #[serde(default, deserialize_with = "account")]
    pub op: Address,
    #[serde(default, deserialize_with = "account")]
    pub zk2: Address,
    /// On development chains: ZK and TEE are `DevLane`s that believe whatever this account signs.
    #[serde(default, deserialize_with = "some_account")]
    pub dev_attestor: Option<Address>,
}

/// Who is the council: a Safe of these owners, or one that exists.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CouncilSection {
    /// Its members.
    #[serde(deserialize_with = "accounts")]
    pub owners: Vec<Address>,
    /// How many of them must sign.
    pub threshold: u16,
    /// The Safe, if it exists already.
    #[serde(default, deserialize_with = "some_account")]
    pub safe: Option<Address>,
}

/// Who governs and how slowly.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "explained in the example")]
pub struct GovernanceSection {
    pub timelock_delay: Seconds,
    pub voting_delay: Seconds,
    pub voting_period: Seconds,
    pub proposal_threshold: Tokens,
    pub quorum_percent: u8,
    pub holders: Vec<Holder>,
}

/// Who receives how much of the governance token at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Holder {
    /// Who.
    #[serde(deserialize_with = "account")]
    pub address: Address,
    /// How much.
    pub amount: Tokens,
}

impl Config {
    /// Reads a file, strictly.
    pub fn load(path: &Path) -> Result<Self, DeployError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| DeployError::ConfigFile { path: path.into(), source })?;
        Self::parse(&text, &path.display().to_string())
    }

    /// Reads text, strictly; `name` is what errors call it.
    pub fn parse(text: &str, name: &str) -> Result<Self, DeployError> {
        toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start.min(text.len()));
            let line = text[..at].matches('\n').count();
            DeployError::ConfigSyntax {
                name: name.into(),
                line: line + 1,
                text: text.lines().nth(line).unwrap_or_default().trim().into(),
                message: error.message().lines().next().unwrap_or_default().into(),
            }
        })
    }

    /// The same with the block 0 that it settles, whoever made it.
    #[must_use]
    pub const fn with_genesis(mut self, hash: B256) -> Self {
        self.chain.genesis_hash = Some(hash);
        self
    }

    /// What `--dev` uses: delays short enough to watch.
    pub fn dev(l1_chain_id: u64) -> Result<Self, DeployError> {
        if !tern_l1::is_development(l1_chain_id) {
            return Err(DeployError::NotDevelopment { chain_id: l1_chain_id });
        }
        let mut config = Self::parse(DEV, "the dev configuration")?;
        config.l1.chain_id = l1_chain_id;
        Ok(config)
    }
}

/// An address; with letters of both cases their case is its checksum.
fn parse_account(text: &str) -> Result<Address, String> {
    let address: Address =
        text.parse().map_err(|_| format!("{text:?} is not an address: 0x and 40 digits"))?;
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let mixed = digits.bytes().any(|byte| byte.is_ascii_lowercase())
        && digits.bytes().any(|byte| byte.is_ascii_uppercase());
    let right = address.to_checksum(None);
    if mixed && right.strip_prefix("0x") != Some(digits) {
        return Err(format!("{text} has a wrong digit, or is {right}: check it, then write it so"));
    }
    Ok(address)
}

fn account<'de, D: Deserializer<'de>>(input: D) -> Result<Address, D::Error> {
    parse_account(&String::deserialize(input)?).map_err(D::Error::custom)
}

fn some_account<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Address>, D::Error> {
    account(input).map(Some)
}

fn accounts<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<Address>, D::Error> {
    let list = Vec::<String>::deserialize(input)?;
    list.iter().map(|text| parse_account(text).map_err(D::Error::custom)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(from: &str, to: &str) -> String {
        assert!(EXAMPLE.contains(from), "the example has {from}");
        let text = EXAMPLE.replacen(from, to, 1);
        Config::parse(&text, "c.toml").expect_err("it is wrong").to_string()
    }

    #[test]
    fn the_example_reads() {
        Config::parse(EXAMPLE, "example").expect("it is right");
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line_and_what_is_allowed() {
        for (from, to, says) in [
            ("silence =", "silense =", "silense"),
            ("window = \"7 days\"", "window = 7", "\"7 days\""),
            ("threshold = 2", "threshold = -2", "-2"),
            ("sequencer = \"0x", "sequencer = \"0y", "40 digits"),
            ("forcedFee =", "# forcedFee =", "forcedFee"),
        ] {
            let error = refusal(from, to);
            assert!(error.contains(says) && error.contains("c.toml, line "), "{error}");
            assert!(!error.contains('\n'), "one sentence: {error}");
        }
    }

    #[test]
    fn a_mistyped_address_is_refused() {
        let right = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
        assert!(parse_account(right).is_ok());
        assert!(parse_account(&right.to_lowercase()).is_ok());
        assert!(parse_account("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92267").is_err());
    }

    #[test]
    fn short_delays_for_development_stay_on_development_chains() {
        assert!(Config::dev(31_337).is_ok());
        for chain_id in [1, 11_155_111] {
            let error = Config::dev(chain_id).expect_err("no development chain").to_string();
            assert!(error.contains("--config"), "{error}");
        }
    }
}
