// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Claim, ClaimId} from "../types/Types.sol";

/// What every version of a lane says of itself. Both answers must never change: the registry
/// reads them once, when the version is announced.
interface ILane {
    /// The proof system, by name: two versions that share it count as one.
    function proofSystemId() external view returns (bytes32);
    /// The EVM that executed, by name: two versions that share it count as one.
    function executorId() external view returns (bytes32);
}

/// A lane whose votes are proofs: ZK, the second ZK, TEE. One contract may serve many
/// rollups: what it keeps, it keeps for the settlement contract that called it.
interface IProofLane is ILane {
    /// Called by a settlement contract. Reverts, with an error of its own, unless `proof`
    /// shows `claim`. The proof must be bound to `id`, which names chain and settlement. A proof
    /// that adds nothing to what was accepted for `id` must be refused too: otherwise anybody
    /// could make a silent lane look alive by sending an old one again.
    function verify(ClaimId id, Claim calldata claim, bytes calldata proof) external;

    /// Whether what was accepted for `id` still counts (a key may have been revoked since).
    /// Settlement calls it with bounded gas and takes a failure for no.
    function upholds(address settlement, ClaimId id) external view returns (bool);
}

/// A lane whose votes are signatures of platforms, each of which can fail alone: the TEE.
interface IPlatformLane is IProofLane {
    /// Called by a settlement contract that has a proof that nobody honest can have signed
    /// all of `ids` (or, with one id, that one beside what is final). Revokes each platform
    /// that did, with its votes. Returns how many it revoked now, and how many platforms
    /// have ever been revoked this way for that settlement contract.
    function condemn(ClaimId[] calldata ids) external returns (uint256 revoked, uint256 total);
}

/// A version of the optimistic lane: the games around proposals. It reports to
/// `ISettlement.matchOpened` and `matchClosed`.
interface IGames is ILane {
    /// No match, from its first to its last move, takes longer, in seconds. Must never change.
    function longestGame() external view returns (uint64);
}
