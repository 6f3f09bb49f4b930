//! Block 0: what a rollup begins with.

use std::{collections::BTreeMap, fs, io, path::Path};

use alloy_consensus::{
    Header,
    constants::{EMPTY_ROOT_HASH, EMPTY_WITHDRAWALS},
};
use alloy_eips::eip7685::EMPTY_REQUESTS_HASH;
use alloy_primitives::{Address, B64, B256, Bytes, U64, U256};
use alloy_sol_types::SolValue;
use serde::{Deserialize, Serialize};
use tern_protocol::{ChainId, Word};
use tern_rollup::predeploys;
use tern_stf::{ChainSpec, Executor, GenesisAccount};
use tern_stf_revm::RevmExecutor;

use crate::{Config, DeployError, code::artifact, construct::construct, plan::bridge_address};

/// Where messages to L1 are written.
pub const OUTBOX: Address = Address::new(predeploys::OUTBOX.0);
/// Where tokens of L1 are claimed.
pub const TOKEN_BRIDGE: Address = Address::new(predeploys::TOKEN_BRIDGE.0);
/// Where state roots of L1 are kept.
pub const ANCHOR_CACHE: Address = Address::new(predeploys::ANCHOR_CACHE.0);

const GWEI: u64 = 1_000_000_000;

/// A rollup's block 0 in geth's form. Execution clients read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "as in Ethereum's header, or explained")]
pub struct Genesis {
    /// The chain's rules: Prague from the start.
    pub config: ChainRules,
    pub nonce: U64,
    pub timestamp: U64,
    pub extra_data: Bytes,
    pub gas_limit: U64,
    pub difficulty: U256,
    pub mix_hash: B256,
    pub coinbase: Address,
    pub number: U64,
    pub gas_used: U64,
    pub parent_hash: B256,
    pub base_fee_per_gas: U64,
    pub blob_gas_used: U64,
    pub excess_blob_gas: U64,
    /// Who and what exists before the first block.
    pub alloc: BTreeMap<Address, Account>,
}

/// From when which of Ethereum's rules hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "each is a block number or a time from which a fork's rules hold")]
pub struct ChainRules {
    pub chain_id: u64,
    pub homestead_block: u64,
    pub eip150_block: u64,
    pub eip155_block: u64,
    pub eip158_block: u64,
    pub byzantium_block: u64,
    pub constantinople_block: u64,
    pub petersburg_block: u64,
    pub istanbul_block: u64,
    pub berlin_block: u64,
    pub london_block: u64,
    pub merge_netsplit_block: u64,
    pub terminal_total_difficulty: u64,
    pub terminal_total_difficulty_passed: bool,
    pub shanghai_time: u64,
    pub cancun_time: u64,
    pub prague_time: u64,
    /// The contract whose logs become deposit requests (EIP-6110); no rollup has it.
    pub deposit_contract_address: Address,
    /// The blob market's numbers, fork by fork (EIP-7840).
    pub blob_schedule: BTreeMap<String, BlobNumbers>,
}

/// One fork's blob market.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "as in EIP-7840")]
pub struct BlobNumbers {
    pub target: u64,
    pub max: u64,
    pub base_fee_update_fraction: u64,
}

/// An account that exists before the first block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "as in Ethereum's state")]
pub struct Account {
    pub balance: U256,
    #[serde(default)]
    pub nonce: U64,
    #[serde(default, skip_serializing_if = "<[u8]>::is_empty")]
    pub code: Bytes,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub storage: BTreeMap<B256, B256>,
}

impl Genesis {
    /// The block 0 that a configuration asks for, of this time: that of an L1 block before the
    /// deployment.
    pub fn new(config: &Config, timestamp: u64) -> Result<Self, DeployError> {
        let Some(section) = &config.genesis else { return Err(DeployError::NoGenesis) };
        let (l1_chain_id, bridge) = (config.l1.chain_id, bridge_address()?);
        let mut alloc = system_contracts();
        let outbox = (l1_chain_id, bridge).abi_encode_params();
        let token_bridge = (l1_chain_id, bridge, section.binder).abi_encode_params();
        for (at, name, arguments) in [
            (OUTBOX, "Outbox", outbox),
            (TOKEN_BRIDGE, "TokenBridge", token_bridge),
            (ANCHOR_CACHE, "AnchorCache", vec![]),
        ] {
            let made = construct(artifact(name)?, &arguments, at, config.chain.chain_id)?;
            let account = Account {
                balance: U256::ZERO,
                nonce: U64::ONE,
                code: made.code,
                storage: made.storage,
            };
            alloc.insert(at, account);
        }
        for funded in &section.accounts {
            let account = Account {
                balance: funded.balance.0,
                nonce: U64::ZERO,
                code: Bytes::new(),
                storage: BTreeMap::new(),
            };
            if alloc.insert(funded.address, account).is_some() {
                let address = funded.address;
                let reason = format!(
                    "genesis.accounts has {address}, which is there already: twice in the list, \
                     or one of the contracts that every rollup begins with"
                );
                return Err(DeployError::Genesis { reason });
            }
        }
        let genesis = Self {
            config: rules(config.chain.chain_id),
            nonce: U64::ZERO,
            timestamp: U64::from(timestamp),
            extra_data: config.chain.extra_data.clone(),
            gas_limit: U64::from(config.chain.gas_limit),
            difficulty: U256::ZERO,
            mix_hash: B256::ZERO,
            coinbase: Address::ZERO,
            number: U64::ZERO,
            gas_used: U64::ZERO,
            parent_hash: B256::ZERO,
            base_fee_per_gas: U64::from(GWEI),
            blob_gas_used: U64::ZERO,
            excess_blob_gas: U64::ZERO,
            alloc,
        };
        let spec = ChainSpec::rollup(ChainId(config.chain.chain_id));
        tern_stf::check_genesis_accounts(&spec, &genesis.accounts())
            .map_err(|error| DeployError::Genesis { reason: error.to_string() })?;
        Ok(genesis)
    }

