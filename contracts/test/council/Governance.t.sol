// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {Safe} from "@safe-global/safe-smart-account/contracts/Safe.sol";

import {Governance} from "../../src/council/Governance.sol";
import {Timelock} from "../../src/council/Timelock.sol";
import {Token} from "../../src/council/Token.sol";
import {RollupAddresses, Terms} from "../../src/factory/Params.sol";
import {Conflict} from "../../src/settlement/ISettlement.sol";
import {Claim, ClaimId, Lane, LaneVersion} from "../../src/types/Types.sol";
import {RollupTest} from "./RollupTest.sol";

contract GovernanceTest is RollupTest {
    address[] private targets = new address[](1);
    uint256[] private values = new uint256[](1);
    bytes[] private calls = new bytes[](1);
    string private constant WHY = "because";
    bytes32 private constant WHY_HASH = keccak256("because");

    // The four powers, from proposal to execution.

    function test_governance_elects_the_council() public {
        Safe next = newSafe("next");
        decide(address(powers), abi.encodeCall(powers.electCouncil, (address(next))));
        enact();
        assertEq(powers.council(), address(next));
    }

    function test_governance_sets_terms_within_their_bounds() public {
        Terms memory terms = Terms(5 ether, 3 ether, 14 days);
        decide(address(settlement), abi.encodeCall(settlement.setTerms, (terms)));
        enact();
        (uint16 index, Terms memory now_) = settlement.currentTerms();
        assertEq(index, 1);
        assertEq(keccak256(abi.encode(now_)), keccak256(abi.encode(terms)));
    }

    function test_governance_sets_no_terms_outside_their_bounds() public {
        Terms memory terms = Terms(5 ether, 3 ether, 7 days - 1);
        decide(address(settlement), abi.encodeCall(settlement.setTerms, (terms)));
        ready();
        vm.expectRevert();
        governance.execute(targets, values, calls, WHY_HASH);
        (uint16 index,) = settlement.currentTerms();
        assertEq(index, 0);
    }

    function test_governance_names_the_sequencer() public {
        address next = makeAddr("sequencer");
        decide(address(inbox), abi.encodeCall(inbox.setSequencer, (next)));
        enact();
        assertEq(inbox.sequencer(), next);
    }

    function test_governance_announces_that_the_tee_retires() public {
        decide(address(registry), abi.encodeCall(registry.announceTeeRetirement, ()));
        enact();
        uint256 time = vm.getBlockTimestamp();
        assertEq(registry.retirement().retireAt, time + 30 days + W);
    }

    // The delay.

    function test_the_delay_is_what_was_configured() public view {
        assertEq(timelock.getMinDelay(), 30 days);
        assertEq(timelock.getMinDelay(), p.governance.timelockDelay);
    }

    function test_nothing_happens_a_second_before_the_delay_is_over() public {
        address next = makeAddr("sequencer");
        decide(address(inbox), abi.encodeCall(inbox.setSequencer, (next)));
        uint256 queuedAt = vm.getBlockTimestamp();
        assertEq(governance.proposalEta(proposalId()), queuedAt + 30 days);
        bytes32 salt = bytes20(address(governance)) ^ WHY_HASH;

        vm.warp(queuedAt + 30 days - 1);
        bytes32 id = timelock.hashOperationBatch(targets, values, calls, 0, salt);
        bytes memory early = abi.encodeWithSelector(
            TimelockController.TimelockUnexpectedOperationState.selector, id, bytes32(uint256(4))
        );
        vm.expectRevert(early);
        governance.execute(targets, values, calls, WHY_HASH);
        vm.expectRevert(early);
        timelock.executeBatch(targets, values, calls, 0, salt);

        vm.warp(queuedAt + 30 days);
        vm.prank(makeAddr("anyone"));
        timelock.executeBatch(targets, values, calls, 0, salt);
        assertEq(inbox.sequencer(), next);
        assertTrue(governance.state(proposalId()) == IGovernor.ProposalState.Executed);
    }

    function test_the_delay_is_fixed() public {
        decide(address(timelock), abi.encodeCall(timelock.updateDelay, (0)));
        ready();
        vm.expectRevert(abi.encodeWithSelector(Timelock.DelayIsFixed.selector, 30 days));
        governance.execute(targets, values, calls, WHY_HASH);
        vm.expectRevert(abi.encodeWithSelector(Timelock.DelayIsFixed.selector, 30 days));
        vm.prank(address(timelock));
        timelock.updateDelay(31 days);
    }

    function test_the_roles_are_fixed() public {
        bytes32 proposer = timelock.PROPOSER_ROLE();
        bytes memory reason = abi.encodeWithSelector(Timelock.RolesAreFixed.selector, proposer, bob);
        decide(address(timelock), abi.encodeCall(timelock.grantRole, (proposer, bob)));
        ready();
        vm.expectRevert(reason);
        governance.execute(targets, values, calls, WHY_HASH);
        vm.startPrank(address(timelock));
        vm.expectRevert(reason);
        timelock.revokeRole(proposer, bob);
        vm.expectRevert(reason);
        timelock.renounceRole(proposer, bob);
        vm.stopPrank();
    }

    function test_only_governance_fills_and_empties_the_timelock() public {
        bytes32 proposer = timelock.PROPOSER_ROLE();
        bytes32 canceller = timelock.CANCELLER_ROLE();
        address[4] memory others = [alice, address(safe), address(powers), address(timelock)];
        for (uint256 i = 0; i < 4; ++i) {
            assertFalse(timelock.hasRole(canceller, others[i]));
            vm.prank(others[i]);
            vm.expectRevert(missing(others[i], proposer));
            timelock.schedule(bob, 0, "", 0, 0, 30 days);
            vm.prank(others[i]);
            vm.expectRevert(missing(others[i], proposer));
            timelock.scheduleBatch(targets, values, calls, 0, 0, 30 days);
            vm.prank(others[i]);
            vm.expectRevert(missing(others[i], canceller));
            timelock.cancel(0);
        }
        assertTrue(timelock.hasRole(proposer, address(governance)));
        assertTrue(timelock.hasRole(canceller, address(governance)));
        assertTrue(timelock.hasRole(timelock.EXECUTOR_ROLE(), address(0)));
        assertTrue(timelock.hasRole(timelock.DEFAULT_ADMIN_ROLE(), address(timelock)));
        assertFalse(timelock.hasRole(timelock.DEFAULT_ADMIN_ROLE(), address(0)));
        assertFalse(timelock.hasRole(timelock.DEFAULT_ADMIN_ROLE(), address(governance)));
    }

    // What a vote cannot do.

    function test_the_timelock_cannot_be_exchanged() public {
        Timelock other = timelock;
        decide(address(governance), abi.encodeCall(governance.updateTimelock, (other)));
        ready();
        vm.expectRevert(
            abi.encodeWithSelector(Governance.TimelockIsFixed.selector, address(timelock))
        );
        governance.execute(targets, values, calls, WHY_HASH);
    }

    function test_the_governor_calls_nothing_in_its_own_name() public {
        bytes memory inner = abi.encodeCall(timelock.cancel, (0));
        decide(address(governance), abi.encodeCall(governance.relay, (address(timelock), 0, inner)));
        ready();
        vm.expectRevert(Governance.NoRelay.selector);
        governance.execute(targets, values, calls, WHY_HASH);
    }

    function test_a_vote_never_gets_shorter_than_at_the_start() public {
        refused(
            abi.encodeCall(governance.setVotingDelay, (1 days - 1)),
            abi.encodeWithSelector(
                Governance.VotingDelayOutOfBounds.selector, 1 days - 1, 1 days, 30 days
            )
        );
        refused(
            abi.encodeCall(governance.setVotingDelay, (30 days + 1)),
            abi.encodeWithSelector(
                Governance.VotingDelayOutOfBounds.selector, 30 days + 1, 1 days, 30 days
            )
        );
        refused(
            abi.encodeCall(governance.setVotingPeriod, (3 days - 1)),
            abi.encodeWithSelector(
                Governance.VotingPeriodOutOfBounds.selector, 3 days - 1, 3 days, 90 days
            )
        );
        refused(
            abi.encodeCall(governance.setVotingPeriod, (90 days + 1)),
            abi.encodeWithSelector(
                Governance.VotingPeriodOutOfBounds.selector, 90 days + 1, 3 days, 90 days
            )
        );
        decide(address(governance), abi.encodeCall(governance.setVotingDelay, (30 days)));
        enact();
        assertEq(governance.votingDelay(), 30 days);
        decide(address(governance), abi.encodeCall(governance.setVotingDelay, (1 days)));
        enact();
        decide(address(governance), abi.encodeCall(governance.setVotingPeriod, (90 days)));
        enact();
        assertEq(governance.votingPeriod(), 90 days);
        decide(address(governance), abi.encodeCall(governance.setVotingPeriod, (3 days)));
        enact();
        assertEq(governance.votingPeriod(), 3 days);
    }

    function test_a_vote_never_needs_less_agreement_than_at_the_start() public {
        refused(
            abi.encodeCall(governance.updateQuorumNumerator, (9)),
            abi.encodeWithSelector(Governance.QuorumTooSmall.selector, 9, 10)
        );
        decide(address(governance), abi.encodeCall(governance.updateQuorumNumerator, (20)));
        enact();
        assertEq(governance.quorumNumerator(), 20);
        decide(address(governance), abi.encodeCall(governance.updateQuorumNumerator, (10)));
        enact();
        assertEq(governance.quorumNumerator(), 10);
    }

    function test_proposing_never_gets_dearer_than_at_the_start() public {
        refused(
            abi.encodeCall(governance.setProposalThreshold, (1000 ether + 1)),
            abi.encodeWithSelector(
                Governance.ThresholdTooLarge.selector, 1000 ether + 1, 1000 ether
            )
        );
        decide(address(governance), abi.encodeCall(governance.setProposalThreshold, (5 ether)));
        enact();
        assertEq(governance.proposalThreshold(), 5 ether);
    }

    function test_settings_change_by_a_vote_only() public {
        address[3] memory others = [alice, address(safe), address(governance)];
        for (uint256 i = 0; i < 3; ++i) {
            bytes memory reason =
                abi.encodeWithSelector(IGovernor.GovernorOnlyExecutor.selector, others[i]);
            vm.startPrank(others[i]);
            vm.expectRevert(reason);
            governance.setVotingDelay(2 days);
            vm.expectRevert(reason);
            governance.setVotingPeriod(4 days);
            vm.expectRevert(reason);
            governance.setProposalThreshold(0);
            vm.expectRevert(reason);
            governance.updateQuorumNumerator(50);
            vm.stopPrank();
        }
    }

    /// Everything that the timelock could call, beyond the four things it may.
    function test_governance_reaches_nothing_else() public {
        Claim memory claim;
        Conflict memory conflict;
        address any = p.lanes.zk;
        timelockIsRefused(address(registry), abi.encodeCall(registry.installTee, (any)));
        timelockIsRefused(address(registry), abi.encodeCall(registry.schedule, (Lane.Zk, any)));
        timelockIsRefused(address(registry), abi.encodeCall(registry.cancel, (Lane.Zk)));
        timelockIsRefused(
            address(registry), abi.encodeCall(registry.emergencyReplace, (Lane.Zk, any))
        );
        timelockIsRefused(
            address(registry), abi.encodeCall(registry.freeze, (Lane.Zk, LaneVersion.wrap(1)))
        );
        timelockIsRefused(
            address(settlement), abi.encodeCall(settlement.arbitrate, (conflict, true))
        );
        timelockIsRefused(address(settlement), abi.encodeCall(settlement.matchOpened, (claim, 0)));
        timelockIsRefused(
            address(settlement),
            abi.encodeCall(settlement.matchClosed, (ClaimId.wrap(0), 0, true, any))
        );
        timelockIsRefused(
            address(inbox), abi.encodeCall(inbox.release, (address(timelock), 0, 100_000, ""))
        );
        timelockIsRefused(address(powers), abi.encodeCall(powers.installTee, (any)));
        timelockIsRefused(address(powers), abi.encodeCall(powers.schedule, (Lane.Zk, any)));
        timelockIsRefused(address(powers), abi.encodeCall(powers.arbitrate, (conflict, true)));
    }

    // Voting.

    function test_a_vote_needs_its_quorum() public {
        vm.prank(alice);
        token.transfer(bob, 510_000 ether); // leaves her 9 per cent
        vm.warp(T0 + 1);
        propose(address(inbox), abi.encodeCall(inbox.setSequencer, (bob)));
        vm.warp(T0 + 1 + 1 days + 1);
        uint256 id = proposalId();
        vm.prank(alice);
        governance.castVote(id, 1);
        vm.warp(T0 + 1 + 4 days + 1);
        (, uint256 votes,) = governance.proposalVotes(id);
        assertEq(votes, 90_000 ether);
        assertTrue(governance.state(id) == IGovernor.ProposalState.Defeated);
        vm.expectRevert();
        governance.queue(targets, values, calls, WHY_HASH);
    }

    function test_a_proposal_needs_its_threshold() public {
        address poor = makeAddr("poor");
        vm.prank(alice);
        token.transfer(poor, 1000 ether - 1);
        vm.prank(poor);
        token.delegate(poor);
        vm.warp(T0 + 1);
        (targets[0], calls[0]) = (address(inbox), abi.encodeCall(inbox.setSequencer, (poor)));
        vm.prank(poor);
        vm.expectRevert(
            abi.encodeWithSelector(
                IGovernor.GovernorInsufficientProposerVotes.selector,
                poor,
                1000 ether - 1,
                1000 ether
            )
        );
        governance.propose(targets, values, calls, WHY);
    }

    function test_the_token_is_all_there_will_be() public {
        assertEq(token.totalSupply(), 1_000_000 ether);
        assertEq(token.balanceOf(alice), 600_000 ether);
        assertEq(token.getVotes(alice), 600_000 ether);
        assertEq(token.getVotes(bob), 400_000 ether);
        assertEq(token.clock(), T0);
        assertEq(token.CLOCK_MODE(), "mode=timestamp");
        assertEq(governance.clock(), T0);
        assertEq(governance.CLOCK_MODE(), "mode=timestamp");
        assertEq(token.nonces(alice), 0);
        (bool done,) =
            address(token).call(abi.encodeWithSignature("mint(address,uint256)", alice, 1));
        assertFalse(done);
    }

    function test_a_holder_named_twice_votes_with_both() public {
        p.governance.holders[1] = alice;
        RollupAddresses memory any;
        assertEq(new Token(p, any).getVotes(alice), 1_000_000 ether);
    }

    // Steps.

    function propose(address to, bytes memory call) private {
        (targets[0], calls[0]) = (to, call);
        vm.prank(alice);
        governance.propose(targets, values, calls, WHY);
    }

    /// Proposes, votes and queues.
    function decide(address to, bytes memory call) private {
        uint256 time = vm.getBlockTimestamp() + 1;
        vm.warp(time);
        propose(to, call);
        time += governance.votingDelay() + 1;
        vm.warp(time);
        uint256 id = proposalId();
        vm.prank(alice);
        governance.castVote(id, 1);
        time += governance.votingPeriod();
        vm.warp(time);
        governance.queue(targets, values, calls, WHY_HASH);
    }

    function enact() private {
        ready();
        governance.execute(targets, values, calls, WHY_HASH);
    }

    /// The first second at which it may be done.
    function ready() private {
        vm.warp(governance.proposalEta(proposalId()));
    }

    function proposalId() private view returns (uint256) {
        return governance.hashProposal(targets, values, calls, WHY_HASH);
    }

    /// A vote on the governor itself passes and is refused.
    function refused(bytes memory call, bytes memory reason) private {
        decide(address(governance), call);
        ready();
        vm.expectRevert(reason);
        governance.execute(targets, values, calls, WHY_HASH);
    }

    function timelockIsRefused(address to, bytes memory call) private {
        vm.prank(address(timelock));
        (bool done,) = to.call(call);
        assertFalse(done);
    }

    function missing(address account, bytes32 role) private pure returns (bytes memory) {
        return abi.encodeWithSelector(
            IAccessControl.AccessControlUnauthorizedAccount.selector, account, role
        );
    }
}
