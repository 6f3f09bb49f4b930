// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {RollupParams} from "../../src/factory/Params.sol";
import {console} from "../lib/Test.sol";
import {Batch, InboxFixture} from "./InboxFixture.sol";

/// What whole transactions cost: 21,000, the calldata with the floor of EIP-7623, and the
/// execution.
abstract contract WholeTransactions is InboxFixture {
    function _whole(string memory name, address from, uint256 value, bytes memory call_)
        internal
        returns (uint256 total)
    {
        vm.cool(address(inbox)); // the test has looked at it
        hoax(from);
        (bool ok,) = address(inbox).call{value: value}(call_);
        uint256 used = vm.lastCallGas().gasTotalUsed;
        assertTrue(ok, name);
        total = _isolated() ? used : _intrinsic(call_, used);
        console.log(name, total);
    }

    /// Whether forge makes every call a transaction of its own, which then pays for itself.
    function _isolated() internal returns (bool) {
        (bool ok,) = address(0xC0).call("");
        assertTrue(ok);
        return vm.lastCallGas().gasTotalUsed >= 21_000;
    }

    function _intrinsic(bytes memory call_, uint256 execution) internal pure returns (uint256) {
        uint256 tokens = 0;
        for (uint256 i = 0; i < call_.length; ++i) {
            tokens += call_[i] == 0 ? 1 : 4;
        }
        uint256 standard = 4 * tokens + execution;
        uint256 floor = 10 * tokens;
        return 21_000 + (standard > floor ? standard : floor);
    }
}

/// Each test measures one call on what `setUp` left.
contract InboxGasTest is WholeTransactions {
    function _params() internal view override returns (RollupParams memory p) {
        p = super._params();
        (p.chain.maxDeposits, p.chain.maxForced) = (64, 64);
        (p.chain.maxForcedBytes, p.inbox.maxForcedSize) = (64_000, 8000);
    }

    /// A chain that has lived: places of both queues have been written before.
    function setUp() public override {
        super.setUp();
        for (uint256 round = 0; round < 3; ++round) {
            for (uint256 i = 0; i < 8; ++i) {
                _deposit(1000);
                _force(1, 21_000);
            }
            Batch memory b = _next(2);
            (b.deposits, b.forced) = (7, 7);
            _submit(b);
            _mine(12);
        }
    }

    function test_ADepositCosts45kOrLess() public {
        bytes memory call_ = abi.encodeCall(inbox.deposit, (stranger));
        assertLe(_whole("deposit", stranger, 1 ether, call_), 45_000);
    }

    function test_AForcedTransactionCosts70kOrLess() public {
        bytes memory call_ = abi.encodeCall(inbox.force, (_random(150), 100_000));
        assertLe(_whole("force, 150 bytes", stranger, 1 ether, call_), 70_000);
    }

    function test_ABatchWithoutDataCosts110kOrLess() public {
        assertLe(_batch("submitBatch, no data", 0, 0, 0), 110_000);
    }

    function test_ABatchOfOneBlobCosts118kOrLess() public {
        assertLe(_batch("submitBatch, 1 blob", 1, 0, 0), 118_000);
    }

    function test_ABatchOfOneBlobThatTakesBothQueuesCosts118kOrLess() public {
        assertLe(_batch("submitBatch, 1 blob, both queues", 1, 3, 3), 118_000);
    }

    function test_ABatchOfSixBlobsCosts158kOrLess() public {
        assertLe(_batch("submitBatch, 6 blobs, both queues", 6, 3, 3), 158_000);
    }

    function _batch(string memory name, uint256 blobs, uint16 deposits, uint16 forced)
        private
        returns (uint256)
    {
        Batch memory b = _next(12);
        (b.deposits, b.forced) = (deposits, forced);
        if (blobs != 0) {
            b.dataKind = 1;
            b.hashes = new bytes32[](blobs);
            for (uint256 i = 0; i < blobs; ++i) {
                b.hashes[i] = keccak256(abi.encode(i));
            }
            // A transaction that forge makes of a call has no blobs.
            vm.skip(_isolated());
            vm.blobhashes(b.hashes);
        }
        bytes memory call_ = abi.encodeCall(inbox.submitBatch, (_encode(b), _l1Headers(b), ""));
        return _whole(name, sequencer, 0, call_);
    }

    /// Bytes without zeros, as dear as they can be.
    function _random(uint256 size) private pure returns (bytes memory b) {
        b = new bytes(size);
        for (uint256 i = 0; i < size; ++i) {
            b[i] = 0xa5;
        }
    }
}

/// The first entries of a queue, whose places nobody has written before.
contract InboxFirstGasTest is WholeTransactions {
    function test_TheFirstDepositIsDearer() public {
        bytes memory call_ = abi.encodeCall(inbox.deposit, (stranger));
        assertLe(_whole("deposit, the first ever", stranger, 1 ether, call_), 95_000);
    }

    function test_TheFirstBatchIsDearer() public {
        Batch memory b = _next(12);
        bytes memory call_ = abi.encodeCall(inbox.submitBatch, (_encode(b), _l1Headers(b), ""));
        assertLe(_whole("submitBatch, the first ever", sequencer, 0, call_), 130_000);
    }
}
