// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {DevLane} from "../../src/lanes/dev/DevLane.sol";
import {Claim, ClaimId, Lane} from "../../src/types/Types.sol";
import {SettlementTest} from "../settlement/SettlementTest.sol";

/// The lanes of development chains, in the seats of a real settlement contract.
contract DevLaneTest is SettlementTest {
    uint256 private constant KEY = 0xa77e57;
    uint256 private constant ORDER =
        0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    DevLane private devZk;
    DevLane private devTee;
    Claim private none;

    function setUp() public override {
        super.setUp();
        address attestor = vm.addr(KEY);
        devZk = new DevLane(DevLane.Kind.Zk, attestor);
        devTee = new DevLane(DevLane.Kind.Tee, attestor);
        registry.install(Lane.Zk, address(devZk), false);
        registry.install(Lane.Tee, address(devTee), false);
    }

    function test_two_signatures_make_a_claim_final() public {
        Claim memory a = first("a");
        assertFalse(settlement.vote(Lane.Zk, a, signed(devZk, idOf(a), KEY)));
        assertTrue(settlement.vote(Lane.Tee, a, signed(devTee, idOf(a), KEY)));
        assertFinal(a);
    }

    function test_it_can_only_be_made_on_development_chains() public {
        uint256[3] memory development = [uint256(31_337), 1337, 31_338];
        for (uint256 i = 0; i < development.length; ++i) {
            vm.chainId(development[i]);
            new DevLane(DevLane.Kind.Zk, address(1));
        }
        uint256[5] memory real = [uint256(1), 10, 17_000, 560_048, 11_155_111];
        for (uint256 i = 0; i < real.length; ++i) {
            vm.chainId(real[i]);
            vm.expectRevert(abi.encodeWithSelector(DevLane.NotDevelopment.selector, real[i]));
            new DevLane(DevLane.Kind.Tee, address(1));
        }
    }

    function test_its_code_believes_nobody_on_a_real_chain() public {
        ClaimId id = idOf(first("a"));
        vm.chainId(1);
        bytes memory proof = signed(devZk, id, KEY);
        vm.expectRevert(abi.encodeWithSelector(DevLane.NotDevelopment.selector, 1));
        devZk.verify(id, none, proof);
    }

    function test_it_needs_an_attestor() public {
        vm.expectRevert(DevLane.ZeroAttestor.selector);
        new DevLane(DevLane.Kind.Zk, address(0));
    }

    function test_names_differ_and_say_dev() public view {
        bytes32[4] memory names = [
            devZk.proofSystemId(), devZk.executorId(), devTee.proofSystemId(), devTee.executorId()
        ];
        for (uint256 i = 0; i < 4; ++i) {
            assertEq(bytes4(names[i]), bytes4("dev "));
            for (uint256 j = 0; j < i; ++j) {
                assertTrue(names[i] != names[j]);
            }
        }
    }

    function test_only_the_attestors_signature_of_this_claim_for_this_lane_counts() public {
        ClaimId id = idOf(first("a"));
        ClaimId other = ClaimId.wrap(keccak256("other"));
        refused(id, signed(devZk, id, 0xbad));
        refused(id, signed(devZk, other, KEY));
        refused(id, signed(devTee, id, KEY));
        refused(id, "");
        refused(id, new bytes(65));
        refused(id, bytes.concat(signed(devZk, id, KEY), hex"00"));
    }

    function test_a_signature_made_over_into_its_twin_is_refused() public {
        ClaimId id = idOf(first("a"));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, devZk.digest(id));
        bytes32 twin = bytes32(ORDER - uint256(s));
        refused(id, abi.encodePacked(r, twin, v == 27 ? uint8(28) : uint8(27)));
    }

    function test_a_repeated_proof_is_refused() public {
        Claim memory a = first("a");
        ClaimId id = idOf(a);
        bytes memory proof = signed(devTee, id, KEY);
        settlement.vote(Lane.Tee, a, proof);
        vm.expectRevert(abi.encodeWithSelector(DevLane.AlreadySigned.selector, id));
        settlement.vote(Lane.Tee, a, proof);
    }

    function test_what_it_keeps_it_keeps_for_who_called() public {
        ClaimId id = idOf(first("a"));
        bytes memory proof = signed(devZk, id, KEY);
        vm.prank(alice);
        devZk.verify(id, none, proof);
        assertTrue(devZk.upholds(alice, id));
        assertFalse(devZk.upholds(bob, id));
        vm.prank(bob);
        devZk.verify(id, none, proof);
        assertTrue(devZk.upholds(bob, id));
    }

    function test_an_attestor_that_signed_rivals_is_revoked_with_its_votes() public {
        Claim memory a = first("a");
        Claim memory b = rival(a, "b");
        settlement.vote(Lane.Tee, a, signed(devTee, idOf(a), KEY));
        settlement.vote(Lane.Tee, b, signed(devTee, idOf(b), KEY));
        assertTrue(devTee.revoked(address(settlement)));
        assertFalse(devTee.upholds(address(settlement), idOf(a)));
        assertFalse(devTee.upholds(address(settlement), idOf(b)));
        Claim memory c = rival(a, "c");
        bytes memory proof = signed(devTee, idOf(c), KEY);
        vm.expectRevert(DevLane.Revoked.selector);
        settlement.vote(Lane.Tee, c, proof);
        assertFalse(devTee.revoked(alice));
    }

    function test_only_who_signed_all_is_condemned_and_once() public {
        ClaimId one = ClaimId.wrap(keccak256("one"));
        ClaimId[] memory ids = new ClaimId[](2);
        (ids[0], ids[1]) = (one, ClaimId.wrap(keccak256("two")));
        devTee.verify(one, none, signed(devTee, one, KEY));
        condemned(new ClaimId[](0), 0, 0);
        condemned(ids, 0, 0);
        devTee.verify(ids[1], none, signed(devTee, ids[1], KEY));
        condemned(ids, 1, 1);
        condemned(ids, 0, 1);
    }

    function condemned(ClaimId[] memory ids, uint256 now_, uint256 ever) private {
        (uint256 revoked, uint256 total) = devTee.condemn(ids);
        assertEq(revoked, now_);
        assertEq(total, ever);
    }

    function refused(ClaimId id, bytes memory proof) private {
        vm.expectRevert(abi.encodeWithSelector(DevLane.NotSigned.selector, id));
        devZk.verify(id, none, proof);
    }

    function signed(DevLane lane, ClaimId id, uint256 key) private view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, lane.digest(id));
        return abi.encodePacked(r, s, v);
    }
}
