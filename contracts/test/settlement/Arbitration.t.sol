// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {ConflictChecker} from "../../src/settlement/ConflictChecker.sol";
import {Conflicts} from "../../src/settlement/Conflicts.sol";
import {Conflict} from "../../src/settlement/ISettlement.sol";
import {Verdict} from "../../src/settlement/Rule.sol";
import {Claims} from "../../src/types/Claims.sol";
import {Claim, Lane} from "../../src/types/Types.sol";
import {MockLane} from "../doubles/MockLane.sol";
import {ConflictTest} from "./ConflictTest.sol";

/// The council chooses between a ZK vote and an optimistic yes that contradict each other, and
/// only where no third lane can decide.
contract ArbitrationTest is ConflictTest {
    Claim private _a;
    Claim private _b;

    /// ZK says a, the optimistic lane says b. What started b's window no longer counts.
    function setUp() public override {
        super.setUp();
        _a = first("a");
        _b = rival(_a, "b");
        voteTee(_b, platformB);
        registry.install(Lane.Tee, address(tee), false);
        standNew(_b);
        voteZk(_a);
    }

    function test_the_council_may_choose_either_and_nothing_else() public {
        assertVerdict(_a, Verdict.NeedsSecond);
        assertVerdict(_b, Verdict.NeedsSecond);
        uint256 snapshot = vm.snapshotState();
        _arbitrate(_a, _b, false);
        assertHead(_a);
        assertFinal(_a);
        assertTrue(settlement.isDead(_b));

        vm.revertToState(snapshot);
        _arbitrate(_a, _b, true);
        assertHead(_b);
        assertTrue(settlement.isDead(_a));
    }

    function test_only_the_powers_may() public {
        Conflict memory c = rivals(_a, _b);
        expect(abi.encodeWithSelector(OnlyPowers.selector, powers, address(this)));
        settlement.arbitrate(c, false);
    }

    function test_ranges_may_differ() public {
        (Claim memory a, Claim memory b, Conflict memory c) = overlapping();
        voteTee(b, platformB);
        registry.install(Lane.Tee, address(tee), false);
        standNew(b);
        voteZk(a);
        vm.prank(powers);
        settlement.arbitrate(c, true);
        assertHead(b);
        assertEq(settlement.head().blockNumber, b.blockNumber);
    }

    function test_it_takes_one_claim_on_each_side_and_a_conflict() public {
        (, Conflict memory c) = forked(2);
        expect(abi.encodeWithSelector(ConflictChecker.NotOneClaimEach.selector, 2, 2));
        vm.prank(powers);
        settlement.arbitrate(c, false);

        c = rivals(_b, _b);
        expect(abi.encodeWithSelector(Conflicts.DifferNotAfterCommon.selector, 0, 0));
        vm.prank(powers);
        settlement.arbitrate(c, false);
    }

    function test_it_takes_votes_that_count_and_are_not_on_probation() public {
        registry.setProbation(Lane.Zk, true);
        _refused(abi.encodeWithSelector(NoGoodZkVote.selector, idOf(_a)));
        registry.setProbation(Lane.Zk, false);
        registry.setFrozen(Lane.Zk, true);
        _refused(abi.encodeWithSelector(NoGoodZkVote.selector, idOf(_a)));
        registry.setFrozen(Lane.Zk, false);

        registry.setProbation(Lane.Op, true);
        _refused(abi.encodeWithSelector(NoGoodOpVote.selector, idOf(_b)));
        registry.setProbation(Lane.Op, false);
        registry.setFrozen(Lane.Op, true);
        _refused(abi.encodeWithSelector(NoGoodOpVote.selector, idOf(_b)));
        registry.setFrozen(Lane.Op, false);

        registry.install(Lane.Zk, address(zk), false);
        _refused(abi.encodeWithSelector(NoGoodZkVote.selector, idOf(_a)));
        voteZk(_a);
        registry.install(Lane.Op, address(op), false);
        _refused(abi.encodeWithSelector(NoGoodOpVote.selector, idOf(_b)));
    }

    /// The council never arbitrates a candidate that nobody voted for.
    function test_unvoted_candidates_are_refused() public {
        Claim memory c = rival(_a, "c");
        Conflict memory conflict = rivals(c, _b);
        expect(abi.encodeWithSelector(NoGoodZkVote.selector, idOf(c)));
        vm.prank(powers);
        settlement.arbitrate(conflict, false);
        conflict = rivals(_a, c);
        expect(abi.encodeWithSelector(NoGoodOpVote.selector, idOf(c)));
        vm.prank(powers);
        settlement.arbitrate(conflict, true);
    }

    function test_a_vote_of_the_hardware_lane_leaves_it_to_the_rule() public {
        // Not final: the vote is for the child's parent that is not there yet.
        Claim memory parent = first("parent");
        Claim memory a = next(parent, "a");
        Claim memory b = rival(a, "b");
        voteTee(b, platformB);
        registry.install(Lane.Tee, address(tee), false);
        voteZk2(parent);
        vm.prank(alice);
        settlement.proposeOn{value: BOND}(b, parent);
        skip(WINDOW);
        settlement.stand(b, 0);
        voteZk(a);

        voteTee(a, platformA);
        Conflict memory c = rivals(a, b);
        expect(abi.encodeWithSelector(SecondLaneVoted.selector, idOf(a)));
        vm.prank(powers);
        settlement.arbitrate(c, true);
        // Once the lane no longer upholds it, only the head is missing.
        tee.takeBack(address(settlement), idOf(a));
        expect(
            abi.encodeWithSelector(
                StartsElsewhere.selector,
                settlement.head().point,
                Claims.point(a.parentBlock, a.firstBatch)
            )
        );
        vm.prank(powers);
        settlement.arbitrate(c, true);

        voteTee(b, makeAddr("platform C"));
        expect(abi.encodeWithSelector(SecondLaneVoted.selector, idOf(b)));
        vm.prank(powers);
        settlement.arbitrate(c, false);
    }

    function test_a_broken_hardware_lane_does_not_stop_it() public {
        tee.setAnswer(MockLane.Answer.BurnsAllGas);
        voteTee(_a);
        assertNotFinal(_a);
        _arbitrate(_a, _b, false);
        assertHead(_a);
    }

    function test_after_the_tee_it_is_the_other_zk_that_must_be_silent() public {
        retireTee();
        uint256 snapshot = vm.snapshotState();
        _arbitrate(_a, _b, false);
        assertHead(_a);
        vm.revertToState(snapshot);

        registry.setDiffer(Lane.Zk, Lane.Zk2, false);
        voteZk2(_a);
        _refused(abi.encodeWithSelector(SecondLaneVoted.selector, idOf(_a)));
        vm.revertToState(snapshot);

        snapshot = vm.snapshotState();
        registry.setDiffer(Lane.Op, Lane.Zk2, false);
        voteZk2(_b);
        _refused(abi.encodeWithSelector(SecondLaneVoted.selector, idOf(_b)));
        vm.revertToState(snapshot);

        // The second ZK may be the one that contradicts, and then the first must be silent.
        registry.install(Lane.Zk, address(zk), false);
        voteZk2(_a);
        _arbitrate(_a, _b, true);
        assertHead(_b);
    }

    /// The same ZK version voted for both, over other ranges: then the rule has decided b.
    function test_what_the_rule_has_decided_is_not_the_councils() public {
        (Claim memory a, Claim memory b, Conflict memory c) = overlapping();
        voteTee(b, platformB);
        registry.install(Lane.Tee, address(tee), false);
        registry.setProbation(Lane.Zk, true);
        voteZk(a);
        voteZk(b);
        registry.setProbation(Lane.Op, true);
        standNew(b);
        assertVerdict(b, Verdict.OnProbation);
        registry.setProbation(Lane.Zk, false);
        registry.setProbation(Lane.Op, false);
        assertVerdict(b, Verdict.Final);
        assertNotFinal(b);
        expect(abi.encodeWithSelector(RuleDecides.selector, idOf(b)));
        vm.prank(powers);
        settlement.arbitrate(c, false);
    }

    function test_the_rule_may_have_decided_for_the_zk_side() public {
        (Claim memory a, Claim memory b, Conflict memory c) = overlapping();
        registry.setProbation(Lane.Op, true);
        registry.setProbation(Lane.Zk, true);
        voteTee(b, platformB);
        voteTee(a, platformA);
        registry.install(Lane.Tee, address(tee), false);
        standNew(b);
        standNew(a);
        voteZk(a);
        registry.setProbation(Lane.Zk, false);
        registry.setProbation(Lane.Op, false);
        expect(abi.encodeWithSelector(RuleDecides.selector, idOf(a)));
        vm.prank(powers);
        settlement.arbitrate(c, true);
    }

    function _arbitrate(Claim memory a, Claim memory b, bool chooseOp) private {
        vm.prank(powers);
        settlement.arbitrate(rivals(a, b), chooseOp);
    }

    function _refused(bytes memory why) private {
        Conflict memory c = rivals(_a, _b);
        expect(why);
        vm.prank(powers);
        settlement.arbitrate(c, false);
    }
}
