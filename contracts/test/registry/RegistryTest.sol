// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {LaneParams, RollupAddresses, RollupParams} from "../../src/factory/Params.sol";
import {Seat} from "../../src/settlement/ILaneRegistry.sol";
import {LaneRegistry} from "../../src/settlement/LaneRegistry.sol";
import {Lane, LaneVersion} from "../../src/types/Types.sol";
import {Example, Something} from "../factory/Example.sol";
import {Test} from "../lib/Test.sol";
import {StubLane, StubSettlement} from "./Stubs.sol";

/// A registry with a version in each of the first three seats, at the example's delays.
abstract contract RegistryTest is Test {
    uint40 internal constant T0 = 1_900_000_000;
    uint40 internal constant NOTICE = 30 days;
    uint40 internal constant W = 31 days;
    uint40 internal constant LAPSE = 7 days;
    uint40 internal constant STALL_MAX = 30 days;
    uint40 internal constant EMERGENCY = 14 days;
    uint40 internal constant PROBATION = 30 days;
    uint40 internal constant HEARTBEAT = 7 days;
    uint40 internal constant STREAK = 30 days;
    uint64 internal constant LONGEST_GAME = 7 days;

    address internal powers = makeAddr("powers");
    address internal timelock = makeAddr("timelock");
    StubSettlement internal settlement;
    StubLane internal zk;
    StubLane internal tee;
    StubLane internal op;
    LaneRegistry internal registry;

    function setUp() public virtual {
        vm.warp(T0);
        settlement = new StubSettlement();
        zk = lane("zk", "revm");
        tee = lane("tdx", "ethrex");
        op = lane("game", "evm");
        registry = deploy(params(LaneParams(address(zk), address(tee), address(op), address(0))));
    }

    function params(LaneParams memory lanes) internal returns (RollupParams memory p) {
        p = Example.params(address(new Something()), address(new Something()), lanes);
        // Not a sum of which another could be mistaken.
        p.delays.bridgeDelay = 7 days;
        p.inbox.silence = 2 days;
    }

    function deploy(RollupParams memory p) internal returns (LaneRegistry) {
        return new LaneRegistry(p, siblings());
    }

    function siblings() internal view returns (RollupAddresses memory a) {
        a.powers = powers;
        a.timelock = timelock;
        a.settlement = address(settlement);
    }

    function lane(bytes32 proofSystem, bytes32 executor) internal returns (StubLane) {
        return new StubLane(proofSystem, executor, LONGEST_GAME);
    }

    function anyLane() internal returns (address) {
        return address(lane("another", "other"));
    }

    function installTee(address verifier) internal {
        vm.prank(powers);
        registry.installTee(verifier);
    }

    function schedule(Lane where, address verifier) internal {
        vm.prank(powers);
        registry.schedule(where, verifier);
    }

    function freeze(Lane where, uint16 number) internal {
        vm.prank(address(settlement));
        registry.freeze(where, v(number));
    }

    function emergency(Lane where, address verifier) internal {
        vm.prank(powers);
        registry.emergencyReplace(where, verifier);
    }

    function v(uint16 number) internal pure returns (LaneVersion) {
        return LaneVersion.wrap(number);
    }

    function seat(Lane where) internal view returns (Seat memory s) {
        (s,) = registry.active(where);
    }

    function assertSeat(Lane where, uint16 number, bool frozen, bool probation) internal view {
        Seat memory s = seat(where);
        (, Seat[4] memory seats) = registry.board();
        assertEq(LaneVersion.unwrap(s.version), number, "version");
        assertEq(s.frozen, frozen, "frozen");
        assertEq(s.probation, probation, "probation");
        assertEq(keccak256(abi.encode(seats[uint256(where)])), keccak256(abi.encode(s)), "board");
    }
}
