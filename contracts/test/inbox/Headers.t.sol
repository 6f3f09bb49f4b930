// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Anchor, Header, Headers} from "../../src/inbox/Headers.sol";
import {Batch, InboxFixture} from "./InboxFixture.sol";

/// The packed header is read strictly: what reads has one encoding.
contract HeadersTest is InboxFixture {
    function read(bytes calldata header) external pure returns (Batch memory b) {
        Header memory h = Headers.parse(header);
        (b.parent, b.index, b.blockCount) = (h.parent, h.index, h.blockCount);
        (b.firstTimestamp, b.timeStep) = (h.firstTimestamp, h.timeStep);
        (b.deposits, b.forced, b.dataKind) = (h.deposits, h.forced, h.dataKind);
        b.anchorBlocks = new uint16[](h.anchors);
        b.anchorNumbers = new uint64[](h.anchors);
        b.anchorHashes = new bytes32[](h.anchors);
        for (uint256 i = 0; i < h.anchors; ++i) {
            Anchor memory a = Headers.anchor(header, i);
            (b.anchorBlocks[i], b.anchorNumbers[i], b.anchorHashes[i]) =
            (a.fromBlock, a.number, a.hash);
        }
        b.hashes = new bytes32[](h.hashes);
        for (uint256 i = 0; i < h.hashes; ++i) {
            b.hashes[i] = Headers.dataHash(h, header, i);
        }
    }

    /// Any bytes: refused, or the one encoding of what was read.
    function testFuzz_WhatReadsEncodesToTheSameBytes(bytes memory junk, bool versioned)
        public
        view
    {
        if (versioned && junk.length > 0) junk[0] = 0x01;
        _refusedOrCanonical(junk);
    }

    /// A valid header with one byte changed, bytes cut or added.
    function testFuzz_DamagedHeadersReadAsWhatTheyAreOrNotAtAll(
        uint256 seed,
        uint16 position,
        uint8 value,
        uint8 cut,
        bytes memory tail
    ) public view {
        bytes memory b = _encode(_random(seed));
        b[position % b.length] = bytes1(value);
        _refusedOrCanonical(b);
        if (tail.length > 0) _mustRefuse(bytes.concat(_encode(_random(seed)), tail));
        bytes memory whole = _encode(_random(seed));
        uint256 kept = whole.length - 1 - cut % (whole.length - 1);
        assembly ("memory-safe") {
            mstore(whole, kept)
        }
        _mustRefuse(whole);
    }

    function testFuzz_EveryHeaderReadsAsWritten(uint256 seed) public view {
        Batch memory b = _random(seed);
        assertEq(keccak256(abi.encode(this.read(_encode(b)))), keccak256(abi.encode(b)));
    }

    function _refusedOrCanonical(bytes memory bytes_) private view {
        try this.read(bytes_) returns (Batch memory b) {
            assertEq(_encode(b), bytes_);
        } catch (bytes memory why) {
            _mustBeOwn(why);
        }
    }

    function _mustRefuse(bytes memory bytes_) private view {
        try this.read(bytes_) {
            assertTrue(false, "read");
        } catch (bytes memory why) {
            _mustBeOwn(why);
        }
    }

    /// Refusals have names: no panic, no empty revert.
    function _mustBeOwn(bytes memory why) private pure {
        bytes4 name = bytes4(why);
        assertTrue(
            name == Headers.HeaderLength.selector || name == Headers.UnknownHeaderVersion.selector
                || name == Headers.UnknownData.selector
        );
    }

    function _random(uint256 seed) private pure returns (Batch memory b) {
        b.parent = keccak256(abi.encode(seed, "parent"));
        uint256 r = uint256(keccak256(abi.encode(seed)));
        (b.index, b.blockCount, b.firstTimestamp) = (uint64(r), uint16(r >> 64), uint64(r >> 80));
        (b.timeStep, b.deposits, b.forced) = (uint32(r >> 144), uint16(r >> 176), uint16(r >> 192));
        uint256 anchors = (r >> 208) % 6;
        b.anchorBlocks = new uint16[](anchors);
        b.anchorNumbers = new uint64[](anchors);
        b.anchorHashes = new bytes32[](anchors);
        for (uint256 i = 0; i < anchors; ++i) {
            b.anchorHashes[i] = keccak256(abi.encode(seed, "anchor", i));
            b.anchorBlocks[i] = uint16(uint256(b.anchorHashes[i]) >> 7);
            b.anchorNumbers[i] = uint64(uint256(b.anchorHashes[i]) >> 77);
        }
        b.dataKind = uint8((r >> 216) % 3);
        uint256 hashes = b.dataKind == 0 ? 0 : b.dataKind == 2 ? 1 : (r >> 224) % 8;
        b.hashes = new bytes32[](hashes);
        for (uint256 i = 0; i < hashes; ++i) {
            b.hashes[i] = keccak256(abi.encode(seed, "hash", i));
        }
    }
}
