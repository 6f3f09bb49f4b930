//! Which rules a test's network name stands for.

use std::collections::BTreeMap;

use tern_protocol::{ChainId, Timestamp};
use tern_stf::{BlobParams, ChainSpec};

use crate::json::{BlobScheduleJson, ConfigJson};

/// When the transition networks change their rules.
const TRANSITION: u64 = 15_000;

/// The forks' start times for a network, or `None` for one that Tern does not run.
fn starts(network: &str) -> Option<[Option<u64>; 3]> {
    const BEFORE: Option<u64> = None;
    const START: Option<u64> = Some(0);
    const LATER: Option<u64> = Some(TRANSITION);
    Some(match network {
        "Paris" | "Merge" => [BEFORE, BEFORE, BEFORE],
        "ParisToShanghaiAtTime15k" => [LATER, BEFORE, BEFORE],
        "Shanghai" => [START, BEFORE, BEFORE],
        "ShanghaiToCancunAtTime15k" => [START, LATER, BEFORE],
        "Cancun" => [START, START, BEFORE],
        "CancunToPragueAtTime15k" => [START, START, LATER],
        "Prague" => [START, START, START],
        _ => return None,
    })
}

/// Whether tests of this network run.
pub(crate) fn is_supported(network: &str) -> bool {
    starts(network).is_some()
}

/// The chain rules of a test.
pub(crate) fn chain_spec(network: &str, config: Option<&ConfigJson>) -> Option<ChainSpec> {
    let [shanghai, cancun, prague] = starts(network)?.map(|start| start.map(Timestamp));
    let chain_id = config.and_then(|config| config.chain_id).map_or(1, |id| id.0);
    let schedule = config.and_then(|config| config.blob_schedule.as_ref());
    Some(ChainSpec {
        shanghai,
        cancun,
        prague,
        cancun_blobs: blobs(schedule, "Cancun", BlobParams::CANCUN),
        prague_blobs: blobs(schedule, "Prague", BlobParams::PRAGUE),
        ..ChainSpec::prague(ChainId(chain_id))
    })
}

fn blobs(
    schedule: Option<&BTreeMap<String, BlobScheduleJson>>,
    fork: &str,
    default: BlobParams,
) -> BlobParams {
    schedule.and_then(|schedule| schedule.get(fork)).map_or(default, |given| BlobParams {
        target: given.target.0,
        max: given.max.0,
        update_fraction: given.base_fee_update_fraction.0,
    })
}

/// Whether an `expectException...` key with this suffix speaks about this network. Old
/// tests carry one key for each network, new ones a single key without a suffix.
pub(crate) fn exception_applies(suffix: &str, network: &str) -> bool {
    let same = |name: &str| name == network || (is_paris(name) && is_paris(network));
    suffix.is_empty() || suffix == "ALL" || same(suffix)
}

fn is_paris(name: &str) -> bool {
    matches!(name, "Paris" | "Merge")
}
