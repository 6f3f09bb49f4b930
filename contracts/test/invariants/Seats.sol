// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IProofLane} from "../../src/lanes/ILane.sol";
import {Seat, Version} from "../../src/settlement/ILaneRegistry.sol";
import {Phase} from "../../src/settlement/Rule.sol";
import {ClaimId, Lane, LaneVersion} from "../../src/types/Types.sol";
import {Ghost, Mode} from "./Ghost.sol";

/// The seats as the ghost has them, and the rule once more: from the text of `spec/`, and from what
/// was seen to happen, not from what the contracts answer.
abstract contract Seats is Ghost {
    struct GhostVersion {
        address verifier;
        bytes32 system;
        bytes32 executor;
        uint40 activatedAt;
        uint40 probationUntil;
        bool frozen;
        /// It votes for anything.
        bool corrupt;
    }

    mapping(Lane => uint16) internal activeOf;
    mapping(Lane => mapping(uint16 => GhostVersion)) internal versions;
    mapping(Lane => uint40) internal emergencyUntil;
    mapping(Lane => uint40) internal pulseLast;
    mapping(Lane => uint40) internal pulseSince;
    bool internal retired;

    function _startSeats() internal {
        for (uint256 i = 0; i < 4; ++i) {
            Lane lane = Lane(i);
            (, address verifier) = registry.active(lane);
            _seat(lane, verifier, 0, _isCorruptFromStart(lane));
        }
    }

    function _isCorruptFromStart(Lane lane) private view returns (bool) {
        if (mode == Mode.Chaos || mode == Mode.RetiredChaos) return true;
        if (lane == Lane.Zk) return mode == Mode.CorruptZk;
        if (lane == Lane.Tee) return mode == Mode.CorruptTee || mode == Mode.CorruptEmergency;
        if (lane == Lane.Op) return mode == Mode.CorruptOp;
        return mode == Mode.RetiredCorruptZk2;
    }

    function _seat(Lane lane, address verifier, uint40 probationUntil, bool corrupt) internal {
        GhostVersion memory v;
        v.verifier = verifier;
        v.system = IProofLane(verifier).proofSystemId();
        v.executor = IProofLane(verifier).executorId();
        v.activatedAt = uint40(time);
        v.probationUntil = probationUntil;
        v.corrupt = corrupt;
        versions[lane][++activeOf[lane]] = v;
        emergencyUntil[lane] = 0;
    }

    function _active(Lane lane) internal view returns (GhostVersion memory) {
        return versions[lane][activeOf[lane]];
    }

    function _isCorrupt(Lane lane) internal view returns (bool) {
        return _active(lane).corrupt;
    }

    function _isGood(Lane lane) internal view returns (bool) {
        GhostVersion memory v = _active(lane);
        return !v.frozen && !_isOnProbation(v);
    }

    /// Until its time is over, while finality stands still, and as long as leaving takes after.
    function _isOnProbation(GhostVersion memory v) internal view returns (bool) {
        if (v.probationUntil == 0) return false;
        return time < v.probationUntil || _isStalled() || time < uint256(stallEndedAt) + W;
    }

    function _isStalled() internal view returns (bool) {
        return accs.length - 1 > headBatches && time - lastFinalAt > STALL_AFTER;
    }

    function _beat(Lane lane) internal {
        if (time - pulseLast[lane] >= HEARTBEAT) pulseSince[lane] = uint40(time);
        pulseLast[lane] = uint40(time);
    }

    /// Whether a content's vote of a lane counts now.
    function _counts(ClaimId id, Lane lane) internal view returns (bool) {
        uint16 vote = votes[id][lane];
        if (vote == 0 || vote != activeOf[lane] || versions[lane][vote].frozen) return false;
        if (lane == Lane.Zk2) return retired;
        if (lane != Lane.Tee) return true;
        return !retired && IProofLane(versions[lane][vote].verifier).upholds(rollup.settlement, id);
    }

    function _second() internal view returns (Lane) {
        return retired ? Lane.Zk2 : Lane.Tee;
    }

    /// Whether two agreeing lanes make a content final.
    function _pairIsFinal(ClaimId id, Lane a, Lane b) internal view returns (bool) {
        if (!_counts(id, a) || !_counts(id, b)) return false;
        if (retired) {
            GhostVersion memory x = _active(a);
            GhostVersion memory y = _active(b);
            if (x.system == y.system || x.executor == y.executor) return false;
        }
        return (a != Lane.Tee && _isGood(a)) || (b != Lane.Tee && _isGood(b));
    }

    function _ruleIsMet(ClaimId id) internal view returns (bool) {
        return _pairIsFinal(id, Lane.Zk, _second()) || _pairIsFinal(id, Lane.Zk, Lane.Op)
            || _pairIsFinal(id, _second(), Lane.Op);
    }

    /// A vote of a ZK or optimistic version that is not on probation.
    function _hasGoodTrustMinimised(ClaimId id) internal view returns (bool) {
        return (_counts(id, Lane.Zk) && _isGood(Lane.Zk))
            || (_counts(id, Lane.Op) && _isGood(Lane.Op))
            || (_counts(id, Lane.Zk2) && _isGood(Lane.Zk2));
    }

    /// After each step: seats change only as the step said, a freeze is never taken back, no honest
    /// lane is ever frozen, and what the registry answers is what happened.
    function _checkSeats() internal {
        (Phase phase, Seat[4] memory seats) = registry.board();
        _check((phase == Phase.Retired) == retired, "phase");
        for (uint256 i = 0; i < 4; ++i) {
            Lane lane = Lane(i);
            uint16 number = activeOf[lane];
            Version memory v = registry.version(lane, LaneVersion.wrap(number));
            GhostVersion storage g = versions[lane][number];
            _check(LaneVersion.unwrap(seats[i].version) == number, "seat");
            _check(v.verifier == g.verifier && v.activatedAt == g.activatedAt, "seat");
            _check(v.probationUntil == g.probationUntil, "probation");
            _check(seats[i].probation == _isOnProbation(g), "probation");
            if (g.frozen == seats[i].frozen) continue;
            _check(seats[i].frozen, "unfrozen");
            _check(g.corrupt, "honest-frozen");
            g.frozen = true;
            if (lane != Lane.Tee) emergencyUntil[lane] = uint40(time) + EMERGENCY;
            _count(
                lane == Lane.Zk
                    ? bytes32("frozen zk")
                    : lane == Lane.Tee
                        ? bytes32("frozen tee")
                        : lane == Lane.Op ? bytes32("frozen op") : bytes32("frozen zk2")
            );
        }
    }
}
