//! What L1 costs now.

use alloy_primitives::U256;
use serde::Deserialize;

use crate::{L1, L1Error, TransactionKind};

/// How many blobs a block takes, and how fast their price moves (EIP-7840).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct BlobSchedule {
    /// Blobs a block at which the price stays.
    pub target: u64,
    /// The most blobs in a block.
    pub max: u64,
    /// The greater, the slower the price moves.
    #[serde(rename = "baseFeeUpdateFraction")]
    pub update_fraction: u64,
}

/// What the next block costs, in wei.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prices {
    /// A unit of gas.
    pub base_fee: u128,
    /// A unit of gas, for whoever makes the block, as the node suggests.
    pub priority_fee: u128,
    /// A unit of blob gas.
    pub blob_base_fee: u128,
    /// The blob schedule in force.
    pub schedule: BlobSchedule,
}

/// Prague's (EIP-7691), which Osaka left as it was.
const OSAKA: BlobSchedule = BlobSchedule { target: 6, max: 9, update_fraction: 5_007_716 };
/// The first fork of nothing but these numbers (EIP-7892, EIP-8134).
const BPO1: BlobSchedule = BlobSchedule { target: 10, max: 15, update_fraction: 8_346_193 };
/// The second one.
const BPO2: BlobSchedule = BlobSchedule { target: 14, max: 21, update_fraction: 11_684_671 };

/// When the second and the third schedule began: chain id, times. EIP-8134 says it for Ethereum's
/// first one; for the test networks it is in the configurations that all their clients share.
const KNOWN: [(u64, u64, u64); 3] = [
    (ETHEREUM, 1_765_290_071, 1_767_747_671),
    (SEPOLIA, 1_761_017_184, 1_761_607_008),
    (HOODI, 1_762_365_720, 1_762_955_544),
];
const ETHEREUM: u64 = 1;
const SEPOLIA: u64 = 11_155_111;
const HOODI: u64 = 560_048;

impl BlobSchedule {
    /// The schedule of a chain at a time, for nodes that do not say it (before EIP-7910).
    pub fn known(chain_id: u64, time: u64) -> Self {
        match KNOWN.iter().find(|(id, ..)| *id == chain_id) {
            Some((_, _, third)) if time >= *third => BPO2,
            Some((_, second, _)) if time >= *second => BPO1,
            _ => OSAKA,
        }
    }
}

