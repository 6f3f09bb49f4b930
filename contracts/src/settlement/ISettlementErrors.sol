// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {ClaimId, ConfigHash, Lane, LaneVersion} from "../types/Types.sol";
import {ProposalState} from "./ISettlement.sol";
import {Verdict} from "./Rule.sol";

/// Why settlement refuses. Each error carries what was found and what was needed.
interface ISettlementErrors {
    // What a claim must be.
    error WrongConfig(ConfigHash expected, ConfigHash got);
    error WrongBlockNumber(uint64 expected, uint64 got);
    error WrongBlockCount(uint256 most, uint256 got);
    error WrongGenesis(bytes32 expected, bytes32 got);
    error AlreadyFinal(ClaimId id, uint40 finalAt);
    /// The claim conflicts with what is final and can never be final.
    error DeadClaim(ClaimId id);
    error ParentNotKnown(ClaimId parent);
    error ParentIsDead(ClaimId parent);
    /// The claim does not start where it would have to: at the head, or at its parent's end.
    error StartsElsewhere(bytes32 expectedPoint, bytes32 gotPoint);

    // Lanes.
    error NotAProofLane(Lane lane);
    error NoActiveVersion(Lane lane);
    error FrozenVersion(Lane lane, LaneVersion version);
    error TeeIsRetired();
    error AlreadyVoted(Lane lane, LaneVersion version, ClaimId id);
    error VerdictNotFinal(Verdict verdict);
    /// The caller sent less gas than the hardware lane may use to answer whether its vote
    /// still counts. Nothing is decided by an answer that was starved.
    error TooLittleGas(uint256 needed, uint256 got);

    // Proposals.
    error WrongBond(uint256 expected, uint256 got);
    error NotLive(ClaimId id, uint32 number, ProposalState state);
    error VersionNotActive(LaneVersion active, LaneVersion got);
    error WindowNotStarted(ClaimId id);
    error WindowNotOver(uint40 until);
    error WindowIsOver(uint40 until);
    error MatchesAreOpen(uint16 open);
    error TooManyMatches(uint16 most);
    error NoOpenMatch(ClaimId id, uint32 number);
    error NotReclaimable(ClaimId id, uint32 number);
    error NotTheGames(address expected, address got);

    // Contradictions and arbitration.
    error NotVotedBy(Lane lane, LaneVersion version, ClaimId id);
    error NotFinal(ClaimId id);
    error NobodyCondemned();
    error NoGoodZkVote(ClaimId id);
    error NoGoodOpVote(ClaimId id);
    /// The lane that could still decide by the rule voted for one of the two.
    error SecondLaneVoted(ClaimId id);
    error RuleDecides(ClaimId id);

    // Money, terms, callers.
    error NoCredit(address who);
    error PaymentFailed(address to, uint256 amount);
    error OnlyPowers(address expected, address got);
    error OnlyTimelock(address expected, address got);
    error Reentered();
}
