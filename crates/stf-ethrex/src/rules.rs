//! Tern's chain rules in ethrex's words.

use ethrex_common::{
    constants::GAS_PER_BLOB,
    types::{BlockHeader, ChainConfig, Fork as EthrexFork, ForkBlobSchedule, calc_excess_blob_gas},
};
use ethrex_levm::{EVMConfig, utils::get_base_fee_per_blob_gas};
use tern_protocol::Timestamp;
use tern_stf::{BlobParams, ChainSpec, Error, Fork};

use crate::convert::to_ethrex_address;

/// The rules of one block.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) fork: Fork,
    pub(crate) chain_id: u64,
    pub(crate) evm: EVMConfig,
    /// Whether there are blobs at all.
    blobs: Option<ForkBlobSchedule>,
    pub(crate) chain: ChainConfig,
}

impl Rules {
    pub(crate) fn at(spec: &ChainSpec, time: Timestamp) -> Result<Self, Error> {
        let fork = spec.fork_at(time);
        let blobs = spec.blobs_at(time).map(schedule).transpose()?;
        let fallback = EVMConfig::canonical_values(EthrexFork::Cancun);
        Ok(Self {
            fork,
            chain_id: spec.chain_id.0,
            evm: EVMConfig::new(to_ethrex_fork(fork), blobs.unwrap_or(fallback)),
            blobs,
            chain: chain_config(spec)?,
        })
    }

    /// The blob gas a block may use.
    pub(crate) fn max_blob_gas(&self) -> u64 {
        let max = self.blobs.map_or(0, |blobs| blobs.max);
        u64::from(max) * u64::from(GAS_PER_BLOB)
    }

    /// What `excessBlobGas` must be after this parent.
    pub(crate) fn excess_blob_gas(&self, parent: &BlockHeader) -> Result<Option<u64>, Error> {
        let Some(blobs) = self.blobs else {
            return Ok(None);
        };
        let used = parent.blob_gas_used.unwrap_or_default();
        parent
            .excess_blob_gas
            .unwrap_or_default()
            .checked_add(used)
            .ok_or_else(|| Error::Inputs("the parent's blob gas is beyond 64 bits".into()))?;
        Ok(Some(calc_excess_blob_gas(parent, blobs, self.evm.fork)))
    }

    /// The price of a unit of blob gas.
    pub(crate) fn blob_price(&self, excess: Option<u64>) -> Result<ethrex_common::U256, Error> {
        get_base_fee_per_blob_gas(excess, &self.evm)
            .map_err(|error| Error::Inputs(format!("there is no price for blobs: {error}")))
    }
}

const fn to_ethrex_fork(fork: Fork) -> EthrexFork {
    match fork {
        Fork::Paris => EthrexFork::Paris,
        Fork::Shanghai => EthrexFork::Shanghai,
        Fork::Cancun => EthrexFork::Cancun,
        Fork::Prague => EthrexFork::Prague,
    }
}

/// ethrex multiplies these numbers in 32 bits, without a check.
fn schedule(blobs: BlobParams) -> Result<ForkBlobSchedule, Error> {
    let count = |number: u64| {
        u32::try_from(number)
            .ok()
            .filter(|number| number.checked_mul(GAS_PER_BLOB).is_some())
            .ok_or_else(|| Error::Inputs(format!("{number} blobs a block are too many")))
    };
    Ok(ForkBlobSchedule {
        base_fee_update_fraction: blobs.update_fraction,
        max: count(blobs.max)?,
        target: count(blobs.target)?,
    })
}

fn chain_config(spec: &ChainSpec) -> Result<ChainConfig, Error> {
    let mut config = ChainConfig {
        chain_id: spec.chain_id.0,
        homestead_block: Some(0),
        eip150_block: Some(0),
        eip155_block: Some(0),
        eip158_block: Some(0),
        byzantium_block: Some(0),
        constantinople_block: Some(0),
        petersburg_block: Some(0),
        istanbul_block: Some(0),
        muir_glacier_block: Some(0),
        berlin_block: Some(0),
        london_block: Some(0),
        arrow_glacier_block: Some(0),
        gray_glacier_block: Some(0),
        merge_netsplit_block: Some(0),
        shanghai_time: spec.shanghai.map(|time| time.0),
        cancun_time: spec.cancun.map(|time| time.0),
        prague_time: spec.prague.map(|time| time.0),
        terminal_total_difficulty: Some(0),
        terminal_total_difficulty_passed: true,
        deposit_contract_address: to_ethrex_address(&spec.deposit_contract),
        ..ChainConfig::default()
    };
    config.blob_schedule.cancun = schedule(spec.cancun_blobs)?;
    config.blob_schedule.prague = schedule(spec.prague_blobs)?;
    Ok(config)
}