    /// The accounts, as executors take them.
    pub fn accounts(&self) -> Vec<GenesisAccount> {
        let word = |value: &B256| Word(value.0);
        self.alloc
            .iter()
            .map(|(address, account)| GenesisAccount {
                address: tern_protocol::Address(address.into_array()),
                nonce: account.nonce.to(),
                balance: Word(account.balance.to_be_bytes()),
                code: account.code.to_vec(),
                storage: account.storage.iter().map(|(slot, v)| (word(slot), word(v))).collect(),
            })
            .collect()
    }

    /// The block's header.
    pub fn header(&self) -> Result<Header, DeployError> {
        let state = RevmExecutor
            .genesis_state(&self.accounts())
            .map_err(|error| DeployError::Genesis { reason: error.to_string() })?;
        Ok(Header {
            parent_hash: self.parent_hash,
            beneficiary: self.coinbase,
            state_root: state.root.0.into(),
            transactions_root: EMPTY_ROOT_HASH,
            receipts_root: EMPTY_ROOT_HASH,
            difficulty: self.difficulty,
            number: self.number.to(),
            gas_limit: self.gas_limit.to(),
            gas_used: self.gas_used.to(),
            timestamp: self.timestamp.to(),
            extra_data: self.extra_data.clone(),
            mix_hash: self.mix_hash,
            nonce: B64::from(self.nonce.to::<u64>()),
            base_fee_per_gas: Some(self.base_fee_per_gas.to()),
            withdrawals_root: Some(EMPTY_WITHDRAWALS),
            blob_gas_used: Some(self.blob_gas_used.to()),
            excess_blob_gas: Some(self.excess_blob_gas.to()),
            parent_beacon_block_root: Some(B256::ZERO),
            requests_hash: Some(EMPTY_REQUESTS_HASH),
            ..Header::default()
        })
    }

    /// The block's hash, which the configuration of the rollup holds.
    pub fn hash(&self) -> Result<B256, DeployError> {
        Ok(self.header()?.hash_slow())
    }

    /// Reads a file; none if there is none.
    pub fn load(path: &Path) -> Result<Option<Self>, DeployError> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(DeployError::File { path: path.into(), source }),
        };
        serde_json::from_str(&text).map(Some).map_err(|error| DeployError::GenesisFile {
            path: path.into(),
            reason: format!("it does not describe a block 0 of Prague: {error}"),
        })
    }

    /// Writes a file, whole or not at all.
    pub fn save(&self, path: &Path) -> Result<(), DeployError> {
        let error = |source| DeployError::File { path: path.into(), source };
        let mut text =
            serde_json::to_string_pretty(self).map_err(io::Error::from).map_err(error)?;
        text.push('\n');
        tern_rollup::write_whole(path, text.as_bytes()).map_err(error)
    }
}

fn system_contracts() -> BTreeMap<Address, Account> {
    let accounts = tern_stf::system_accounts().into_iter();
    accounts
        .map(|account| {
            let address = Address::from(account.address.0);
            let contract = Account {
                balance: U256::ZERO,
                nonce: U64::from(account.nonce),
                code: account.code.into(),
                storage: BTreeMap::new(),
            };
            (address, contract)
        })
        .collect()
}

fn rules(chain_id: u64) -> ChainRules {
    let spec = ChainSpec::rollup(ChainId(chain_id));
    let blobs = [("cancun", spec.cancun_blobs), ("prague", spec.prague_blobs)];
    ChainRules {
        chain_id,
        homestead_block: 0,
        eip150_block: 0,
        eip155_block: 0,
        eip158_block: 0,
        byzantium_block: 0,
        constantinople_block: 0,
        petersburg_block: 0,
        istanbul_block: 0,
        berlin_block: 0,
        london_block: 0,
        merge_netsplit_block: 0,
        terminal_total_difficulty: 0,
        terminal_total_difficulty_passed: true,
        shanghai_time: 0,
        cancun_time: 0,
        prague_time: 0,
        deposit_contract_address: Address::from(spec.deposit_contract.0),
        blob_schedule: blobs
            .into_iter()
            .map(|(fork, numbers)| {
                let numbers = BlobNumbers {
                    target: numbers.target,
                    max: numbers.max,
                    base_fee_update_fraction: numbers.update_fraction,
                };
                (fork.to_owned(), numbers)
            })
            .collect(),
    }
}
