// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IInbox} from "../inbox/IInbox.sol";
import {IPlatformLane} from "../lanes/ILane.sol";
import {Claims} from "../types/Claims.sol";
import {BatchAcc, Claim, ClaimId, Lane, LaneVersion} from "../types/Types.sol";
import {Board} from "./Board.sol";
import {Seat} from "./ILaneRegistry.sol";
import {Record, RecordLib} from "./Record.sol";
import {Phase, Rule, Verdict, Vote, Votes} from "./Rule.sol";
import {Store} from "./Store.sol";

/// From a content's first mention to its end: admission, its rivals, its votes' worth, finality.
abstract contract Contents is Store {
    /// The gas within which the hardware lane answers whether its vote still counts.
    uint256 internal constant UPHOLDS_GAS = 100_000;
    /// What must be left so that a call may take all of that: a 64th stays behind, and what
    /// comes before the call is paid too.
    uint256 internal constant UPHOLDS_GAS_LEFT = UPHOLDS_GAS + UPHOLDS_GAS / 63 + 5000;
    /// Two broken platforms are the lane's fault, one is its own.
    uint256 internal constant PLATFORMS_THAT_FREEZE = 2;

    function verdict(ClaimId id) external view override returns (Verdict) {
        return _verdict(id, _records[id]);
    }

    function isDead(Claim calldata claim) external view override returns (bool) {
        return _records[Claims.id(claim, address(this))].finalAt() == 0 && _missesHead(claim);
    }

    // Admission.

    /// The content's record, admitted if it was not known. What was admitted once stays right:
    /// the inbox forgets nothing.
    function _admit(ClaimId id, Claim memory claim, bytes32 inputs) internal returns (Record r) {
        r = _records[id];
        if (r.isKnown()) return r;
        uint64 batches = _checkAdmitted(claim);
        bool isFirst = _firstOf[inputs] == ClaimId.wrap(0);
        if (isFirst) _firstOf[inputs] = id;
        emit Known(id, inputs, claim);
        return RecordLib.admitted(batches, isFirst);
    }

    /// Returns how many batches there are up to the claim's end.
    function _checkAdmitted(Claim memory claim) private view returns (uint64 toBatches) {
        if (claim.config != CONFIG) revert WrongConfig(CONFIG, claim.config);

        uint64 fromBlock;
        uint64 toBlock;
        (, fromBlock, toBatches, toBlock) = IInbox(inbox).range(claim.firstBatch, claim.lastBatch);
        if (claim.blockNumber != toBlock) revert WrongBlockNumber(toBlock, claim.blockNumber);
        uint256 count = toBlock - fromBlock;
        if (count == 0 || count > Claims.MAX_CHECKPOINTS) {
            revert WrongBlockCount(Claims.MAX_CHECKPOINTS, count);
        }
        if (claim.firstBatch == BatchAcc.wrap(0) && claim.parentBlock != GENESIS) {
            revert WrongGenesis(GENESIS, claim.parentBlock);
        }
    }

    /// Whether a claim that is not final can never be.
    function _missesHead(Claim memory claim) internal view returns (bool) {
        bytes32 point = _head.point;
        // Most claims start at the head, and need no look at the inbox.
        if (_start(claim) == point) return false;
        (uint64 fromBatches,,,) = IInbox(inbox).range(claim.firstBatch, claim.lastBatch);
        // Starting at the head's batch means another block than the head's.
        return fromBatches <= _head.batches;
    }

    function _requireAlive(ClaimId id, Claim memory claim, Record r) internal view {
        if (r.finalAt() != 0) revert AlreadyFinal(id, r.finalAt());
        if (_missesHead(claim)) revert DeadClaim(id);
    }

    // Votes.

    /// What the rule says. The hardware lane is asked only if its answer matters, so that no
    /// failure of it can block the two others.
    function _verdict(ClaimId id, Record r) internal view returns (Verdict) {
        Board board = _board();
        Votes memory votes;
        votes.zk = _worth(r, Lane.Zk, board);
        Vote op = _worth(r, Lane.Op, board);
        votes.op = op != Vote.None;
        votes.opProbation = op == Vote.Probation;

        if (board.phase() == Phase.Retired) {
            votes.second = _worth(r, Lane.Zk2, board);
            votes.zkDiffersFromSecond = board.differ(Lane.Zk, Lane.Zk2);
            votes.opDiffersFromZk = board.differ(Lane.Op, Lane.Zk);
            votes.opDiffersFromSecond = board.differ(Lane.Op, Lane.Zk2);
            return Rule.verdict(Phase.Retired, votes);
        }

        Verdict without = Rule.verdict(Phase.Three, votes);
        votes.second = _worth(r, Lane.Tee, board);
        Verdict with = Rule.verdict(Phase.Three, votes);
        return with == without || !_upholds(id, r) ? without : with;
    }

    /// What a content's vote of one lane is worth, but for the hardware lane's own second
    /// thoughts.
    function _worth(Record r, Lane lane, Board board) internal view returns (Vote) {
        LaneVersion voted = r.vote(lane);
        if (LaneVersion.unwrap(voted) == 0 || voted != board.version(lane) || board.frozen(lane)) {
            return Vote.None;
        }
        uint40 until = board.probationUntil(lane);
        if (until == 0) return Vote.Yes;
        if (_now() < until) return Vote.Probation;
        // Its time is over, but not its probation if nobody could leave meanwhile.
        (Seat memory seat,) = _registry().active(lane);
        return seat.probation ? Vote.Probation : Vote.Yes;
    }

    /// Asks the version of the hardware lane that voted whether its vote still counts. A failure
    /// is a no, however it fails; a call that was starved is refused instead, since whoever
    /// sends it could otherwise choose the answer.
    function _upholds(ClaimId id, Record r) internal view returns (bool yes) {
        address verifier = _registry().verifierOf(Lane.Tee, r.vote(Lane.Tee));
        bytes memory input = abi.encodeWithSignature("upholds(address,bytes32)", address(this), id);
        if (gasleft() < UPHOLDS_GAS_LEFT) revert TooLittleGas(UPHOLDS_GAS_LEFT, gasleft());
        uint256 gasLimit = UPHOLDS_GAS;
        assembly ("memory-safe") {
            // One word of the answer is looked at, however long it is.
            let ok := staticcall(gasLimit, verifier, add(input, 32), mload(input), 0, 32)
            yes := and(and(ok, gt(returndatasize(), 31)), eq(mload(0), 1))
        }
    }

    // Rivals.

    /// Finds the contents with the same inputs that hold a vote of the same version, and acts
    /// on them. At most two are looked at, however many there are.
    function _meetRivals(ClaimId id, bytes32 inputs, Record r, Lane lane, LaneVersion version)
        internal
    {
        ClaimId first = ClaimId.wrap(0);
        if (!r.isFirst()) {
            first = _firstOf[inputs];
            if (_records[first].vote(lane) != version) first = ClaimId.wrap(0);
        }

        bytes32 key = keccak256(abi.encode(inputs, lane, version));
        ClaimId other = _otherOf[key];
        if (other == id) {
            other = ClaimId.wrap(0);
        } else if (other == ClaimId.wrap(0) && !r.isFirst()) {
            _otherOf[key] = id;
        }

        bool isFreezing = _contradicts(id, first, lane, version);
        if (_contradicts(id, other, lane, version) || isFreezing) {
            _registry().freeze(lane, version);
        }
    }

    /// Returns whether the version must be frozen.
    function _contradicts(ClaimId id, ClaimId rival, Lane lane, LaneVersion version)
        private
        returns (bool)
    {
        if (rival == ClaimId.wrap(0)) return false;
        emit Contradicted(lane, version, id, rival);
        if (lane != Lane.Tee) return true;

        // What is final has other witnesses: who signed against it is condemned alone.
        bool isFinal = _records[rival].finalAt() != 0;
        ClaimId[] memory ids = new ClaimId[](isFinal ? 1 : 2);
        ids[0] = id;
        if (!isFinal) ids[1] = rival;
        (uint256 revoked, uint256 total) = _condemn(ids, version);
        // Platforms that differ are no contradiction, whatever others did before.
        return revoked != 0 && total >= PLATFORMS_THAT_FREEZE;
    }

    function _condemn(ClaimId[] memory ids, LaneVersion version)
        internal
        returns (uint256 revoked, uint256 total)
    {
        address verifier = _registry().verifierOf(Lane.Tee, version);
        (revoked, total) = IPlatformLane(verifier).condemn(ids);
        emit Condemned(version, revoked, total);
    }

    // Finality.

    /// Makes the content final if its start is the head and the rule says so.
    function _tryFinalize(ClaimId id, Claim memory claim, Record r) internal returns (bool) {
        // Looking at votes and start first saves asking for the verdict in vain.
        if (r.finalAt() != 0 || !r.hasTwoVotes() || _start(claim) != _head.point) return false;
        if (_verdict(id, r) != Verdict.Final) return false;
        _finalize(id, claim, r);
        return true;
    }

    /// The claim is known and starts at the head.
    function _finalize(ClaimId id, Claim memory claim, Record r) internal {
        uint40 time = _now();
        _records[id] = r.withFinalAt(time);

        // The claim itself is work that waited.
        if (_isLongAgo(_head.finalAt)) {
            _head.stallEndedAt = time;
            emit StallEnded(time);
        }
        _head.point = Claims.point(claim.blockHash, claim.lastBatch);
        _head.batches = r.batches();
        _head.blockNumber = claim.blockNumber;
        _head.finalAt = time;
        emit Final(id, claim.blockHash, claim.blockNumber, r.batches());
    }

    function _requireAtHead(Claim memory claim) internal view {
        bytes32 start = _start(claim);
        if (start != _head.point) revert StartsElsewhere(_head.point, start);
    }

    function _start(Claim memory claim) internal pure returns (bytes32) {
        return Claims.point(claim.parentBlock, claim.firstBatch);
    }
}
