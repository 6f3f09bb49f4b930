// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {RollupAddresses, RollupParams} from "../factory/Params.sol";
import {IInbox} from "../inbox/IInbox.sol";
import {IProofLane} from "../lanes/ILane.sol";
import {Claims} from "../types/Claims.sol";
import {Claim, ClaimId, Lane, LaneVersion} from "../types/Types.sol";
import {Conflicts} from "./Conflicts.sol";
import {Seat} from "./ILaneRegistry.sol";
import {Conflict, Pulse} from "./ISettlement.sol";
import {Proposals} from "./Proposals.sol";
import {Phase, Verdict, Vote} from "./Rule.sol";
import {Store} from "./Store.sol";

/// Decides which L2 blocks are final: a claim is, once two of three independent lanes agree.
/// `spec/settlement.md` says exactly when each call is allowed.
///
/// Nobody owns it, nothing pauses it, and no code of it can change. ETH enters only as the
/// bond of a proposal and leaves only as credit that its owner withdraws; what is burned stays
/// here for good.
contract Settlement is Proposals {
    constructor(RollupParams memory p, RollupAddresses memory a) Store(p, a) {}

    /// Anyone brings a lane's proof. Dead and final contents may be voted on: a vote is
    /// evidence, also against the lane that gave it.
    function vote(Lane lane, Claim calldata claim, bytes calldata proof)
        external
        override
        locked
        returns (bool isFinal)
    {
        if (lane == Lane.Op) revert NotAProofLane(lane);
        (Seat memory seat, address verifier) = _activeSeat(lane);
        bool counts = _canCount(lane);

        Claim memory c = claim;
        ClaimId id = Claims.id(c, address(this));
        Record memory r = _records[id];
        // More platforms may sign what one has signed; a proof is needed once.
        if (lane != Lane.Tee && _voteOf(r, lane) == seat.version) {
            revert AlreadyVoted(lane, seat.version, id);
        }
        bytes32 inputs = Claims.inputs(c);
        _admit(id, c, inputs, r);
        // A stranger's code: it finds no vote written yet, and cannot get back in.
        IProofLane(verifier).verify(id, claim, proof);

        _setVote(r, lane, seat.version);
        if (counts && r.firstVoteAt == 0) {
            r.firstVoteAt = _now();
            emit WindowsStart(id, r.firstVoteAt);
        }
        _records[id] = r;
        _beat(lane);
        emit Voted(id, lane, seat.version);

        _meetRivals(id, inputs, r, lane, seat.version, verifier);
        isFinal = _tryFinalize(id, c, r);
        if (isFinal) _records[id] = r;
    }

    /// Anyone, when the rule has been met and the parent is the head.
    function finalize(Claim calldata claim) external override locked {
        Claim memory c = claim;
        ClaimId id = Claims.id(c, address(this));
        Record memory r = _records[id];
        if (r.finalAt != 0) revert AlreadyFinal(id, r.finalAt);
        _requireAtHead(c);
        Verdict v = _verdict(id, r);
        if (v != Verdict.Final) revert VerdictNotFinal(v);
        _finalize(id, c, r);
        _records[id] = r;
    }

    /// Anyone with proof that the active version of a lane voted for what cannot all be right.
    function contradict(Lane lane, Conflict calldata conflict) external override locked {
        (Seat memory seat, address verifier) = _activeSeat(lane);
        _canCount(lane);
        Conflicts.check(conflict, IInbox(inbox));
        ClaimId[] memory ids = new ClaimId[](conflict.a.length + conflict.b.length);
        _collect(conflict.a, lane, seat.version, ids, 0);
        _collect(conflict.b, lane, seat.version, ids, conflict.a.length);

        emit Contradicted(lane, seat.version, ids[conflict.a.length - 1], ids[ids.length - 1]);
        if (lane != Lane.Tee) return _registry().freeze(lane, seat.version);
        _condemnSome(ids, seat.version, verifier);
    }

    /// Anyone with proof that platforms signed against what is final.
    function contradictFinal(Conflict calldata conflict) external override locked {
        (Seat memory seat, address verifier) = _activeSeat(Lane.Tee);
        _canCount(Lane.Tee);
        Conflicts.check(conflict, IInbox(inbox));
        ClaimId[] memory ids = new ClaimId[](conflict.a.length);
        _collect(conflict.a, Lane.Tee, seat.version, ids, 0);
        ClaimId last;
        for (uint256 i = 0; i < conflict.b.length; ++i) {
            last = Claims.id(conflict.b[i], address(this));
            if (_records[last].finalAt == 0) revert NotFinal(last);
        }

        emit Contradicted(Lane.Tee, seat.version, ids[ids.length - 1], last);
        _condemnSome(ids, seat.version, verifier);
    }

    /// The trust-minimised lanes provably contradict each other and no third one can decide:
    /// only then the council may choose, and only one of the two.
    function arbitrate(Conflict calldata conflict, bool chooseOp) external override locked {
        if (msg.sender != powers) revert OnlyPowers(powers, msg.sender);
        if (conflict.a.length != 1 || conflict.b.length != 1) {
            revert NotOneClaimEach(conflict.a.length, conflict.b.length);
        }
        Conflicts.check(conflict, IInbox(inbox));
        ClaimId a = Claims.id(conflict.a[0], address(this));
        ClaimId b = Claims.id(conflict.b[0], address(this));
        _checkArbitrable(a, b);

        Claim memory chosen = chooseOp ? conflict.b[0] : conflict.a[0];
        _requireAtHead(chosen);
        ClaimId id = chooseOp ? b : a;
        Record memory r = _records[id];
        emit Arbitrated(a, b, chooseOp);
        _finalize(id, chosen, r);
        _records[id] = r;
    }

    function _checkArbitrable(ClaimId a, ClaimId b) private view {
        (Phase phase, Seat[4] memory seats) = _registry().board();
        Record memory ra = _records[a];
        Record memory rb = _records[b];

        // The ZK lane that speaks for `a`, and the lane that could still decide.
        bool zk = _worth(ra.zk, seats[uint256(Lane.Zk)]) == Vote.Yes;
        Lane second = Lane.Tee;
        if (phase == Phase.Retired) {
            second = zk ? Lane.Zk2 : Lane.Zk;
            zk = zk || _worth(ra.zk2, seats[uint256(Lane.Zk2)]) == Vote.Yes;
        }
        if (!zk) revert NoGoodZkVote(a);
        if (_worth(rb.op, seats[uint256(Lane.Op)]) != Vote.Yes) revert NoGoodOpVote(b);
        if (_counts(a, ra, second, seats)) revert SecondLaneVoted(a);
        if (_counts(b, rb, second, seats)) revert SecondLaneVoted(b);
        if (_verdict(a, ra) == Verdict.Final) revert RuleDecides(a);
        if (_verdict(b, rb) == Verdict.Final) revert RuleDecides(b);
    }

    function _counts(ClaimId id, Record memory r, Lane lane, Seat[4] memory seats)
        private
        view
        returns (bool)
    {
        if (_worth(_voteOf(r, lane), seats[uint256(lane)]) == Vote.None) return false;
        return lane != Lane.Tee || _upholds(id);
    }

    /// Whether the lane's votes can count in this phase. The hardware lane has no say at all
    /// once it is retired.
    function _canCount(Lane lane) private view returns (bool) {
        if (lane == Lane.Zk || lane == Lane.Op) return true;
        (Phase phase,) = _registry().board();
        if (lane == Lane.Zk2) return phase == Phase.Retired;
        if (phase == Phase.Retired) revert TeeIsRetired();
        return true;
    }

    function _setVote(Record memory r, Lane lane, LaneVersion version) private pure {
        if (lane == Lane.Zk) r.zk = version;
        else if (lane == Lane.Tee) r.tee = version;
        else r.zk2 = version;
    }

    function _beat(Lane lane) private {
        Pulse memory p = _pulse;
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
        _pulse = p;
    }

    function _wasSilent(uint40 last) private view returns (bool) {
        return _now() - last >= HEARTBEAT;
    }

    /// Writes the ids of a chain whose claims all hold the version's vote.
    function _collect(
        Claim[] calldata chain,
        Lane lane,
        LaneVersion version,
        ClaimId[] memory ids,
        uint256 offset
    ) private view {
        for (uint256 i = 0; i < chain.length; ++i) {
            ClaimId id = Claims.id(chain[i], address(this));
            if (_voteOf(_records[id], lane) != version) revert NotVotedBy(lane, version, id);
            ids[offset + i] = id;
        }
    }

    function _condemnSome(ClaimId[] memory ids, LaneVersion version, address verifier) private {
        (uint256 revoked, uint256 total) = _condemn(ids, version, verifier);
        if (revoked == 0) revert NobodyCondemned();
        if (total >= PLATFORMS_THAT_FREEZE) _registry().freeze(Lane.Tee, version);
    }
}
