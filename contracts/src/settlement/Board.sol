// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Lane, LaneVersion} from "../types/Types.sol";
import {Seat} from "./ILaneRegistry.sol";
import {Phase} from "./Rule.sol";

/// All four seats and the phase, in one word.
type Board is uint256;

using BoardLib for Board global;

/// Who has no use for all of it in memory reads the word, and takes out what it needs.
interface IBoard {
    function word() external view returns (Board);
}

/// Each lane has 57 bits, the first lane the lowest: 16 of its active version, one whether that
/// is frozen, 40 until when it is on probation. Above them: the phase, then one bit for each
/// pair of lanes whose active versions differ in proof system and executor.
library BoardLib {
    uint256 private constant LANE = 57;
    uint256 private constant VERSION = (1 << 16) - 1;
    uint256 private constant FROZEN = 1 << 16;
    uint256 private constant UNTIL = 17;
    uint256 private constant PHASE = 4 * LANE;
    uint256 private constant PAIRS = PHASE + 1;

    function phase(Board board) internal pure returns (Phase) {
        return Phase(Board.unwrap(board) >> PHASE & 1);
    }

    function version(Board board, Lane lane) internal pure returns (LaneVersion) {
        return LaneVersion.wrap(uint16(Board.unwrap(board) >> _shift(lane) & VERSION));
    }

    function frozen(Board board, Lane lane) internal pure returns (bool) {
        return Board.unwrap(board) >> _shift(lane) & FROZEN != 0;
    }

    /// Zero unless the active version was installed by emergency.
    function probationUntil(Board board, Lane lane) internal pure returns (uint40) {
        return uint40(Board.unwrap(board) >> _shift(lane) + UNTIL);
    }

    function differ(Board board, Lane a, Lane b) internal pure returns (bool) {
        return Board.unwrap(board) & _pair(a, b) != 0;
    }

    /// All seats in the order of `Lane`. Written for what it costs: each vote reads it.
    function seats(Board board, uint256 time) internal pure returns (Seat[4] memory all) {
        uint256 rest = Board.unwrap(board);
        for (uint256 i = 0; i < 4; ++i) {
            Seat memory one = all[i];
            one.version = LaneVersion.wrap(uint16(rest & VERSION));
            one.frozen = rest & FROZEN != 0;
            one.probation = time < uint40(rest >> UNTIL);
            rest >>= LANE;
        }
    }

    function seat(Board board, Lane lane, uint256 time) internal pure returns (Seat memory) {
        return Seat({
            version: board.version(lane),
            frozen: board.frozen(lane),
            probation: time < board.probationUntil(lane)
        });
    }

    function retire(Board board) internal pure returns (Board) {
        return Board.wrap(Board.unwrap(board) | 1 << PHASE);
    }

    function freeze(Board board, Lane lane) internal pure returns (Board) {
        return Board.wrap(Board.unwrap(board) | FROZEN << _shift(lane));
    }

    /// Another version in a lane's seat, not frozen. Its pairs are to be set anew.
    function install(Board board, Lane lane, LaneVersion number, uint40 until)
        internal
        pure
        returns (Board)
    {
        uint256 shift = _shift(lane);
        uint256 cleared = Board.unwrap(board) & ~(((1 << LANE) - 1) << shift);
        uint256 fresh = LaneVersion.unwrap(number) | uint256(until) << UNTIL;
        return Board.wrap(cleared | fresh << shift);
    }

    function pair(Board board, Lane a, Lane b, bool differs) internal pure returns (Board) {
        uint256 cleared = Board.unwrap(board) & ~_pair(a, b);
        return Board.wrap(differs ? cleared | _pair(a, b) : cleared);
    }

    function _shift(Lane lane) private pure returns (uint256) {
        return uint256(lane) * LANE;
    }

    /// Sixteen bits, of which the pairs in falling order use six; none stands for a lane
    /// beside itself.
    function _pair(Lane a, Lane b) private pure returns (uint256) {
        (uint256 x, uint256 y) = a > b ? (uint256(a), uint256(b)) : (uint256(b), uint256(a));
        return x == y ? 0 : 1 << PAIRS + x * 4 + y;
    }
}
