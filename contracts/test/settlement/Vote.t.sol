// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Bounds} from "../../src/factory/Bounds.sol";
import {RollupAddresses, RollupParams} from "../../src/factory/Params.sol";
import {Content, Head} from "../../src/settlement/ISettlement.sol";
import {ISettlementEvents} from "../../src/settlement/ISettlementEvents.sol";
import {Verdict} from "../../src/settlement/Rule.sol";
import {Settlement} from "../../src/settlement/Settlement.sol";
import {Claims} from "../../src/types/Claims.sol";
import {BatchAcc, Claim, ClaimId, ConfigHash, Lane, LaneVersion} from "../../src/types/Types.sol";
import {MockInbox} from "../doubles/MockInbox.sol";
import {MockLane} from "../doubles/MockLane.sol";
import {Vm} from "../lib/Vm.sol";
import {SettlementTest} from "./SettlementTest.sol";

/// Votes, what they are refused for, and the finality that two of them bring at once.
contract VoteTest is SettlementTest {
    LaneVersion private constant ONE = LaneVersion.wrap(1);

    function test_zk_and_tee_are_final_at_once_in_either_order() public {
        Claim memory a = first("a");
        assertFalse(voteZk(a));
        assertVerdict(a, Verdict.NeedsSecond);
        assertTrue(voteTee(a));
        assertFinal(a);
        assertHead(a);

        Claim memory b = next(a, "b");
        assertFalse(voteTee(b));
        assertTrue(voteZk(b));
        assertHead(b);
        assertEq(settlement.head().batches, 2);
        assertEq(settlement.head().blockNumber, 20);
    }

    function test_a_vote_makes_a_content_known_and_starts_its_windows_once() public {
        Claim memory a = first("a");
        assertVerdict(a, Verdict.NoVote);
        voteZk(a);
        skip(5);
        registry.install(Lane.Zk, address(zk), false);
        voteZk(a);
        Content memory c = settlement.content(idOf(a));
        assertTrue(c.known);
        assertEq(c.firstVoteAt, BIRTH);
        assertEq(LaneVersion.unwrap(c.zk), 2);
        assertEq(c.proposals, 0);
    }

    function test_a_vote_for_a_child_counts_once_its_parent_is_final() public {
        Claim memory a = first("a");
        Claim memory b = next(a, "b");
        assertFalse(voteZk(b));
        assertFalse(voteTee(b));
        assertVerdict(b, Verdict.Final);
        assertNotFinal(b);

        expect(
            abi.encodeWithSelector(
                StartsElsewhere.selector,
                Claims.point(GENESIS, BatchAcc.wrap(0)),
                Claims.point(a.blockHash, a.lastBatch)
            )
        );
        settlement.finalize(b);

        voteZk(a);
        voteTee(a);
        settlement.finalize(b);
        assertHead(b);
    }

    function test_final_and_dead_contents_take_votes_as_evidence() public {
        Claim memory a = first("a");
        Claim memory dead = rival(a, "dead");
        voteZk(a);
        voteTee(a);
        registry.install(Lane.Zk, address(zk), false);
        assertFalse(voteZk(a));
        assertTrue(settlement.isDead(dead));
        assertFalse(settlement.isDead(a));
        assertFalse(settlement.vote(Lane.Tee, dead, signedBy(platformB)));
        assertNotFinal(dead);
        assertHead(a);
    }

    function test_a_probation_version_needs_one_in_good_standing() public {
        registry.setProbation(Lane.Zk, true);
        Claim memory a = first("a");
        voteZk(a);
        assertFalse(voteTee(a));
        assertVerdict(a, Verdict.OnProbation);
        expect(abi.encodeWithSelector(VerdictNotFinal.selector, Verdict.OnProbation));
        settlement.finalize(a);
        assertTrue(standNew(a));
    }

    function test_votes_of_replaced_and_frozen_versions_do_not_count() public {
        Claim memory a = first("a");
        voteZk(a);
        registry.install(Lane.Zk, address(zk), false);
        assertVerdict(a, Verdict.NoVote);
        assertFalse(voteTee(a));
        voteZk(a);
        assertFinal(a);

        Claim memory b = next(a, "b");
        voteZk(b);
        registry.setFrozen(Lane.Zk, true);
        assertFalse(voteTee(b));
        assertVerdict(b, Verdict.NeedsSecond);
    }

    function test_a_second_zk_counts_only_once_the_tee_is_retired() public {
        Claim memory a = first("a");
        voteZk2(a);
        assertEq(settlement.content(idOf(a)).firstVoteAt, BIRTH);
        assertFalse(voteZk(a));
        assertVerdict(a, Verdict.NeedsSecond);

        retireTee();
        assertVerdict(a, Verdict.Final);
        settlement.finalize(a);

        Claim memory b = next(a, "b");
        expect(abi.encodeWithSelector(TeeIsRetired.selector));
        voteTee(b);
        voteZk2(b);
        assertEq(settlement.content(idOf(b)).firstVoteAt, BIRTH);
        assertTrue(voteZk(b));
    }

    function test_after_the_tee_two_lanes_that_share_a_half_count_as_one() public {
        retireTee();
        registry.setDiffer(Lane.Zk, Lane.Zk2, false);
        registry.setDiffer(Lane.Op, Lane.Zk2, false);
        Claim memory a = first("a");
        voteZk2(a);
        assertFalse(standNew(a));
        assertVerdict(a, Verdict.NeedsSecond);
        assertTrue(voteZk(a));
    }

    function test_the_optimistic_lane_takes_no_proofs() public {
        Claim memory a = first("a");
        expect(abi.encodeWithSelector(NotAProofLane.selector, Lane.Op));
        settlement.vote(Lane.Op, a, "");
    }

    function test_an_empty_seat_and_a_frozen_version_take_no_votes() public {
        Claim memory a = first("a");
        registry.setFrozen(Lane.Zk, true);
        expect(abi.encodeWithSelector(FrozenVersion.selector, Lane.Zk, ONE));
        voteZk(a);
        registry.empty(Lane.Zk2);
        expect(abi.encodeWithSelector(NoActiveVersion.selector, Lane.Zk2));
        voteZk2(a);
    }

    function test_a_zk_version_votes_once_and_a_platform_may_join_another() public {
        Claim memory a = first("a");
        voteZk(a);
        expect(abi.encodeWithSelector(AlreadyVoted.selector, Lane.Zk, ONE, idOf(a)));
        voteZk(a);
        Claim memory b = next(a, "b");
        voteZk2(b);
        expect(abi.encodeWithSelector(AlreadyVoted.selector, Lane.Zk2, ONE, idOf(b)));
        voteZk2(b);
        voteTee(b, platformA);
        voteTee(b, platformB);
    }

    function test_a_lane_that_refuses_is_heard() public {
        zk.setRefuses(true);
        Claim memory a = first("a");
        expect(abi.encodeWithSelector(MockLane.ProofRefused.selector, idOf(a)));
        voteZk(a);
        assertFalse(settlement.content(idOf(a)).known);
    }

    // Admission.

    function test_only_claims_of_this_rollup_are_admitted() public {
        Claim memory a = first("a");
        ConfigHash right = a.config;
        a.config = ConfigHash.wrap(keccak256("other"));
        expect(abi.encodeWithSelector(WrongConfig.selector, right, a.config));
        voteZk(a);
    }

    function test_both_accumulators_must_be_recorded_and_in_order() public {
        Claim memory a = first("a");
        BatchAcc unknown = BatchAcc.wrap(keccak256("unknown"));
        BatchAcc last = a.lastBatch;

        a.lastBatch = unknown;
        expect(abi.encodeWithSelector(MockInbox.UnknownBatch.selector, unknown));
        voteZk(a);
        (a.firstBatch, a.lastBatch) = (unknown, last);
        expect(abi.encodeWithSelector(MockInbox.UnknownBatch.selector, unknown));
        voteZk(a);
        a.firstBatch = last;
        expect(abi.encodeWithSelector(MockInbox.EmptyRange.selector, 1, 1));
        voteZk(a);
    }

    function test_the_block_number_is_the_inboxs() public {
        Claim memory a = first("a");
        a.blockNumber = 11;
        expect(abi.encodeWithSelector(WrongBlockNumber.selector, 10, 11));
        voteZk(a);
        a.blockNumber = 9;
        expect(abi.encodeWithSelector(WrongBlockNumber.selector, 10, 9));
        voteZk(a);
    }

    function test_a_range_has_1_to_1024_blocks() public {
        Claim memory a = first("a");
        a.lastBatch = inbox.push(1014);
        a.blockNumber = 1024;
        voteZk(a);

        a.lastBatch = inbox.push(1);
        a.blockNumber = 1025;
        expect(abi.encodeWithSelector(WrongBlockCount.selector, 1024, 1025));
        voteZk(a);

        a.firstBatch = a.lastBatch;
        a.lastBatch = inbox.push(0);
        expect(abi.encodeWithSelector(WrongBlockCount.selector, 1024, 0));
        voteZk(a);

        a.lastBatch = inbox.push(1);
        a.blockNumber = 1026;
        voteZk(a);
    }

    function test_the_first_batch_starts_from_genesis() public {
        Claim memory a = first("a");
        a.parentBlock = keccak256("elsewhere");
        expect(abi.encodeWithSelector(WrongGenesis.selector, GENESIS, a.parentBlock));
        voteZk(a);
    }

    // Finalize.

    function test_finalize_needs_the_head_and_a_final_verdict_once() public {
        Claim memory a = first("a");
        expect(abi.encodeWithSelector(VerdictNotFinal.selector, Verdict.NoVote));
        settlement.finalize(a);
        voteZk(a);
        expect(abi.encodeWithSelector(VerdictNotFinal.selector, Verdict.NeedsSecond));
        settlement.finalize(a);
        voteTee(a);
        expect(abi.encodeWithSelector(AlreadyFinal.selector, idOf(a), BIRTH));
        settlement.finalize(a);
    }

    function test_a_stall_ends_with_finality_and_is_remembered() public {
        (bool stalled, uint40 endedAt) = settlement.stall();
        assertFalse(stalled);
        Claim memory a = first("a");
        skip(STALL);
        (stalled,) = settlement.stall();
        assertFalse(stalled, "at the bound it is not yet");
        skip(1);
        (stalled, endedAt) = settlement.stall();
        assertTrue(stalled);
        assertEq(endedAt, 0);

        voteZk(a);
        voteTee(a);
        (stalled, endedAt) = settlement.stall();
        assertFalse(stalled);
        assertEq(endedAt, BIRTH + STALL + 1);

        // With all work done nothing stalls, however long it takes.
        skip(10 * STALL);
        (stalled,) = settlement.stall();
        assertFalse(stalled);

        // Whoever finishes work late says so.
        Claim memory b = next(a, "b");
        (stalled,) = settlement.stall();
        assertTrue(stalled);
        voteZk(b);
        voteTee(b);
        skip(STALL);
        Claim memory c = next(b, "c");
        voteZk(c);
        voteTee(c);
        Head memory h = settlement.head();
        assertEq(h.stallEndedAt, BIRTH + 11 * STALL + 1);
        assertEq(h.finalAt, h.stallEndedAt + STALL);
    }

    function test_the_pulse_starts_over_after_a_heartbeat_of_silence() public {
        Claim memory a = first("a");
        voteZk(a);
        voteZk2(a);
        assertEq(settlement.pulse().zkSince, BIRTH);
        skip(HEARTBEAT - 1);
        Claim memory b = next(a, "b");
        voteZk(b);
        voteZk2(b);
        assertEq(settlement.pulse().zk, BIRTH + HEARTBEAT - 1);
        assertEq(settlement.pulse().zkSince, BIRTH);
        assertEq(settlement.pulse().zk2Since, BIRTH);
        skip(HEARTBEAT);
        Claim memory c = next(b, "c");
        voteZk(c);
        voteZk2(c);
        voteTee(c);
        uint40 time = BIRTH + 2 * HEARTBEAT - 1;
        assertEq(settlement.pulse().zkSince, time);
        assertEq(settlement.pulse().zk2Since, time);
        assertEq(settlement.pulse().zk2, time);
        assertEq(settlement.pulse().tee, time);
    }

    // What is built, and what is told.

    function test_it_is_built_as_its_parameters_say() public {
        assertEq(settlement.inbox(), address(inbox));
        assertEq(settlement.registry(), address(registry));
        assertEq(settlement.powers(), powers);
        assertEq(settlement.timelock(), timelock);
        assertEq(settlement.head().point, Claims.point(GENESIS, BatchAcc.wrap(0)));
        assertEq(settlement.head().finalAt, BIRTH);

        RollupParams memory p = params();
        p.terms.window = p.delays.maxWindow + 1;
        RollupAddresses memory a = addresses();
        expect(
            abi.encodeWithSelector(
                Bounds.TooLarge.selector,
                bytes32("terms.window"),
                p.delays.maxWindow + 1,
                p.delays.maxWindow
            )
        );
        new Settlement(p, a);
    }

    /// A watcher that only reads logs knows every claim, and which of them is final.
    function test_the_log_tells_each_claim_once() public {
        Claim memory a = first("a");
        vm.recordLogs();
        propose(a);
        voteZk(a);
        propose(a);
        voteTee(a);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        uint256 known = 0;
        uint256 done = 0;
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] == ISettlementEvents.Known.selector) {
                ++known;
                assertEq(logs[i].topics[1], ClaimId.unwrap(idOf(a)));
                assertEq(logs[i].topics[2], Claims.inputs(a));
                Claim memory told = abi.decode(logs[i].data, (Claim));
                assertTrue(idOf(told) == idOf(a));
            }
            if (logs[i].topics[0] == ISettlementEvents.Final.selector) {
                ++done;
                assertEq(logs[i].topics[1], ClaimId.unwrap(idOf(a)));
            }
        }
        assertEq(known, 1);
        assertEq(done, 1);
    }
}
