// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {RollupAddresses, RollupParams} from "../factory/Params.sol";
import {IGames, ILane} from "../lanes/ILane.sol";
import {Code} from "../types/Code.sol";
import {Lane, LaneVersion} from "../types/Types.sol";
import {Board, IBoard} from "./Board.sol";
import {Delays} from "./Delays.sol";
import {ILaneRegistry, Seat, Version} from "./ILaneRegistry.sol";
import {ISettlement, Pulse} from "./ISettlement.sol";
import {Phase} from "./Rule.sol";

/// A version that was announced and is not active yet.
struct Scheduled {
    address verifier;
    /// The first moment at which finality that flows lets it be activated. Zero if nothing is
    /// announced.
    uint40 readyAt;
    bytes32 proofSystemId;
    bytes32 executorId;
}

/// One lane as people and monitors should see it.
struct LaneStatus {
    LaneVersion version;
    bool frozen;
    bool probation;
    /// Zero if it never voted.
    uint40 lastVoteAt;
    /// It has not voted for a heartbeat: take it for switched off.
    bool silent;
}

/// Why the TEE cannot be retired now.
enum RetireBlock {
    None,
    /// It already is.
    Done,
    NotAnnounced,
    /// The notice is not over.
    Notice,
    /// A ZK seat has no version.
    EmptySeat,
    FrozenSeat,
    OnProbation,
    /// The two ZK versions share a proof system or an executor.
    NotDifferent,
    /// A ZK version has not been active for long enough.
    TooYoung,
    /// A ZK lane has not voted for a heartbeat, or never.
    Silent,
    /// A ZK lane has not voted without a gap for long enough.
    ShortStreak
}

struct Retirement {
    /// Zero if it is not announced.
    uint40 retireAt;
    RetireBlock blocked;
    /// The lane that the reason is about, where it is about one.
    Lane lane;
    /// When this reason ends by itself if nothing else happens; zero if it does not.
    uint40 endsAt;
}

