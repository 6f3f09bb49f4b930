// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Conflicts} from "../../src/settlement/Conflicts.sol";
import {Conflict} from "../../src/settlement/ISettlement.sol";
import {Verdict} from "../../src/settlement/Rule.sol";
import {Claim, ClaimId, Lane, LaneVersion} from "../../src/types/Types.sol";
import {MockLane} from "../doubles/MockLane.sol";
import {ConflictTest} from "./ConflictTest.sol";

/// A lane that voted for what cannot all be right: rivals in the same call, everything else by
/// a certificate, before and after finality.
contract ContradictionsTest is ConflictTest {
    LaneVersion private constant ONE = LaneVersion.wrap(1);

    // Rivals.

    function test_two_zk_votes_for_rivals_freeze_the_version_in_the_same_call() public {
        Claim memory a = first("a");
        Claim memory b = rival(a, "b");
        Claim memory c = rival(a, "c");
        voteZk(a);
        voteZk(b);
        assertTrue(isFrozen(Lane.Zk));
        assertVerdict(a, Verdict.NoVote);
        expect(abi.encodeWithSelector(FrozenVersion.selector, Lane.Zk, ONE));
        voteZk(c);
    }

    /// The first of three is known without a vote; of the others any order is caught.
    function testFuzz_no_order_of_rivals_hides_a_contradiction(uint256 seed) public {
        Claim[3] memory c;
        c[0] = first("0");
        c[1] = rival(c[0], "1");
        c[2] = rival(c[0], "2");
        if (seed & 1 == 0) propose(c[(seed >> 1) % 3]);
        if (seed & 8 == 0) voteZk2(c[(seed >> 4) % 3]);
        uint256 one = (seed >> 8) % 3;
        uint256 two = (one + 1 + (seed >> 10) % 2) % 3;
        voteZk(c[one]);
        assertFalse(isFrozen(Lane.Zk));
        voteZk(c[two]);
        assertTrue(isFrozen(Lane.Zk));
        assertFalse(isFrozen(Lane.Zk2));
    }

    function test_an_older_versions_vote_contradicts_nobody() public {
        Claim memory a = first("a");
        Claim memory b = rival(a, "b");
        voteZk(a);
        registry.install(Lane.Zk, address(zk), false);
        voteZk(b);
        assertFalse(isFrozen(Lane.Zk));
        voteZk(a);
        assertTrue(isFrozen(Lane.Zk));
    }

    function test_the_second_zk_freezes_even_before_its_phase() public {
        Claim memory a = first("a");
        voteZk2(a);
        voteZk2(rival(a, "b"));
        assertTrue(isFrozen(Lane.Zk2));
    }

    function test_two_optimistic_yeses_for_rivals_take_both_away() public {
        Claim memory a = first("a");
        Claim memory b = rival(a, "b");
        propose(a);
        propose(b);
        voteZk2(a);
        retireTee();
        registry.install(Lane.Zk2, address(zk2), false);
        voteZk2(a);
        registry.install(Lane.Zk2, address(zk2), false);
        voteZk2(b);
        // Each has had a vote that started its window; none that counts.
        registry.install(Lane.Zk2, address(zk2), false);
        skip(WINDOW);
        settlement.stand(a, 0);
        assertNotFinal(a);
        settlement.stand(b, 0);
        assertTrue(isFrozen(Lane.Op));
        assertVerdict(a, Verdict.NoVote);
        assertVerdict(b, Verdict.NoVote);
    }

    function test_neither_of_two_full_pairs_becomes_final() public {
        // Both wait for their parent.
        Claim memory parent = first("parent");
        Claim memory a = next(parent, "a");
        Claim memory b = rival(a, "b");
        voteZk(a);
        voteTee(a, platformA);
        voteTee(b, platformA);
        voteZk(b);
        assertVerdict(a, Verdict.NoVote);
        assertVerdict(b, Verdict.NoVote);
    }

    function test_one_broken_platform_is_condemned_and_the_lane_goes_on() public {
        Claim memory a = first("a");
        Claim memory b = rival(a, "b");
        voteTee(a, platformA);
        voteTee(a, platformB);
        voteTee(b, platformA);
        assertTrue(tee.revokedOn(address(settlement), platformA));
        assertFalse(isFrozen(Lane.Tee));
        // What B signed too still counts; what only A signed does not.
        assertTrue(voteZk(a));
        assertVerdict(b, Verdict.NoVote);
    }

    function test_two_broken_platforms_freeze_the_lane() public {
        Claim memory a = first("a");
        Claim memory b = rival(a, "b");
        voteTee(a, platformA);
        voteTee(a, platformB);
        voteTee(b, platformA);
        voteTee(b, platformB);
        assertTrue(isFrozen(Lane.Tee));
    }

    function test_platforms_that_disagree_condemn_nobody() public {
        Claim memory a = first("a");
        voteTee(a, platformA);
        voteTee(rival(a, "b"), platformB);
        assertFalse(tee.revokedOn(address(settlement), platformA));
        assertFalse(tee.revokedOn(address(settlement), platformB));
        assertFalse(isFrozen(Lane.Tee));
    }

    function test_signing_against_what_is_final_is_enough() public {
        Claim memory a = first("a");
        voteTee(a, platformA);
        voteZk(a);
        Claim memory b = rival(a, "b");
        voteTee(b, platformB);
        assertTrue(tee.revokedOn(address(settlement), platformB));
        assertFalse(tee.revokedOn(address(settlement), platformA));
        assertEq(tee.lastCondemnedCount(), 1);
        assertTrue(ClaimId.unwrap(tee.lastCondemned(0)) == ClaimId.unwrap(idOf(b)));
    }

    function test_a_contradicting_vote_is_refused_if_nobody_can_be_condemned_for_it() public {
        Claim memory a = first("a");
        Claim memory b = rival(a, "b");
        voteTee(a);
        tee.setCondemnFails(true);
        expect(abi.encodeWithSelector(MockLane.AsTold.selector, bytes("condemn")));
        voteTee(b);
        assertFalse(settlement.content(idOf(b)).known);
    }

    // Certificates.

    function test_a_certificate_of_rivals_needs_no_paths() public {
        Claim memory a = first("a");
        Claim memory b = rival(a, "b");
        voteZk(a);
        registry.install(Lane.Zk, address(zk), false);
        voteZk(b);
        // The active version voted only for one of them.
        expect(abi.encodeWithSelector(NotVotedBy.selector, Lane.Zk, LaneVersion.wrap(2), idOf(a)));
        settlement.contradict(Lane.Zk, rivals(a, b));
    }

    function test_checkpoints_in_one_range_and_a_longer_one_contradict() public {
        (Claim memory a, Claim memory b, Conflict memory c) = overlapping();
        voteZk(a);
        voteZk(b);
        assertFalse(isFrozen(Lane.Zk));
        settlement.contradict(Lane.Zk, c);
        assertTrue(isFrozen(Lane.Zk));
        expect(abi.encodeWithSelector(FrozenVersion.selector, Lane.Zk, ONE));
        settlement.contradict(Lane.Zk, c);
    }

    function test_the_common_block_may_be_a_checkpoint() public {
        (Claim[] memory claims, Conflict memory c) = forked(1);
        for (uint256 i = 0; i < claims.length; ++i) {
            voteZk2(claims[i]);
        }
        settlement.contradict(Lane.Zk2, c);
        assertTrue(isFrozen(Lane.Zk2));
    }

    function test_chains_of_several_claims_contradict() public {
        (Claim[] memory claims, Conflict memory c) = forked(3);
        for (uint256 i = 0; i < claims.length; ++i) {
            assertFalse(isFrozen(Lane.Zk));
            voteZk(claims[i]);
        }
        settlement.contradict(Lane.Zk, c);
        assertTrue(isFrozen(Lane.Zk));
    }

    function test_every_claim_of_both_chains_holds_the_vote() public {
        (Claim[] memory claims, Conflict memory c) = forked(3);
        for (uint256 missing = 0; missing < claims.length; ++missing) {
            uint256 snapshot = vm.snapshotState();
            for (uint256 i = 0; i < claims.length; ++i) {
                if (i != missing) voteZk(claims[i]);
            }
            expect(abi.encodeWithSelector(NotVotedBy.selector, Lane.Zk, ONE, idOf(claims[missing])));
            settlement.contradict(Lane.Zk, c);
            vm.revertToState(snapshot);
        }
    }

    function test_after_finality_a_contradiction_still_freezes() public {
        (Claim memory a, Claim memory b, Conflict memory c) = overlapping();
        voteZk(a);
        voteTee(a);
        assertFinal(a);
        voteZk(b);
        settlement.contradict(Lane.Zk, c);
        assertTrue(isFrozen(Lane.Zk));
    }

    function test_optimistic_yeses_over_other_ranges_contradict() public {
        (Claim memory a, Claim memory b, Conflict memory c) = overlapping();
        registry.install(Lane.Tee, address(tee), false);
        voteTee(a, platformA);
        voteTee(b, platformB);
        registry.install(Lane.Tee, address(tee), false);
        standNew(a);
        standNew(b);
        settlement.contradict(Lane.Op, c);
        assertTrue(isFrozen(Lane.Op));
    }

    function test_platforms_that_signed_all_of_a_conflict_are_condemned() public {
        (Claim[] memory claims, Conflict memory c) = forked(2);
        for (uint256 i = 0; i < claims.length; ++i) {
            voteTee(claims[i], platformA);
            if (i != 0) voteTee(claims[i], platformB);
        }
        settlement.contradict(Lane.Tee, c);
        assertTrue(tee.revokedOn(address(settlement), platformA));
        assertFalse(tee.revokedOn(address(settlement), platformB));
        assertEq(tee.lastCondemnedCount(), claims.length);
        assertFalse(isFrozen(Lane.Tee));

        expect(abi.encodeWithSelector(NobodyCondemned.selector));
        settlement.contradict(Lane.Tee, c);

        voteTee(claims[0], platformB);
        settlement.contradict(Lane.Tee, c);
        assertTrue(isFrozen(Lane.Tee));
    }

    function test_a_retired_tee_contradicts_nobody() public {
        (Claim memory a, Claim memory b, Conflict memory c) = overlapping();
        voteTee(a);
        voteTee(b);
        retireTee();
        expect(abi.encodeWithSelector(TeeIsRetired.selector));
        settlement.contradict(Lane.Tee, c);
        expect(abi.encodeWithSelector(TeeIsRetired.selector));
        settlement.contradictFinal(c);
    }

    function test_platforms_that_sign_against_a_final_chain_are_condemned() public {
        (Claim memory b, Claim memory a, Conflict memory c) = overlapping();
        (c.a, c.b) = (c.b, c.a);
        (c.hashA, c.hashB) = (c.hashB, c.hashA);
        (c.pathA, c.pathB) = (c.pathB, c.pathA);
        (c.commonPathA, c.commonPathB) = (c.commonPathB, c.commonPathA);
        expect(abi.encodeWithSelector(NotVotedBy.selector, Lane.Tee, ONE, idOf(a)));
        settlement.contradictFinal(c);
        voteTee(a, platformB);
        expect(abi.encodeWithSelector(NotFinal.selector, idOf(b)));
        settlement.contradictFinal(c);
        voteZk(b);
        voteTee(b, platformA);
        settlement.contradictFinal(c);
        assertTrue(tee.revokedOn(address(settlement), platformB));
        assertFalse(tee.revokedOn(address(settlement), platformA));
        assertFalse(isFrozen(Lane.Tee));
        expect(abi.encodeWithSelector(NobodyCondemned.selector));
        settlement.contradictFinal(c);

        voteTee(a, makeAddr("platform C"));
        settlement.contradictFinal(c);
        assertTrue(isFrozen(Lane.Tee));
        expect(abi.encodeWithSelector(FrozenVersion.selector, Lane.Tee, ONE));
        settlement.contradictFinal(c);
    }

    // What is no conflict.

    function test_empty_chains_are_no_conflict() public {
        (,, Conflict memory c) = overlapping();
        Claim[] memory b = c.b;
        c.b = new Claim[](0);
        expect(abi.encodeWithSelector(Conflicts.EmptyChain.selector, true));
        settlement.contradict(Lane.Zk, c);
        (c.a, c.b) = (c.b, b);
        expect(abi.encodeWithSelector(Conflicts.EmptyChain.selector, false));
        settlement.contradict(Lane.Zk, c);
    }

    function test_a_claim_does_not_conflict_with_itself() public {
        Claim memory a = first("a");
        voteZk(a);
        expect(abi.encodeWithSelector(Conflicts.DifferNotAfterCommon.selector, 0, 0));
        settlement.contradict(Lane.Zk, rivals(a, a));
    }

    function test_each_part_of_a_conflict_is_proven() public {
        (, Conflict memory c) = forked(2);
        Claim memory moved = c.a[1];
        bytes32 right = moved.parentBlock;
        moved.parentBlock = "elsewhere";
        _refused(c, abi.encodeWithSelector(Conflicts.ChainBroken.selector, false, 1));
        moved.parentBlock = right;
        c.b[1].firstBatch = c.b[0].firstBatch;
        _refused(c, abi.encodeWithSelector(Conflicts.ChainBroken.selector, true, 1));
        c.b[1].firstBatch = c.b[0].lastBatch;

        (c.commonNumber, c.differNumber) = (c.differNumber, c.commonNumber);
        _refused(
            c,
            abi.encodeWithSelector(
                Conflicts.DifferNotAfterCommon.selector, c.commonNumber, c.differNumber
            )
        );
        (c.commonNumber, c.differNumber) = (c.differNumber, c.commonNumber);

        right = c.hashB;
        c.hashB = c.hashA;
        _refused(c, abi.encodeWithSelector(Conflicts.NoDifference.selector, c.hashA));
        c.hashB = "other";
        bytes4 not = Conflicts.DifferNotProven.selector;
        _refused(c, abi.encodeWithSelector(not, true, c.differNumber, c.hashB));
        c.hashB = right;
        right = c.hashA;
        c.hashA = "other";
        _refused(c, abi.encodeWithSelector(not, false, c.differNumber, c.hashA));
        c.hashA = right;
        for (uint64 number = c.commonNumber + 1; number < 40; ++number) {
            if (number == c.differNumber) continue;
            uint64 was = c.differNumber;
            c.differNumber = number;
            _refused(c, abi.encodeWithSelector(not, false, number, c.hashA));
            c.differNumber = was;
        }

        not = Conflicts.CommonNotProven.selector;
        right = c.common;
        c.common = "other";
        _refused(c, abi.encodeWithSelector(not, false, c.commonNumber, c.common));
        c.common = right;
        uint64 common = c.commonNumber;
        for (uint64 number = 0; number < c.differNumber; ++number) {
            if (number == common) continue;
            c.commonNumber = number;
            _refused(c, abi.encodeWithSelector(not, false, number, c.common));
        }
        c.commonNumber = common;
        bytes32[] memory path = c.commonPathB;
        c.commonPathB = new bytes32[](path.length);
        _refused(c, abi.encodeWithSelector(not, true, common, c.common));
        c.commonPathB = new bytes32[](0);
        _refused(c, abi.encodeWithSelector(not, true, common, c.common));
        c.commonPathB = path;

        // What is left is right.
        expect(abi.encodeWithSelector(NotVotedBy.selector, Lane.Zk, ONE, idOf(c.a[0])));
        settlement.contradict(Lane.Zk, c);
    }

    function _refused(Conflict memory c, bytes memory why) private {
        expect(why);
        settlement.contradict(Lane.Zk, c);
    }
}
