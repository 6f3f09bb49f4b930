// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Terms} from "../../src/factory/Params.sol";
import {Conflict, ISettlement} from "../../src/settlement/ISettlement.sol";
import {Verdict} from "../../src/settlement/Rule.sol";
import {Claim, Lane, LaneVersion} from "../../src/types/Types.sol";
import {MockLane} from "../doubles/MockLane.sol";
import {ConflictTest} from "./ConflictTest.sol";

/// Takes its credit and tries to come back for more.
contract GreedyProposer {
    ISettlement private immutable SETTLEMENT;
    bytes public result;

    constructor(ISettlement settlement) {
        SETTLEMENT = settlement;
    }

    function propose(Claim calldata claim) external payable {
        SETTLEMENT.propose{value: msg.value}(claim);
    }

    function take() external {
        SETTLEMENT.withdrawCredit(payable(address(this)));
    }

    receive() external payable {
        (bool ok, bytes memory data) =
            address(SETTLEMENT).call(abi.encodeCall(ISettlement.withdrawCredit, (payable(this))));
        require(!ok);
        result = data;
    }
}

/// Returns as much as its gas pays for.
contract BombReceiver {
    receive() external payable {
        assembly {
            return(0, 200000)
        }
    }
}

/// What strangers and broken lanes try.
contract HostileTest is ConflictTest {
    uint256 private constant MOST_GAS = 16_777_216;

    // Reentrancy.

    function test_a_lane_cannot_call_back_into_anything() public {
        Claim memory a = first("a");
        Claim memory b = rival(a, "b");
        voteTee(b);
        propose(b);
        Conflict memory c = rivals(a, b);
        bytes[12] memory calls = [
            abi.encodeCall(ISettlement.vote, (Lane.Zk, a, "")),
            abi.encodeCall(ISettlement.propose, (a)),
            abi.encodeCall(ISettlement.proposeOn, (a, b)),
            abi.encodeCall(ISettlement.stand, (b, 0)),
            abi.encodeCall(ISettlement.finalize, (b)),
            abi.encodeCall(ISettlement.contradict, (Lane.Tee, c)),
            abi.encodeCall(ISettlement.contradictFinal, (c)),
            abi.encodeCall(ISettlement.reclaim, (b, 0)),
            abi.encodeCall(ISettlement.withdrawCredit, (payable(alice))),
            abi.encodeCall(ISettlement.matchOpened, (b, 0)),
            abi.encodeCall(ISettlement.matchClosed, (idOf(b), 0, false, alice)),
            abi.encodeCall(ISettlement.arbitrate, (c, true))
        ];
        for (uint256 i = 0; i < calls.length; ++i) {
            uint256 snapshot = vm.snapshotState();
            zk.setHook(address(settlement), calls[i], true);
            voteZk(a);
            assertEq(zk.hookResult(), abi.encodeWithSelector(Reentered.selector));
            vm.revertToState(snapshot);
        }
        zk.setHook(
            address(settlement), abi.encodeCall(ISettlement.setTerms, (Terms(1, 1, 1))), true
        );
        voteZk(a);
        assertEq(zk.hookResult(), abi.encodeWithSelector(Reentered.selector));
    }

    function test_a_lane_that_looks_while_it_verifies_sees_no_vote() public {
        Claim memory a = first("a");
        zk.setHook(address(settlement), abi.encodeCall(ISettlement.verdict, (idOf(a))), false);
        voteTee(a);
        assertTrue(voteZk(a));
        assertEq(zk.hookResult(), abi.encode(Verdict.NeedsSecond));
    }

    function test_a_lane_that_replaces_itself_while_it_verifies_gains_nothing() public {
        Claim memory a = first("a");
        zk.setHook(
            address(registry),
            abi.encodeWithSignature("install(uint8,address,bool)", Lane.Zk, zk, false),
            false
        );
        voteTee(a);
        assertFalse(voteZk(a));
        assertVerdict(a, Verdict.NeedsSecond);
    }

    function test_credit_is_paid_once_even_to_who_calls_back() public {
        Claim memory a = first("a");
        voteZk(a);
        GreedyProposer greedy = new GreedyProposer(settlement);
        greedy.propose{value: BOND}(a);
        propose(a);
        skip(WINDOW);
        settlement.stand(a, 0);
        greedy.take();
        assertEq(greedy.result(), abi.encodeWithSelector(Reentered.selector));
        assertEq(address(greedy).balance, BOND);
        assertEq(address(settlement).balance, BOND);
    }

    function test_a_receiver_that_returns_much_is_paid() public {
        Claim memory a = first("a");
        voteZk(a);
        standNew(a);
        address bomb = address(new BombReceiver());
        vm.prank(alice);
        settlement.withdrawCredit(payable(bomb));
        assertEq(bomb.balance, BOND);
    }

    // A malicious hardware lane.

    function test_no_hardware_lane_can_block_zk_and_the_optimistic_lane() public {
        for (uint256 i = 0; i <= uint256(type(MockLane.Answer).max); ++i) {
            uint256 snapshot = vm.snapshotState();
            tee.setAnswer(MockLane.Answer(i));
            Claim memory a = first("a");
            voteTee(a);
            bool right = MockLane.Answer(i) == MockLane.Answer.Right;
            // Its failure is a no, and the vote of the other is kept.
            assertTrue(settlement.vote{gas: MOST_GAS}(Lane.Zk, a, "") == right);
            if (!right) {
                assertVerdict(a, Verdict.NeedsSecond);
                uint32 n = propose(a);
                skip(WINDOW);
                assertTrue(settlement.stand{gas: MOST_GAS}(a, n));
            }
            assertFinal(a);
            vm.revertToState(snapshot);
        }
    }

    function test_a_hardware_lane_without_code_says_no() public {
        registry.install(Lane.Tee, address(tee), false);
        Claim memory a = first("a");
        voteTee(a);
        vm.etch(address(tee), "");
        assertFalse(voteZk(a));
        assertTrue(standNew(a));
    }

    /// Gas from far too little to plenty: a vote either is refused whole, or decided by what
    /// the hardware lane says with all the gas it may use.
    function testFuzz_nobody_starves_the_hardware_lane(uint256 gasLimit) public {
        Claim memory a = first("a");
        voteTee(a);
        gasLimit = bound(gasLimit, 30_000, 400_000);
        bytes memory call = abi.encodeCall(ISettlement.vote, (Lane.Zk, a, ""));
        (bool ok,) = address(settlement).call{gas: gasLimit}(call);
        if (ok) {
            assertFinal(a);
        } else {
            assertFalse(LaneVersion.unwrap(settlement.content(idOf(a)).zk) == 1);
        }
    }

    function test_a_starved_question_is_refused_by_name() public {
        Claim memory a = first("a");
        Claim memory b = next(a, "b");
        voteTee(b);
        voteZk(b);
        bytes memory call = abi.encodeCall(ISettlement.verdict, (idOf(b)));
        (bool ok, bytes memory data) = address(settlement).staticcall{gas: 100_000}(call);
        assertFalse(ok);
        assertEq(bytes32(bytes4(data)), bytes32(TooLittleGas.selector));
        (ok, data) = address(settlement).staticcall{gas: 300_000}(call);
        assertTrue(ok);
        assertEq(data, abi.encode(Verdict.Final));
    }

    /// The council cannot arbitrate past a vote of the hardware lane by sending little gas.
    function testFuzz_arbitration_does_not_starve_the_hardware_lane(uint256 gasLimit) public {
        Claim memory a = first("a");
        Claim memory b = rival(a, "b");
        voteTee(b, platformB);
        registry.install(Lane.Tee, address(tee), false);
        standNew(b);
        // A vote that its version upholds, but which makes nothing final yet.
        registry.setProbation(Lane.Zk, true);
        voteZk(a);
        voteTee(a, platformA);
        registry.setProbation(Lane.Zk, false);
        assertVerdict(a, Verdict.Final);
        assertNotFinal(a);

        gasLimit = bound(gasLimit, 30_000, 600_000);
        Conflict memory c = rivals(a, b);
        bytes memory call = abi.encodeCall(ISettlement.arbitrate, (c, true));
        vm.prank(powers);
        (bool ok,) = address(settlement).call{gas: gasLimit}(call);
        assertFalse(ok);
    }

    // Much of everything.

    function test_huge_calldata_costs_its_sender_only() public {
        Claim memory a = first("a");
        bytes memory proof = new bytes(120_000);
        assertFalse(settlement.vote{gas: MOST_GAS}(Lane.Zk, a, proof));

        (, Claim memory b, Conflict memory c) = overlapping();
        voteZk(b);
        c.commonPathA = new bytes32[](3000);
        c.pathA = new bytes32[](3000);
        (bool ok,) = address(settlement).call{gas: MOST_GAS}(
            abi.encodeCall(ISettlement.contradict, (Lane.Zk, c))
        );
        assertFalse(ok);
        assertFalse(isFrozen(Lane.Zk));
    }

    /// What a vote, a stand and finality cost does not grow with rivals and proposals.
    function test_many_rivals_and_proposals_cost_nobody_else() public {
        Claim memory a = first("a");
        for (uint256 i = 0; i < 40; ++i) {
            propose(rival(a, bytes32(i)));
            propose(a);
            settlement.vote(Lane.Tee, rival(a, bytes32(i)), signedBy(address(uint160(i + 1))));
        }
        assertFalse(isFrozen(Lane.Tee));
        settlement.vote{gas: 200_000}(Lane.Zk, a, "");
        skip(WINDOW);
        settlement.stand{gas: 300_000}(a, 39);
        assertFinal(a);
    }

    /// Somebody votes for a rival first, squats every proposal and plays against himself: the
    /// honest proposal stands when its own window is over.
    function test_self_play_and_squatting_delay_nobody() public {
        Claim memory a = first("a");
        for (uint256 i = 0; i < 3; ++i) {
            propose(a);
        }
        voteZk(a);
        openMatch(a, 0);
        openMatch(a, 1);
        closeMatch(a, 1, false, bob);
        skip(1);
        uint32 n = propose(a);
        skip(WINDOW);
        assertTrue(settlement.stand(a, n));
    }

    function test_ether_sent_without_a_bond_is_refused() public {
        (bool ok,) = address(settlement).call{value: 1}("");
        assertFalse(ok);
        (ok,) = address(settlement).call{value: 1}(
            abi.encodeCall(ISettlement.withdrawCredit, (payable(alice)))
        );
        assertFalse(ok);
    }

    function test_long_chains_fit_a_transaction() public {
        (Claim[] memory claims, Conflict memory c) = forked(20);
        for (uint256 i = 0; i < claims.length; ++i) {
            voteZk(claims[i]);
        }
        settlement.contradict{gas: MOST_GAS}(Lane.Zk, c);
        assertTrue(isFrozen(Lane.Zk));
    }
}
