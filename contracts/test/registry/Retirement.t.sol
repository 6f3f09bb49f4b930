// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Pulse} from "../../src/settlement/ISettlement.sol";
import {LaneRegistry, RetireBlock, Retirement} from "../../src/settlement/LaneRegistry.sol";
import {Phase} from "../../src/settlement/Rule.sol";
import {Lane} from "../../src/types/Types.sol";
import {RegistryTest} from "./RegistryTest.sol";

contract RetirementTest is RegistryTest {
    /// When the second ZK lane, announced at T0, takes its seat; retirement is announced then.
    uint40 private constant TWO = T0 + NOTICE + W;
    uint40 private constant RETIRE = TWO + NOTICE + W;

    function test_two_different_zk_lanes_in_good_standing_retire_the_tee() public {
        pair("plonk", "levm");
        vm.expectEmit();
        emit LaneRegistry.TeeRetirementAnnounced(RETIRE);
        announce();
        vm.warp(RETIRE);
        beat(RETIRE - STREAK, RETIRE - STREAK);
        blocked(RetireBlock.None, Lane.Zk, 0);
        vm.expectEmit();
        emit LaneRegistry.TeeRetired();
        vm.prank(makeAddr("anyone"));
        registry.retireTee();
        (Phase phase,) = registry.board();
        assertTrue(phase == Phase.Retired);
        assertSeat(Lane.Zk2, 1, false, false);
    }

    function test_nothing_leads_back() public {
        test_two_different_zk_lanes_in_good_standing_retire_the_tee();
        address next = anyLane();
        vm.expectRevert(LaneRegistry.TeeIsRetired.selector);
        vm.prank(powers);
        registry.installTee(next);
        vm.expectRevert(LaneRegistry.TeeIsRetired.selector);
        vm.prank(timelock);
        registry.announceTeeRetirement();
        cannot(RetireBlock.Done, Lane.Tee, 0);

        // Whatever else happens to seats.
        freeze(Lane.Zk, 1);
        emergency(Lane.Zk, next);
        schedule(Lane.Zk2, next);
        vm.warp(RETIRE + NOTICE + W);
        registry.activate(Lane.Zk2);
        (Phase phase,) = registry.board();
        assertTrue(phase == Phase.Retired);
    }

    function test_it_must_be_announced() public {
        pair("plonk", "levm");
        vm.warp(RETIRE);
        beat(T0, T0);
        cannot(RetireBlock.NotAnnounced, Lane.Tee, 0);
    }

    function test_its_notice_and_the_exit_time_must_be_over() public {
        pair("plonk", "levm");
        announce();
        vm.warp(RETIRE - 1);
        beat(T0, T0);
        cannot(RetireBlock.Notice, Lane.Tee, RETIRE);
        vm.warp(RETIRE);
        registry.retireTee();
    }

    function test_announcing_again_starts_over() public {
        pair("plonk", "levm");
        announce();
        vm.warp(RETIRE);
        beat(T0, T0);
        announce();
        cannot(RetireBlock.Notice, Lane.Tee, RETIRE + NOTICE + W);
    }

    function test_both_seats_must_be_taken() public {
        vm.warp(TWO);
        announce();
        vm.warp(RETIRE);
        beat(T0, T0);
        cannot(RetireBlock.EmptySeat, Lane.Zk2, 0);
    }

    function test_neither_may_be_frozen() public {
        pair("plonk", "levm");
        announce();
        vm.warp(RETIRE);
        beat(T0, T0);
        freeze(Lane.Zk2, 1);
        cannot(RetireBlock.FrozenSeat, Lane.Zk2, 0);
        freeze(Lane.Zk, 1);
        cannot(RetireBlock.FrozenSeat, Lane.Zk, 0);
    }

    function test_neither_may_be_on_probation() public {
        pair("plonk", "levm");
        announce();
        vm.warp(RETIRE - 1 days);
        freeze(Lane.Zk, 1);
        emergency(Lane.Zk, address(lane("again", "revm")));
        uint40 until = RETIRE - 1 days + PROBATION + W;
        vm.warp(until - 1);
        beat(T0, T0);
        cannot(RetireBlock.OnProbation, Lane.Zk, until);
        vm.warp(until);
        beat(T0, T0);
        registry.retireTee();
    }

    function test_they_must_differ_in_both() public {
        pair("zk", "levm");
        announce();
        vm.warp(RETIRE);
        beat(T0, T0);
        cannot(RetireBlock.NotDifferent, Lane.Zk2, 0);
    }

    function test_they_must_differ_in_the_executor() public {
        pair("plonk", "revm");
        announce();
        vm.warp(RETIRE);
        beat(T0, T0);
        cannot(RetireBlock.NotDifferent, Lane.Zk2, 0);
    }

    function test_both_must_have_been_active_for_the_streak() public {
        announceAt(T0);
        vm.warp(T0 + 1 days);
        schedule(Lane.Zk2, address(lane("plonk", "levm")));
        uint40 since = T0 + 1 days + NOTICE + W;
        vm.warp(since);
        registry.activate(Lane.Zk2);
        vm.warp(since + STREAK - 1);
        beat(T0, T0);
        cannot(RetireBlock.TooYoung, Lane.Zk2, since + STREAK);
        vm.warp(since + STREAK);
        registry.retireTee();
    }

    function test_both_must_vote_still() public {
        pair("plonk", "levm");
        announce();
        vm.warp(RETIRE);
        Pulse memory p;
        (p.zk, p.zkSince, p.zk2, p.zk2Since) = (RETIRE - HEARTBEAT + 1, T0, RETIRE - HEARTBEAT, T0);
        settlement.setPulse(p);
        cannot(RetireBlock.Silent, Lane.Zk2, 0);
        (p.zk, p.zk2) = (RETIRE - HEARTBEAT, RETIRE);
        settlement.setPulse(p);
        cannot(RetireBlock.Silent, Lane.Zk, 0);
        p.zk = 0;
        settlement.setPulse(p);
        cannot(RetireBlock.Silent, Lane.Zk, 0);
        (p.zk, p.zk2) = (RETIRE - HEARTBEAT + 1, RETIRE - HEARTBEAT + 1);
        settlement.setPulse(p);
        registry.retireTee();
    }

    function test_both_must_have_voted_for_the_streak() public {
        pair("plonk", "levm");
        announce();
        vm.warp(RETIRE);
        beat(RETIRE - STREAK + 1, T0);
        cannot(RetireBlock.ShortStreak, Lane.Zk, RETIRE + 1);
        beat(T0, RETIRE - STREAK + 1);
        cannot(RetireBlock.ShortStreak, Lane.Zk2, RETIRE + 1);
        vm.warp(RETIRE + 1);
        registry.retireTee();
    }

    function pair(bytes32 proofSystem, bytes32 executor) private {
        schedule(Lane.Zk2, address(lane(proofSystem, executor)));
        vm.warp(TWO);
        registry.activate(Lane.Zk2);
    }

    function announce() private {
        vm.prank(timelock);
        registry.announceTeeRetirement();
    }

    function announceAt(uint40 when) private {
        vm.warp(when);
        announce();
    }

    /// Both voted now, without a gap since then.
    function beat(uint40 zkSince, uint40 zk2Since) private {
        Pulse memory p;
        uint40 last = uint40(vm.getBlockTimestamp());
        (p.zk, p.zkSince, p.zk2, p.zk2Since) = (last, zkSince, last, zk2Since);
        settlement.setPulse(p);
    }

    function blocked(RetireBlock reason, Lane about, uint40 endsAt) private view {
        Retirement memory r = registry.retirement();
        assertEq(uint256(r.blocked), uint256(reason), "reason");
        assertTrue(r.lane == about, "lane");
        assertEq(r.endsAt, endsAt, "end");
    }

    function cannot(RetireBlock reason, Lane about, uint40 endsAt) private {
        blocked(reason, about, endsAt);
        vm.expectRevert(
            abi.encodeWithSelector(LaneRegistry.CannotRetire.selector, reason, about, endsAt)
        );
        registry.retireTee();
    }
}
