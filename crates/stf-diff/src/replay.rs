//! Disagreements as files.

use std::{fs, io, path::Path};

use serde::{Deserialize, Serialize};
use tern_protocol::{
    Address, BlockInputs, Candidate, ChainId, Gwei, Hash, Timestamp, Withdrawal, keccak256,
};
use tern_stf::{BlobParams, ChainSpec, Executor, PreimageSet};

use crate::{Case, Failure, Verdict, judge};

/// Why a replay file could not be used.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// It could not be read or written.
    #[error("cannot read or write the replay file {path}: {source}")]
    File {
        /// The file.
        path: String,
        /// The operating system's reason.
        source: io::Error,
    },
    /// It is not a replay file.
    #[error("{path} is not a replay file, a JSON object as `tern stf diff` writes it: {reason}")]
    Form {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    /// What was found; for people.
    finding: String,
    seed: u64,
    block: u64,
    spec: Spec,
    parent: Bytes,
    inputs: Inputs,
    preimages: Vec<Bytes>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    chain_id: u64,
    shanghai: Option<u64>,
    cancun: Option<u64>,
    prague: Option<u64>,
    /// Target, maximum, update fraction.
    cancun_blobs: [u64; 3],
    prague_blobs: [u64; 3],
    deposit_contract: Address,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Inputs {
    timestamp: u64,
    gas_limit: u64,
    beneficiary: Address,
    prev_randao: Hash,
    extra_data: Bytes,
    parent_beacon_block_root: Hash,
    withdrawals: Vec<Credit>,
    candidates: Vec<Raw>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Credit {
    index: u64,
    validator_index: u64,
    address: Address,
    gwei: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    raw: Bytes,
    forced_gas: Option<u64>,
}

/// Bytes as hexadecimal text.
#[derive(Clone)]
struct Bytes(Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!("0x{}", hex::encode(&self.0)))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        hex::decode(text.trim_start_matches("0x")).map(Self).map_err(serde::de::Error::custom)
    }
}

/// Writes a disagreement with all that is needed to see it again.
pub fn write_replay(path: &Path, failure: &Failure) -> Result<(), ReplayError> {
    let case = &failure.case;
    let mut preimages: Vec<_> = case.preimages.iter().collect();
    // The same case gives the same file.
    preimages.sort();
    let file = File {
        finding: describe(&failure.verdict),
        seed: failure.seed,
        block: failure.block,
        spec: spec_to_file(&case.spec),
        parent: Bytes(case.parent.clone()),
        inputs: inputs_to_file(&case.inputs),
        preimages: preimages.into_iter().map(|(_, bytes)| Bytes(bytes.to_vec())).collect(),
    };
    let text = serde_json::to_string_pretty(&file)
        .map_err(|error| ReplayError::Form { path: shown(path), reason: error.to_string() })?;
    let written = match path.parent() {
        Some(folder) => fs::create_dir_all(folder).and_then(|()| fs::write(path, text)),
        None => fs::write(path, text),
    };
    written.map_err(|source| ReplayError::File { path: shown(path), source })
}

/// Reads the case in a replay file.
pub fn read_replay(path: &Path) -> Result<Case, ReplayError> {
    let text = fs::read_to_string(path)
        .map_err(|source| ReplayError::File { path: shown(path), source })?;
    let file: File = serde_json::from_str(&text)
        .map_err(|error| ReplayError::Form { path: shown(path), reason: error.to_string() })?;
    let mut preimages = PreimageSet::new(keccak256);
    preimages.extend(file.preimages.into_iter().map(|bytes| bytes.0));
    preimages.insert(file.parent.0.clone());
    Ok(Case {
        spec: spec_from_file(&file.spec),
        parent: file.parent.0,
        inputs: inputs_from_file(file.inputs),
        preimages,
    })
}

/// Shows a disagreement again.
pub fn replay(path: &Path, executors: &[&dyn Executor]) -> Result<Verdict, ReplayError> {
    Ok(judge(executors, &read_replay(path)?, true))
}

/// A verdict in one line.
fn describe(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Agreed(execution) => format!("all agree on {}", execution.hash),
        Verdict::Apart { stage, disagreement } => format!("{stage}: {disagreement}"),
        Verdict::Refused(stage, error) => format!("{stage}: all refuse: {error}"),
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&describe(self))
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn spec_to_file(spec: &ChainSpec) -> Spec {
    let blobs = |params: &BlobParams| [params.target, params.max, params.update_fraction];
    Spec {
        chain_id: spec.chain_id.0,
        shanghai: spec.shanghai.map(|time| time.0),
        cancun: spec.cancun.map(|time| time.0),
        prague: spec.prague.map(|time| time.0),
        cancun_blobs: blobs(&spec.cancun_blobs),
        prague_blobs: blobs(&spec.prague_blobs),
        deposit_contract: spec.deposit_contract,
    }
}

fn spec_from_file(spec: &Spec) -> ChainSpec {
    let blobs =
        |[target, max, update_fraction]: [u64; 3]| BlobParams { target, max, update_fraction };
    ChainSpec {
        chain_id: ChainId(spec.chain_id),
        shanghai: spec.shanghai.map(Timestamp),
        cancun: spec.cancun.map(Timestamp),
        prague: spec.prague.map(Timestamp),
        cancun_blobs: blobs(spec.cancun_blobs),
        prague_blobs: blobs(spec.prague_blobs),
        deposit_contract: spec.deposit_contract,
    }
}

fn inputs_to_file(inputs: &BlockInputs) -> Inputs {
    let credit = |withdrawal: &Withdrawal| Credit {
        index: withdrawal.index,
        validator_index: withdrawal.validator_index,
        address: withdrawal.address,
        gwei: withdrawal.amount.0,
    };
    let raw = |candidate: &Candidate| Raw {
        raw: Bytes(candidate.raw.clone()),
        forced_gas: candidate.forced_gas,
    };
    Inputs {
        timestamp: inputs.timestamp.0,
        gas_limit: inputs.gas_limit,
        beneficiary: inputs.beneficiary,
        prev_randao: inputs.prev_randao,
        extra_data: Bytes(inputs.extra_data.clone()),
        parent_beacon_block_root: inputs.parent_beacon_block_root,
        withdrawals: inputs.withdrawals.iter().map(credit).collect(),
        candidates: inputs.candidates.iter().map(raw).collect(),
    }
}

fn inputs_from_file(inputs: Inputs) -> BlockInputs {
    let withdrawal = |credit: Credit| Withdrawal {
        index: credit.index,
        validator_index: credit.validator_index,
        address: credit.address,
        amount: Gwei(credit.gwei),
    };
    let candidate = |raw: Raw| Candidate { raw: raw.raw.0, forced_gas: raw.forced_gas };
    BlockInputs {
        timestamp: Timestamp(inputs.timestamp),
        gas_limit: inputs.gas_limit,
        beneficiary: inputs.beneficiary,
        prev_randao: inputs.prev_randao,
        extra_data: inputs.extra_data.0,
        parent_beacon_block_root: inputs.parent_beacon_block_root,
        withdrawals: inputs.withdrawals.into_iter().map(withdrawal).collect(),
        candidates: inputs.candidates.into_iter().map(candidate).collect(),
    }
}
