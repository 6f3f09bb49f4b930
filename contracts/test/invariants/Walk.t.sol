// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Test, console} from "../lib/Test.sol";
import {Mode} from "./Ghost.sol";
import {Handler} from "./Handler.sol";

/// Fixed walks through the same steps, one for each of those who may be corrupt: that the steps of
/// the invariants reach what they are for, and the same promises on the way.
contract Walks is Test {
    uint256 private constant STEPS = 400;

    Handler private handler;
    mapping(bytes32 => uint256) private done;

    function test_withHonestLanes() public {
        _walk(Mode.Honest, 2, 2);
        _atLeast("final by zk+tee", 5);
        _atLeast("final by zk+op", 1);
        _atLeast("terms set", 1);
        _atLeast("forced batch", 5);
        _atLeast("batch by anyone", 1);
        _atLeast("withdrawn", 3);
        _atLeast("credit paid", 3);
        _atLeast("activated", 1);
    }

    function test_withCorruptZk() public {
        _walk(Mode.CorruptZk, 4, 2);
        _atLeast("final by tee+op", 1);
        _atLeast("watched", 1);
        _atLeast("frozen zk", 1);
        _atLeast("emergency version", 1);
    }

    function test_withCorruptHardwareAndCouncil() public {
        _walk(Mode.CorruptTee, 6, 2);
        _atLeast("frozen tee", 1);
        _atLeast("condemned", 1);
        _atLeast("tee installed", 1);
    }

    function test_withCorruptGames() public {
        _walk(Mode.CorruptOp, 8, 2);
        _atLeast("final by zk+tee", 5);
    }

    function test_withCorruptHardwareCouncilAndEmergencyVersion() public {
        _walk(Mode.CorruptEmergency, 10, 2);
    }

    function test_withChaos() public {
        _walk(Mode.Chaos, 12, 2);
        _atLeast("final by zk+op", 1);
        _atLeast("frozen zk", 1);
        _atLeast("frozen tee", 1);
        _atLeast("frozen op", 1);
        _atLeast("final by arbitration", 1);
        _atLeast("match lost", 1);
        _atLeast("emergency version", 1);
    }

    function test_retiredWithCorruptSecondZk() public {
        _walk(Mode.RetiredCorruptZk2, 14, 2);
        _atLeast("retired", 2);
        _atLeast("final by pair", 1);
    }

    function test_retiredWithChaos() public {
        _walk(Mode.RetiredChaos, 16, 4);
        _atLeast("frozen zk2", 1);
        _atLeast("contradicted", 1);
        _atLeast("final by pair", 1);
        _atLeast("final by retired zk+op", 1);
        _atLeast("final by zk2+op", 1);
    }

    function _walk(Mode mode, uint256 seed, uint256 walks) private {
        vm.pauseGasMetering();
        for (uint256 i = 0; i < walks; ++i) {
            _once(mode, seed + i);
        }
        _print();
    }

    function _once(Mode mode, uint256 seed) private {
        handler = new Handler();
        handler.begin(mode);
        for (uint256 i = 0; i < STEPS; ++i) {
            uint256 r = uint256(keccak256(abi.encode(seed, i)));
            _step(r % 100, r);
            bytes32 wrong = handler.lastBroken();
            if (wrong != 0) {
                console.log(string(abi.encodePacked(wrong)), i);
                console.log("kind", r % 100);
            }
            assertEq(handler.lastBroken(), bytes32(0), string(abi.encodePacked(wrong)));
            if (i % 16 == 0) assertTrue(handler.verdictsAgree(), "verdict");
            if (i % 16 == 1) assertTrue(handler.readyAreFinalizable(), "ready");
            assertTrue(handler.bondsAddUp(), "bonds");
            assertTrue(handler.vaultAddsUp(), "vault");
            if (i % 16 == 2) assertTrue(handler.finalsStand(), "finals");
        }
        handler.finish();
        assertEq(handler.lastBroken(), bytes32(0));
        bytes32[47] memory all = _all();
        for (uint256 i = 0; i < all.length; ++i) {
            done[all[i]] += handler.done(all[i]);
        }
    }

    function _step(uint256 kind, uint256 r) private {
        if (kind < 26) handler.vote(r);
        else if (kind < 35) handler.propose(r);
        else if (kind < 44) handler.stand(r);
        else if (kind < 48) handler.openMatch(r);
        else if (kind < 51) handler.closeMatch(r);
        else if (kind < 54) handler.reclaim(r);
        else if (kind < 57) handler.finalize(r);
        else if (kind < 61) handler.contradict(r);
        else if (kind < 65) handler.arbitrate(r);
        else if (kind < 67) handler.installTee(r);
        else if (kind < 69) handler.schedule(r);
        else if (kind < 70) handler.cancel(r);
        else if (kind < 72) handler.activate(r);
        else if (kind < 75) handler.emergency(r);
        else if (kind < 77) handler.decide(r);
        else if (kind < 79) handler.execute(r);
        else if (kind < 80) handler.retireTee(r);
        else if (kind < 82) handler.batch(r);
        else if (kind < 84) handler.deposit(r);
        else if (kind < 87) handler.force(r);
        else if (kind < 90) handler.withdraw(r);
        else if (kind < 91) handler.withdrawCredit(r);
        else if (kind < 92) handler.trespass(r);
        else if (kind < 95) handler.quarrel(r);
        else handler.pass(r);
    }

    function _atLeast(bytes32 what, uint256 least) private view {
        assertGe(done[what], least, string(abi.encodePacked(what)));
    }

    function _all() private pure returns (bytes32[47] memory) {
        return [
            bytes32("vote zk"),
            "vote tee",
            "vote zk2",
            "vote refused",
            "proposed",
            "proposed on parent",
            "stood",
            "match opened",
            "match closed",
            "match lost",
            "watched",
            "reclaimed",
            "finalize",
            "final by zk+tee",
            "final by zk+op",
            "final by tee+op",
            "final by arbitration",
            "final by pair",
            "final by retired zk+op",
            "final by zk2+op",
            "contradicted",
            "contradicted by chain",
            "condemned",
            "condemned by final",
            "tee contradicted",
            "frozen zk",
            "frozen tee",
            "frozen op",
            "frozen zk2",
            "tee installed",
            "scheduled",
            "cancelled",
            "activated",
            "emergency version",
            "decided",
            "executed",
            "terms set",
            "retired",
            "batch",
            "batch by anyone",
            "forced batch",
            "deposit",
            "forced",
            "withdrawn",
            "credit paid",
            "trespass",
            "quarrel"
        ];
    }

    function _print() private view {
        bytes32[47] memory all = _all();
        for (uint256 i = 0; i < all.length; ++i) {
            console.log(string(abi.encodePacked(all[i])), done[all[i]]);
        }
    }
}
