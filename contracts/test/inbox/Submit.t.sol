// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Anchors} from "../../src/inbox/Anchors.sol";
import {Headers} from "../../src/inbox/Headers.sol";
import {Inbox, Tip} from "../../src/inbox/Inbox.sol";
import {QueueHeads, Records} from "../../src/inbox/Records.sol";
import {BatchAcc} from "../../src/types/Types.sol";
import {Vm} from "../lib/Vm.sol";
import {Batch, InboxFixture} from "./InboxFixture.sol";

/// Every rule of a header, at, below and above its bound.
contract SubmitTest is InboxFixture {
    // Order.

    function test_BatchesAppendAndCountBlocks() public {
        BatchAcc first = _submit(_next(3));
        _mine(12);
        BatchAcc second = _submit(_next(5));

        (uint64 batches, BatchAcc acc) = inbox.tip();
        assertEq(batches, 2);
        assertTrue(acc == second);
        (uint64 b0, uint64 n0, uint64 b1, uint64 n1) = inbox.range(first, second);
        assertEq(b0, 1);
        assertEq(n0, 3);
        assertEq(b1, 2);
        assertEq(n1, 8);
        (b0, n0,,) = inbox.range(BatchAcc.wrap(0), second);
        assertEq(b0 + n0, 0);
    }

    function test_TheRecordAndItsEventAreTheSpecs() public {
        _deposit(1_000_000);
        _force(100, 21_000);
        Batch memory b = _next(3);
        (b.deposits, b.forced) = (1, 1);
        bytes32 d1 = keccak256(
            abi.encodePacked(keccak256("tern.deposit.v1"), bytes32(0), stranger, uint64(1_000_000))
        );
        bytes32 f1 = keccak256(
            abi.encodePacked(
                keccak256("tern.forced.v1"), bytes32(0), uint64(21_000), keccak256(new bytes(100))
            )
        );
        bytes memory expected = abi.encodePacked(
            keccak256("tern.batch.v1"), bytes32(0), keccak256(_encode(b)), uint64(1)
        );
        expected = abi.encodePacked(expected, uint64(0), bytes32(0), uint64(1), d1);
        expected = abi.encodePacked(expected, uint64(0), bytes32(0), uint64(1), f1);

        QueueHeads memory q;
        (q.depositsAfter.next, q.depositsAfter.acc) = (1, d1);
        (q.forcedAfter.next, q.forcedAfter.acc) = (1, f1);
        bytes[] memory headers = _l1Headers(b);
        vm.expectEmit(true, true, true, true, address(inbox));
        emit Inbox.BatchSubmitted(0, BatchAcc.wrap(keccak256(expected)), 1, q, _encode(b));
        vm.prank(sequencer);
        BatchAcc acc = inbox.submitBatch(_encode(b), headers, "");
        assertEq(BatchAcc.unwrap(acc), keccak256(expected));
    }

    function test_ARaceIsLostCleanly() public {
        Batch memory mine = _next(2);
        Batch memory other = _next(1);
        BatchAcc tip = _submit(other);
        _refused(mine, abi.encodeWithSelector(Inbox.WrongParent.selector, tip, BatchAcc.wrap(0)));
    }

    function test_TheIndexIsTheNumberOfBatches() public {
        _submit(_next(1));
        _mine(12);
        for (uint64 index = 0; index < 3; ++index) {
            if (index == 1) continue;
            Batch memory b = _next(1);
            b.index = index;
            _refused(b, abi.encodeWithSelector(Inbox.WrongIndex.selector, 1, index));
        }
        _submit(_next(1));
    }

    // Counts.

    function test_BlocksFromOneToTheMost() public {
        Batch memory b = _next(1);
        b.blockCount = 0;
        _refused(b, abi.encodeWithSelector(Headers.BlockCount.selector, 0, 64));
        _mine(100);
        b = _next(65);
        _refused(b, abi.encodeWithSelector(Headers.BlockCount.selector, 65, 64));
        _submit(_next(64));
        _mine(100);
        _submit(_next(63));
        _mine(12);
        _submit(_next(1));
    }

    function test_AnchorsFromOneToTheMost() public {
        _mine(12);
        _mine(12);
        _mine(12);
        Batch memory b = _next(4);
        (b.anchorBlocks, b.anchorNumbers, b.anchorHashes) =
        (new uint16[](0), new uint64[](0), new bytes32[](0));
        _refused(b, abi.encodeWithSelector(Headers.AnchorCount.selector, 0, 3));
        b = _withAnchors(4);
        _refused(b, abi.encodeWithSelector(Headers.AnchorCount.selector, 4, 3));
        _submit(_withAnchors(3));
        _mine(12);
        _submit(_next(1));
    }

    function _withAnchors(uint16 count) private view returns (Batch memory b) {
        b = _next(count);
        uint64 first = uint64(vm.getBlockNumber() - count);
        _onlyAnchor(b, first);
        for (uint16 i = 1; i < count; ++i) {
            _anchor(b, i, first + i);
        }
    }

    function test_AnchorsRiseInBlocksAndNumbers() public {
        _mine(12);
        _mine(12);
        uint64 n = uint64(vm.getBlockNumber());
        bytes4 error_ = Headers.AnchorOrder.selector;

        Batch memory b = _next(4);
        b.anchorBlocks[0] = 1;
        _refused(b, abi.encodeWithSelector(error_, 0));

        b = _next(4);
        _onlyAnchor(b, n - 2);
        _anchor(b, 0, n - 1);
        _refused(b, abi.encodeWithSelector(error_, 1));
        b.anchorBlocks[1] = 4; // behind the last block
        _refused(b, abi.encodeWithSelector(error_, 1));

        b = _next(4);
        _onlyAnchor(b, n - 2);
        _anchor(b, 1, n - 2);
        _refused(b, abi.encodeWithSelector(error_, 1));
        _onlyAnchor(b, n - 1);
        _anchor(b, 1, n - 2);
        _refused(b, abi.encodeWithSelector(error_, 1));

        _onlyAnchor(b, n - 2);
        _anchor(b, 3, n - 1);
        _submit(b);
    }

    function test_DepositsUpToTheMost() public {
        for (uint256 i = 0; i < 9; ++i) {
            _deposit(1000);
        }
        Batch memory b = _next(1);
        b.deposits = 5;
        _refused(b, abi.encodeWithSelector(Headers.DepositCount.selector, 5, 4));
        b.deposits = 4;
        _submit(b);
        _mine(12);
        b = _next(1);
        b.deposits = 3;
        _submit(b);
    }

    function test_ForcedTransactionsUpToTheMost() public {
        for (uint256 i = 0; i < 11; ++i) {
            _force(1, 21_000);
        }
        Batch memory b = _next(2);
        b.forced = 6;
        _refused(b, abi.encodeWithSelector(Headers.ForcedCount.selector, 6, 5));
        b.forced = 5;
        _submit(b);
        _mine(12);
        b = _next(2);
        b.forced = 4;
        _submit(b);
    }

    function test_ForcedTransactionsNeedTwoBlocks() public {
        _force(1, 21_000);
        Batch memory b = _next(1);
        b.forced = 1;
        _refused(b, abi.encodeWithSelector(Headers.ForcedNeedsTwoBlocks.selector, 1));
        b = _next(2);
        b.forced = 1;
        _submit(b);
    }

    function test_AHeaderIsReadStrictly() public {
        Batch memory b = _next(1);
        bytes[] memory headers = _l1Headers(b);
        bytes memory header = _encode(b);
        bytes memory long = bytes.concat(header, hex"00");
        vm.expectRevert(abi.encodeWithSelector(Headers.HeaderLength.selector, 105, 104));
        vm.prank(sequencer);
        inbox.submitBatch(long, headers, "");
        header[0] = 0x02;
        vm.expectRevert(abi.encodeWithSelector(Headers.UnknownHeaderVersion.selector, 2, 1));
        vm.prank(sequencer);
        inbox.submitBatch(header, headers, "");
    }

    // Time.

    function test_TheFirstBlockIsAfterTheDeployment() public {
        Tip memory t = inbox.tipDetails();
        _mine(60);
        Batch memory b = _next(1);
        _onlyAnchor(b, 20_000); // as old as the deployment
        b.firstTimestamp = t.timestamp;
        _refused(
            b, abi.encodeWithSelector(Inbox.FirstTimestamp.selector, t.timestamp, t.timestamp + 1)
        );
        b.firstTimestamp = t.timestamp + 1;
        _submit(b);
    }

    function test_TheFirstBlockIsAfterTheLastOfTheBatchBefore() public {
        Batch memory b = _next(3);
        _submit(b);
        uint64 last = b.firstTimestamp + 2;
        _mine(12);
        b = _next(1);
        _onlyAnchor(b, 20_000);
        for (uint64 time = last - 1; time <= last; ++time) {
            b.firstTimestamp = time;
            _refused(b, abi.encodeWithSelector(Inbox.FirstTimestamp.selector, time, last + 1));
        }
        b.firstTimestamp = last + 1;
        _submit(b);
    }

    function test_TheLastBlockIsNotInTheFuture() public {
        Batch memory b = _next(3);
        ++b.firstTimestamp;
        uint256 now_ = vm.getBlockTimestamp();
        _refused(b, abi.encodeWithSelector(Inbox.LastTimestamp.selector, now_ + 1, now_));
        --b.firstTimestamp;
        _submit(b);
        _mine(12);
        b = _next(3);
        --b.firstTimestamp;
        _submit(b);
    }

    function test_TheTimeStepIsPositive() public {
        Batch memory b = _next(3);
        b.timeStep = 0;
        _refused(b, abi.encodeWithSelector(Headers.TimeStepZero.selector));
        b.timeStep = 2;
        b.firstTimestamp -= 2;
        _submit(b);
    }

    function test_TheLastTimeFits64Bits() public {
        Batch memory b = _next(3);
        b.firstTimestamp = type(uint64).max - 1;
        uint256 last = uint256(type(uint64).max) + 1;
        _refused(b, abi.encodeWithSelector(Headers.TimeOverflow.selector, last));
        b.firstTimestamp = type(uint64).max - 2;
        _refused(
            b,
            abi.encodeWithSelector(
                Inbox.LastTimestamp.selector, type(uint64).max, vm.getBlockTimestamp()
            )
        );
    }

    // Data.

    function test_WithoutDataNothingIsAttached() public {
        Batch memory b = _next(1);
        _refused(b, hex"00", abi.encodeWithSelector(Inbox.UnexpectedData.selector, 1));
        bytes32[] memory blobs = _blobs(1);
        vm.blobhashes(blobs);
        _refused(b, abi.encodeWithSelector(Inbox.UnexpectedBlob.selector, 0, blobs[0]));
        vm.blobhashes(new bytes32[](0));
        _submit(b);
    }

    function test_BlobsFromOneToTheMost() public {
        Batch memory b = _next(1);
        b.dataKind = 1;
        _refused(b, abi.encodeWithSelector(Headers.BlobCount.selector, 0, 6));
        b.hashes = _blobs(7);
        vm.blobhashes(b.hashes);
        _refused(b, abi.encodeWithSelector(Headers.BlobCount.selector, 7, 6));
        for (uint256 count = 1; count <= 6; ++count) {
            b = _next(1);
            b.dataKind = 1;
            b.hashes = _blobs(count);
            vm.blobhashes(b.hashes);
            _submit(b);
            _mine(12);
        }
    }

    function test_BlobsAreAllThoseOfTheTransactionInOrder() public {
        bytes32[] memory blobs = _blobs(3);
        Batch memory b = _next(1);
        b.dataKind = 1;
        b.hashes = blobs;
        bytes4 error_ = Inbox.WrongBlob.selector;

        vm.blobhashes(_blobs(2));
        _refused(b, abi.encodeWithSelector(error_, 2, bytes32(0), blobs[2]));
        vm.blobhashes(_blobs(4));
        _refused(b, abi.encodeWithSelector(Inbox.UnexpectedBlob.selector, 3, _blobs(4)[3]));
        bytes32[] memory swapped = _blobs(3);
        (swapped[0], swapped[1]) = (blobs[1], blobs[0]);
        vm.blobhashes(swapped);
        _refused(b, abi.encodeWithSelector(error_, 0, blobs[1], blobs[0]));

        vm.blobhashes(blobs);
        _refused(b, hex"00", abi.encodeWithSelector(Inbox.UnexpectedData.selector, 1));
        _submit(b);
    }

    function test_AMissingBlobIsNotTheOneOfHashZero() public {
        Batch memory b = _next(1);
        b.dataKind = 1;
        b.hashes = new bytes32[](1);
        _refused(b, abi.encodeWithSelector(Inbox.WrongBlob.selector, 0, bytes32(0), bytes32(0)));
    }

    function test_CalldataIsWhatTheHeaderNamesAndIsLogged() public {
        bytes memory data = hex"010000";
        Batch memory b = _next(1);
        b.dataKind = 2;
        b.hashes = new bytes32[](1);
        b.hashes[0] = keccak256(data);
        bytes memory wrong = hex"01000000";
        _refused(
            b,
            wrong,
            abi.encodeWithSelector(Inbox.WrongDataHash.selector, keccak256(wrong), b.hashes[0])
        );
        vm.blobhashes(_blobs(1));
        _refused(b, data, abi.encodeWithSelector(Inbox.UnexpectedBlob.selector, 0, _blobs(1)[0]));
        vm.blobhashes(new bytes32[](0));
        vm.expectEmit(true, true, true, true, address(inbox));
        emit Inbox.BatchData(0, data);
        _submitAs(sequencer, b, data);
    }

    function test_HugeCalldataFitsATransaction() public {
        bytes memory data = new bytes(131_072);
        Batch memory b = _next(1);
        b.dataKind = 2;
        b.hashes = new bytes32[](1);
        b.hashes[0] = keccak256(data);
        _submitAs(sequencer, b, data);
        assertLt(vm.lastCallGas().gasTotalUsed, 2_000_000);
    }

    function _blobs(uint256 count) private pure returns (bytes32[] memory hashes) {
        hashes = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            hashes[i] = bytes32(uint256(1) << 248 | uint256(keccak256(abi.encode(i))) >> 8);
        }
    }

    // Turns.

    function test_OnlyTheSequencerUntilItHasBeenSilent() public {
        uint256 opensAfter = uint256(inbox.tipDetails().sequencedAt) + SILENCE;
        vm.warp(opensAfter);
        assertFalse(inbox.mayAnyoneSubmit());
        _refusedAs(stranger, _next(2), opensAfter);
        vm.warp(opensAfter + 1);
        assertTrue(inbox.mayAnyoneSubmit());
        _submitAs(stranger, _next(2), "");
        // It stays open: a stranger's batch is not the sequencer's.
        _mine(12);
        assertTrue(inbox.mayAnyoneSubmit());
        _submitAs(timelock, _next(2), "");
        _mine(12);
        _submit(_next(2));
        assertFalse(inbox.mayAnyoneSubmit());
        opensAfter = vm.getBlockTimestamp() + SILENCE;
        _mine(12);
        _refusedAs(stranger, _next(2), opensAfter);
    }

    function _refusedAs(address who, Batch memory b, uint256 opensAfter) private {
        bytes[] memory headers = _l1Headers(b);
        bytes memory header = _encode(b);
        vm.expectRevert(
            abi.encodeWithSelector(Inbox.NotYourTurn.selector, who, sequencer, opensAfter)
        );
        vm.prank(who);
        inbox.submitBatch(header, headers, "");
    }

    function test_TheTimelockAndTheSequencerHandOver() public {
        address next = makeAddr("next");
        vm.expectRevert(
            abi.encodeWithSelector(Inbox.MayNotSetSequencer.selector, stranger, sequencer, timelock)
        );
        vm.prank(stranger);
        inbox.setSequencer(stranger);
        vm.expectRevert(Inbox.NoSequencer.selector);
        vm.prank(timelock);
        inbox.setSequencer(address(0));

        vm.expectEmit(true, true, true, true, address(inbox));
        emit Inbox.SequencerSet(sequencer, next);
        vm.prank(sequencer);
        inbox.setSequencer(next);
        assertEq(inbox.sequencer(), next);
        vm.prank(timelock);
        inbox.setSequencer(sequencer);
        assertEq(inbox.params().sequencer, sequencer);
    }

    /// Spam, and a batch of it each silence, must not put off those behind it.
    function test_ABatchThatLeavesOverdueEntriesDoesNotEndASilence() public {
        uint256 opensAfter = inbox.tipDetails().sequencedAt + SILENCE;
        for (uint256 i = 0; i < 9; ++i) {
            _deposit(1000);
        }
        _mine(WAIT + 1);
        Batch memory b = _next(2);
        b.deposits = 4;
        _submit(b);
        assertEq(inbox.tipDetails().sequencedAt + SILENCE, opensAfter);

        // Whoever takes the rest: the sequencer itself may, and then its turn is renewed.
        vm.warp(opensAfter + 1 > vm.getBlockTimestamp() ? opensAfter + 1 : vm.getBlockTimestamp());
        assertTrue(inbox.mayAnyoneSubmit());
        _mine(12);
        b = _next(2);
        b.deposits = 4;
        _submitAs(stranger, b, "");
        _mine(12);
        b = _next(2);
        b.deposits = 1;
        _submit(b);
        assertEq(inbox.tipDetails().sequencedAt, vm.getBlockTimestamp());
        assertFalse(inbox.mayAnyoneSubmit());
    }

    function test_HandingOverDoesNotEndASilence() public {
        vm.warp(uint256(inbox.tipDetails().sequencedAt) + SILENCE + 1);
        vm.prank(sequencer);
        inbox.setSequencer(stranger);
        assertTrue(inbox.mayAnyoneSubmit());
    }

    // Views.

    function test_RangesAreOfRecordedBatchesInOrder() public {
        BatchAcc zero = BatchAcc.wrap(0);
        BatchAcc unknown = BatchAcc.wrap(keccak256("unknown"));
        BatchAcc first = _submit(_next(3));
        _mine(12);
        BatchAcc second = _submit(_next(3));

        vm.expectRevert(abi.encodeWithSelector(Inbox.UnknownBatch.selector, unknown));
        inbox.range(unknown, first);
        vm.expectRevert(abi.encodeWithSelector(Inbox.UnknownBatch.selector, unknown));
        inbox.range(zero, unknown);
        vm.expectRevert(abi.encodeWithSelector(Inbox.EmptyRange.selector, 0, 0));
        inbox.range(zero, zero);
        vm.expectRevert(abi.encodeWithSelector(Inbox.EmptyRange.selector, 1, 1));
        inbox.range(first, first);
        vm.expectRevert(abi.encodeWithSelector(Inbox.EmptyRange.selector, 2, 1));
        inbox.range(second, first);
        vm.expectRevert(abi.encodeWithSelector(Inbox.EmptyRange.selector, 1, 0));
        inbox.range(first, zero);
    }

    function test_TheViewsSayWhatWasConfigured() public view {
        assertEq(inbox.genesisHash(), keccak256("genesis"));
        assertEq(inbox.bridge(), bridge);
        assertEq(inbox.settlement(), address(0x5E));
        assertEq(inbox.timelock(), timelock);
        assertEq(keccak256(abi.encode(inbox.params())), keccak256(abi.encode(_params().inbox)));
        assertEq(abi.encode(inbox.limits()), abi.encode(64, 3, 6, 4, 5));
    }
}
