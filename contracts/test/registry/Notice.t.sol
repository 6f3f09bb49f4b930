// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {LaneRegistry, Scheduled} from "../../src/settlement/LaneRegistry.sol";
import {Lane} from "../../src/types/Types.sol";
import {RegistryTest} from "./RegistryTest.sol";

contract NoticeTest is RegistryTest {
    uint40 private constant READY = T0 + NOTICE + W;

    function test_a_version_waits_its_notice_and_the_exit_time() public {
        address next = anyLane();
        vm.expectEmit();
        emit LaneRegistry.VersionScheduled(Lane.Zk, next, READY);
        schedule(Lane.Zk, next);
        Scheduled memory s = registry.scheduled(Lane.Zk);
        assertEq(s.verifier, next);
        assertEq(s.readyAt, READY);
        assertEq(s.proofSystemId, "another");
        assertEq(s.executorId, "other");
        assertSeat(Lane.Zk, 1, false, false);

        notReady(READY - 1, READY);
        vm.warp(READY);
        vm.prank(makeAddr("anyone"));
        registry.activate(Lane.Zk);
        assertSeat(Lane.Zk, 2, false, false);
        assertEq(registry.version(Lane.Zk, v(2)).activatedAt, READY);
        nothing();
    }

    function test_every_lane_but_the_tee_is_announced() public {
        schedule(Lane.Zk, anyLane());
        schedule(Lane.Op, anyLane());
        schedule(Lane.Zk2, anyLane());
        vm.expectRevert(abi.encodeWithSelector(LaneRegistry.WrongLane.selector, Lane.Tee));
        vm.prank(powers);
        registry.schedule(Lane.Tee, address(tee));

        vm.warp(READY);
        registry.activate(Lane.Zk2);
        assertSeat(Lane.Zk2, 1, false, false);
        assertSeat(Lane.Zk, 1, false, false);
    }

    function test_announcing_again_starts_over() public {
        schedule(Lane.Zk, anyLane());
        vm.warp(READY - 1);
        address other = anyLane();
        schedule(Lane.Zk, other);
        notReady(READY, READY - 1 + NOTICE + W);
        notReady(READY - 1 + NOTICE + W - 1, READY - 1 + NOTICE + W);
        vm.warp(READY - 1 + NOTICE + W);
        registry.activate(Lane.Zk);
        (, address verifier) = registry.active(Lane.Zk);
        assertEq(verifier, other);
    }

    function test_announcing_the_same_contract_again_starts_over() public {
        address next = anyLane();
        schedule(Lane.Zk, next);
        vm.warp(READY);
        schedule(Lane.Zk, next);
        notReady(READY, READY + NOTICE + W);
    }

    function test_cancelling_leaves_nothing() public {
        nothing();
        vm.expectRevert(abi.encodeWithSelector(LaneRegistry.NothingScheduled.selector, Lane.Zk));
        vm.prank(powers);
        registry.cancel(Lane.Zk);

        address next = anyLane();
        schedule(Lane.Zk, next);
        vm.expectEmit();
        emit LaneRegistry.ScheduleCancelled(Lane.Zk, next);
        vm.prank(powers);
        registry.cancel(Lane.Zk);
        vm.warp(READY);
        nothing();
        assertSeat(Lane.Zk, 1, false, false);
    }

    function test_a_ready_version_lapses() public {
        schedule(Lane.Zk, anyLane());
        vm.warp(READY + LAPSE + 1);
        vm.expectRevert(
            abi.encodeWithSelector(LaneRegistry.Lapsed.selector, Lane.Zk, READY + LAPSE)
        );
        registry.activate(Lane.Zk);
        vm.warp(READY + LAPSE);
        registry.activate(Lane.Zk);
        assertSeat(Lane.Zk, 2, false, false);
    }

    function test_a_stall_holds_a_ready_version_back_and_no_longer_than_its_most() public {
        schedule(Lane.Zk, anyLane());
        settlement.setStall(true, 0);
        vm.warp(READY - 1);
        window(READY + STALL_MAX, false); // the notice is what it waits for
        notReady(READY, READY + STALL_MAX);
        window(READY + STALL_MAX, true);
        notReady(READY + STALL_MAX - 1, READY + STALL_MAX);

        vm.warp(READY + STALL_MAX);
        window(READY + STALL_MAX, false);
        registry.activate(Lane.Zk);
        assertSeat(Lane.Zk, 2, false, false);
    }

    function test_a_stalled_version_lapses_counted_from_its_most() public {
        schedule(Lane.Zk, anyLane());
        settlement.setStall(true, 0);
        uint40 closes = READY + STALL_MAX + LAPSE;
        vm.warp(closes + 1);
        vm.expectRevert(abi.encodeWithSelector(LaneRegistry.Lapsed.selector, Lane.Zk, closes));
        registry.activate(Lane.Zk);
        vm.warp(closes);
        registry.activate(Lane.Zk);
    }

    function test_when_the_stall_ends_the_version_is_ready() public {
        schedule(Lane.Zk, anyLane());
        settlement.setStall(false, READY + 5 days);
        vm.warp(READY + 5 days);
        window(READY + 5 days, false);
        vm.warp(READY + 5 days + LAPSE);
        registry.activate(Lane.Zk);
        assertSeat(Lane.Zk, 2, false, false);
    }

    function test_a_stall_that_ended_before_changes_nothing() public {
        schedule(Lane.Zk, anyLane());
        settlement.setStall(false, READY);
        vm.warp(READY);
        window(READY, false);
        settlement.setStall(false, READY - 1);
        window(READY, false);
        registry.activate(Lane.Zk);
    }

    function test_a_stall_that_ended_late_counts_to_its_most() public {
        schedule(Lane.Zk, anyLane());
        settlement.setStall(false, READY + STALL_MAX);
        vm.warp(READY + STALL_MAX + LAPSE);
        window(READY + STALL_MAX, false);
        settlement.setStall(false, READY + STALL_MAX + 1);
        window(READY + STALL_MAX, false);
        registry.activate(Lane.Zk);
    }

    function test_activation_answers_the_emergency() public {
        schedule(Lane.Zk, anyLane());
        vm.warp(READY);
        freeze(Lane.Zk, 1);
        assertEq(registry.emergencyUntil(Lane.Zk), READY + EMERGENCY);
        registry.activate(Lane.Zk);
        assertSeat(Lane.Zk, 2, false, false);
        assertEq(registry.emergencyUntil(Lane.Zk), 0);
    }

    /// However times fall, nothing is active before its notice, nor a second after it lapsed.
    function testFuzz_activation_happens_in_its_window_only(
        uint40 when,
        bool stalled,
        uint40 endedAt
    ) public {
        schedule(Lane.Zk, anyLane());
        when = uint40(bound(when, T0, READY + STALL_MAX + LAPSE + 2 days));
        endedAt = uint40(bound(endedAt, 0, when));
        settlement.setStall(stalled, endedAt);
        vm.warp(when);

        uint40 end = stalled ? type(uint40).max : endedAt;
        uint40 most = end < READY + STALL_MAX ? end : READY + STALL_MAX;
        uint40 opens = READY > most ? READY : most;
        bool allowed = when >= opens && when <= opens + LAPSE;
        try registry.activate(Lane.Zk) {
            assertTrue(allowed);
            assertGe(when, READY);
        } catch {
            assertFalse(allowed);
        }
    }

    function notReady(uint40 when, uint40 opensAt) private {
        vm.warp(when);
        vm.expectRevert(abi.encodeWithSelector(LaneRegistry.NotReady.selector, Lane.Zk, opensAt));
        registry.activate(Lane.Zk);
    }

    function nothing() private {
        vm.expectRevert(abi.encodeWithSelector(LaneRegistry.NothingScheduled.selector, Lane.Zk));
        registry.activate(Lane.Zk);
        vm.expectRevert(abi.encodeWithSelector(LaneRegistry.NothingScheduled.selector, Lane.Zk));
        registry.readyWindow(Lane.Zk);
    }

    function window(uint40 expected, bool held) private view {
        (uint40 opensAt, uint40 closesAt, bool blocked) = registry.readyWindow(Lane.Zk);
        assertEq(opensAt, expected);
        assertEq(closesAt, expected + LAPSE);
        assertEq(blocked, held);
    }
}
