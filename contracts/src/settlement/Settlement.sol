// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {RollupAddresses, RollupParams} from "../factory/Params.sol";
import {IProofLane} from "../lanes/ILane.sol";
import {Claims} from "../types/Claims.sol";
import {Claim, ClaimId, Lane, LaneVersion} from "../types/Types.sol";
import {Board} from "./Board.sol";
import {ConflictChecker} from "./ConflictChecker.sol";
import {Conflict, Pulse} from "./ISettlement.sol";
import {Proposals} from "./Proposals.sol";
import {Record} from "./Record.sol";
import {Phase, Verdict, Vote} from "./Rule.sol";
import {Store} from "./Store.sol";

/// Decides which L2 blocks are final: a claim is, once two of three independent lanes agree.
/// `spec/settlement.md` says exactly when each call is allowed.
///
/// Nobody owns it, nothing pauses it, and no code of it can change. ETH enters only as the
/// bond of a proposal and leaves only as credit that its owner withdraws; what is burned stays
/// here for good.
contract Settlement is Proposals {
    /// Looks at conflicts for this contract; keeps nothing.
    address public immutable CHECKER;

    constructor(RollupParams memory p, RollupAddresses memory a) Store(p, a) {
        CHECKER = address(new ConflictChecker());
    }

    /// Anyone brings a lane's proof. Dead and final contents may be voted on: a vote is
    /// evidence, also against the lane that gave it.
    function vote(Lane lane, Claim calldata claim, bytes calldata proof)
        external
        override
        locked
        returns (bool isFinal)
    {
        if (lane == Lane.Op) revert NotAProofLane(lane);
        Board board = _board();
        LaneVersion version = _activeVersion(board, lane);
        _requireSay(board, lane);

        Claim memory c = claim;
        ClaimId id = Claims.id(c, address(this));
        bytes32 inputs = Claims.inputs(c);
        Record r = _admit(id, c, inputs);
        // More platforms may sign what one has signed; a proof is needed once.
        if (lane != Lane.Tee && r.vote(lane) == version) {
            revert AlreadyVoted(lane, version, id);
        }
        // A stranger's code: it finds no vote written yet, and cannot get back in.
        IProofLane(_registry().verifierOf(lane, version)).verify(id, claim, proof);

        r = r.withVote(lane, version);
        if (r.firstVoteAt() == 0) {
            r = r.withFirstVoteAt(_now());
            emit WindowsStart(id, _now());
        }
        _records[id] = r;
        _beat(lane);
        emit Voted(id, lane, version);

        _meetRivals(id, inputs, r, lane, version);
        return _tryFinalize(id, c, r);
    }

    /// Anyone, when the rule has been met and the parent is the head.
    function finalize(Claim calldata claim) external override locked {
        Claim memory c = claim;
        ClaimId id = Claims.id(c, address(this));
        Record r = _records[id];
        if (r.finalAt() != 0) revert AlreadyFinal(id, r.finalAt());
        _requireAtHead(c);
        Verdict v = _verdict(id, r);
        if (v != Verdict.Final) revert VerdictNotFinal(v);
        _finalize(id, c, r);
    }

    /// Anyone with proof that the active version of a lane voted for what cannot all be right.
    function contradict(Lane lane, Conflict calldata) external override locked {
        Board board = _board();
        LaneVersion version = _activeVersion(board, lane);
        _requireSay(board, lane);
        (ClaimId[] memory a, ClaimId[] memory b) =
            abi.decode(_checkConflict(), (ClaimId[], ClaimId[]));
        _requireVotes(a, lane, version);
        _requireVotes(b, lane, version);

        emit Contradicted(lane, version, a[a.length - 1], b[b.length - 1]);
        if (lane != Lane.Tee) return _registry().freeze(lane, version);
        ClaimId[] memory ids = new ClaimId[](a.length + b.length);
        for (uint256 i = 0; i < ids.length; ++i) {
            ids[i] = i < a.length ? a[i] : b[i - a.length];
        }
        _condemnSome(ids, version);
    }

    /// Anyone with proof that platforms signed against what is final.
    function contradictFinal(Conflict calldata) external override locked {
        Board board = _board();
        LaneVersion version = _activeVersion(board, Lane.Tee);
        _requireSay(board, Lane.Tee);
        (ClaimId[] memory a, ClaimId[] memory b) =
            abi.decode(_checkConflict(), (ClaimId[], ClaimId[]));
        _requireVotes(a, Lane.Tee, version);
        for (uint256 i = 0; i < b.length; ++i) {
            if (_records[b[i]].finalAt() == 0) revert NotFinal(b[i]);
        }

        emit Contradicted(Lane.Tee, version, a[a.length - 1], b[b.length - 1]);
        _condemnSome(a, version);
    }

    /// The trust-minimised lanes provably contradict each other and no third one can decide:
    /// only then the council may choose, and only one of the two.
    function arbitrate(Conflict calldata, bool chooseOp) external override locked {
        if (msg.sender != powers) revert OnlyPowers(powers, msg.sender);
        (ClaimId a, ClaimId b, Claim memory chosen) =
            abi.decode(_checkConflict(), (ClaimId, ClaimId, Claim));
        _checkArbitrable(a, b);

        _requireAtHead(chosen);
        ClaimId id = chooseOp ? b : a;
        emit Arbitrated(a, b, chooseOp);
        _finalize(id, chosen, _records[id]);
    }

    /// Hands the call on as it came to where the conflict is looked at. Returns what that
    /// returns, or reverts as it does.
    function _checkConflict() private view returns (bytes memory result) {
        bool ok;
        (ok, result) = CHECKER.staticcall(msg.data);
        if (ok) return result;
        assembly ("memory-safe") {
            revert(add(result, 32), mload(result))
        }
    }

    function _checkArbitrable(ClaimId a, ClaimId b) private view {
        Board board = _board();
        Record ra = _records[a];
        Record rb = _records[b];

        // The ZK lane that speaks for `a`, and the lane that could still decide.
        bool zk = _worth(ra, Lane.Zk, board) == Vote.Yes;
        Lane second = Lane.Tee;
        if (board.phase() == Phase.Retired) {
            second = zk ? Lane.Zk2 : Lane.Zk;
            zk = zk || _worth(ra, Lane.Zk2, board) == Vote.Yes;
        }
        if (!zk) revert NoGoodZkVote(a);
        if (_worth(rb, Lane.Op, board) != Vote.Yes) revert NoGoodOpVote(b);
        if (_counts(a, ra, second, board)) revert SecondLaneVoted(a);
        if (_counts(b, rb, second, board)) revert SecondLaneVoted(b);
        if (_verdict(a, ra) == Verdict.Final) revert RuleDecides(a);
        if (_verdict(b, rb) == Verdict.Final) revert RuleDecides(b);
    }

    function _counts(ClaimId id, Record r, Lane lane, Board board) private view returns (bool) {
        if (_worth(r, lane, board) == Vote.None) return false;
        return lane != Lane.Tee || _upholds(id, r);
    }

    /// The hardware lane has no say at all once it is retired.
    function _requireSay(Board board, Lane lane) private pure {
        if (lane == Lane.Tee && board.phase() == Phase.Retired) revert TeeIsRetired();
    }

    function _beat(Lane lane) private {
        Pulse storage p = _pulse;
        uint40 time = _now();
        if (lane == Lane.Zk) {
            if (_wasSilent(p.zk)) p.zkSince = time;
            p.zk = time;
        } else if (lane == Lane.Tee) {
            p.tee = time;
        } else {
            if (_wasSilent(p.zk2)) p.zk2Since = time;
            p.zk2 = time;
        }
    }

    function _wasSilent(uint40 last) private view returns (bool) {
        return _now() - last >= HEARTBEAT;
    }

    function _requireVotes(ClaimId[] memory ids, Lane lane, LaneVersion version) private view {
        for (uint256 i = 0; i < ids.length; ++i) {
            if (_records[ids[i]].vote(lane) != version) {
                revert NotVotedBy(lane, version, ids[i]);
            }
        }
    }

    function _condemnSome(ClaimId[] memory ids, LaneVersion version) private {
        (uint256 revoked, uint256 total) = _condemn(ids, version);
        if (revoked == 0) revert NobodyCondemned();
        if (total >= PLATFORMS_THAT_FREEZE) _registry().freeze(Lane.Tee, version);
    }
}
