// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Bounds} from "../factory/Bounds.sol";
import {DelayParams, RollupParams} from "../factory/Params.sol";

/// A rollup's delays, fixed for ever.
abstract contract Delays {
    uint40 internal immutable NOTICE;
    uint40 internal immutable LAPSE;
    uint40 internal immutable STALL_AFTER;
    uint40 internal immutable STALL_MAX;
    uint40 internal immutable EMERGENCY_WINDOW;
    uint40 internal immutable PROBATION;
    uint40 internal immutable HEARTBEAT;
    uint40 internal immutable RETIRE_STREAK;
    uint40 internal immutable LONGEST_GAME;
    uint40 internal immutable BRIDGE_DELAY;
    uint40 internal immutable MIN_WINDOW;
    uint40 internal immutable MAX_WINDOW;
    uint96 internal immutable MIN_BOND;
    uint96 internal immutable MAX_BOND;
    uint40 internal immutable EXIT_TIME;

    constructor(RollupParams memory p) {
        DelayParams memory d = p.delays;
        NOTICE = d.notice;
        LAPSE = d.lapse;
        STALL_AFTER = d.stallAfter;
        STALL_MAX = d.stallMax;
        EMERGENCY_WINDOW = d.emergencyWindow;
        PROBATION = d.probation;
        HEARTBEAT = d.heartbeat;
        RETIRE_STREAK = d.retireStreak;
        LONGEST_GAME = d.longestGame;
        BRIDGE_DELAY = d.bridgeDelay;
        MIN_WINDOW = d.minWindow;
        MAX_WINDOW = d.maxWindow;
        MIN_BOND = d.minBond;
        MAX_BOND = d.maxBond;
        EXIT_TIME = Bounds.exitTime(p);
    }

    /// W: how long a user may need to leave by force.
    function exitTime() public view returns (uint40) {
        return EXIT_TIME;
    }

    function delays() external view returns (DelayParams memory) {
        return DelayParams({
            notice: NOTICE,
            lapse: LAPSE,
            stallAfter: STALL_AFTER,
            stallMax: STALL_MAX,
            emergencyWindow: EMERGENCY_WINDOW,
            probation: PROBATION,
            heartbeat: HEARTBEAT,
            retireStreak: RETIRE_STREAK,
            longestGame: LONGEST_GAME,
            bridgeDelay: BRIDGE_DELAY,
            minWindow: MIN_WINDOW,
            maxWindow: MAX_WINDOW,
            minBond: MIN_BOND,
            maxBond: MAX_BOND
        });
    }
}
