// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Action, Reason, State, Status} from "../../src/settlement/Status.sol";
import {BatchAcc, Claim, Lane} from "../../src/types/Types.sol";
import {SettlementTest} from "./SettlementTest.sol";

/// Each answer that people are given, and that following it leads to the next.
contract StatusTest is SettlementTest {
    Status private _status = new Status();

    function test_an_unknown_claim_can_be_proposed_if_the_inbox_knows_its_range() public {
        Claim memory a = first("a");
        _is(a, 0, State.Unknown, Reason.AwaitsVotes, 0, Action.Propose);
        a.lastBatch = BatchAcc.wrap("nowhere");
        _is(a, 0, State.Unknown, Reason.None, 0, Action.None);
    }

    function test_from_proposal_to_finality_by_the_optimistic_lane() public {
        Claim memory a = first("a");
        uint32 n = propose(a);
        _is(a, n, State.Voting, Reason.AwaitsVotes, 0, Action.Vote);
        voteZk(a);
        uint40 end = BIRTH + WINDOW;
        _is(a, n, State.Voting, Reason.WindowOpen, end, Action.Wait);
        openMatch(a, n);
        vm.warp(end - 1);
        _is(a, n, State.Voting, Reason.WindowOpen, end, Action.Wait);
        vm.warp(end);
        _is(a, n, State.Voting, Reason.MatchesOpen, 0, Action.Wait);
        closeMatch(a, n, true, bob);
        _is(a, n, State.Voting, Reason.OpNotStood, 0, Action.Stand);
        settlement.stand(a, n);
        _is(a, n, State.Final, Reason.None, 0, Action.None);
    }

    function test_a_final_claim_gives_back_what_it_holds() public {
        Claim memory a = first("a");
        Claim memory dead = rival(a, "dead");
        uint32 n = propose(a);
        uint32 m = propose(dead);
        voteZk(a);
        voteTee(a);
        _is(a, n, State.Final, Reason.None, 0, Action.Reclaim);
        _is(dead, m, State.Dead, Reason.None, 0, Action.Reclaim);
        settlement.reclaim(a, n);
        settlement.reclaim(dead, m);
        _is(a, n, State.Final, Reason.None, 0, Action.None);
        _is(dead, m, State.Dead, Reason.None, 0, Action.None);
    }

    function test_a_claim_without_a_proposal_awaits_votes() public {
        Claim memory a = first("a");
        voteZk(a);
        _is(a, 9, State.Voting, Reason.AwaitsSecond, 0, Action.Vote);
        registry.install(Lane.Zk, address(zk), false);
        _is(a, 9, State.Voting, Reason.AwaitsVotes, 0, Action.Vote);
        voteZk(a);
        registry.empty(Lane.Tee);
        _is(a, 9, State.Voting, Reason.AwaitsSecond, 0, Action.Propose);
        registry.empty(Lane.Op);
        _is(a, 9, State.Voting, Reason.LaneFrozen, 0, Action.Wait);
    }

    function test_a_claim_on_probation_waits_for_one_in_good_standing() public {
        registry.setProbation(Lane.Zk, true);
        Claim memory a = first("a");
        voteZk(a);
        voteTee(a);
        _is(a, 9, State.Voting, Reason.OnProbation, 0, Action.Propose);
        uint32 n = propose(a);
        _is(a, n, State.Voting, Reason.WindowOpen, BIRTH + WINDOW, Action.Wait);
    }

    function test_a_child_waits_for_its_parent_and_then_for_the_call() public {
        Claim memory a = first("a");
        Claim memory b = next(a, "b");
        voteZk(b);
        _is(b, 0, State.Pending, Reason.AwaitsSecond, 0, Action.Vote);
        voteTee(b);
        _is(b, 0, State.Pending, Reason.AwaitsParent, 0, Action.Wait);
        voteZk(a);
        voteTee(a);
        _is(b, 0, State.Voting, Reason.NeedsFinalize, 0, Action.Finalize);
        settlement.finalize(b);
        _is(b, 0, State.Final, Reason.None, 0, Action.None);
    }

    function test_a_contradiction_is_called_one() public {
        Claim memory a = first("a");
        Claim memory b = rival(a, "b");
        voteZk(a);
        voteZk(b);
        _is(a, 0, State.Voting, Reason.Contradiction, 0, Action.Vote);
        registry.empty(Lane.Tee);
        _is(a, 0, State.Voting, Reason.Contradiction, 0, Action.Propose);
    }

    function test_a_proposal_of_an_old_version_is_taken_back() public {
        Claim memory a = first("a");
        voteZk(a);
        uint32 n = propose(a);
        openMatch(a, n);
        registry.install(Lane.Op, address(op), false);
        _is(a, n, State.Voting, Reason.MatchesOpen, 0, Action.Wait);
        closeMatch(a, n, true, bob);
        _is(a, n, State.Voting, Reason.VersionOver, 0, Action.Reclaim);
        settlement.reclaim(a, n);
        _is(a, n, State.Voting, Reason.AwaitsSecond, 0, Action.Vote);
    }

    function test_a_second_zk_vote_from_before_its_phase_starts_a_window() public {
        Claim memory a = first("a");
        voteZk2(a);
        uint32 n = propose(a);
        retireTee();
        _is(a, n, State.Voting, Reason.WindowOpen, BIRTH + WINDOW, Action.Wait);
    }

    /// Whatever is asked, an answer comes, and what it says can be done now can be done.
    function testFuzz_there_is_always_an_answer_and_it_is_right(uint256 seed) public {
        Claim memory a = first("a");
        Claim[3] memory claims = [a, rival(a, "b"), next(a, "c")];
        for (uint256 i = 0; i < 14; ++i) {
            _step(claims[(seed >> 8 * i) % 3], uint8(seed >> 8 * i) / 3 % 9);
        }
        for (uint256 i = 0; i < 3; ++i) {
            (,,, Action action) = _status.claim(settlement, claims[i], 0);
            if (action == Action.Finalize) settlement.finalize(claims[i]);
            if (action == Action.Stand) settlement.stand(claims[i], 0);
            if (action == Action.Reclaim) settlement.reclaim(claims[i], 0);
        }
    }

    function test_any_bytes_are_answered() public view {
        Claim memory nothing;
        _status.claim(settlement, nothing, 0);
        nothing.blockNumber = type(uint64).max;
        nothing.parentBlock = keccak256("x");
        _status.claim(settlement, nothing, type(uint32).max);
    }

    function _step(Claim memory c, uint256 what) private {
        bytes memory call;
        if (what == 0) call = abi.encodeCall(settlement.vote, (Lane.Zk, c, ""));
        if (what == 1) call = abi.encodeCall(settlement.vote, (Lane.Tee, c, signedBy(platformA)));
        if (what == 2) call = abi.encodeCall(settlement.vote, (Lane.Zk2, c, ""));
        if (what == 3) call = abi.encodeCall(settlement.propose, (c));
        if (what == 4) call = abi.encodeCall(settlement.stand, (c, 0));
        if (what == 5) skip(WINDOW / 2);
        if (what == 6) registry.install(Lane.Op, address(op), false);
        if (what == 7) registry.install(Lane.Zk, address(zk), true);
        if (what == 8) call = abi.encodeCall(settlement.finalize, (c));
        if (call.length == 0) return;
        // Refused or not: any state that can be reached will do.
        (bool ignored,) = address(settlement).call{value: what == 3 ? BOND : 0}(call);
        ignored;
    }

    function _is(
        Claim memory claim,
        uint32 number,
        State state,
        Reason reason,
        uint64 earliest,
        Action action
    ) private view {
        (State s, Reason r, uint64 e, Action a) = _status.claim(settlement, claim, number);
        assertEq(uint256(s), uint256(state), "state");
        assertEq(uint256(r), uint256(reason), "reason");
        assertEq(e, earliest, "earliest");
        assertEq(uint256(a), uint256(action), "action");
    }
}
