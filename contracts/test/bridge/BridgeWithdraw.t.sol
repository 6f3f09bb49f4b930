// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {Bridge} from "../../src/bridge/Bridge.sol";
import {IBridge, Outcome} from "../../src/bridge/IBridge.sol";
import {Kind, Message, Messages} from "../../src/bridge/Messages.sol";
import {Trie} from "../../src/bridge/Trie.sol";
import {Predeploys} from "../../src/l2/Predeploys.sol";
import {Claims} from "../../src/types/Claims.sol";
import {ClaimId} from "../../src/types/Types.sol";
import {BridgeTest} from "./BridgeTest.sol";
import {FakeInbox, FakeSettlement, OddReceiver} from "./Fakes.sol";

/// ETH out of a chain: what is paid, what is refused, what is tried again.
contract BridgeWithdrawTest is BridgeTest {
    OddReceiver private receiver;

    function setUp() public override {
        super.setUp();
        vm.deal(address(inbox), 10 ether);
        receiver = new OddReceiver();
    }

    // Registering.

    function test_aChainIsRegisteredOnce() public {
        vm.expectRevert(
            abi.encodeWithSelector(
                IBridge.AlreadyRegistered.selector, address(inbox), address(settlement)
            )
        );
        bridge.register(address(inbox));
        (address found, uint40 delay) = bridge.settlementOf(address(inbox));
        assertEq(found, address(settlement));
        assertEq(uint256(delay), DELAY);
    }

    function test_anInboxOfAnotherBridgeIsRefused() public {
        FakeInbox other = new FakeInbox();
        other.set(address(settlement), alice);
        vm.expectRevert(
            abi.encodeWithSelector(IBridge.WrongBridge.selector, address(bridge), alice)
        );
        bridge.register(address(other));
    }

    function test_anInboxThatItsSettlementDoesNotNameIsRefused() public {
        FakeInbox other = new FakeInbox();
        other.set(address(settlement), address(bridge));
        vm.expectRevert(
            abi.encodeWithSelector(IBridge.WrongInbox.selector, address(other), address(inbox))
        );
        bridge.register(address(other));
    }

    function test_aRegisteredSettlementStaysEvenIfTheInboxNamesAnother() public {
        inbox.set(address(otherSettlement), address(bridge));
        (address found,) = bridge.settlementOf(address(inbox));
        assertEq(found, address(settlement));
    }

    // What proves a message.

    function test_ethIsPaidOnceTheClaimIsFinalAndItsDelayOver() public {
        _withdraw(_eth(0, bob, 1 ether));
        assertEq(bob.balance, 1 ether);
        assertEq(address(inbox).balance, 9 ether);
        assertEq(uint256(bridge.outcome(_id(_eth(0, bob, 1 ether)))), uint256(Outcome.Done));
    }

    function test_anUnknownChainIsRefused() public {
        Message memory m = _eth(0, bob, 1);
        Proof memory p = _final(m);
        vm.expectRevert(abi.encodeWithSelector(IBridge.UnknownChain.selector, alice));
        bridge.withdrawWithClaim(alice, p.claim, p.header, p.accountProof, m, p.storageProof);
        vm.expectRevert(abi.encodeWithSelector(IBridge.UnknownChain.selector, alice));
        bridge.proveOutbox(alice, p.claim, p.header, p.accountProof);
    }

    function test_aClaimThatIsNotFinalIsRefused() public {
        Message memory m = _eth(0, bob, 1);
        Proof memory p = _proof(m);
        ClaimId id = Claims.id(p.claim, address(settlement));
        vm.expectRevert(abi.encodeWithSelector(IBridge.NotFinal.selector, id));
        _withdrawWith(m, p);
        vm.expectRevert(abi.encodeWithSelector(IBridge.NotFinal.selector, id));
        bridge.proveOutbox(address(inbox), p.claim, p.header, p.accountProof);
    }

    function test_aClaimOfAnotherChainIsRefused() public {
        Message memory m = _eth(0, bob, 1);
        Proof memory p = _final(m);
        ClaimId id = Claims.id(p.claim, address(otherSettlement));
        vm.expectRevert(abi.encodeWithSelector(IBridge.NotFinal.selector, id));
        bridge.withdrawWithClaim(
            address(otherInbox), p.claim, p.header, p.accountProof, m, p.storageProof
        );
    }

    function test_theDelayIsWaitedOutToTheSecond() public {
        Message memory m = _eth(0, bob, 1);
        Proof memory p = _proof(m);
        uint256 now_ = vm.getBlockTimestamp();
        settlement.setFinal(Claims.id(p.claim, address(settlement)), uint40(now_));
        vm.warp(now_ + DELAY - 1);
        vm.expectRevert(
            abi.encodeWithSelector(IBridge.TooEarly.selector, now_ + DELAY, now_ + DELAY - 1)
        );
        _withdrawWith(m, p);
        vm.warp(now_ + DELAY);
        _withdrawWith(m, p);
        assertEq(bob.balance, 1);
    }

    function test_anotherHeaderIsRefused() public {
        Message memory m = _eth(0, bob, 1);
        Proof memory p = _final(m);
        p.header[500] ^= 0x01;
        vm.expectRevert(_error(Trie.WrongHeader.selector, p.claim.blockHash, keccak256(p.header)));
        _withdrawWith(m, p);
    }

    function test_anotherAccountThanTheOutboxIsRefused() public {
        Message memory m = _eth(0, bob, 1);
        Proof memory p = _stateOf(alice, Messages.outboxSlot(0), _hash(m));
        _finalize(p.claim);
        vm.expectRevert(abi.encodeWithSelector(Trie.NotInTrie.selector, 0));
        _withdrawWith(m, p);
    }

    function test_anotherSlotThanTheNoncesIsRefused() public {
        Message memory m = _eth(0, bob, 1);
        Proof memory p = _proofOf(Messages.outboxSlot(1), _hash(m));
        _finalize(p.claim);
        vm.expectRevert(abi.encodeWithSelector(Trie.NotInTrie.selector, 0));
        _withdrawWith(m, p);
    }

    function testFuzz_everyFieldOfTheMessageIsBound(uint256 field, uint256 change) public {
        Message memory sent = _eth(3, bob, 1 ether);
        sent.data = hex"01";
        Proof memory p = _final(sent);
        Message memory m = abi.decode(abi.encode(sent), (Message));
        uint160 other = uint160(bound(change, 1, type(uint160).max));
        field = field % 9;
        if (field == 0) m.chainId ^= uint64(bound(change, 1, type(uint64).max));
        if (field == 1) m.kind = Kind(1 + change % 3);
        if (field == 2) m.sender = address(uint160(m.sender) ^ other);
        if (field == 3) m.to = address(uint160(m.to) ^ other);
        if (field == 4) m.token = address(other);
        if (field == 5) m.amount ^= bound(change, 1, type(uint256).max);
        if (field == 6) m.destination = address(other);
        if (field == 7) m.gas ^= uint64(bound(change, 1, type(uint64).max));
        if (field == 8) m.data = abi.encode(change);
        vm.expectRevert(_error(IBridge.WrongMessage.selector, _hash(m), _hash(sent)));
        _withdrawWith(m, p);
    }

    function test_aMessageForAnotherBridgeOrL1IsRefused() public {
        Message memory m = _eth(0, bob, 1);
        bytes32 elsewhere = Messages.hash(m, L1, alice);
        Proof memory p = _proofOf(Messages.outboxSlot(0), elsewhere);
        _finalize(p.claim);
        vm.expectRevert(_error(IBridge.WrongMessage.selector, _hash(m), elsewhere));
        _withdrawWith(m, p);
        elsewhere = Messages.hash(m, L1 + 1, address(bridge));
        p = _proofOf(Messages.outboxSlot(0), elsewhere);
        _finalize(p.claim);
        vm.expectRevert(_error(IBridge.WrongMessage.selector, _hash(m), elsewhere));
        _withdrawWith(m, p);
    }

    function test_aProvenOutboxServesWithdrawalsAfterwards() public {
        Message memory m = _eth(0, bob, 1 ether);
        Proof memory p = _final(m);
        vm.expectRevert(
            abi.encodeWithSelector(
                IBridge.OutboxNotProven.selector, address(inbox), p.claim.blockHash
            )
        );
        bridge.withdraw(address(inbox), p.claim.blockHash, m, p.storageProof);

        bridge.proveOutbox(address(inbox), p.claim, p.header, p.accountProof);
        bridge.withdraw(address(inbox), p.claim.blockHash, m, p.storageProof);
        assertEq(bob.balance, 1 ether);
        // It is that chain's alone.
        vm.expectRevert(
            abi.encodeWithSelector(
                IBridge.OutboxNotProven.selector, address(otherInbox), p.claim.blockHash
            )
        );
        bridge.withdraw(address(otherInbox), p.claim.blockHash, m, p.storageProof);
    }

    function test_aMessageIsCarriedOutOnceWhateverBlockProvesIt() public {
        Message memory m = _eth(0, bob, 1 ether);
        _withdraw(m);
        Proof memory p = _final(m);
        vm.expectRevert(abi.encodeWithSelector(IBridge.AlreadyDone.selector, _id(m), Outcome.Done));
        _withdrawWith(m, p);
        // The same message in a later block.
        p.header[510] ^= 0x01;
        p.claim = _claim(keccak256(p.header));
        _finalize(p.claim);
        vm.expectRevert(abi.encodeWithSelector(IBridge.AlreadyDone.selector, _id(m), Outcome.Done));
        _withdrawWith(m, p);
    }

    function test_aChainCannotPayMoreThanItHolds() public {
        Message memory m = _eth(0, bob, 10 ether + 1);
        Proof memory p = _final(m);
        vm.expectRevert(
            abi.encodeWithSelector(FakeInbox.NotEnough.selector, 10 ether, 10 ether + 1)
        );
        _withdrawWith(m, p);
        // It was not used up: it can be proven again when there is enough.
        vm.deal(address(inbox), 11 ether);
        _withdrawWith(m, p);
        assertEq(bob.balance, 10 ether + 1);
    }

    // Calls.

    function test_aCallBringsItsDataAndItsOrigin() public {
        Message memory m = _eth(0, address(receiver), 1 ether);
        (m.gas, m.data) = (400_000, hex"c0ffee");
        _withdraw(m);
        assertEq(receiver.heard(), hex"c0ffee");
        assertEq(receiver.caller(), address(inbox));
        assertEq(receiver.originInbox(), address(inbox));
        assertEq(receiver.originSender(), alice);
        (address in_, address sender) = bridge.origin();
        assertEq(in_, address(0));
        assertEq(sender, address(0));
    }

    function test_aCallWithoutEthIsMade() public {
        Message memory m = _eth(0, address(receiver), 0);
        (m.gas, m.data) = (400_000, hex"c0ffee");
        _withdraw(m);
        assertEq(receiver.heard(), hex"c0ffee");
    }

    function test_aReceiverThatFailsLosesNothing() public {
        OddReceiver.Way[3] memory ways =
            [OddReceiver.Way.Reverts, OddReceiver.Way.BurnsGas, OddReceiver.Way.Bomb];
        for (uint64 i = 0; i < 3; ++i) {
            receiver.set(ways[i]);
            Message memory m = _eth(i, address(receiver), 1 ether);
            (m.gas, m.data) = (100_000, hex"01");
            Proof memory p = _final(m);
            vm.expectEmit(address(bridge));
            emit IBridge.MessageFailed(_id(m), address(inbox));
            _withdrawWith(m, p);
            assertEq(uint256(bridge.outcome(_id(m))), uint256(Outcome.Failed));
            assertEq(address(inbox).balance, 10 ether - i * 1 ether);

            receiver.set(OddReceiver.Way.Takes);
            vm.prank(relayer);
            bridge.retry(address(inbox), m, 400_000);
            assertEq(uint256(bridge.outcome(_id(m))), uint256(Outcome.Done));
            assertEq(address(receiver).balance, (i + 1) * 1 ether);
        }
    }

    function test_aFailedMessageStaysFailedUntilItSucceeds() public {
        Message memory m = _failed();
        Proof memory p = _final(m);
        vm.expectRevert(
            abi.encodeWithSelector(IBridge.AlreadyDone.selector, _id(m), Outcome.Failed)
        );
        _withdrawWith(m, p);
        bridge.retry(address(inbox), m, 0);
        assertEq(uint256(bridge.outcome(_id(m))), uint256(Outcome.Failed));
        receiver.set(OddReceiver.Way.Takes);
        bridge.retry(address(inbox), m, 400_000);
        vm.expectRevert(abi.encodeWithSelector(IBridge.NotFailed.selector, _id(m), Outcome.Done));
        bridge.retry(address(inbox), m, 400_000);
        assertEq(address(receiver).balance, 1 ether);
    }

    function test_onlyAFailedMessageIsTriedAgain() public {
        Message memory m = _eth(0, bob, 1);
        vm.expectRevert(abi.encodeWithSelector(IBridge.NotFailed.selector, _id(m), Outcome.None));
        bridge.retry(address(inbox), m, 0);
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(IBridge.NotFailed.selector, _id(m), Outcome.None));
        bridge.redirect(address(inbox), m, alice);
    }

    function test_theReceiverMayHaveAFailedMessagePaidElsewhere() public {
        Message memory m = _failed();
        vm.expectRevert(
            abi.encodeWithSelector(IBridge.NotReceiver.selector, address(receiver), address(this))
        );
        bridge.redirect(address(inbox), m, alice);
        vm.expectRevert(IBridge.ZeroReceiver.selector);
        receiver.run(
            address(bridge), abi.encodeCall(IBridge.redirect, (address(inbox), m, address(0)))
        );

        receiver.run(address(bridge), abi.encodeCall(IBridge.redirect, (address(inbox), m, alice)));
        assertEq(alice.balance, 1 ether);
        assertEq(uint256(bridge.outcome(_id(m))), uint256(Outcome.Done));
        vm.expectRevert(abi.encodeWithSelector(IBridge.NotFailed.selector, _id(m), Outcome.Done));
        bridge.retry(address(inbox), m, 0);
    }

    function test_aPayeeThatFailsLeavesTheMessageFailed() public {
        Message memory m = _failed();
        OddReceiver payee = new OddReceiver();
        payee.set(OddReceiver.Way.Reverts);
        receiver.run(
            address(bridge), abi.encodeCall(IBridge.redirect, (address(inbox), m, address(payee)))
        );
        assertEq(uint256(bridge.outcome(_id(m))), uint256(Outcome.Failed));
        assertEq(address(inbox).balance, 10 ether);
    }

    /// Whatever gas a relayer sends: the call gets what the message asks for, or nothing changes.
    function testFuzz_aRelayerCannotStarveACall(uint256 gas) public {
        Message memory m = _eth(0, address(receiver), 1 ether);
        (m.gas, m.data) = (300_000, hex"01");
        Proof memory p = _final(m);
        bytes memory call = abi.encodeCall(
            IBridge.withdrawWithClaim,
            (address(inbox), p.claim, p.header, p.accountProof, m, p.storageProof)
        );
        gas = bound(gas, 30_000, 700_000);
        (bool ok,) = address(bridge).call{gas: gas}(call);
        Outcome now_ = bridge.outcome(_id(m));
        if (ok) {
            assertEq(uint256(now_), uint256(Outcome.Done), "it failed by want of gas");
            // The dispatch of the receiver's code costs a little before it looks.
            assertGe(receiver.gasSeen(), 299_000);
        } else {
            assertEq(uint256(now_), uint256(Outcome.None));
        }
    }

    function test_tooLittleGasIsNamed() public {
        Message memory m = _eth(0, address(receiver), 1 ether);
        m.gas = 1_000_000;
        Proof memory p = _final(m);
        vm.expectPartialRevert(IBridge.TooLittleGas.selector);
        bridge.withdrawWithClaim{gas: 900_000}(
            address(inbox), p.claim, p.header, p.accountProof, m, p.storageProof
        );
    }

    function test_theDearestMessageFitsIntoATransaction() public {
        receiver.set(OddReceiver.Way.BurnsGas);
        Message memory m = _eth(0, address(receiver), 1 ether);
        (m.gas, m.data) = (8_000_000, new bytes(16_384));
        for (uint256 i = 0; i < m.data.length; ++i) {
            m.data[i] = 0x01;
        }
        Proof memory p = _final(m);
        // 21,000, and 16 for each byte of the call.
        uint256 calldataGas = 21_000 + 16 * (m.data.length + 2500);
        bridge.withdrawWithClaim{gas: 16_777_216 - calldataGas}(
            address(inbox), p.claim, p.header, p.accountProof, m, p.storageProof
        );
        assertEq(uint256(bridge.outcome(_id(m))), uint256(Outcome.Failed));
    }

    function test_aReceiverCannotCallBack() public {
        Message memory m = _eth(0, address(receiver), 1 ether);
        (m.gas, m.data) = (1_000_000, hex"01");
        Proof memory p = _final(m);
        bytes[6] memory calls = [
            abi.encodeCall(
                IBridge.withdrawWithClaim,
                (address(inbox), p.claim, p.header, p.accountProof, m, p.storageProof)
            ),
            abi.encodeCall(IBridge.retry, (address(inbox), m, 0)),
            abi.encodeCall(IBridge.redirect, (address(inbox), m, alice)),
            abi.encodeCall(IBridge.register, (alice)),
            abi.encodeCall(IBridge.depositToken, (address(inbox), alice, alice, 1)),
            abi.encodeCall(IBridge.withdraw, (address(inbox), p.claim.blockHash, m, p.storageProof))
        ];
        uint256 before = vm.snapshotState();
        for (uint256 i = 0; i < calls.length; ++i) {
            receiver.setCall(address(bridge), calls[i]);
            _withdrawWith(m, p);
            assertFalse(receiver.calledOk());
            assertEq(
                bytes32(receiver.answer()),
                bytes32(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector)
            );
            assertEq(address(receiver).balance, 1 ether);
            vm.revertToState(before);
        }
    }

    // ETH for another rollup.

    function test_ethForAnotherRollupIsDepositedThere() public {
        Message memory m = _relay(3 gwei, address(otherInbox));
        Proof memory p = _final(m);
        vm.expectEmit(address(otherInbox));
        emit FakeInbox.Deposited(bob, 3 gwei);
        _withdrawWith(m, p);
        assertEq(address(otherInbox).balance, 3 gwei);
        assertEq(address(inbox).balance, 10 ether - 3 gwei);
        assertEq(uint256(bridge.outcome(_id(m))), uint256(Outcome.Done));
    }

    function test_ethThatTheOtherRollupRefusesCanBeHadOnL1() public {
        // A chain could send dust, though its outbox would not.
        Message memory m = _relay(1, address(otherInbox));
        _withdraw(m);
        assertEq(uint256(bridge.outcome(_id(m))), uint256(Outcome.Failed));
        vm.prank(bob);
        bridge.redirect(address(inbox), m, bob);
        assertEq(bob.balance, 1);
        assertEq(address(otherInbox).balance, 0);
    }

    function test_ethForAnUnknownRollupWaitsUntilItIsKnown() public {
        FakeInbox late = new FakeInbox();
        Message memory m = _relay(1 gwei, address(late));
        _withdraw(m);
        assertEq(uint256(bridge.outcome(_id(m))), uint256(Outcome.Failed));
        late.set(address(new FakeSettlement(address(late), DELAY)), address(bridge));
        bridge.register(address(late));
        bridge.retry(address(inbox), m, 0);
        assertEq(address(late).balance, 1 gwei);
    }

    function _relay(uint256 amount, address to) private view returns (Message memory m) {
        m = _eth(0, bob, amount);
        (m.kind, m.destination) = (Kind.EthRelay, to);
    }

    function _failed() private returns (Message memory m) {
        receiver.set(OddReceiver.Way.Reverts);
        m = _eth(0, address(receiver), 1 ether);
        (m.gas, m.data) = (100_000, hex"01");
        _withdraw(m);
    }
}
