// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {InboxQueues, QueueView} from "../../src/inbox/InboxQueues.sol";
import {Cursors} from "../../src/inbox/Queues.sol";
import {Batch, InboxFixture} from "./InboxFixture.sol";

/// Refuses what is paid back to it, or tries to use the moment.
contract Payer {
    InboxQueues private immutable INBOX;
    bool private immutable REENTERS;

    constructor(InboxQueues inbox, bool reenters) payable {
        INBOX = inbox;
        REENTERS = reenters;
    }

    function force(uint256 value) external {
        INBOX.force{value: value}(hex"01", 21_000);
    }

    receive() external payable {
        require(REENTERS, "keep it");
        if (INBOX.forcedQueue().end != 1) return;
        INBOX.deposit{value: 1000 gwei}(address(this));
        INBOX.force{value: msg.value - 1000 gwei}(hex"01", 21_000);
    }
}

/// Deposits and forced transactions: what is accepted, what it costs, when it must be taken.
contract QueuesTest is InboxFixture {
    uint256 private constant ROOM = 18_000_000;

    // Deposits.

    function test_DepositsArePositiveWholeGweiOfTheLeastOrMore() public {
        startHoax(stranger);
        bytes4 amount = InboxQueues.DepositAmount.selector;
        vm.expectRevert(abi.encodeWithSelector(amount, 0, 1000, type(uint64).max));
        inbox.deposit(stranger);
        vm.expectRevert(abi.encodeWithSelector(amount, 999, 1000, type(uint64).max));
        inbox.deposit{value: 999 gwei}(stranger);
        vm.expectRevert(abi.encodeWithSelector(InboxQueues.NotWholeGwei.selector, 1000 gwei + 1));
        inbox.deposit{value: 1000 gwei + 1}(stranger);
        assertEq(inbox.deposit{value: 1000 gwei}(stranger), 0);
        assertEq(inbox.deposit{value: 1001 gwei}(stranger), 1);
        uint256 most = type(uint64).max;
        vm.expectRevert(abi.encodeWithSelector(amount, most + 1, 1000, most));
        inbox.deposit{value: (most + 1) * 1 gwei}(stranger);
        assertEq(inbox.deposit{value: most * 1 gwei}(stranger), 2);
        assertEq(address(inbox).balance, (2001 + most) * 1 gwei);
    }

    function test_ADepositIsLogged() public {
        bytes32 acc = keccak256(
            abi.encodePacked(keccak256("tern.deposit.v1"), bytes32(0), timelock, uint64(5000))
        );
        vm.expectEmit(true, true, true, true, address(inbox));
        emit InboxQueues.Deposited(0, timelock, 5000, acc);
        hoax(stranger);
        inbox.deposit{value: 5000 gwei}(timelock);
        QueueView memory q = inbox.depositQueue();
        assertEq(q.next, 0);
        assertEq(q.end, 1);
        assertEq(q.acc, 0);
        assertEq(q.endAcc, acc);
    }

    function test_EtherThatIsJustSentIsRefused() public {
        hoax(stranger);
        (bool ok,) = address(inbox).call{value: 1 ether}("");
        assertFalse(ok);
    }

    // Forced transactions.

    function test_ForcedTransactionsHaveBoundsOnSizeAndGas() public {
        startHoax(stranger);
        bytes4 size = InboxQueues.ForcedSize.selector;
        vm.expectRevert(abi.encodeWithSelector(size, 0, 1, 600));
        inbox.force{value: 1 ether}("", 21_000);
        vm.expectRevert(abi.encodeWithSelector(size, 601, 1, 600));
        inbox.force{value: 1 ether}(new bytes(601), 21_000);
        bytes4 gas = InboxQueues.ForcedGas.selector;
        vm.expectRevert(abi.encodeWithSelector(gas, 20_999, 21_000, 12_000_000));
        inbox.force{value: 1 ether}(hex"00", 20_999);
        vm.expectRevert(abi.encodeWithSelector(gas, 12_000_001, 21_000, 12_000_000));
        inbox.force{value: 1 ether}(hex"00", 12_000_001);
        inbox.force{value: 1 ether}(hex"00", 21_000);
        inbox.force{value: 1 ether}(new bytes(600), 12_000_000);
        assertEq(inbox.forcedQueue().end, 2);
    }

    function test_AForcedTransactionIsLoggedWhole() public {
        bytes memory raw = hex"02c0";
        bytes32 acc = keccak256(
            abi.encodePacked(
                keccak256("tern.forced.v1"), bytes32(0), uint64(50_000), keccak256(raw)
            )
        );
        vm.expectEmit(true, true, true, true, address(inbox));
        emit InboxQueues.Forced(0, 50_000, acc, raw);
        hoax(stranger);
        inbox.force{value: 1 ether}(raw, 50_000);
        assertEq(inbox.forcedQueue().endAcc, acc);
    }

    function test_TheFeeIsForTheShareOfABatch() public view {
        uint256 whole = uint256(FEE) * 5;
        uint256 small = FEE + whole / 1000 + whole * 21_000 / ROOM;
        assertEq(inbox.forcedFee(1, 21_000), small);
        uint256 large = FEE + whole * 600 / 1000 + whole * 12_000_000 / ROOM;
        assertEq(inbox.forcedFee(600, 12_000_000), large);
    }

    function test_TheFeeDoublesWithEachBatchThatWaits() public {
        uint256 fee = inbox.forcedFee(1, 21_000);
        for (uint256 i = 0; i < 4; ++i) {
            _force(1, 21_000);
        }
        assertEq(inbox.forcedFee(1, 21_000), fee);
        _force(1, 21_000);
        assertEq(inbox.forcedFee(1, 21_000), 2 * fee); // by count
        _force(600, 21_000);
        assertEq(inbox.forcedFee(1, 21_000), 2 * fee);
        _force(600, 21_000);
        assertEq(inbox.forcedFee(1, 21_000), 4 * fee); // by bytes
        _force(1, 12_000_000);
        assertEq(inbox.forcedFee(1, 21_000), 4 * fee);
        _force(1, 12_000_000);
        assertEq(inbox.forcedFee(1, 21_000), 8 * fee); // by gas
        Batch memory b = _next(2);
        b.forced = 5;
        _submit(b);
        assertEq(inbox.forcedFee(1, 21_000), 4 * fee);
    }

    function test_TheFeeIsBoundedSoThatItNeverOverflows() public {
        for (uint256 i = 0; i < 5 * 64; ++i) {
            _force(1, 21_000);
        }
        uint256 fee = inbox.forcedFee(1, 21_000);
        for (uint256 i = 0; i < 10; ++i) {
            _force(1, 21_000);
        }
        assertEq(inbox.forcedFee(1, 21_000), fee);
        assertEq(fee, (FEE + uint256(FEE) * 5 / 1000 + uint256(FEE) * 5 * 21_000 / ROOM) << 64);
    }

    function test_TooLittleIsRefusedAndTooMuchComesBack() public {
        uint256 fee = inbox.forcedFee(1, 21_000);
        startHoax(stranger, 1 ether);
        vm.expectRevert(abi.encodeWithSelector(InboxQueues.FeeTooLow.selector, fee - 1, fee));
        inbox.force{value: fee - 1}(hex"01", 21_000);
        inbox.force{value: fee}(hex"01", 21_000);
        inbox.force{value: fee + 7}(hex"01", 21_000);
        assertEq(stranger.balance, 1 ether - 2 * fee);
        assertEq(address(inbox).balance, 2 * fee);
    }

    function test_WhoTakesNothingBackPaysTheFeeExactly() public {
        uint256 fee = inbox.forcedFee(1, 21_000);
        Payer payer = new Payer{value: 1 ether}(inbox, false);
        vm.expectRevert(abi.encodeWithSelector(InboxQueues.RefundFailed.selector, 1));
        payer.force(fee + 1);
        payer.force(fee);
    }

    /// The refund is the last thing done. A lock would let a caller keep out, from within it, what
    /// others bring: a relay's deposit would fail.
    function test_WithinARefundTheInboxWorksAsEver() public {
        Payer payer = new Payer{value: 1 ether}(inbox, true);
        uint256 fees = inbox.forcedFee(1, 21_000);
        payer.force(0.5 ether);
        assertEq(inbox.forcedQueue().end, 2);
        assertEq(inbox.depositQueue().end, 1);
        assertEq(address(inbox).balance, 2 * fees + 1000 gwei);
        assertEq(address(payer).balance, 1 ether - address(inbox).balance);
    }

    // Duty.

    function test_OnlyWhatWaitsIsTaken() public {
        Batch memory b = _next(2);
        b.deposits = 1;
        _refused(b, abi.encodeWithSelector(InboxQueues.DepositsWaiting.selector, 1, 0));
        b.deposits = 0;
        b.forced = 1;
        _refused(b, abi.encodeWithSelector(InboxQueues.ForcedWaiting.selector, 1, 0));
        _deposit(1000);
        _force(1, 21_000);
        b.deposits = 2;
        _refused(b, abi.encodeWithSelector(InboxQueues.DepositsWaiting.selector, 2, 1));
        b.deposits = 1;
        b.forced = 2;
        _refused(b, abi.encodeWithSelector(InboxQueues.ForcedWaiting.selector, 2, 1));
        b.forced = 1;
        _submit(b);
    }

    function test_OverdueDepositsMustBeTaken() public {
        uint256 overdueAfter = vm.getBlockTimestamp() + WAIT;
        _deposit(1000);
        _mine(12);
        _deposit(1000);
        (bool taken, uint256 time) = inbox.depositStatus(0);
        assertFalse(taken);
        assertEq(time, overdueAfter);

        vm.warp(overdueAfter);
        _duty(0, 0);
        uint256 state = vm.snapshotState();
        _submit(_next(2));
        vm.revertToState(state);

        vm.warp(overdueAfter + 1);
        _duty(1, 0);
        _refused(_next(2), abi.encodeWithSelector(InboxQueues.DepositDuty.selector, 0, 1));
        Batch memory b = _next(1);
        b.deposits = 1;
        _submit(b);
        _duty(0, 0);
        (taken, time) = inbox.depositStatus(0);
        assertTrue(taken);
        (taken, time) = inbox.depositStatus(1);
        assertFalse(taken);
        assertEq(time, overdueAfter + 12);
    }

    function test_NoMoreDepositsThanTheMostAreDue() public {
        for (uint256 i = 0; i < 6; ++i) {
            _deposit(1000);
        }
        _mine(WAIT + 1);
        _duty(4, 0);
        Batch memory b = _next(1);
        b.deposits = 3;
        _refused(b, abi.encodeWithSelector(InboxQueues.DepositDuty.selector, 3, 4));
        b.deposits = 4;
        _submit(b);
        _mine(12);
        _duty(2, 0);
        b = _next(1);
        b.deposits = 2;
        _submit(b);
    }

    function test_OverdueForcedTransactionsMustBeTaken() public {
        uint256 overdueAfter = vm.getBlockTimestamp() + WAIT;
        _force(1, 21_000);
        (bool taken, uint256 time) = inbox.forcedStatus(0);
        assertFalse(taken);
        assertEq(time, overdueAfter);
        vm.warp(overdueAfter);
        _duty(0, 0);
        vm.warp(overdueAfter + 1);
        _duty(0, 1);
        // A short batch is no excuse.
        _refused(_next(1), abi.encodeWithSelector(InboxQueues.ForcedDuty.selector, 0, 1));
        Batch memory b = _next(2);
        b.forced = 1;
        _submit(b);
        (taken,) = inbox.forcedStatus(0);
        assertTrue(taken);
    }

    function test_DutyEndsAtTheMostOfForcedTransactions() public {
        for (uint256 i = 0; i < 6; ++i) {
            _force(1, 21_000);
        }
        _mine(WAIT + 1);
        _dutyIsExactly(5);
    }

    function test_DutyEndsAtTheMostBytes() public {
        _force(600, 21_000);
        _force(400, 21_000);
        _force(1, 21_000);
        _mine(WAIT + 1);
        _dutyIsExactly(2);
    }

    function test_DutyEndsOneByteBeforeTheMostIsPassed() public {
        _force(600, 21_000);
        _force(401, 21_000);
        _mine(WAIT + 1);
        _dutyIsExactly(1);
    }

    function test_DutyEndsAtABlocksRoomOfGas() public {
        _force(1, 12_000_000);
        _force(1, 6_000_000);
        _force(1, 21_000);
        _mine(WAIT + 1);
        _dutyIsExactly(2);
    }

    function test_DutyEndsOneGasBeforeTheRoomIsPassed() public {
        _force(1, 12_000_000);
        _force(1, 6_000_001);
        _mine(WAIT + 1);
        _dutyIsExactly(1);
    }

    /// One less is refused, exactly this many are accepted in two blocks.
    function _dutyIsExactly(uint16 forced) private {
        _duty(0, forced);
        Batch memory b = _next(2);
        b.forced = forced - 1;
        _refused(b, abi.encodeWithSelector(InboxQueues.ForcedDuty.selector, forced - 1, forced));
        b.forced = forced;
        _submit(b);
    }

    function test_ABatchHasNoMoreForcedBytesThanTheMost() public {
        _force(600, 21_000);
        _force(400, 21_000);
        _force(1, 21_000);
        Batch memory b = _next(9);
        b.forced = 3;
        _refused(b, abi.encodeWithSelector(InboxQueues.ForcedBytes.selector, 1001, 1000));
        b.forced = 2;
        _submit(b);
    }

    function test_ForcedGasSurelyFitsTheBlocks() public {
        _force(1, 12_000_000);
        _force(1, 6_000_000);
        _force(1, 12_000_000);
        _force(1, 6_000_001);
        Batch memory b = _next(2);
        b.forced = 3;
        _refused(b, abi.encodeWithSelector(InboxQueues.ForcedCapacity.selector, 30_000_000, ROOM));
        b = _next(3);
        b.forced = 4;
        _refused(
            b, abi.encodeWithSelector(InboxQueues.ForcedCapacity.selector, 36_000_001, 2 * ROOM)
        );
        uint256 state = vm.snapshotState();
        b = _next(4);
        b.forced = 4;
        _submit(b);
        vm.revertToState(state);
        b = _next(2);
        b.forced = 2;
        _submit(b);
    }

    function test_StatusOfWhatDoesNotExistIsRefused() public {
        _deposit(1000);
        _force(1, 21_000);
        vm.expectRevert(abi.encodeWithSelector(Cursors.NotWaiting.selector, 1, 0, 1));
        inbox.depositStatus(1);
        vm.expectRevert(abi.encodeWithSelector(Cursors.NotWaiting.selector, 1, 0, 1));
        inbox.forcedStatus(1);
    }

    /// Nobody's dust keeps others out: the queue has no capacity, and a batch costs the same
    /// whatever waits.
    function test_DustMakesNoBatchDearer() public {
        _mine(12);
        Batch memory b = _next(1);
        _submit(b);
        uint256 before = vm.lastCallGas().gasTotalUsed;
        for (uint256 i = 0; i < 1000; ++i) {
            _deposit(1000);
        }
        _mine(WAIT + 1);
        b = _next(1);
        b.deposits = 4;
        _submit(b);
        assertLt(vm.lastCallGas().gasTotalUsed, before + 20_000);
        assertEq(_deposit(1000), 1000);
    }

    function _duty(uint256 deposits, uint256 forced) private view {
        (uint256 d, uint256 f) = inbox.nextDuty();
        assertEq(d, deposits);
        assertEq(f, forced);
    }
}
