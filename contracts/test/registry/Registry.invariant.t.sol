// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Version} from "../../src/settlement/ILaneRegistry.sol";
import {Seat} from "../../src/settlement/ILaneRegistry.sol";
import {Pulse} from "../../src/settlement/ISettlement.sol";
import {LaneRegistry} from "../../src/settlement/LaneRegistry.sol";
import {Phase} from "../../src/settlement/Rule.sol";
import {Lane, LaneVersion} from "../../src/types/Types.sol";
import {Test} from "../lib/Test.sol";
import {RegistryTest} from "./RegistryTest.sol";
import {StubLane, StubSettlement} from "./Stubs.sol";

/// Everybody who may call the registry, at random, and a few who may not; remembers what
/// nobody but it may remember: who was announced when, and how each version came.
contract Callers is Test {
    uint40 private constant NEVER = 0;

    LaneRegistry public immutable REGISTRY;
    StubSettlement private immutable SETTLEMENT;
    address private immutable POWERS;
    address private immutable TIMELOCK;
    address[] private _verifiers;

    mapping(Lane => uint40) public announcedAt;
    mapping(Lane => address) public announced;
    mapping(Lane => uint16) public versions;
    uint40 public retirementAnnouncedAt;
    uint40 public retiredAt;
    bool public late;
    bool public early;
    bool public unearned;
    bool public trespassed;

    constructor(
        LaneRegistry registry,
        StubSettlement settlement,
        address powers,
        address timelock,
        address[] memory verifiers
    ) {
        (REGISTRY, SETTLEMENT, POWERS, TIMELOCK) = (registry, settlement, powers, timelock);
        _verifiers = verifiers;
        for (uint256 i = 0; i < 3; ++i) {
            versions[Lane(i)] = 1;
        }
    }

    function schedule(uint8 lane, uint8 verifier) external {
        Lane where = Lane(lane % 4);
        address next = _verifier(verifier);
        if (_calls(POWERS, abi.encodeCall(REGISTRY.schedule, (where, next)))) {
            if (where == Lane.Tee) unearned = true;
            (announcedAt[where], announced[where]) = (_now(), next);
        }
    }

    function cancel(uint8 lane) external {
        Lane where = Lane(lane % 4);
        if (_calls(POWERS, abi.encodeCall(REGISTRY.cancel, (where)))) {
            (announcedAt[where], announced[where]) = (NEVER, address(0));
        }
    }

    function activate(uint8 lane) external {
        Lane where = Lane(lane % 4);
        if (!_calls(msg.sender, abi.encodeCall(REGISTRY.activate, (where)))) return;
        uint40 ready = announcedAt[where] + 30 days + REGISTRY.exitTime();
        if (announcedAt[where] == NEVER || _now() < ready) early = true;
        if (_now() > ready + 30 days + 7 days) late = true;
        (, address verifier) = REGISTRY.active(where);
        if (verifier != announced[where]) unearned = true;
        (announcedAt[where], announced[where]) = (NEVER, address(0));
        ++versions[where];
    }

    function freeze(uint8 lane, uint8 number) external {
        Lane where = Lane(lane % 4);
        LaneVersion current = LaneVersion.wrap(number % 4 == 0 ? number : versions[where]);
        bool was = REGISTRY.version(where, current).frozen;
        bool done = _calls(address(SETTLEMENT), abi.encodeCall(REGISTRY.freeze, (where, current)));
        if (done && (was || LaneVersion.unwrap(current) != versions[where])) unearned = true;
    }

    function emergencyReplace(uint8 lane, uint8 verifier) external {
        Lane where = Lane(lane % 4);
        uint40 until = REGISTRY.emergencyUntil(where);
        (Seat memory before,) = REGISTRY.active(where);
        bytes memory call = abi.encodeCall(REGISTRY.emergencyReplace, (where, _verifier(verifier)));
        if (!_calls(POWERS, call)) return;
        if (where == Lane.Tee || !before.frozen || until < _now()) unearned = true;
        (Seat memory seat,) = REGISTRY.active(where);
        if (!seat.probation || REGISTRY.emergencyUntil(where) != 0) unearned = true;
        ++versions[where];
    }

    function installTee(uint8 verifier) external {
        if (_calls(POWERS, abi.encodeCall(REGISTRY.installTee, (_verifier(verifier))))) {
            if (retiredAt != NEVER) unearned = true;
            ++versions[Lane.Tee];
        }
    }

    function announceTeeRetirement() external {
        if (_calls(TIMELOCK, abi.encodeCall(REGISTRY.announceTeeRetirement, ()))) {
            retirementAnnouncedAt = _now();
        }
    }

    /// With all votes in order half of the time.
    function retireTee(bool beating) external {
        Pulse memory pulse;
        if (beating) {
            (pulse.zk, pulse.zkSince, pulse.zk2, pulse.zk2Since) = (_now(), 1, _now(), 1);
        }
        SETTLEMENT.setPulse(pulse);
        if (!_calls(msg.sender, abi.encodeCall(REGISTRY.retireTee, ()))) return;
        if (retiredAt != NEVER || retirementAnnouncedAt == NEVER || !beating) unearned = true;
        if (_now() < retirementAnnouncedAt + 30 days + REGISTRY.exitTime()) early = true;
        (Seat memory zk,) = REGISTRY.active(Lane.Zk);
        (Seat memory zk2,) = REGISTRY.active(Lane.Zk2);
        if (zk.frozen || zk2.frozen || zk.probation || zk2.probation) unearned = true;
        if (!REGISTRY.differ(Lane.Zk, Lane.Zk2)) unearned = true;
        retiredAt = _now();
    }

    function stall(bool stalled, uint32 ago) external {
        SETTLEMENT.setStall(stalled, _now() - ago % 40 days);
    }

    function wait_(uint32 time) external {
        vm.warp(_now() + time % 20 days);
    }

    function trespass(uint8 what, uint8 lane, address who) external {
        if (who == POWERS || who == TIMELOCK || who == address(SETTLEMENT)) return;
        Lane where = Lane(lane % 4);
        address next = _verifier(lane);
        bytes[6] memory calls = [
            abi.encodeCall(REGISTRY.schedule, (where, next)),
            abi.encodeCall(REGISTRY.cancel, (where)),
            abi.encodeCall(REGISTRY.emergencyReplace, (where, next)),
            abi.encodeCall(REGISTRY.installTee, (next)),
            abi.encodeCall(REGISTRY.announceTeeRetirement, ()),
            abi.encodeCall(REGISTRY.freeze, (where, LaneVersion.wrap(versions[where])))
        ];
        if (_calls(who, calls[what % 6])) trespassed = true;
    }

    function _calls(address who, bytes memory call) private returns (bool done) {
        vm.prank(who);
        (done,) = address(REGISTRY).call(call);
    }

    function _verifier(uint8 which) private view returns (address) {
        return _verifiers[which % _verifiers.length];
    }

    function _now() private view returns (uint40) {
        return uint40(vm.getBlockTimestamp());
    }
}