/// Who sits in the rollup's four seats: versions, freezes, notices and probation, as
/// `spec/settlement.md` writes them under "Versions".
///
/// What it cannot do: shorten a delay, take a vote away but by `freeze`, unfreeze a version, or
/// bring the TEE back. Its constructor calls the first versions, and no other contract.
///
/// Caution: the registry cannot look into a verifier. Its identifiers are what it says of itself,
/// and one that can change (a proxy, a call through something that has an owner) makes every
/// delay here worthless. Who announces it answers for both; everybody has the notice to check.
contract LaneRegistry is ILaneRegistry, IBoard, Delays {
    error NotAllowed(address caller, address expected);
    /// This call is for other lanes.
    error WrongLane(Lane lane);
    error NotAContract(address verifier);
    /// It does not answer this call of `ILane` or `IGames` with one word.
    error NotALane(address verifier, bytes4 call);
    error GamesTooLong(address verifier, uint256 longest, uint256 most);
    error NothingScheduled(Lane lane);
    error NotReady(Lane lane, uint40 opensAt);
    /// It was ready and nobody activated it in time: announce it again.
    error Lapsed(Lane lane, uint40 closedAt);
    error NotActive(Lane lane, LaneVersion given, LaneVersion active);
    error AlreadyFrozen(Lane lane, LaneVersion version);
    /// No contradiction opened the lane's window, or it closed at `until`.
    error NoEmergency(Lane lane, uint40 until);
    error TeeIsRetired();
    error CannotRetire(RetireBlock reason, Lane lane, uint40 endsAt);
    error VersionsExhausted(Lane lane);

    event VersionScheduled(Lane indexed lane, address verifier, uint40 readyAt);
    event ScheduleCancelled(Lane indexed lane, address verifier);
    /// `probationUntil` is zero unless it was installed by emergency.
    event VersionActivated(
        Lane indexed lane, LaneVersion version, address verifier, uint40 probationUntil
    );
    /// `emergencyUntil` is zero where no emergency opens.
    event VersionFrozen(Lane indexed lane, LaneVersion version, uint40 emergencyUntil);
    event TeeRetirementAnnounced(uint40 retireAt);
    event TeeRetired();

    address public immutable POWERS;
    address public immutable TIMELOCK;
    address public immutable SETTLEMENT;

    Board private _board;
    uint40[4] private _emergencyUntil;
    uint40 private _retireAt;
    mapping(Lane => mapping(LaneVersion => Version)) private _versions;
    mapping(Lane => Scheduled) private _scheduled;

    modifier only(address expected) {
        _only(expected);
        _;
    }

    constructor(RollupParams memory p, RollupAddresses memory a) Delays(p) {
        POWERS = a.powers;
        TIMELOCK = a.timelock;
        SETTLEMENT = a.settlement;

        address[4] memory first = [p.lanes.zk, p.lanes.tee, p.lanes.op, p.lanes.zk2];
        for (uint256 i = 0; i < 4; ++i) {
            if (first[i] == address(0)) continue;
            _install(Lane(i), _describe(Lane(i), first[i], p.delays.longestGame), 0);
        }
    }

    // What settlement reads and tells.

    /// @inheritdoc ILaneRegistry
    function boardWord() external view returns (Board) {
        return _board;
    }

    /// @inheritdoc ILaneRegistry
    function verifierOf(Lane lane, LaneVersion number) external view returns (address) {
        return _versions[lane][number].verifier;
    }

    /// @inheritdoc ILaneRegistry
    function board() external view returns (Phase phase, Seat[4] memory seats) {
        Board b = _board;
        phase = b.phase();
        seats = _seats(b);
    }

    /// @inheritdoc IBoard
    function word() external view returns (Board) {
        return _board;
    }

    /// @inheritdoc ILaneRegistry
    function active(Lane lane) external view returns (Seat memory seat, address verifier) {
        seat = _seat(_board, lane);
        verifier = _versions[lane][seat.version].verifier;
    }

    /// @inheritdoc ILaneRegistry
    function version(Lane lane, LaneVersion number) external view returns (Version memory) {
        return _versions[lane][number];
    }

    /// @inheritdoc ILaneRegistry
    function differ(Lane a, Lane b) external view returns (bool) {
        return _board.differ(a, b);
    }

    /// @inheritdoc ILaneRegistry
    function freeze(Lane lane, LaneVersion number) external only(SETTLEMENT) {
        Board b = _board;
        LaneVersion current = b.version(lane);
        if (number != current || LaneVersion.unwrap(current) == 0) {
            revert NotActive(lane, number, current);
        }
        if (b.frozen(lane)) revert AlreadyFrozen(lane, number);

        _board = b.freeze(lane);
        _versions[lane][number].frozen = true;
        uint40 until = 0;
        if (lane != Lane.Tee) {
            until = _now() + EMERGENCY_WINDOW;
            _emergencyUntil[uint256(lane)] = until;
        }
        emit VersionFrozen(lane, number, until);
    }

    // What only the council's powers may do.

    /// @inheritdoc ILaneRegistry
    function installTee(address verifier) external only(POWERS) {
        _whileThree();
        _install(Lane.Tee, _describe(Lane.Tee, verifier, LONGEST_GAME), 0);
    }

    /// Announces a version; the time starts over if one was announced before.
    function schedule(Lane lane, address verifier) external only(POWERS) {
        _notTee(lane);
        Scheduled memory next = _describe(lane, verifier, LONGEST_GAME);
        next.readyAt = _now() + NOTICE + EXIT_TIME;
        _scheduled[lane] = next;
        emit VersionScheduled(lane, verifier, next.readyAt);
    }

    /// @inheritdoc ILaneRegistry
    function cancel(Lane lane) external only(POWERS) {
        address verifier = _announced(lane).verifier;
        delete _scheduled[lane];
        emit ScheduleCancelled(lane, verifier);
    }

    /// Replaces a version that contradicted itself, at once and on probation. What is announced
    /// for the lane stays announced.
    function emergencyReplace(Lane lane, address verifier) external only(POWERS) {
        _notTee(lane);
        uint40 until = _emergencyUntil[uint256(lane)];
        if (until == 0 || _now() > until) revert NoEmergency(lane, until);
        _install(lane, _describe(lane, verifier, LONGEST_GAME), _now() + PROBATION + EXIT_TIME);
    }

    // What only governance's timelock may do.

    /// Starts the notice; it starts over if it was announced before.
    function announceTeeRetirement() external only(TIMELOCK) {
        _whileThree();
        uint40 retireAt = _now() + NOTICE + EXIT_TIME;
        _retireAt = retireAt;
        emit TeeRetirementAnnounced(retireAt);
    }

    // What anyone may do.

    /// @inheritdoc ILaneRegistry
    function activate(Lane lane) external {
        Scheduled memory next = _announced(lane);
        (uint40 opensAt, uint40 closesAt,) = _window(next.readyAt);
        if (_now() < opensAt) revert NotReady(lane, opensAt);
        if (_now() > closesAt) revert Lapsed(lane, closesAt);
        delete _scheduled[lane];
        _install(lane, next, 0);
    }

    /// @inheritdoc ILaneRegistry
    function retireTee() external {
        Retirement memory r = retirement();
        if (r.blocked != RetireBlock.None) revert CannotRetire(r.blocked, r.lane, r.endsAt);
        _board = _board.retire();
        emit TeeRetired();
    }

    // What people and monitors read.

    /// The version announced for a lane; all zero if there is none.
    function scheduled(Lane lane) external view returns (Scheduled memory) {
        return _scheduled[lane];
    }

    /// Until when, this second included, the council may replace the lane's version at once;
    /// zero if no window is open.
    function emergencyUntil(Lane lane) external view returns (uint40) {
        return _emergencyUntil[uint256(lane)];
    }

    /// When the announced version may be activated, both ends included, as things stand now;
    /// `blocked` while stalled finality holds it back.
    function readyWindow(Lane lane)
        external
        view
        returns (uint40 opensAt, uint40 closesAt, bool blocked)
    {
        return _window(_announced(lane).readyAt);
    }

    /// The four lanes with their last votes, in the order of `Lane`.
    function lanes() external view returns (LaneStatus[4] memory all) {
        Seat[4] memory seats = _seats(_board);
        Pulse memory pulse = ISettlement(SETTLEMENT).pulse();
        uint40[4] memory last = [pulse.zk, pulse.tee, pulse.op, pulse.zk2];
        for (uint256 i = 0; i < 4; ++i) {
            all[i] = LaneStatus({
                version: seats[i].version,
                frozen: seats[i].frozen,
                probation: seats[i].probation,
                lastVoteAt: last[i],
                silent: _silent(last[i])
            });
        }
    }

    /// Whether the TEE may be retired now, or the first thing in the way.
    function retirement() public view returns (Retirement memory r) {
        Board b = _board;
        r.retireAt = _retireAt;
        if (b.phase() == Phase.Retired) return _because(r, RetireBlock.Done, Lane.Tee, 0);
        if (r.retireAt == 0) return _because(r, RetireBlock.NotAnnounced, Lane.Tee, 0);
        if (_now() < r.retireAt) {
            return _because(r, RetireBlock.Notice, Lane.Tee, r.retireAt);
        }
        if (_seatBlocks(r, b, Lane.Zk) || _seatBlocks(r, b, Lane.Zk2)) return r;
        if (!b.differ(Lane.Zk, Lane.Zk2)) {
            return _because(r, RetireBlock.NotDifferent, Lane.Zk2, 0);
        }
        Pulse memory pulse = ISettlement(SETTLEMENT).pulse();
        if (_pulseBlocks(r, Lane.Zk, pulse.zk, pulse.zkSince)) return r;
        _pulseBlocks(r, Lane.Zk2, pulse.zk2, pulse.zk2Since);
    }

    // Inside.

    /// Makes a version the active one of its lane. What it replaces never counts again, and its
    /// contradiction, if there was one, is answered.
    function _install(Lane lane, Scheduled memory next, uint40 probationUntil) private {
        Board b = _board;
        uint16 before = LaneVersion.unwrap(b.version(lane));
        if (before == type(uint16).max) revert VersionsExhausted(lane);
        LaneVersion number = LaneVersion.wrap(before + 1);

        b = b.install(lane, number, probationUntil);
        for (uint256 i = 0; i < 4; ++i) {
            Lane other = Lane(i);
            if (other == lane) continue;
            Version storage o = _versions[other][b.version(other)];
            b = b.pair(
                lane,
                other,
                o.verifier != address(0) && o.proofSystemId != next.proofSystemId
                    && o.executorId != next.executorId
            );
        }
        _board = b;
        _versions[lane][number] = Version({
            verifier: next.verifier,
            activatedAt: _now(),
            probationUntil: probationUntil,
            frozen: false,
            proofSystemId: next.proofSystemId,
            executorId: next.executorId
        });
        delete _emergencyUntil[uint256(lane)];
        emit VersionActivated(lane, number, next.verifier, probationUntil);
    }

    function _seats(Board b) private view returns (Seat[4] memory all) {
        all = b.seats(block.timestamp);
        for (uint256 i = 0; i < 4; ++i) {
            all[i].probation = _isOnProbation(b, Lane(i), all[i].probation);
        }
    }

    function _seat(Board b, Lane lane) private view returns (Seat memory seat) {
        seat = b.seat(lane, block.timestamp);
        seat.probation = _isOnProbation(b, lane, seat.probation);
    }

    /// A version installed by emergency is on probation so that people can leave before the council
    /// and the TEE could agree on something wrong. So it stays there while they could not, and
    /// as long again as they need once they can.
    function _isOnProbation(Board b, Lane lane, bool byTime) private view returns (bool) {
        if (byTime || b.probationUntil(lane) == 0) return byTime;
        (bool stalled, uint40 endedAt) = ISettlement(SETTLEMENT).stall();
        return stalled || _now() < endedAt + EXIT_TIME;
    }

    /// What a contract says of itself, read once and for all.
    function _describe(Lane lane, address verifier, uint40 longestGame)
        private
        view
        returns (Scheduled memory next)
    {
        if (!Code.isContract(verifier)) revert NotAContract(verifier);
        next.verifier = verifier;
        next.proofSystemId = _ask(verifier, ILane.proofSystemId.selector);
        next.executorId = _ask(verifier, ILane.executorId.selector);
        if (lane == Lane.Op) {
            uint256 longest = uint256(_ask(verifier, IGames.longestGame.selector));
            // W counts on it: a longer game could outlast the notice.
            if (longest > longestGame) revert GamesTooLong(verifier, longest, longestGame);
        }
    }

    function _ask(address verifier, bytes4 selector) private view returns (bytes32) {
        (bool ok, bytes memory answer) = verifier.staticcall(abi.encodePacked(selector));
        if (!ok || answer.length != 32) revert NotALane(verifier, selector);
        return bytes32(answer);
    }

    /// A version waits while finality is stalled, for people whose way out leads through
    /// finality, but not for ever: a lane that does not work may be why it is stalled.
    function _window(uint40 readyAt)
        private
        view
        returns (uint40 opensAt, uint40 closesAt, bool blocked)
    {
        (bool stalled, uint40 endedAt) = ISettlement(SETTLEMENT).stall();
        uint40 latest = readyAt + STALL_MAX;
        uint40 end = stalled || endedAt > latest ? latest : endedAt;
        opensAt = end > readyAt ? end : readyAt;
        closesAt = opensAt + LAPSE;
        blocked = stalled && _now() >= readyAt && _now() < opensAt;
    }

    function _seatBlocks(Retirement memory r, Board b, Lane lane) private view returns (bool) {
        Seat memory seat = _seat(b, lane);
        if (LaneVersion.unwrap(seat.version) == 0) {
            _because(r, RetireBlock.EmptySeat, lane, 0);
            return true;
        }
        if (seat.frozen) {
            _because(r, RetireBlock.FrozenSeat, lane, 0);
            return true;
        }
        if (seat.probation) {
            _because(r, RetireBlock.OnProbation, lane, b.probationUntil(lane));
            return true;
        }
        uint40 oldEnough = _versions[lane][seat.version].activatedAt + RETIRE_STREAK;
        if (_now() < oldEnough) {
            _because(r, RetireBlock.TooYoung, lane, oldEnough);
            return true;
        }
        return false;
    }

    function _pulseBlocks(Retirement memory r, Lane lane, uint40 last, uint40 since)
        private
        view
        returns (bool)
    {
        if (_silent(last)) {
            _because(r, RetireBlock.Silent, lane, 0);
            return true;
        }
        if (_now() < since + RETIRE_STREAK) {
            _because(r, RetireBlock.ShortStreak, lane, since + RETIRE_STREAK);
            return true;
        }
        return false;
    }

    function _because(Retirement memory r, RetireBlock reason, Lane lane, uint40 endsAt)
        private
        pure
        returns (Retirement memory)
    {
        r.blocked = reason;
        r.lane = lane;
        r.endsAt = endsAt;
        return r;
    }

    function _announced(Lane lane) private view returns (Scheduled memory next) {
        next = _scheduled[lane];
        if (next.readyAt == 0) revert NothingScheduled(lane);
    }

    function _silent(uint40 last) private view returns (bool) {
        return last == 0 || _now() >= last + HEARTBEAT;
    }

    function _notTee(Lane lane) private pure {
        if (lane == Lane.Tee) revert WrongLane(lane);
    }

    function _whileThree() private view {
        if (_board.phase() == Phase.Retired) revert TeeIsRetired();
    }

    function _only(address expected) private view {
        if (msg.sender != expected) revert NotAllowed(msg.sender, expected);
    }

    function _now() private view returns (uint40) {
        return uint40(block.timestamp);
    }
}
