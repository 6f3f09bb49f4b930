// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

/// A claim's name on one settlement contract of one L1.
type ClaimId is bytes32;
/// The inbox's accumulator after a batch; zero before the first.
type BatchAcc is bytes32;
/// The name of a rollup's configuration.
type ConfigHash is bytes32;
/// A version of one lane, counted from 1. Zero stands for none.
type LaneVersion is uint16;

using {claimIdEq as ==, claimIdNe as !=} for ClaimId global;
using {batchAccEq as ==, batchAccNe as !=} for BatchAcc global;
using {configHashEq as ==, configHashNe as !=} for ConfigHash global;
using {laneVersionEq as ==, laneVersionNe as !=} for LaneVersion global;

function claimIdEq(ClaimId a, ClaimId b) pure returns (bool) {
    return ClaimId.unwrap(a) == ClaimId.unwrap(b);
}

function claimIdNe(ClaimId a, ClaimId b) pure returns (bool) {
    return ClaimId.unwrap(a) != ClaimId.unwrap(b);
}

function batchAccEq(BatchAcc a, BatchAcc b) pure returns (bool) {
    return BatchAcc.unwrap(a) == BatchAcc.unwrap(b);
}

function batchAccNe(BatchAcc a, BatchAcc b) pure returns (bool) {
    return BatchAcc.unwrap(a) != BatchAcc.unwrap(b);
}

function configHashEq(ConfigHash a, ConfigHash b) pure returns (bool) {
    return ConfigHash.unwrap(a) == ConfigHash.unwrap(b);
}

function configHashNe(ConfigHash a, ConfigHash b) pure returns (bool) {
    return ConfigHash.unwrap(a) != ConfigHash.unwrap(b);
}

function laneVersionEq(LaneVersion a, LaneVersion b) pure returns (bool) {
    return LaneVersion.unwrap(a) == LaneVersion.unwrap(b);
}

function laneVersionNe(LaneVersion a, LaneVersion b) pure returns (bool) {
    return LaneVersion.unwrap(a) != LaneVersion.unwrap(b);
}

/// The seats that vote. `Zk2` counts only once the TEE is retired.
enum Lane {
    Zk,
    Tee,
    Op,
    Zk2
}

/// A proposed L2 block after a range of batches: a function of its inputs, so two honest
/// claims over one range cannot differ. `spec/claim.md`.
struct Claim {
    ConfigHash config;
    bytes32 parentBlock;
    BatchAcc firstBatch;
    BatchAcc lastBatch;
    bytes32 blockHash;
    uint64 blockNumber;
    bytes32 checkpoints;
}
