//! The tests' JSON, read as leniently as the numbers in it are written and no further.

use std::{collections::BTreeMap, fmt};

use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use tern_protocol::{Address, Hash, Word};
use tern_stf::GenesisAccount;

/// A file: test cases by name, each parsed only when its turn comes.
pub(crate) type CasesJson<'a> = BTreeMap<String, &'a RawValue>;

/// What decides whether a case is run at all.
#[derive(serde::Deserialize)]
pub(crate) struct HeadJson {
    pub(crate) network: Option<String>,
    pub(crate) blocks: Option<IgnoredAny>,
    #[serde(rename = "genesisBlockHeader")]
    pub(crate) genesis: Option<IgnoredAny>,
    #[serde(rename = "engineNewPayloads")]
    pub(crate) engine: Option<IgnoredAny>,
}

/// A block test.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CaseJson {
    pub(crate) network: String,
    pub(crate) config: Option<ConfigJson>,
    pub(crate) genesis_block_header: HeaderJson,
    pub(crate) pre: AccountsJson,
    pub(crate) blocks: Vec<BlockJson>,
    #[serde(rename = "lastblockhash")]
    pub(crate) last_block_hash: Hash,
    pub(crate) post_state: Option<AccountsJson>,
    pub(crate) post_state_hash: Option<Hash>,
}

/// What newer tests say about the chain.
#[derive(serde::Deserialize)]
pub(crate) struct ConfigJson {
    #[serde(rename = "chainid", alias = "chainId")]
    pub(crate) chain_id: Option<Quantity>,
    #[serde(rename = "blobSchedule")]
    pub(crate) blob_schedule: Option<BTreeMap<String, BlobScheduleJson>>,
}

/// One fork's blob numbers.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BlobScheduleJson {
    pub(crate) target: Quantity,
    pub(crate) max: Quantity,
    pub(crate) base_fee_update_fraction: Quantity,
}

/// A header, field by field.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HeaderJson {
    pub(crate) hash: Hash,
    pub(crate) parent_hash: Hash,
    pub(crate) uncle_hash: Hash,
    pub(crate) coinbase: Address,
    pub(crate) state_root: Hash,
    pub(crate) transactions_trie: Hash,
    pub(crate) receipt_trie: Hash,
    pub(crate) bloom: Bytes,
    pub(crate) difficulty: WordJson,
    pub(crate) number: Quantity,
    pub(crate) gas_limit: Quantity,
    pub(crate) gas_used: Quantity,
    pub(crate) timestamp: Quantity,
    pub(crate) extra_data: Bytes,
    pub(crate) mix_hash: Hash,
    pub(crate) nonce: Bytes,
    pub(crate) base_fee_per_gas: Quantity,
    pub(crate) withdrawals_root: Option<Hash>,
    pub(crate) blob_gas_used: Option<Quantity>,
    pub(crate) excess_blob_gas: Option<Quantity>,
    pub(crate) parent_beacon_block_root: Option<Hash>,
    pub(crate) requests_hash: Option<Hash>,
}

/// Accounts by address.
#[derive(serde::Deserialize)]
#[serde(transparent)]
pub(crate) struct AccountsJson(BTreeMap<Address, AccountJson>);

#[derive(serde::Deserialize)]
struct AccountJson {
    nonce: Quantity,
    balance: WordJson,
    code: Bytes,
    #[serde(default)]
    storage: BTreeMap<WordJson, WordJson>,
}

impl AccountsJson {
    pub(crate) fn into_accounts(self) -> Vec<GenesisAccount> {
        let account = |(address, account): (Address, AccountJson)| GenesisAccount {
            address,
            nonce: account.nonce.0,
            balance: account.balance.0,
            code: account.code.0,
            storage: account.storage.into_iter().map(|(slot, value)| (slot.0, value.0)).collect(),
        };
        self.0.into_iter().map(account).collect()
    }
}

/// A block and what must become of it.
pub(crate) struct BlockJson {
    pub(crate) rlp: Bytes,
    pub(crate) header: Option<Box<HeaderJson>>,
    /// What follows `expectException` in a key, with the exception it names.
    pub(crate) exceptions: Vec<(String, String)>,
}

impl<'de> Deserialize<'de> for BlockJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(BlockVisitor)
    }
}

/// By hand, because the exceptions' keys are open-ended and everything else is skipped
/// without being stored.
struct BlockVisitor;

impl<'de> Visitor<'de> for BlockVisitor {
    type Value = BlockJson;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a block")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<BlockJson, A::Error> {
        let (mut rlp, mut header, mut exceptions) = (None, None, Vec::new());
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "rlp" => rlp = Some(map.next_value()?),
                "blockHeader" => header = map.next_value()?,
                other => match other.strip_prefix("expectException") {
                    Some(suffix) => exceptions.push((suffix.to_owned(), map.next_value()?)),
                    None => {
                        map.next_value::<IgnoredAny>()?;
                    }
                },
            }
        }
        let rlp = rlp.ok_or_else(|| A::Error::missing_field("rlp"))?;
        Ok(BlockJson { rlp, header, exceptions })
    }
}

/// Bytes in hexadecimal, always with `0x` and an even number of digits.
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let digits = text.strip_prefix("0x").unwrap_or(&text);
        hex::decode(digits)
            .map(Self)
            .map_err(|error| D::Error::custom(format!("{text:.40}: {error}")))
    }
}

/// A number of at most 64 bits, as `0x`, `0x0`, `0x01` or `0x1`.
#[derive(Clone, Copy)]
pub(crate) struct Quantity(pub(crate) u64);

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = WordJson::deserialize(deserializer)?.0;
        let (high, low) = word.0.split_at(24);
        match <[u8; 8]>::try_from(low) {
            Ok(low) if high.iter().all(|byte| *byte == 0) => Ok(Self(u64::from_be_bytes(low))),
            _ => Err(D::Error::custom(format!("{word} does not fit 64 bits"))),
        }
    }
}

/// A number of at most 256 bits, with or without leading zeros.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct WordJson(pub(crate) Word);

impl<'de> Deserialize<'de> for WordJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let digits = text.strip_prefix("0x").unwrap_or(&text);
        if digits.len() > 64 {
            return Err(D::Error::custom(format!("{text:.80} does not fit 256 bits")));
        }
        format!("{digits:0>64}")
            .parse()
            .map(Self)
            .map_err(|_| D::Error::custom(format!("{text:?} is not a hexadecimal number")))
    }
}