#[derive(Debug, Deserialize)]
struct Config {
    current: Fork,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fork {
    blob_schedule: BlobSchedule,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct History {
    base_fee_per_gas: Vec<U256>,
    #[serde(default)]
    base_fee_per_blob_gas: Vec<U256>,
}

impl L1 {
    /// What the next block costs.
    pub async fn prices(&self) -> Result<Prices, L1Error> {
        self.prices_for(TransactionKind::Blob).await
    }

    /// As `prices`, for transactions of this kind: without blobs, an L1 may know no price of them.
    pub(crate) async fn prices_for(&self, kind: TransactionKind) -> Result<Prices, L1Error> {
        let history: History =
            self.ask("eth_feeHistory", ("0x1", "latest", Vec::<f64>::new())).await?;
        // The last entry is the next block's.
        let Some(base_fee) = history.base_fee_per_gas.last() else {
            return Err(self.no_answer("eth_feeHistory", "it names no base fee"));
        };
        let blob_base_fee = match history.base_fee_per_blob_gas.last() {
            Some(fee) if !fee.is_zero() => *fee,
            _ if kind == TransactionKind::Ordinary => U256::ZERO,
            _ => self.ask::<_, U256>("eth_blobBaseFee", ()).await?,
        };
        let priority_fee: U256 = self.ask("eth_maxPriorityFeePerGas", ()).await?;
        Ok(Prices {
            base_fee: base_fee.saturating_to(),
            priority_fee: priority_fee.saturating_to(),
            blob_base_fee: blob_base_fee.saturating_to(),
            schedule: self.blob_schedule().await?,
        })
    }

    /// The blob schedule in force, as the node says it (EIP-7910), or else as it is known.
    pub async fn blob_schedule(&self) -> Result<BlobSchedule, L1Error> {
        match self.ask::<_, Config>("eth_config", ()).await {
            Ok(config) => Ok(config.current.blob_schedule),
            Err(L1Error::Refused { .. } | L1Error::NotANode { .. }) => {
                let time = self.header(None).await?.timestamp;
                Ok(BlobSchedule::known(self.chain_id(), time))
            }
            Err(error) => Err(error),
        }
    }

    fn no_answer(&self, method: &str, reason: &str) -> L1Error {
        let host = self.host().to_owned();
        L1Error::NotANode { host, method: method.into(), reason: reason.into() }
    }
}

#[cfg(test)]
mod tests {
    use alloy_eips::{eip4844, eip7691, eip7892};
    use alloy_hardforks::{hoodi, mainnet, sepolia};

    use super::*;

    /// Held to what others wrote down on their own.
    #[test]
    fn schedules_and_their_times_are_those_of_the_networks() {
        assert_eq!(
            [OSAKA, BPO1, BPO2].map(|s| (s.target, s.max, u128::from(s.update_fraction))),
            [(6, 9, 5_007_716), (10, 15, 8_346_193), (14, 21, 11_684_671)]
        );
        assert_eq!(OSAKA.target, eip7691::TARGET_BLOBS_PER_BLOCK_ELECTRA);
        assert_eq!(OSAKA.max, eip7691::MAX_BLOBS_PER_BLOCK_ELECTRA);
        assert_eq!(
            u128::from(OSAKA.update_fraction),
            eip7691::BLOB_GASPRICE_UPDATE_FRACTION_PECTRA
        );
        assert_eq!(BPO1.target, eip7892::BPO1_TARGET_BLOBS_PER_BLOCK);
        assert_eq!(BPO1.max, eip7892::BPO1_MAX_BLOBS_PER_BLOCK);
        assert_eq!(BPO1.update_fraction, eip7892::BPO1_BASE_UPDATE_FRACTION);
        assert_eq!(BPO2.target, eip7892::BPO2_TARGET_BLOBS_PER_BLOCK);
        assert_eq!(BPO2.max, eip7892::BPO2_MAX_BLOBS_PER_BLOCK);
        assert_eq!(BPO2.update_fraction, eip7892::BPO2_BASE_UPDATE_FRACTION);
        let theirs = [
            (ETHEREUM, mainnet::MAINNET_BPO1_TIMESTAMP, mainnet::MAINNET_BPO2_TIMESTAMP),
            (SEPOLIA, sepolia::SEPOLIA_BPO1_TIMESTAMP, sepolia::SEPOLIA_BPO2_TIMESTAMP),
            (HOODI, hoodi::HOODI_BPO1_TIMESTAMP, hoodi::HOODI_BPO2_TIMESTAMP),
        ];
        assert_eq!(KNOWN, theirs);
        for (chain, bpo1, bpo2) in [
            (1, 1_765_290_071, 1_767_747_671),
            (11_155_111, 1_761_017_184, 1_761_607_008),
            (560_048, 1_762_365_720, 1_762_955_544),
        ] {
            let at = |time| BlobSchedule::known(chain, time);
            assert_eq!([at(0), at(bpo1 - 1)], [OSAKA; 2]);
            assert_eq!([at(bpo1), at(bpo2 - 1)], [BPO1; 2]);
            assert_eq!([at(bpo2), at(u64::MAX)], [BPO2; 2]);
        }
        assert_eq!(crate::send::BLOB_GAS, eip4844::DATA_GAS_PER_BLOB);
    }

    #[test]
    fn a_chain_that_nobody_knows_has_the_smallest_schedule() {
        assert_eq!(BlobSchedule::known(31_337, u64::MAX), OSAKA);
    }

    #[test]
    fn the_schedule_is_read_as_nodes_write_it() {
        let text = r#"{"current":{"activationTime":0,"blobSchedule":{"baseFeeUpdateFraction":
            8346193,"max":15,"target":10},"chainId":"0x1"},"next":null,"last":null}"#;
        let config: Config = serde_json::from_str(text).expect("a configuration");
        assert_eq!(config.current.blob_schedule, BPO1);
    }
}
