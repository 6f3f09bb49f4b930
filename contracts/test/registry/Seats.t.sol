// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {DelayParams, LaneParams, RollupParams} from "../../src/factory/Params.sol";
import {IGames, ILane} from "../../src/lanes/ILane.sol";
import {Board} from "../../src/settlement/Board.sol";
import {Seat, Version} from "../../src/settlement/ILaneRegistry.sol";
import {Pulse} from "../../src/settlement/ISettlement.sol";
import {LaneRegistry, LaneStatus} from "../../src/settlement/LaneRegistry.sol";
import {Phase} from "../../src/settlement/Rule.sol";
import {Lane, LaneVersion} from "../../src/types/Types.sol";
import {RegistryTest} from "./RegistryTest.sol";
import {OddLane, StubLane} from "./Stubs.sol";

contract SeatsTest is RegistryTest {
    function test_first_versions_come_from_the_parameters() public view {
        assertSeat(Lane.Zk, 1, false, false);
        assertSeat(Lane.Tee, 1, false, false);
        assertSeat(Lane.Op, 1, false, false);
        assertSeat(Lane.Zk2, 0, false, false);
        (Phase phase,) = registry.board();
        assertTrue(phase == Phase.Three);

        Version memory one = registry.version(Lane.Zk, v(1));
        assertEq(one.verifier, address(zk));
        assertEq(one.activatedAt, T0);
        assertEq(one.probationUntil, 0);
        assertFalse(one.frozen);
        assertEq(one.proofSystemId, "zk");
        assertEq(one.executorId, "revm");
        (, address verifier) = registry.active(Lane.Op);
        assertEq(verifier, address(op));
        (, verifier) = registry.active(Lane.Zk2);
        assertEq(verifier, address(0));
    }

    function test_a_rollup_may_start_with_empty_seats() public {
        registry = deploy(params(LaneParams(address(0), address(0), address(0), address(0))));
        for (uint256 i = 0; i < 4; ++i) {
            assertSeat(Lane(i), 0, false, false);
        }
        assertFalse(registry.differ(Lane.Zk, Lane.Op));
    }

    function test_delays_read_back_as_given() public {
        RollupParams memory p = params(LaneParams(address(0), address(0), address(0), address(0)));
        DelayParams memory d = registry.delays();
        assertEq(keccak256(abi.encode(d)), keccak256(abi.encode(p.delays)));
        assertEq(registry.exitTime(), 1 days + 2 days + 14 days + 7 days + 7 days);
        assertEq(registry.exitTime(), W);
    }

    function test_two_versions_differ_only_in_both_ids() public {
        assertTrue(registry.differ(Lane.Zk, Lane.Tee));
        assertTrue(registry.differ(Lane.Tee, Lane.Zk));
        assertTrue(registry.differ(Lane.Op, Lane.Zk));
        assertFalse(registry.differ(Lane.Zk, Lane.Zk));
        assertFalse(registry.differ(Lane.Zk, Lane.Zk2)); // an empty seat

        teeBecomes("zk", "ethrex");
        assertFalse(registry.differ(Lane.Zk, Lane.Tee));
        assertTrue(registry.differ(Lane.Op, Lane.Tee));
        teeBecomes("tdx", "revm");
        assertFalse(registry.differ(Lane.Tee, Lane.Zk));
        teeBecomes("tdx", "evm");
        assertTrue(registry.differ(Lane.Zk, Lane.Tee));
        assertFalse(registry.differ(Lane.Op, Lane.Tee));
    }

    function test_identifiers_are_read_once() public {
        StubLane next = lane("plonk", "levm");
        schedule(Lane.Zk, address(next));
        next.change("zk-of-another", "ethrex", 99 days);
        vm.warp(T0 + NOTICE + W);
        registry.activate(Lane.Zk);
        next.change("tdx", "ethrex", 99 days);

        Version memory two = registry.version(Lane.Zk, v(2));
        assertEq(two.proofSystemId, "plonk");
        assertEq(two.executorId, "levm");
        assertTrue(registry.differ(Lane.Zk, Lane.Tee));
    }

    function test_a_key_is_not_a_verifier() public {
        address key = makeAddr("key");
        vm.prank(powers);
        vm.expectRevert(abi.encodeWithSelector(LaneRegistry.NotAContract.selector, key));
        registry.installTee(key);

        vm.etch(key, abi.encodePacked(hex"ef0100", address(tee)));
        vm.prank(powers);
        vm.expectRevert(abi.encodeWithSelector(LaneRegistry.NotAContract.selector, key));
        registry.installTee(key);
    }

    function test_a_contract_that_is_no_lane_is_refused() public {
        refusedAsLane(Lane.Zk, ILane.proofSystemId.selector, 31);
        refusedAsLane(Lane.Zk, ILane.executorId.selector, 33);
        refusedAsLane(Lane.Op, IGames.longestGame.selector, 64);
        refusedAsLane(Lane.Op, IGames.longestGame.selector, 0);

        // Only the optimistic lane has games.
        schedule(Lane.Zk2, address(new OddLane(IGames.longestGame.selector, 0)));
    }

    function test_games_are_no_longer_than_the_rollup_allows() public {
        StubLane next = new StubLane("game", "evm", LONGEST_GAME + 1);
        vm.prank(powers);
        vm.expectRevert(
            abi.encodeWithSelector(
                LaneRegistry.GamesTooLong.selector, next, LONGEST_GAME + 1, LONGEST_GAME
            )
        );
        registry.schedule(Lane.Op, address(next));

        next.change("game", "evm", LONGEST_GAME);
        schedule(Lane.Op, address(next));

        next.change("game", "evm", LONGEST_GAME + 1);
        RollupParams memory p =
            params(LaneParams(address(0), address(0), address(next), address(0)));
        vm.expectRevert(
            abi.encodeWithSelector(
                LaneRegistry.GamesTooLong.selector, next, LONGEST_GAME + 1, LONGEST_GAME
            )
        );
        new LaneRegistry(p, siblings());
    }

    function test_first_versions_must_be_lanes() public {
        RollupParams memory p =
            params(LaneParams(makeAddr("key"), address(0), address(0), address(0)));
        vm.expectRevert(abi.encodeWithSelector(LaneRegistry.NotAContract.selector, makeAddr("key")));
        new LaneRegistry(p, siblings());
    }

    function test_the_council_installs_a_tee_at_once() public {
        address next = anyLane();
        vm.expectEmit();
        emit LaneRegistry.VersionActivated(Lane.Tee, v(2), next, 0);
        vm.prank(powers);
        registry.installTee(next);
        assertSeat(Lane.Tee, 2, false, false);
        (, address verifier) = registry.active(Lane.Tee);
        assertEq(verifier, next);
        assertEq(registry.version(Lane.Tee, v(1)).verifier, address(tee));
    }

    function test_a_new_tee_is_not_frozen_though_the_last_was() public {
        freeze(Lane.Tee, 1);
        assertSeat(Lane.Tee, 1, true, false);
        installTee(anyLane());
        assertSeat(Lane.Tee, 2, false, false);
        assertTrue(registry.version(Lane.Tee, v(1)).frozen);
    }

    function test_a_lane_has_at_most_65535_versions() public {
        bytes32 slot = bytes32(0);
        uint256 word = uint256(vm.load(address(registry), slot));
        vm.store(address(registry), slot, bytes32(word | 0xFFFF << 57));
        assertEq(LaneVersion.unwrap(seat(Lane.Tee).version), 65_535);
        address next = anyLane();
        vm.prank(powers);
        vm.expectRevert(abi.encodeWithSelector(LaneRegistry.VersionsExhausted.selector, Lane.Tee));
        registry.installTee(next);
    }

    function test_a_silent_lane_is_shown_as_off() public {
        Pulse memory pulse;
        (pulse.zk, pulse.tee, pulse.op) = (T0, T0 + 1, T0 + 2);
        settlement.setPulse(pulse);
        freeze(Lane.Op, 1);
        vm.warp(T0 + HEARTBEAT);

        LaneStatus[4] memory all = registry.lanes();
        assertTrue(all[0].silent); // as old as the heartbeat
        assertFalse(all[1].silent); // a second younger
        assertFalse(all[2].silent);
        assertTrue(all[3].silent); // never
        assertEq(all[1].lastVoteAt, T0 + 1);
        assertEq(all[3].lastVoteAt, 0);
        assertTrue(all[2].frozen);
        assertFalse(all[0].frozen);
        assertEq(LaneVersion.unwrap(all[2].version), 1);
        assertEq(LaneVersion.unwrap(all[3].version), 0);
    }

    function test_the_board_is_one_read_and_the_word_next_to_nothing() public {
        vm.record();
        registry.board();
        (bytes32[] memory reads,) = vm.accesses(address(registry));
        assertEq(reads.length, 1);
        uint256 before = gasleft();
        registry.board();
        uint256 middle = gasleft();
        Board b = registry.word();
        uint256 end = gasleft();
        assertTrue(b.version(Lane.Op) == v(1));
        // Slot and account are warm here: 4,600 more in a transaction of its own.
        assertLt(before - middle, 10_000);
        assertLt(middle - end, 1000);
    }

    function test_only_the_named_callers_may_call() public {
        address[3] memory callers = [address(this), timelock, address(settlement)];
        for (uint256 i = 0; i < 3; ++i) {
            refused(callers[i], powers, abi.encodeCall(registry.installTee, (address(tee))));
            refused(callers[i], powers, abi.encodeCall(registry.schedule, (Lane.Zk, address(zk))));
            refused(callers[i], powers, abi.encodeCall(registry.cancel, (Lane.Zk)));
            refused(
                callers[i],
                powers,
                abi.encodeCall(registry.emergencyReplace, (Lane.Zk, address(zk)))
            );
        }
        bytes memory announce = abi.encodeCall(registry.announceTeeRetirement, ());
        bytes memory stop = abi.encodeCall(registry.freeze, (Lane.Zk, v(1)));
        refused(powers, timelock, announce);
        refused(address(settlement), timelock, announce);
        refused(address(this), timelock, announce);
        refused(powers, address(settlement), stop);
        refused(timelock, address(settlement), stop);
        refused(address(this), address(settlement), stop);
    }

    function refused(address caller, address expected, bytes memory call) private {
        vm.prank(caller);
        vm.expectRevert(abi.encodeWithSelector(LaneRegistry.NotAllowed.selector, caller, expected));
        (bool ignored,) = address(registry).call(call);
        ignored;
    }

    function refusedAsLane(Lane where, bytes4 odd, uint256 size) private {
        address next = address(new OddLane(odd, size));
        vm.prank(powers);
        vm.expectRevert(abi.encodeWithSelector(LaneRegistry.NotALane.selector, next, odd));
        registry.schedule(where, next);
    }

    function teeBecomes(bytes32 proofSystem, bytes32 executor) private {
        installTee(address(lane(proofSystem, executor)));
    }
}
