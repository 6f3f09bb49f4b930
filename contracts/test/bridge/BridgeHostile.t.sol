// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {
    IBridge,
    Outcome,
    WithdrawalAction,
    WithdrawalReason,
    WithdrawalState,
    WithdrawalStatus
} from "../../src/bridge/IBridge.sol";
import {Kind, Message, Messages} from "../../src/bridge/Messages.sol";
import {Claims} from "../../src/types/Claims.sol";
import {Claim} from "../../src/types/Types.sol";
import {BridgeTest} from "./BridgeTest.sol";
import {EvilChain, OddReceiver, PlainToken} from "./Fakes.sol";

/// A chain that lies takes from nobody else; and what `status` says at each stage.
contract BridgeHostileTest is BridgeTest {
    EvilChain private evil;
    PlainToken private token;

    function setUp() public override {
        super.setUp();
        evil = new EvilChain(address(bridge));
        bridge.register(address(evil));
        token = new PlainToken();
        token.mint(alice, 1000);
        vm.prank(alice);
        token.approve(address(bridge), 1000);
        vm.prank(alice);
        bridge.depositToken(address(inbox), address(token), bob, 1000);
        vm.deal(address(inbox), 10 ether);
    }

    /// It makes any claim final, so it proves any message. It still has nothing to give.
    function test_aLyingChainCannotTakeTokensOfOthers() public {
        Message memory m = _eth(0, bob, 1);
        (m.kind, m.token) = (Kind.Token, address(token));
        Proof memory p = _proof(m);
        vm.expectRevert(
            abi.encodeWithSelector(
                IBridge.InsufficientBalance.selector, address(evil), address(token), 1, 0
            )
        );
        _evil(m, p);
        (m.kind, m.destination) = (Kind.TokenRelay, address(inbox));
        p = _proof(m);
        vm.expectPartialRevert(IBridge.InsufficientBalance.selector);
        _evil(m, p);
        assertEq(token.balanceOf(address(bridge)), 1000);
    }

    function test_aLyingChainCannotTakeEthOfOthers() public {
        Message memory m = _eth(0, bob, 10 ether);
        _evil(m, _proof(m));
        m.nonce = 1;
        (m.kind, m.destination) = (Kind.EthRelay, address(inbox));
        _evil(m, _proof(m));
        assertEq(address(inbox).balance, 10 ether);
        assertEq(bob.balance, 0);
    }

    function test_aLyingChainCannotUseUpMessagesOfOthers() public {
        Message memory m = _eth(0, bob, 1 ether);
        Proof memory p = _proof(m);
        _evil(m, p);
        _finalize(p.claim);
        _withdrawWith(m, p);
        assertEq(bob.balance, 1 ether);
    }

    function test_aLyingChainCannotCallBack() public {
        Message memory m = _eth(0, bob, 1);
        Proof memory p = _proof(m);
        evil.set(
            address(bridge),
            abi.encodeCall(
                IBridge.withdrawWithClaim,
                (address(evil), p.claim, p.header, p.accountProof, m, p.storageProof)
            ),
            true
        );
        _evil(m, p);
        assertFalse(evil.calledOk());
        assertEq(
            bytes32(evil.answer()),
            bytes32(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector)
        );
    }

    /// Depositing at a lying chain may run its code: with the sender's ETH, and nothing else.
    function test_ethRelayedToALyingChainOnlyFeedsIt() public {
        evil.set(
            address(bridge),
            abi.encodeCall(IBridge.depositToken, (address(inbox), address(token), bob, uint256(1))),
            true
        );
        Message memory m = _eth(0, bob, 1 gwei);
        (m.kind, m.destination) = (Kind.EthRelay, address(evil));
        _withdraw(m);
        assertFalse(evil.calledOk());
        assertEq(address(inbox).balance, 10 ether - 1 gwei);
    }

    function test_aLyingChainThatSaysNoOnlyFailsItsOwn() public {
        evil.set(address(0), "", false);
        Message memory m = _eth(0, bob, 1);
        _evil(m, _proof(m));
        assertEq(
            uint256(bridge.outcome(Messages.id(address(evil), _hash(m)))), uint256(Outcome.Failed)
        );
        assertEq(uint256(bridge.outcome(_id(m))), uint256(Outcome.None));
    }

    // Status.

    function test_statusTellsEachStage() public {
        OddReceiver receiver = new OddReceiver();
        receiver.set(OddReceiver.Way.Reverts);
        Message memory m = _eth(0, address(receiver), 1 ether);
        Proof memory p = _proof(m);
        uint256 now_ = vm.getBlockTimestamp();
        Claim memory none;

        _expect(m, none, WithdrawalState.Waiting, WithdrawalReason.UnknownClaim, 0);
        _expectAction(m, none, WithdrawalAction.NameAnotherClaim);
        _expect(m, p.claim, WithdrawalState.Waiting, WithdrawalReason.UnknownClaim, 0);

        settlement.setFinal(Claims.id(p.claim, address(settlement)), 0);
        _expect(m, p.claim, WithdrawalState.Waiting, WithdrawalReason.ClaimNotFinal, 0);
        _expectAction(m, p.claim, WithdrawalAction.AwaitFinality);
        settlement.setDead(true);
        _expect(m, p.claim, WithdrawalState.Waiting, WithdrawalReason.ClaimDead, 0);
        settlement.setDead(false);

        settlement.setFinal(Claims.id(p.claim, address(settlement)), uint40(now_));
        _expect(m, p.claim, WithdrawalState.Waiting, WithdrawalReason.DelayNotOver, now_ + DELAY);
        _expectAction(m, p.claim, WithdrawalAction.AwaitDelay);
        vm.warp(now_ + DELAY);
        _expect(m, p.claim, WithdrawalState.Ready, WithdrawalReason.NotProven, now_ + DELAY);
        bridge.proveOutbox(address(inbox), p.claim, p.header, p.accountProof);
        _expect(m, p.claim, WithdrawalState.Ready, WithdrawalReason.None, now_ + DELAY);
        _expectAction(m, p.claim, WithdrawalAction.Withdraw);

        bridge.withdraw(address(inbox), p.claim.blockHash, m, p.storageProof);
        _expect(m, p.claim, WithdrawalState.Failed, WithdrawalReason.CallFailed, now_ + DELAY);
        _expectAction(m, p.claim, WithdrawalAction.Retry);
        receiver.set(OddReceiver.Way.Takes);
        bridge.retry(address(inbox), m, 400_000);
        _expect(m, p.claim, WithdrawalState.Done, WithdrawalReason.None, 0);
        _expectAction(m, p.claim, WithdrawalAction.None);
    }

    function test_statusOfAnUnknownChain() public view {
        Claim memory none;
        WithdrawalStatus memory s = bridge.status(bob, _eth(0, bob, 1), none);
        assertEq(uint256(s.state), uint256(WithdrawalState.Waiting));
        assertEq(uint256(s.reason), uint256(WithdrawalReason.UnknownChain));
        assertEq(uint256(s.action), uint256(WithdrawalAction.Register));
    }

    function _expect(
        Message memory m,
        Claim memory claim,
        WithdrawalState state,
        WithdrawalReason reason,
        uint256 earliest
    ) private view {
        WithdrawalStatus memory s = bridge.status(address(inbox), m, claim);
        assertEq(uint256(s.state), uint256(state), "state");
        assertEq(uint256(s.reason), uint256(reason), "reason");
        assertEq(uint256(s.earliestTime), earliest, "earliest");
    }

    function _expectAction(Message memory m, Claim memory claim, WithdrawalAction action)
        private
        view
    {
        WithdrawalStatus memory s = bridge.status(address(inbox), m, claim);
        assertEq(uint256(s.action), uint256(action), "action");
    }

    function _evil(Message memory m, Proof memory p) private {
        bridge.withdrawWithClaim(
            address(evil), p.claim, p.header, p.accountProof, m, p.storageProof
        );
    }
}
