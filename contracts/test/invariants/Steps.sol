// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Head, ProposalState} from "../../src/settlement/ISettlement.sol";
import {Verdict} from "../../src/settlement/Rule.sol";
import {ClaimId, Lane, LaneVersion} from "../../src/types/Types.sol";
import {MockGames} from "../doubles/MockGames.sol";
import {Mode} from "./Ghost.sol";
import {Seats} from "./Seats.sol";

/// What every step shares: the promises looked at after it, the money that the ghost counts, and
/// the watcher, who challenges what is wrong wherever the optimistic lane is honest.
abstract contract Steps is Seats {
    struct Prop {
        uint256 item;
        uint32 number;
        address proposer;
        uint96 bond;
        uint40 window;
        uint40 proposedAt;
        uint16 version;
        uint16 open;
        ProposalState state;
    }

    struct Match {
        uint256 prop;
        address challenger;
        bool open;
    }

    Prop[] internal props;
    Match[] internal matches;
    address[] internal actors;
    mapping(address => uint256) internal credits;
    uint256 internal burned;
    uint96 internal currentBond = 2 ether;
    uint40 internal currentWindow = 3600;

    /// What a step may change; everything else must stay as it was.
    bool internal mayFinalize;
    /// The corrupt emergency version is not on probation any more.
    bool internal isOver;
    bool internal begun;

    modifier step() {
        _sync();
        if (!begun) _begin(Mode(uint256(keccak256(msg.data)) % 8));
        mayFinalize = false;
        _;
        _checkSeats();
        if (!mayFinalize) _check(_head().point == headPoint, "head-moved");
    }

    /// Looks at a content after a call that may have made it final.
    function _afterCall(uint256 place, bool arbitrated) internal {
        mayFinalize = true;
        Item storage item = items[place];
        ClaimId id = item.id;
        bool isFinal = _contentOf(item).finalAt != 0;
        if (isFinal && finalAt[id] == 0) return _becameFinal(place, arbitrated);
        _check(_head().point == headPoint, "head-moved");
        if (isFinal || _startOf(item) != headPoint) return;
        // A vote or a proposal that stands makes final at once what the rule now allows.
        _check(!_ruleIsMet(id), "final-at-once");
    }

    function _becameFinal(uint256 place, bool arbitrated) private {
        Item memory item = items[place];
        ClaimId id = item.id;
        Head memory h = _head();
        _check(_startOf(item) == headPoint, "conflicting-finals");
        _check(item.first == headBatches, "skips-batches");
        _check(h.point == _endOf(item), "head");
        _check(h.batches == item.last && h.batches > headBatches, "head-advances");
        _check(h.blockNumber == item.claim.blockNumber && h.finalAt == time, "head");
        if (!arbitrated) _check(_ruleIsMet(id), "rule");
        _check(_hasGoodTrustMinimised(id), "trust-minimised");
        if (!_anythingGoes()) _check(item.right, _promiseOfMode());

        _countPair(id, arbitrated);
        headPoint = _endOf(item);
        headBatches = item.last;
        if (time - lastFinalAt > STALL_AFTER) stallEndedAt = uint40(time);
        lastFinalAt = uint40(time);
        finalAt[id] = uint40(time);
        finals.push(place);
    }

    function _promiseOfMode() private view returns (bytes32) {
        if (mode == Mode.CorruptZk) return "zk<2";
        bool tee = mode == Mode.CorruptTee || mode == Mode.CorruptEmergency;
        return tee ? bytes32("tee+council<2") : bytes32("one-corrupt-lane");
    }

    /// Modes in which more than one proof, or the only one that matters, is corrupt.
    function _anythingGoes() internal view returns (bool) {
        return mode == Mode.Chaos || mode == Mode.RetiredChaos || isOver;
    }

    function _countPair(ClaimId id, bool arbitrated) private {
        if (arbitrated) return _count("final by arbitration");
        if (_pairIsFinal(id, Lane.Zk, _second())) {
            return _count(retired ? bytes32("final by pair") : bytes32("final by zk+tee"));
        }
        if (_pairIsFinal(id, Lane.Zk, Lane.Op)) {
            return _count(retired ? bytes32("final by retired zk+op") : bytes32("final by zk+op"));
        }
        _count(retired ? bytes32("final by zk2+op") : bytes32("final by tee+op"));
    }

    // Time.

    function _wait(uint256 duration) internal {
        _watch();
        _pass(duration);
        // Once its probation is over, people have had their time to leave.
        GhostVersion memory zk = _active(Lane.Zk);
        if (mode == Mode.CorruptEmergency && zk.corrupt && !_isOnProbation(zk)) {
            isOver = true;
        }
    }

    /// Challenges, and beats, each wrong proposal whose window runs, where the games are honest.
    function _watch() private {
        for (uint256 i = 0; i < props.length; ++i) {
            Prop storage p = props[i];
            Item storage item = items[p.item];
            if (p.state != ProposalState.Live || item.sound) continue;
            if (versions[Lane.Op][p.version].corrupt || !_canOpen(p)) continue;
            MockGames games = MockGames(versions[Lane.Op][p.version].verifier);
            games.open(settlement, item.claim, p.number);
            games.close(settlement, item.id, p.number, false, address(0x7A7C));
            _lose(p, address(0x7A7C));
            _count("watched");
        }
    }

    function _lose(Prop storage p, address challenger) internal {
        p.state = ProposalState.Lost;
        uint256 prize = p.bond / 2;
        credits[challenger] += prize;
        burned += p.bond - prize;
    }

    function _canOpen(Prop storage p) internal view returns (bool) {
        Item memory item = items[p.item];
        if (p.state != ProposalState.Live || finalAt[item.id] != 0 || _isDead(item)) return false;
        bool isActive = p.version == activeOf[Lane.Op] && !versions[Lane.Op][p.version].frozen;
        return isActive && firstVoteAt[item.id] != 0 && time < _windowEnd(p);
    }

    function _windowEnd(Prop storage p) internal view returns (uint256) {
        uint40 voted = firstVoteAt[items[p.item].id];
        return (voted > p.proposedAt ? voted : p.proposedAt) + p.window;
    }

    // Choices.

    function _actor(uint256 seed) internal view returns (address) {
        return actors[_mix(seed, "actor") % actors.length];
    }

    /// A content for the step: often one that starts at the head, seldom any.
    function _pick(uint256 seed) internal returns (uint256) {
        if (items.length == 0 || _chance(seed, "new", 8)) return _make(seed);
        for (uint256 i = 0; i < 6 && _chance(seed, "head", 75); ++i) {
            uint256 place = _mix(_mix(seed, bytes32(i)), "pick") % items.length;
            if (finalAt[items[place].id] == 0 && _startOf(items[place]) == headPoint) return place;
        }
        if (_chance(seed, "fresh", 30)) return _make(seed);
        return _mix(seed, "any") % items.length;
    }

    /// Makes a content: of the right history, of a wrong one, a rival of one that is there, or one
    /// that skips batches.
    function _make(uint256 seed) internal returns (uint256) {
        uint256 batches = accs.length - 1;
        if (items.length >= 90) return _mix(seed, "full") % items.length;
        uint256 from = headBatches;
        uint256 branch = finals.length == 0 ? 0 : items[finals[finals.length - 1]].branch;
        if (items.length != 0 && _chance(seed, "elsewhere", 35)) {
            Item memory other = items[_mix(seed, "other") % items.length];
            bool child = other.last < batches && _chance(seed, "child", 60);
            (from, branch) = (child ? other.last : other.first, other.branch);
        }
        return _makeAt(seed, branch, from);
    }

    /// A content that starts where another, known one ends.
    function _makeChild(uint256 seed) internal returns (uint256) {
        if (items.length == 0 || items.length >= 90) return _pick(seed);
        uint256 parent = _mix(seed, "parent") % items.length;
        for (uint256 i = 0; i < 8; ++i) {
            Item memory p = items[parent];
            if (known[p.id] && !_isDead(p)) break;
            parent = _mix(_mix(seed, bytes32(i)), "parent") % items.length;
        }
        return _makeAt(seed, items[parent].branch, items[parent].last);
    }

    function _makeAt(uint256 seed, uint256 branch, uint256 from) private returns (uint256) {
        if (from == accs.length - 1) _batch(seed);
        uint256 batches = accs.length - 1;
        uint256 to = from + 1 + _mix(seed, "length") % (batches - from < 3 ? batches - from : 3);
        if (_chance(seed, "wrong", 45)) {
            uint64 number =
                blocksAt[from] + 1 + uint64(_mix(seed, "fork") % (blocksAt[to] - blocksAt[from]));
            branches.push(Branch(branch, number));
            branch = branches.length - 1;
        }
        return _item(branch, from, to, to > from + 1 && _chance(seed, "skip", 15));
    }

    function _batch(uint256 seed) internal virtual;

    function _begin(Mode mode_) internal virtual;

    function _number(Lane lane) internal view returns (LaneVersion) {
        return LaneVersion.wrap(activeOf[lane]);
    }

    function _expectVerdict(ClaimId id) internal view returns (bool) {
        return (settlement.verdict(id) == Verdict.Final) == _ruleIsMet(id);
    }
}
