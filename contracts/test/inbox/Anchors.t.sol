// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {BlockHeader} from "@openzeppelin/contracts/utils/BlockHeader.sol";

import {Anchors} from "../../src/inbox/Anchors.sol";
import {Header} from "../../src/inbox/Headers.sol";
import {Batch, InboxFixture} from "./InboxFixture.sol";

/// Anchors are L1 blocks: known, recent, in order, not from their readers' future.
contract AnchorsTest is InboxFixture {
    function check(Header memory h, bytes calldata header, bytes[] calldata l1Headers)
        external
        view
    {
        Anchors.check(h, header, l1Headers, 0, 8191);
    }

    function _number(Batch memory b, uint64 number, uint256 least) private {
        _onlyAnchor(b, number);
        _refused(
            b,
            abi.encodeWithSelector(
                Anchors.AnchorNumber.selector, 0, number, least, vm.getBlockNumber() - 1
            )
        );
    }

    function test_AnAnchorIsMinedAndNotTooOld() public {
        for (uint256 i = 0; i < 1010; ++i) {
            _mine(1);
        }
        uint64 n = uint64(vm.getBlockNumber());
        _number(_next(1), n - 1001, n - 1000);
        Batch memory b = _next(1);
        b.anchorNumbers[0] = n;
        _refused(b, abi.encodeWithSelector(Anchors.AnchorNumber.selector, 0, n, n - 1000, n - 1));
        _onlyAnchor(b, n - 1000);
        _submit(b); // so old that only EIP-2935 knows it
        _mine(1);
        b = _next(1);
        _onlyAnchor(b, n - 998);
        _submit(b);
        _mine(1);
        _submit(_next(1)); // the newest
    }

    function test_TheEldestThatEip2935Remembers() public {
        uint64 n = 20_001;
        uint64 old = n - 8191;
        l1Times[old] = 1;
        vm.store(HISTORY, bytes32(uint256(old) % 8191), _l1Hash(old));
        Batch memory b = _next(1);
        _onlyAnchor(b, old);
        Header memory h;
        (h.anchors, h.firstTimestamp, h.blockCount) = (1, b.firstTimestamp, 1);
        this.check(h, _encode(b), _l1Headers(b));
    }

    function test_AnAnchorIsNotOlderThanThatOfTheBatchBefore() public {
        _mine(12);
        _mine(12);
        uint64 n = uint64(vm.getBlockNumber());
        Batch memory b = _next(4);
        _onlyAnchor(b, n - 3);
        _anchor(b, 2, n - 2);
        _submit(b);
        _mine(12);
        _number(_next(1), n - 3, n - 2); // the first anchor before is not enough
        b = _next(1);
        _onlyAnchor(b, n - 2);
        _submit(b); // the same again
        _mine(12);
        b = _next(1);
        _onlyAnchor(b, n - 1);
        _submit(b);
    }

    function test_AnAnchorHasTheHashThatL1Knows() public {
        Batch memory b = _next(1);
        bytes32 right = b.anchorHashes[0];
        bytes32 wrong = bytes32(uint256(right) ^ 1);
        b.anchorHashes[0] = wrong;
        _refused(b, abi.encodeWithSelector(Anchors.AnchorHash.selector, 0, wrong, right));
        // An L1 that does not know the block yet: its history began later.
        b = _next(1);
        b.anchorNumbers[0] = 19_500;
        b.anchorHashes[0] = 0;
        _refused(b, abi.encodeWithSelector(Anchors.AnchorHash.selector, 0, bytes32(0), bytes32(0)));
    }

    function test_EachAnchorComesWithItsHeader() public {
        _mine(12);
        Batch memory b = _next(2);
        bytes memory header = _encode(b);
        bytes[] memory headers = new bytes[](2);
        headers[0] = _l1Headers(b)[0];
        vm.startPrank(sequencer);
        vm.expectRevert(abi.encodeWithSelector(Anchors.AnchorHeaders.selector, 2, 1));
        inbox.submitBatch(header, headers, "");
        vm.expectRevert(abi.encodeWithSelector(Anchors.AnchorHeaders.selector, 0, 1));
        inbox.submitBatch(header, new bytes[](0), "");

        headers = new bytes[](1);
        headers[0] = _l1Header(b.anchorNumbers[0], 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                Anchors.AnchorHeader.selector, 0, keccak256(headers[0]), b.anchorHashes[0]
            )
        );
        inbox.submitBatch(header, headers, "");
        headers[0] = new bytes(100_000); // dust costs its sender
        vm.expectRevert();
        inbox.submitBatch(header, headers, "");
        vm.stopPrank();
    }

    function test_AnAnchorIsNotNewerThanTheBlocksThatReadIt() public {
        _mine(12);
        _mine(12);
        uint64 n = uint64(vm.getBlockNumber());
        uint256 t1 = l1Times[n - 2];
        uint256 t2 = l1Times[n - 1];

        Batch memory b = _next(4);
        _onlyAnchor(b, n - 2);
        b.firstTimestamp = uint64(t1 - 1);
        _refused(b, abi.encodeWithSelector(Anchors.AnchorTooNew.selector, 0, t1, t1 - 1));
        b.firstTimestamp = uint64(t1);
        _anchor(b, 3, n - 1);
        _refused(b, abi.encodeWithSelector(Anchors.AnchorTooNew.selector, 1, t2, t1 + 3));
        b.timeStep = 4;
        _submit(b); // block 3 is of the second anchor's second
    }

    /// Our reader finds what another reader does, whatever the number's length.
    function testFuzz_ATimeIsComparedAsANumber(uint64 time, uint64 first) public {
        uint256 number = vm.getBlockNumber() - 1;
        bytes memory l1 = _l1Header(number, time);
        assertEq(BlockHeader.getTimestamp(l1), time);
        vm.setBlockhash(number, keccak256(l1));
        Batch memory b = _next(1);
        b.anchorHashes[0] = keccak256(l1);
        Header memory h;
        (h.anchors, h.firstTimestamp, h.blockCount) = (1, first, 1);
        bytes[] memory headers = new bytes[](1);
        headers[0] = l1;
        if (time > first) {
            vm.expectRevert(abi.encodeWithSelector(Anchors.AnchorTooNew.selector, 0, time, first));
        }
        this.check(h, _encode(b), headers);
    }
}
