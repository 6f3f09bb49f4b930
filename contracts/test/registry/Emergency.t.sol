// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Seat} from "../../src/settlement/ILaneRegistry.sol";
import {LaneRegistry} from "../../src/settlement/LaneRegistry.sol";
import {Lane} from "../../src/types/Types.sol";
import {RegistryTest} from "./RegistryTest.sol";

contract EmergencyTest is RegistryTest {
    function test_freezing_is_of_the_active_version_once() public {
        vm.expectEmit();
        emit LaneRegistry.VersionFrozen(Lane.Zk, v(1), T0 + EMERGENCY);
        freeze(Lane.Zk, 1);
        assertSeat(Lane.Zk, 1, true, false);
        assertSeat(Lane.Tee, 1, false, false);
        assertSeat(Lane.Op, 1, false, false);
        assertTrue(registry.version(Lane.Zk, v(1)).frozen);

        vm.expectRevert(abi.encodeWithSelector(LaneRegistry.AlreadyFrozen.selector, Lane.Zk, v(1)));
        freeze(Lane.Zk, 1);
    }

    function test_no_other_version_can_be_frozen() public {
        notActive(Lane.Zk, 2, 1);
        notActive(Lane.Zk, 0, 1);
        notActive(Lane.Zk2, 0, 0);
        notActive(Lane.Zk2, 1, 0);
        installTee(anyLane());
        notActive(Lane.Tee, 1, 2);
    }

    function test_a_frozen_tee_opens_no_emergency() public {
        vm.expectEmit();
        emit LaneRegistry.VersionFrozen(Lane.Tee, v(1), 0);
        freeze(Lane.Tee, 1);
        assertEq(registry.emergencyUntil(Lane.Tee), 0);
        address next = anyLane();
        vm.expectRevert(abi.encodeWithSelector(LaneRegistry.WrongLane.selector, Lane.Tee));
        emergency(Lane.Tee, next);
    }

    function test_without_a_contradiction_there_is_no_emergency() public {
        noEmergency(Lane.Zk, 0);
        freeze(Lane.Zk, 1);
        noEmergency(Lane.Op, 0); // another lane's
        noEmergency(Lane.Zk2, 0);
    }

    function test_the_emergency_lasts_its_window() public {
        freeze(Lane.Op, 1);
        vm.warp(T0 + EMERGENCY + 1);
        noEmergency(Lane.Op, T0 + EMERGENCY);
        vm.warp(T0 + EMERGENCY);
        emergency(Lane.Op, anyLane());
        assertSeat(Lane.Op, 2, false, true);
    }

    function test_the_emergency_allows_one_replacement() public {
        freeze(Lane.Zk, 1);
        emergency(Lane.Zk, anyLane());
        assertEq(registry.emergencyUntil(Lane.Zk), 0);
        noEmergency(Lane.Zk, 0);
    }

    function test_a_version_has_one_emergency_and_the_next_its_own() public {
        freeze(Lane.Zk, 1);
        vm.warp(T0 + EMERGENCY + 1);
        vm.expectRevert(abi.encodeWithSelector(LaneRegistry.AlreadyFrozen.selector, Lane.Zk, v(1)));
        freeze(Lane.Zk, 1);
        noEmergency(Lane.Zk, T0 + EMERGENCY);

        schedule(Lane.Zk, anyLane());
        vm.warp(T0 + EMERGENCY + 1 + NOTICE + W);
        registry.activate(Lane.Zk);
        freeze(Lane.Zk, 2);
        emergency(Lane.Zk, anyLane());
        assertSeat(Lane.Zk, 3, false, true);
    }

    function test_an_emergency_version_that_contradicts_itself_opens_another() public {
        freeze(Lane.Zk, 1);
        emergency(Lane.Zk, anyLane());
        freeze(Lane.Zk, 2);
        assertSeat(Lane.Zk, 2, true, true);
        emergency(Lane.Zk, anyLane());
        assertSeat(Lane.Zk, 3, false, true);
    }

    function test_probation_is_its_time_and_the_exit_time() public {
        vm.warp(T0 + 3 days);
        freeze(Lane.Zk, 1);
        vm.warp(T0 + 5 days);
        uint40 until = T0 + 5 days + PROBATION + W;
        address next = anyLane();
        vm.expectEmit();
        emit LaneRegistry.VersionActivated(Lane.Zk, v(2), next, until);
        emergency(Lane.Zk, next);
        assertEq(registry.version(Lane.Zk, v(2)).probationUntil, until);

        assertSeat(Lane.Zk, 2, false, true);
        vm.warp(until - 1);
        assertSeat(Lane.Zk, 2, false, true);
        vm.warp(until);
        assertSeat(Lane.Zk, 2, false, false);
    }

    /// Otherwise a council and a TEE that say nothing, so that nobody can leave, would only
    /// have to wait.
    function test_probation_lasts_while_nobody_could_leave_and_as_long_as_leaving_takes() public {
        freeze(Lane.Zk, 1);
        emergency(Lane.Zk, anyLane());
        uint40 until = T0 + PROBATION + W;
        vm.warp(until);
        settlement.setStall(true, 0);
        assertSeat(Lane.Zk, 2, false, true);
        vm.warp(until + 365 days);
        assertSeat(Lane.Zk, 2, false, true);
        (Seat memory seat,) = registry.active(Lane.Zk);
        assertTrue(seat.probation);
        // No other version is held up.
        assertSeat(Lane.Op, 1, false, false);

        uint40 ended = until + 365 days;
        settlement.setStall(false, ended);
        vm.warp(ended + W - 1);
        assertSeat(Lane.Zk, 2, false, true);
        vm.warp(ended + W);
        assertSeat(Lane.Zk, 2, false, false);
    }

    function test_what_is_announced_stays_announced_and_ends_probation() public {
        address next = anyLane();
        schedule(Lane.Zk, next);
        vm.warp(T0 + 1 days);
        freeze(Lane.Zk, 1);
        emergency(Lane.Zk, anyLane());
        vm.warp(T0 + NOTICE + W - 1);
        vm.expectRevert(
            abi.encodeWithSelector(LaneRegistry.NotReady.selector, Lane.Zk, T0 + NOTICE + W)
        );
        registry.activate(Lane.Zk);
        vm.warp(T0 + NOTICE + W);
        assertSeat(Lane.Zk, 2, false, true);
        registry.activate(Lane.Zk);
        assertSeat(Lane.Zk, 3, false, false);
    }

    function test_an_emergency_version_must_be_a_lane_too() public {
        freeze(Lane.Zk, 1);
        vm.expectRevert(abi.encodeWithSelector(LaneRegistry.NotAContract.selector, makeAddr("key")));
        emergency(Lane.Zk, makeAddr("key"));
        assertEq(registry.emergencyUntil(Lane.Zk), T0 + EMERGENCY);
    }

    function test_the_council_cannot_put_the_same_emergency_off() public {
        freeze(Lane.Zk, 1);
        schedule(Lane.Zk, anyLane());
        vm.prank(powers);
        registry.cancel(Lane.Zk);
        installTee(anyLane());
        assertEq(registry.emergencyUntil(Lane.Zk), T0 + EMERGENCY);
    }

    function notActive(Lane where, uint16 given, uint16 current) private {
        vm.expectRevert(
            abi.encodeWithSelector(LaneRegistry.NotActive.selector, where, v(given), v(current))
        );
        freeze(where, given);
    }

    function noEmergency(Lane where, uint40 until) private {
        address next = anyLane();
        vm.expectRevert(abi.encodeWithSelector(LaneRegistry.NoEmergency.selector, where, until));
        emergency(where, next);
    }
}
