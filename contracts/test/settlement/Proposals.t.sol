// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Bounds} from "../../src/factory/Bounds.sol";
import {Terms} from "../../src/factory/Params.sol";
import {Proposal, ProposalState} from "../../src/settlement/ISettlement.sol";
import {Claims} from "../../src/types/Claims.sol";
import {BatchAcc, Claim, ClaimId, ConfigHash, Lane, LaneVersion} from "../../src/types/Types.sol";
import {MockGames} from "../doubles/MockGames.sol";
import {SettlementTest} from "./SettlementTest.sol";

/// Proposals, their windows and matches, and every wei of their bonds.
contract ProposalsTest is SettlementTest {
    LaneVersion private constant ONE = LaneVersion.wrap(1);
    LaneVersion private constant TWO = LaneVersion.wrap(2);
    uint40 private constant END = BIRTH + WINDOW;

    // Propose.

    function test_a_proposal_keeps_the_terms_and_version_of_its_day() public {
        Claim memory a = first("a");
        assertEq(propose(a), 0);
        assertEq(propose(a), 1);
        Proposal memory p = settlement.proposal(idOf(a), 1);
        assertEq(p.proposer, alice);
        assertEq(p.proposedAt, BIRTH);
        assertTrue(p.opVersion == ONE);
        assertEq(p.terms, 0);
        assertEq(settlement.content(idOf(a)).proposals, 2);
        assertEq(address(settlement).balance, 2 * BOND);

        vm.prank(timelock);
        settlement.setTerms(Terms(2 ether, 1 ether, 1 days));
        (uint16 index, Terms memory now_) = settlement.currentTerms();
        assertEq(index, 1);
        assertEq(now_.window, 1 days);
        voteZk(a);
        skip(1 days);
        expect(abi.encodeWithSelector(WindowNotOver.selector, END));
        settlement.stand(a, 0);
        vm.prank(alice);
        settlement.propose{value: 2 ether}(a);
        assertEq(settlement.proposal(idOf(a), 2).terms, 1);
        assertEq(settlement.termsAt(0).proposerBond, BOND);
    }

    function test_the_bond_is_exact() public {
        Claim memory a = first("a");
        expect(abi.encodeWithSelector(WrongBond.selector, BOND, BOND - 1));
        settlement.propose{value: BOND - 1}(a);
        expect(abi.encodeWithSelector(WrongBond.selector, BOND, BOND + 1));
        settlement.propose{value: BOND + 1}(a);
    }

    function test_a_proposal_needs_an_optimistic_version_that_may_vote() public {
        Claim memory a = first("a");
        registry.setFrozen(Lane.Op, true);
        expect(abi.encodeWithSelector(FrozenVersion.selector, Lane.Op, ONE));
        settlement.propose{value: BOND}(a);
        registry.empty(Lane.Op);
        expect(abi.encodeWithSelector(NoActiveVersion.selector, Lane.Op));
        settlement.propose{value: BOND}(a);
    }

    function test_a_claim_is_proposed_at_the_head_or_on_a_known_living_parent() public {
        Claim memory a = first("a");
        Claim memory b = next(a, "b");
        bytes32 end = Claims.point(a.blockHash, a.lastBatch);
        bytes32 genesis = Claims.point(GENESIS, BatchAcc.wrap(0));
        expect(abi.encodeWithSelector(StartsElsewhere.selector, genesis, end));
        settlement.propose{value: BOND}(b);
        expect(abi.encodeWithSelector(ParentNotKnown.selector, idOf(a)));
        settlement.proposeOn{value: BOND}(b, a);

        voteZk(a);
        Claim memory sibling = rival(a, "sibling");
        voteZk2(sibling);
        expect(
            abi.encodeWithSelector(
                StartsElsewhere.selector, Claims.point(sibling.blockHash, sibling.lastBatch), end
            )
        );
        settlement.proposeOn{value: BOND}(b, sibling);
        settlement.proposeOn{value: BOND}(b, a);

        voteTee(a);
        expect(abi.encodeWithSelector(AlreadyFinal.selector, idOf(a), BIRTH));
        settlement.propose{value: BOND}(a);
        expect(abi.encodeWithSelector(DeadClaim.selector, idOf(sibling)));
        settlement.propose{value: BOND}(sibling);
        Claim memory orphan =
            claimOn(sibling.blockHash, sibling.lastBatch, 10, b.lastBatch, 20, "orphan");
        expect(abi.encodeWithSelector(ParentIsDead.selector, idOf(sibling)));
        settlement.proposeOn{value: BOND}(orphan, sibling);
        // At the head's batch, but from another block.
        assertTrue(settlement.isDead(orphan));
        expect(abi.encodeWithSelector(DeadClaim.selector, idOf(orphan)));
        settlement.propose{value: BOND}(orphan);
        // On a final parent, which is the head.
        settlement.proposeOn{value: BOND}(b, a);
    }

    function test_what_is_not_admitted_is_not_proposed() public {
        Claim memory a = first("a");
        ConfigHash right = a.config;
        a.config = ConfigHash.wrap(0);
        expect(abi.encodeWithSelector(WrongConfig.selector, right, a.config));
        settlement.propose{value: BOND}(a);
    }

    // The window.

    function test_the_window_ends_at_its_second() public {
        Claim memory a = first("a");
        voteZk(a);
        uint32 n = propose(a);
        skip(WINDOW - 1);
        expect(abi.encodeWithSelector(WindowNotOver.selector, END));
        settlement.stand(a, n);
        openMatch(a, n);
        closeMatch(a, n, true, bob);
        skip(1);
        expect(abi.encodeWithSelector(WindowIsOver.selector, END));
        openMatch(a, n);
        settlement.stand(a, n);
        assertState(a, n, ProposalState.Stood);
        assertFinal(a);
    }

    function test_no_vote_no_window() public {
        Claim memory a = first("a");
        uint32 n = propose(a);
        skip(10 * WINDOW);
        expect(abi.encodeWithSelector(WindowNotStarted.selector, idOf(a)));
        settlement.stand(a, n);
        expect(abi.encodeWithSelector(WindowNotStarted.selector, idOf(a)));
        openMatch(a, n);
        // A vote that does not count in this phase will count in the next: it starts windows too.
        voteZk2(a);
        expect(
            abi.encodeWithSelector(
                WindowNotOver.selector, settlement.content(idOf(a)).firstVoteAt + WINDOW
            )
        );
        settlement.stand(a, n);
    }

    function testFuzz_the_window_starts_at_the_later_of_vote_and_proposal(
        uint40 voteAfter,
        uint40 proposeAfter,
        uint40 more
    ) public {
        voteAfter = uint40(bound(voteAfter, 0, 30 days));
        proposeAfter = uint40(bound(proposeAfter, 0, 30 days));
        more = uint40(bound(more, 0, 2 * WINDOW));
        Claim memory a = first("a");
        uint32 n;
        if (voteAfter < proposeAfter) {
            vm.warp(BIRTH + voteAfter);
            voteTee(a);
            vm.warp(BIRTH + proposeAfter);
            n = propose(a);
        } else {
            vm.warp(BIRTH + proposeAfter);
            n = propose(a);
            vm.warp(BIRTH + voteAfter);
            voteTee(a);
        }
        uint40 start = BIRTH + (voteAfter > proposeAfter ? voteAfter : proposeAfter);
        vm.warp(start + more);
        // A newer version's vote starts nothing again.
        registry.install(Lane.Tee, address(tee), false);
        voteTee(a, platformB);
        if (more < WINDOW) {
            expect(abi.encodeWithSelector(WindowNotOver.selector, start + WINDOW));
            settlement.stand(a, n);
        } else {
            assertTrue(settlement.stand(a, n));
        }
    }

    // Stand.

    function test_stand_is_refused_until_all_is_well() public {
        Claim memory a = first("a");
        voteZk(a);
        uint32 n = propose(a);
        expect(abi.encodeWithSelector(NotLive.selector, idOf(a), 1, ProposalState.None));
        settlement.stand(a, 1);
        openMatch(a, n);
        skip(WINDOW);
        expect(abi.encodeWithSelector(MatchesAreOpen.selector, 1));
        settlement.stand(a, n);

        registry.setFrozen(Lane.Op, true);
        expect(abi.encodeWithSelector(FrozenVersion.selector, Lane.Op, ONE));
        settlement.stand(a, n);
        registry.install(Lane.Op, address(op), false);
        expect(abi.encodeWithSelector(VersionNotActive.selector, TWO, ONE));
        settlement.stand(a, n);
    }

    function test_a_final_or_dead_content_cannot_stand() public {
        Claim memory a = first("a");
        Claim memory dead = rival(a, "dead");
        uint32 n = propose(a);
        uint32 m = propose(dead);
        voteZk2(dead);
        voteZk(a);
        voteTee(a);
        expect(abi.encodeWithSelector(AlreadyFinal.selector, idOf(a), BIRTH));
        settlement.stand(a, n);
        expect(abi.encodeWithSelector(DeadClaim.selector, idOf(dead)));
        settlement.stand(dead, m);
        expect(abi.encodeWithSelector(AlreadyFinal.selector, idOf(a), BIRTH));
        openMatch(a, n);
        expect(abi.encodeWithSelector(DeadClaim.selector, idOf(dead)));
        openMatch(dead, m);
    }

    function test_a_child_may_stand_before_its_parent_is_final() public {
        Claim memory a = first("a");
        Claim memory b = next(a, "b");
        voteZk(a);
        voteZk(b);
        vm.prank(alice);
        settlement.proposeOn{value: BOND}(b, a);
        skip(WINDOW);
        assertFalse(settlement.stand(b, 0));
        voteTee(a);
        settlement.finalize(b);
        assertHead(b);
        assertEq(settlement.pulse().op, END);
    }

    // Matches.

    function test_a_lost_match_ends_only_its_proposal() public {
        Claim memory a = first("a");
        voteZk(a);
        uint32 n = propose(a);
        uint32 m = propose(a);
        openMatch(a, n);
        openMatch(a, n);
        openMatch(a, n);
        closeMatch(a, n, true, bob);
        assertState(a, n, ProposalState.Live);
        closeMatch(a, n, false, bob);
        assertState(a, n, ProposalState.Lost);
        assertEq(settlement.credit(bob), BOND / 2);
        assertEq(settlement.burned(), BOND / 2);
        // The rest only counts down.
        closeMatch(a, n, false, bob);
        assertEq(settlement.credit(bob), BOND / 2);
        expect(abi.encodeWithSelector(NoOpenMatch.selector, idOf(a), n));
        closeMatch(a, n, false, bob);
        expect(abi.encodeWithSelector(NotLive.selector, idOf(a), n, ProposalState.Lost));
        openMatch(a, n);

        skip(WINDOW);
        assertTrue(settlement.stand(a, m));
    }

    function test_an_odd_wei_is_burned() public {
        vm.prank(timelock);
        settlement.setTerms(Terms(1 ether + 1, 1 ether, WINDOW));
        Claim memory a = first("a");
        voteZk(a);
        vm.prank(alice);
        settlement.propose{value: 1 ether + 1}(a);
        openMatch(a, 0);
        closeMatch(a, 0, false, bob);
        assertEq(settlement.credit(bob), 0.5 ether);
        assertEq(settlement.burned(), 0.5 ether + 1);
    }

    function test_only_the_games_of_the_proposals_version_report() public {
        Claim memory a = first("a");
        voteZk(a);
        uint32 n = propose(a);
        openMatch(a, n);
        MockGames other = new MockGames("op2", "evm2", 7 days);
        registry.install(Lane.Op, address(other), false);
        expect(abi.encodeWithSelector(NotTheGames.selector, address(op), address(other)));
        other.open(settlement, a, n);
        // Nor do matches open under a version that is over: they would decide nothing but bonds.
        expect(abi.encodeWithSelector(VersionNotActive.selector, 2, 1));
        openMatch(a, n);
        expect(abi.encodeWithSelector(NotTheGames.selector, address(op), address(other)));
        other.close(settlement, idOf(a), n, false, bob);
        expect(abi.encodeWithSelector(NotTheGames.selector, address(op), address(this)));
        settlement.matchClosed(idOf(a), n, false, bob);
    }

    function test_65535_matches_may_be_open() public {
        Claim memory a = first("a");
        voteZk(a);
        uint32 n = propose(a);
        openMatch(a, n);
        // A stored count of 65,535: opening as many takes a minute.
        bytes32 slot = _proposalSlot(a, n);
        uint256 word = uint256(vm.load(address(settlement), slot));
        uint256 count = word >> 232 & 0xffff;
        assertEq(count, 1);
        vm.store(address(settlement), slot, bytes32(word | uint256(0xffff) << 232));
        assertEq(settlement.proposal(idOf(a), n).openMatches, 65_535);
        expect(abi.encodeWithSelector(TooManyMatches.selector, 65_535));
        openMatch(a, n);
        closeMatch(a, n, true, bob);
        openMatch(a, n);
    }

    // Reclaim.

    function test_a_bond_comes_back_when_its_content_is_final_or_dead() public {
        Claim memory a = first("a");
        Claim memory dead = rival(a, "dead");
        uint32 n = propose(a);
        uint32 m = propose(dead);
        voteZk(a);
        openMatch(a, n);
        expect(abi.encodeWithSelector(NotReclaimable.selector, idOf(a), n));
        settlement.reclaim(a, n);
        expect(abi.encodeWithSelector(NotReclaimable.selector, idOf(dead), m));
        settlement.reclaim(dead, m);
        voteTee(a);
        settlement.reclaim(a, n);
        settlement.reclaim(dead, m);
        assertEq(settlement.credit(alice), 2 * BOND);
        assertState(a, n, ProposalState.Closed);
        expect(abi.encodeWithSelector(NotLive.selector, idOf(a), n, ProposalState.Closed));
        settlement.reclaim(a, n);
        // The match that was open decides nothing any more.
        closeMatch(a, n, false, bob);
        assertEq(settlement.credit(bob), 0);
    }

    function test_a_bond_comes_back_when_its_version_is_over_and_no_match_is_open() public {
        Claim memory a = first("a");
        voteZk(a);
        uint32 n = propose(a);
        uint32 m = propose(a);
        openMatch(a, n);
        registry.setFrozen(Lane.Op, true);
        settlement.reclaim(a, m);
        expect(abi.encodeWithSelector(NotReclaimable.selector, idOf(a), n));
        settlement.reclaim(a, n);
        registry.install(Lane.Op, address(op), false);
        expect(abi.encodeWithSelector(NotReclaimable.selector, idOf(a), n));
        settlement.reclaim(a, n);
        closeMatch(a, n, true, bob);
        settlement.reclaim(a, n);
        assertEq(settlement.credit(alice), 2 * BOND);
    }

    function test_an_unvoted_proposal_is_a_window_old_before_it_is_taken_back() public {
        Claim memory a = first("a");
        uint32 n = propose(a);
        skip(WINDOW - 1);
        expect(abi.encodeWithSelector(NotReclaimable.selector, idOf(a), n));
        settlement.reclaim(a, n);
        skip(1);
        uint256 snapshot = vm.snapshotState();
        settlement.reclaim(a, n);
        vm.revertToState(snapshot);
        voteZk(a);
        expect(abi.encodeWithSelector(NotReclaimable.selector, idOf(a), n));
        settlement.reclaim(a, n);
    }

    // Credit.

    function test_credit_is_paid_once_to_whom_its_owner_says() public {
        Claim memory a = first("a");
        voteZk(a);
        standNew(a);
        assertEq(settlement.credit(alice), BOND);
        expect(abi.encodeWithSelector(NoCredit.selector, bob));
        vm.prank(bob);
        settlement.withdrawCredit(payable(bob));

        expect(abi.encodeWithSelector(PaymentFailed.selector, address(registry), BOND));
        vm.prank(alice);
        settlement.withdrawCredit(payable(address(registry)));

        address to = makeAddr("receiver");
        vm.prank(alice);
        settlement.withdrawCredit(payable(to));
        assertEq(to.balance, BOND);
        assertEq(address(settlement).balance, 0);
        expect(abi.encodeWithSelector(NoCredit.selector, alice));
        vm.prank(alice);
        settlement.withdrawCredit(payable(to));
    }

    /// Any course of proposals: money in is money held, credited, paid and burned.
    function testFuzz_every_wei_is_accounted_for(uint256 seed) public {
        Claim memory a = first("a");
        voteZk(a);
        uint256 live = 0;
        uint256 paid = 0;
        uint256 stood = 0;
        for (uint256 i = 0; i < 12; ++i) {
            uint32 n = propose(a);
            uint256 what = uint8(seed >> 8 * i) % 4;
            if (what == 0) {
                ++live;
            } else if (what == 1) {
                openMatch(a, n);
                closeMatch(a, n, false, bob);
            } else if (what == 2) {
                openMatch(a, n);
                ++live;
            } else if (settlement.credit(bob) != 0) {
                paid += settlement.credit(bob);
                vm.prank(bob);
                settlement.withdrawCredit(payable(bob));
                ++live;
            } else {
                ++live;
            }
        }
        skip(WINDOW);
        for (uint32 n = 0; n < 12 && stood == 0; ++n) {
            Proposal memory p = settlement.proposal(idOf(a), n);
            if (p.state != ProposalState.Live || p.openMatches != 0) continue;
            settlement.stand(a, n);
            --live;
            stood = 1;
        }
        uint256 held = live * BOND + settlement.credit(alice) + settlement.credit(bob);
        assertEq(address(settlement).balance, held + settlement.burned());
        assertEq(12 * BOND, held + settlement.burned() + paid);
    }

    // Terms.

    function test_terms_are_the_timelocks_and_keep_their_bounds() public {
        Terms memory t = Terms(1 ether, 0.5 ether, 7 days);
        expect(abi.encodeWithSelector(OnlyTimelock.selector, timelock, address(this)));
        settlement.setTerms(t);

        vm.startPrank(timelock);
        t.window = 1 days - 1;
        expect(_small("terms.window", 1 days - 1, 1 days));
        settlement.setTerms(t);
        t.window = 14 days + 1;
        expect(_large("terms.window", 14 days + 1, 14 days));
        settlement.setTerms(t);
        t.window = 14 days;
        settlement.setTerms(t);
        t.window = 1 days;
        settlement.setTerms(t);

        t.challengerBond = 0.1 ether - 1;
        expect(_small("terms.challengerBond", 0.1 ether - 1, 0.1 ether));
        settlement.setTerms(t);
        t.challengerBond = 10 ether + 1;
        expect(_large("terms.challengerBond", 10 ether + 1, 10 ether));
        settlement.setTerms(t);
        t.challengerBond = 1 ether + 1;
        expect(_small("terms.proposerBond", 1 ether, 1 ether + 1));
        settlement.setTerms(t);
        t.proposerBond = 10 ether + 1;
        expect(_large("terms.proposerBond", 10 ether + 1, 10 ether));
        settlement.setTerms(t);
        (t.proposerBond, t.challengerBond) = (10 ether, 10 ether);
        settlement.setTerms(t);
        (t.proposerBond, t.challengerBond) = (0.1 ether, 0.1 ether);
        settlement.setTerms(t);
        (uint16 index,) = settlement.currentTerms();
        assertEq(index, 4);
    }

    function _small(bytes32 what, uint256 value, uint256 least)
        private
        pure
        returns (bytes memory)
    {
        return abi.encodeWithSelector(Bounds.TooSmall.selector, what, value, least);
    }

    function _large(bytes32 what, uint256 value, uint256 most) private pure returns (bytes memory) {
        return abi.encodeWithSelector(Bounds.TooLarge.selector, what, value, most);
    }

    /// Where the proposal is stored; `_proposals` is found by what it holds.
    function _proposalSlot(Claim memory claim, uint32 n) private view returns (bytes32) {
        ClaimId id = idOf(claim);
        for (uint256 i = 0; i < 20; ++i) {
            bytes32 slot = keccak256(abi.encode(n, keccak256(abi.encode(id, i))));
            uint256 word = uint256(vm.load(address(settlement), slot));
            if (address(uint160(word)) == alice) return slot;
        }
        revert("no proposal");
    }
}