contract RegistryInvariantTest is RegistryTest {
    Callers private callers;

    function setUp() public override {
        super.setUp();
        address[] memory verifiers = new address[](5);
        verifiers[0] = address(lane("plonk", "levm"));
        verifiers[1] = address(lane("stark", "reth"));
        verifiers[2] = address(lane("zk", "besu"));
        verifiers[3] = address(lane("snark", "revm"));
        verifiers[4] = address(new StubLane("long", "game", 8 days));
        callers = new Callers(registry, settlement, powers, timelock, verifiers);
        targetContract(address(callers));
    }

    function invariant_no_version_comes_before_its_notice_or_after_it_lapsed() public view {
        assertFalse(callers.early());
        assertFalse(callers.late());
    }

    function invariant_nobody_does_what_is_anothers() public view {
        assertFalse(callers.trespassed());
        assertFalse(callers.unearned());
    }

    function invariant_versions_come_one_by_one_and_the_last_is_active() public view {
        for (uint256 i = 0; i < 4; ++i) {
            Lane where = Lane(i);
            uint16 last = callers.versions(where);
            (Seat memory s, address verifier) = registry.active(where);
            assertEq(LaneVersion.unwrap(s.version), last);
            assertEq(registry.version(where, v(last)).verifier, verifier);
            assertEq(registry.version(where, v(last + 1)).verifier, address(0));
        }
    }

    function invariant_the_board_says_what_the_versions_say() public view {
        (Phase phase, Seat[4] memory seats) = registry.board();
        assertTrue((phase == Phase.Retired) == (callers.retiredAt() != 0));
        for (uint256 i = 0; i < 4; ++i) {
            Version memory one = registry.version(Lane(i), seats[i].version);
            assertEq(seats[i].frozen, one.frozen);
            (bool stalled, uint40 endedAt) = settlement.stall();
            bool held = stalled || vm.getBlockTimestamp() < endedAt + W;
            assertEq(
                seats[i].probation,
                one.probationUntil != 0 && (vm.getBlockTimestamp() < one.probationUntil || held)
            );
            for (uint256 j = 0; j < 4; ++j) {
                Version memory two = registry.version(Lane(j), seats[j].version);
                bool both = one.verifier != address(0) && two.verifier != address(0);
                bool apart =
                    one.proofSystemId != two.proofSystemId && one.executorId != two.executorId;
                assertEq(registry.differ(Lane(i), Lane(j)), both && apart);
            }
        }
    }

    /// Not on probation means: the first, the TEE, or announced. On probation means: its full
    /// time, after a version that contradicted itself.
    function invariant_an_emergency_version_follows_a_frozen_one_and_serves_its_time() public view {
        Lane[3] memory minimised = [Lane.Zk, Lane.Op, Lane.Zk2];
        for (uint256 i = 0; i < 3; ++i) {
            for (uint16 n = 1; n <= callers.versions(minimised[i]); ++n) {
                Version memory one = registry.version(minimised[i], v(n));
                if (one.probationUntil == 0) continue;
                assertEq(one.probationUntil, one.activatedAt + PROBATION + W);
                assertTrue(registry.version(minimised[i], v(n - 1)).frozen);
            }
        }
    }

    function invariant_no_game_is_longer_than_w_counts_on() public view {
        (, address verifier) = registry.active(Lane.Op);
        assertLe(StubLane(verifier).longestGame(), LONGEST_GAME);
    }
}
