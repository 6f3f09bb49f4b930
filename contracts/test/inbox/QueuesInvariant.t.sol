// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Inbox} from "../../src/inbox/Inbox.sol";
import {QueueView} from "../../src/inbox/InboxQueues.sol";
import {Test} from "../lib/Test.sol";
import {QueuesHandler} from "./QueuesHandler.sol";

/// What the queues promise, whoever does what and when.
contract QueuesInvariantTest is Test {
    QueuesHandler private _handler;
    Inbox private _inbox;

    function setUp() public {
        _handler = new QueuesHandler();
        _inbox = _handler.target();
        bytes4[] memory calls = new bytes4[](6);
        calls[0] = QueuesHandler.deposit.selector;
        calls[1] = QueuesHandler.force.selector;
        calls[2] = QueuesHandler.pass.selector;
        calls[3] = QueuesHandler.sequence.selector;
        calls[4] = QueuesHandler.strangerSubmits.selector;
        calls[5] = QueuesHandler.submitAnything.selector;
        targetContract(address(_handler));
        targetSelector(FuzzSelector(address(_handler), calls));
    }

    /// Wherever people have brought them: after a silence anyone can submit batch after batch
    /// until nothing waits any more, each of which takes at least one entry.
    function invariant_QueuesNeverDeadlock() public {
        (uint256 deposits, uint256 forced) = _handler.ends();
        uint256 waiting = deposits - _handler.depositsTaken() + forced - _handler.forcedTaken();
        uint256 state = vm.snapshotState();
        uint256 batches = _handler.drain();
        assertLe(batches, waiting);
        assertEq(_inbox.depositQueue().next, deposits);
        assertEq(_inbox.forcedQueue().next, forced);
        assertTrue(vm.revertToStateAndDelete(state));
    }

    function invariant_QueuesAreFirstInFirstOut() public view {
        (uint256 deposits, uint256 forced) = _handler.ends();
        QueueView memory q = _inbox.depositQueue();
        assertEq(q.next, _handler.depositsTaken());
        assertEq(q.end, deposits);
        assertEq(q.acc, _handler.depositAcc(q.next));
        assertEq(q.endAcc, _handler.depositAcc(q.end));
        q = _inbox.forcedQueue();
        assertEq(q.next, _handler.forcedTaken());
        assertEq(q.end, forced);
        assertEq(q.acc, _handler.forcedAcc(q.next));
        assertEq(q.endAcc, _handler.forcedAcc(q.end));
    }

    function invariant_QueuesDutyIsWhatIsOverdueAndFits() public view {
        (uint256 deposits, uint256 forced) = _inbox.nextDuty();
        (uint256 modelDeposits, uint256 modelForced) = _handler.modelDuty();
        assertEq(deposits, modelDeposits);
        assertEq(forced, modelForced);
    }

    function invariant_QueuesEtherIsAllDepositsAndFees() public view {
        assertEq(address(_inbox).balance, _handler.deposited() + _handler.fees());
    }

    function invariant_QueuesCountEveryBatch() public view {
        (uint64 batches,) = _inbox.tip();
        assertEq(batches, _handler.accepted());
    }

    /// The run did meet what it is about: batches of all three fates.
    function test_TheHandlerReachesAcceptedAndRefusedBatches() public {
        for (uint256 i = 0; i < 40; ++i) {
            _handler.deposit(i, i * 1e9);
            _handler.force(100 * i % 600, 1e6 * i);
            _handler.pass(3 hours + i * 100);
            _handler.submitAnything(i % 6, i % 7, i % 4);
            if (i % 10 == 9) _handler.strangerSubmits();
            _handler.sequence(i % 8);
        }
        assertGt(_handler.accepted(), 40);
        assertGt(_handler.refusedForDuty(), 3);
        assertGt(_handler.refusedForBounds(), 3);
        assertGt(_handler.drain(), 0);
    }
}
