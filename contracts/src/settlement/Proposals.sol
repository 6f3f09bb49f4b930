// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Bounds} from "../factory/Bounds.sol";
import {DelayParams, Terms} from "../factory/Params.sol";
import {Claims} from "../types/Claims.sol";
import {Claim, ClaimId, Lane, LaneVersion} from "../types/Types.sol";
import {Board} from "./Board.sol";
import {Contents} from "./Contents.sol";
import {Proposal, ProposalState} from "./ISettlement.sol";
import {Record} from "./Record.sol";
import {Window} from "./Window.sol";

/// The optimistic lane's side: proposals, their bonds, windows and matches. A proposal decides
/// nothing for another proposal of the same content.
abstract contract Proposals is Contents {
    uint16 private constant MAX_MATCHES = type(uint16).max;

    function propose(Claim calldata claim)
        external
        payable
        override
        unlocked
        returns (ClaimId id, uint32 number)
    {
        Claim memory c = claim;
        id = Claims.id(c, address(this));
        Record r = _admit(id, c, Claims.inputs(c));
        if (r.finalAt() != 0) revert AlreadyFinal(id, r.finalAt());
        if (_start(c) != _head.point) {
            if (_missesHead(c)) revert DeadClaim(id);
            revert StartsElsewhere(_head.point, _start(c));
        }
        return (id, _propose(id, r));
    }

    function proposeOn(Claim calldata claim, Claim calldata parent)
        external
        payable
        override
        unlocked
        returns (ClaimId id, uint32 number)
    {
        Claim memory p = parent;
        ClaimId parentId = Claims.id(p, address(this));
        Record parentRecord = _records[parentId];
        bool isFinal = parentRecord.finalAt() != 0;
        if (!parentRecord.isKnown()) revert ParentNotKnown(parentId);
        if (!isFinal && _missesHead(p)) revert ParentIsDead(parentId);

        Claim memory c = claim;
        bytes32 start = _start(c);
        bytes32 end = Claims.point(p.blockHash, p.lastBatch);
        if (start != end) revert StartsElsewhere(end, start);
        id = Claims.id(c, address(this));
        Record r = _admit(id, c, Claims.inputs(c));
        // After a living parent that is not final, a claim lives.
        if (isFinal) _requireAlive(id, c, r);
        return (id, _propose(id, r));
    }

    function _propose(ClaimId id, Record r) private returns (uint32 number) {
        CurrentTerms memory current = _current;
        if (msg.value != current.proposerBond) {
            revert WrongBond(current.proposerBond, msg.value);
        }
        LaneVersion version = _activeVersion(_board(), Lane.Op);

        number = r.proposals();
        _records[id] = r.withProposal();
        // In the order of `Proposal`, with no match open. The compiler would write six times.
        uint256 word = uint256(uint160(msg.sender)) | uint256(_now()) << 160
            | uint256(LaneVersion.unwrap(version)) << 200 | uint256(current.index) << 216
            | uint256(ProposalState.Live) << 248;
        Proposal storage p = _proposals[id][number];
        assembly ("memory-safe") {
            sstore(p.slot, word)
        }
        emit Proposed(id, number, msg.sender, version, current.index);
    }

    function stand(Claim calldata claim, uint32 number)
        external
        override
        locked
        returns (bool isFinal)
    {
        Claim memory c = claim;
        ClaimId id = Claims.id(c, address(this));
        Record r = _records[id];
        Proposal memory p = _live(id, number);
        _requireAlive(id, c, r);
        LaneVersion version = _activeVersion(_board(), Lane.Op);
        if (version != p.opVersion) revert VersionNotActive(version, p.opVersion);
        uint40 until = _windowEnd(id, r, p);
        if (_now() < until) revert WindowNotOver(until);
        if (p.openMatches != 0) revert MatchesAreOpen(p.openMatches);

        _proposals[id][number].state = ProposalState.Stood;
        r = r.withVote(Lane.Op, version);
        _records[id] = r;
        _pulse.op = _now();
        emit Stood(id, number, version);
        _credit(p.proposer, _terms[p.terms].proposerBond);

        _meetRivals(id, Claims.inputs(c), r, Lane.Op, version);
        return _tryFinalize(id, c, r);
    }

    function reclaim(Claim calldata claim, uint32 number) external override unlocked {
        Claim memory c = claim;
        ClaimId id = Claims.id(c, address(this));
        Record r = _records[id];
        Proposal memory p = _live(id, number);
        if (!_isReclaimable(c, r, p)) revert NotReclaimable(id, number);

        _proposals[id][number].state = ProposalState.Closed;
        emit Reclaimed(id, number);
        _credit(p.proposer, _terms[p.terms].proposerBond);
    }

    function _isReclaimable(Claim memory claim, Record r, Proposal memory p)
        private
        view
        returns (bool)
    {
        if (r.finalAt() != 0 || _missesHead(claim)) return true;
        if (p.openMatches != 0) return false;
        Board board = _board();
        if (board.version(Lane.Op) != p.opVersion || board.frozen(Lane.Op)) return true;
        return r.firstVoteAt() == 0 && _now() >= p.proposedAt + _terms[p.terms].window;
    }

    function matchOpened(Claim calldata claim, uint32 number) external override unlocked {
        Claim memory c = claim;
        ClaimId id = Claims.id(c, address(this));
        Record r = _records[id];
        Proposal memory p = _live(id, number);
        _requireGames(p.opVersion);
        _requireAlive(id, c, r);
        // A match under a version that is over could decide nothing but the bonds.
        LaneVersion version = _activeVersion(_board(), Lane.Op);
        if (version != p.opVersion) revert VersionNotActive(version, p.opVersion);
        uint40 until = _windowEnd(id, r, p);
        if (_now() >= until) revert WindowIsOver(until);
        if (p.openMatches == MAX_MATCHES) revert TooManyMatches(MAX_MATCHES);

        uint16 open = p.openMatches + 1;
        _proposals[id][number].openMatches = open;
        emit MatchOpened(id, number, open);
    }

    function matchClosed(ClaimId id, uint32 number, bool defended, address challenger)
        external
        override
        unlocked
    {
        Proposal memory p = _proposals[id][number];
        if (p.openMatches == 0) revert NoOpenMatch(id, number);
        _requireGames(p.opVersion);

        uint16 open = --p.openMatches;
        emit MatchClosed(id, number, defended, open);
        bool lost = !defended && p.state == ProposalState.Live;
        if (lost) p.state = ProposalState.Lost;
        _proposals[id][number] = p;
        if (!lost) return;

        emit Lost(id, number, challenger);
        uint256 bond = _terms[p.terms].proposerBond;
        uint256 prize = bond / 2;
        burned += bond - prize;
        emit Burned(bond - prize);
        _credit(challenger, prize);
    }

    /// Pays all of the caller's credit. Who cannot be paid chooses another receiver.
    function withdrawCredit(address payable to) external override locked {
        uint256 amount = credit[msg.sender];
        if (amount == 0) revert NoCredit(msg.sender);
        credit[msg.sender] = 0;
        bool ok;
        assembly ("memory-safe") {
            // Nothing of what the receiver returns is copied.
            ok := call(gas(), to, amount, 0, 0, 0, 0)
        }
        if (!ok) revert PaymentFailed(to, amount);
        emit Paid(msg.sender, to, amount);
    }

    function setTerms(Terms calldata terms) external override unlocked {
        if (msg.sender != timelock) revert OnlyTimelock(timelock, msg.sender);
        DelayParams memory bounds;
        (bounds.minBond, bounds.maxBond) = (MIN_BOND, MAX_BOND);
        (bounds.minWindow, bounds.maxWindow) = (MIN_WINDOW, MAX_WINDOW);
        Bounds.checkTerms(terms, bounds);
        _useTerms(_current.index + 1, terms);
    }

    /// The lane's active version, which is not frozen.
    function _activeVersion(Board board, Lane lane) internal pure returns (LaneVersion version) {
        version = board.version(lane);
        if (LaneVersion.unwrap(version) == 0) revert NoActiveVersion(lane);
        if (board.frozen(lane)) revert FrozenVersion(lane, version);
    }

    function _live(ClaimId id, uint32 number) private view returns (Proposal memory p) {
        p = _proposals[id][number];
        if (p.state != ProposalState.Live) revert NotLive(id, number, p.state);
    }

    function _windowEnd(ClaimId id, Record r, Proposal memory p) private view returns (uint40) {
        if (r.firstVoteAt() == 0) revert WindowNotStarted(id);
        return Window.end(p.proposedAt, r.firstVoteAt(), _terms[p.terms].window);
    }

    function _requireGames(LaneVersion version) private view {
        address games = _registry().verifierOf(Lane.Op, version);
        if (msg.sender != games) revert NotTheGames(games, msg.sender);
    }
}
