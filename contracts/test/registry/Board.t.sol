// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Board} from "../../src/settlement/Board.sol";
import {Phase} from "../../src/settlement/Rule.sol";
import {Lane, LaneVersion} from "../../src/types/Types.sol";
import {Test} from "../lib/Test.sol";

/// The packed word against plain arrays, over random changes.
contract BoardTest is Test {
    uint16[4] private number;
    bool[4] private frozen;
    uint40[4] private until;
    bool[4][4] private differs;
    bool private retired;

    function testFuzz_each_change_changes_what_it_names_and_nothing_else(uint256[12] memory steps)
        public
    {
        Board b;
        for (uint256 i = 0; i < steps.length; ++i) {
            uint256 step = steps[i];
            Lane lane = Lane(step >> 8 & 3);
            uint256 seat = uint256(lane);
            uint256 kind = step & 3;
            if (kind == 0) {
                (number[seat], frozen[seat], until[seat]) =
                (uint16(step >> 16), false, uint40(step >> 32));
                b = b.install(lane, LaneVersion.wrap(number[seat]), until[seat]);
            } else if (kind == 1) {
                frozen[seat] = true;
                b = b.freeze(lane);
            } else if (kind == 2) {
                uint256 other = (seat + 1 + (step >> 16) % 3) % 4;
                bool value = step >> 24 & 1 == 1;
                (differs[seat][other], differs[other][seat]) = (value, value);
                b = b.pair(lane, Lane(other), value);
            } else if (step >> 16 & 7 == 0) {
                retired = true;
                b = b.retire();
            }
            compare(b);
        }
    }

    function compare(Board b) private view {
        assertTrue(b.phase() == (retired ? Phase.Retired : Phase.Three));
        for (uint256 i = 0; i < 4; ++i) {
            assertEq(LaneVersion.unwrap(b.version(Lane(i))), number[i]);
            assertEq(b.frozen(Lane(i)), frozen[i]);
            assertEq(b.probationUntil(Lane(i)), until[i]);
            for (uint256 j = 0; j < 4; ++j) {
                assertEq(b.differ(Lane(i), Lane(j)), differs[i][j]);
            }
        }
    }
}
