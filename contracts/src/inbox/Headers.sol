// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

/// The fixed part of a batch's header, and how many anchors and hashes follow. Those stay in
/// the calldata; `Headers` reads them from there.
struct Header {
    bytes32 parent;
    uint64 index;
    uint16 blockCount;
    uint64 firstTimestamp;
    uint32 timeStep;
    uint16 deposits;
    uint16 forced;
    uint8 anchors;
    uint8 dataKind;
    uint8 hashes;
}

/// An L1 block that L2 blocks can read.
struct Anchor {
    uint16 fromBlock;
    uint64 number;
    bytes32 hash;
}

/// What bounds a header.
struct HeaderLimits {
    uint16 blocks;
    uint8 anchors;
    uint8 blobs;
    uint16 deposits;
    uint16 forced;
}

/// Reads the packed header of `spec/batch.md`, strictly: what reads has one encoding.
///
///     version 1 ‖ parent 32 ‖ index 8 ‖ blockCount 2 ‖ firstTimestamp 8 ‖ timeStep 4
///     ‖ deposits 2 ‖ forced 2 ‖ anchorCount 1 ‖ anchors, each 2 + 8 + 32
///     ‖ dataKind 1 ‖ hashCount 1 ‖ hashes, each 32
library Headers {
    error UnknownHeaderVersion(uint8 got, uint8 expected);
    /// Bytes end early or something follows.
    error HeaderLength(uint256 got, uint256 expected);
    /// The data kind is unknown or does not go with that many hashes.
    error UnknownData(uint8 kind, uint8 hashes);
    error BlockCount(uint16 got, uint16 most);
    error AnchorCount(uint8 got, uint8 most);
    error BlobCount(uint8 got, uint8 most);
    error DepositCount(uint16 got, uint16 most);
    error ForcedCount(uint16 got, uint16 most);
    /// Forced transactions begin with the second block.
    error ForcedNeedsTwoBlocks(uint16 forced);
    /// Blocks of one batch must have rising times.
    error TimeStepZero();
    /// The last block's time must fit 64 bits.
    error TimeOverflow(uint256 lastTimestamp);
    /// The first anchor is for block 0; later ones for later blocks of the batch and later
    /// L1 blocks.
    error AnchorOrder(uint256 anchor);

    uint8 internal constant VERSION = 1;
    uint8 internal constant NO_DATA = 0;
    uint8 internal constant BLOBS = 1;
    uint8 internal constant CALLDATA = 2;

    uint256 private constant FIXED = 60;
    uint256 private constant ANCHOR = 42;
    /// Fixed part, data kind and hash count.
    uint256 private constant LEAST = FIXED + 2;

    function parse(bytes calldata b) internal pure returns (Header memory h) {
        if (b.length < LEAST) revert HeaderLength(b.length, LEAST);
        if (uint8(b[0]) != VERSION) revert UnknownHeaderVersion(uint8(b[0]), VERSION);
        h.parent = bytes32(b[1:33]);

        // The fields from the index on, read from the last one back: they end where a word does.
        uint256 word = uint256(bytes32(b[FIXED - 32:FIXED]));
        h.anchors = uint8(word);
        h.forced = uint16(word >> 8);
        h.deposits = uint16(word >> 24);
        h.timeStep = uint32(word >> 40);
        h.firstTimestamp = uint64(word >> 72);
        h.blockCount = uint16(word >> 136);
        h.index = uint64(word >> 152);

        uint256 kindAt = FIXED + ANCHOR * h.anchors;
        if (b.length < kindAt + 2) revert HeaderLength(b.length, kindAt + 2);
        h.dataKind = uint8(b[kindAt]);
        h.hashes = uint8(b[kindAt + 1]);
        uint256 expected = kindAt + 2 + 32 * uint256(h.hashes);
        if (b.length != expected) revert HeaderLength(b.length, expected);
        _checkData(h.dataKind, h.hashes);
    }

    /// Everything that needs no clock, queue or history.
    function check(Header memory h, bytes calldata b, HeaderLimits memory most) internal pure {
        if (h.blockCount == 0 || h.blockCount > most.blocks) {
            revert BlockCount(h.blockCount, most.blocks);
        }
        if (h.anchors == 0 || h.anchors > most.anchors) {
            revert AnchorCount(h.anchors, most.anchors);
        }
        if (h.deposits > most.deposits) revert DepositCount(h.deposits, most.deposits);
        if (h.forced > most.forced) revert ForcedCount(h.forced, most.forced);
        if (h.dataKind == BLOBS && (h.hashes == 0 || h.hashes > most.blobs)) {
            revert BlobCount(h.hashes, most.blobs);
        }
        if (h.timeStep == 0) revert TimeStepZero();
        uint256 last = lastTimestamp(h);
        if (last > type(uint64).max) revert TimeOverflow(last);
        if (h.forced != 0 && h.blockCount < 2) revert ForcedNeedsTwoBlocks(h.forced);
        _checkAnchors(h, b);
    }

    /// Beyond 64 bits only in a header that `check` refuses.
    function lastTimestamp(Header memory h) internal pure returns (uint256) {
        return uint256(h.firstTimestamp) + uint256(h.timeStep) * (h.blockCount - 1);
    }

    /// `i` is below the number of anchors.
    function anchor(bytes calldata b, uint256 i) internal pure returns (Anchor memory a) {
        uint256 start = FIXED + ANCHOR * i;
        uint256 word = uint256(bytes32(b[start:start + 32]));
        a.fromBlock = uint16(word >> 240);
        a.number = uint64(word >> 176);
        a.hash = bytes32(b[start + 10:start + ANCHOR]);
    }

    /// `i` is below the number of hashes.
    function dataHash(Header memory h, bytes calldata b, uint256 i)
        internal
        pure
        returns (bytes32)
    {
        uint256 start = LEAST + ANCHOR * h.anchors + 32 * i;
        return bytes32(b[start:start + 32]);
    }

    function _checkData(uint8 kind, uint8 hashes) private pure {
        bool known =
            kind == BLOBS || (kind == NO_DATA && hashes == 0) || (kind == CALLDATA && hashes == 1);
        if (!known) revert UnknownData(kind, hashes);
    }

    function _checkAnchors(Header memory h, bytes calldata b) private pure {
        Anchor memory before = anchor(b, 0);
        if (before.fromBlock != 0) revert AnchorOrder(0);
        for (uint256 i = 1; i < h.anchors; ++i) {
            Anchor memory a = anchor(b, i);
            bool rises = a.fromBlock > before.fromBlock && a.number > before.number;
            if (!rises || a.fromBlock >= h.blockCount) revert AnchorOrder(i);
            before = a;
        }
    }
}
