// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Blockhash} from "@openzeppelin/contracts/utils/Blockhash.sol";

import {Anchor, Header, Headers} from "./Headers.sol";

/// Checks that a batch's anchors are L1 blocks: recent, not older than the ones before, and not
/// from the future of the blocks that read them.
library Anchors {
    /// Older than the anchor of the batch before, older than allowed, or not mined yet.
    error AnchorNumber(uint256 anchor, uint64 got, uint256 least, uint256 most);
    /// Zero is expected if this L1 no longer, or not yet, knows that block.
    error AnchorHash(uint256 anchor, bytes32 got, bytes32 expected);
    /// One L1 header an anchor.
    error AnchorHeaders(uint256 got, uint256 expected);
    /// `keccak(header)` is not the anchor's hash.
    error AnchorHeader(uint256 anchor, bytes32 got, bytes32 expected);
    /// The L1 block is newer than the first L2 block that reads it.
    error AnchorTooNew(uint256 anchor, uint256 timestamp, uint256 most);

    /// The place of the time in an L1 header.
    uint256 private constant TIMESTAMP = 11;

    /// Returns the number of the last one. `least` is that of the batch before.
    function check(
        Header memory h,
        bytes calldata header,
        bytes[] calldata l1Headers,
        uint256 least,
        uint256 maxAge
    ) internal view returns (uint64 last) {
        if (l1Headers.length != h.anchors) {
            revert AnchorHeaders(l1Headers.length, h.anchors);
        }
        if (block.number > maxAge && block.number - maxAge > least) least = block.number - maxAge;
        for (uint256 i = 0; i < h.anchors; ++i) {
            Anchor memory a = Headers.anchor(header, i);
            if (a.number < least || a.number >= block.number) {
                revert AnchorNumber(i, a.number, least, block.number - 1);
            }
            bytes32 known = Blockhash.blockHash(a.number);
            if (known == 0 || a.hash != known) revert AnchorHash(i, a.hash, known);
            _checkTime(h, a, i, l1Headers[i]);
            last = a.number;
        }
    }

    function _checkTime(Header memory h, Anchor memory a, uint256 i, bytes calldata l1Header)
        private
        pure
    {
        bytes32 got = keccak256(l1Header);
        if (got != a.hash) revert AnchorHeader(i, got, a.hash);
        uint256 timestamp = _number(l1Header, TIMESTAMP);
        uint256 most = h.firstTimestamp + uint256(h.timeStep) * a.fromBlock;
        if (timestamp > most) revert AnchorTooNew(i, timestamp, most);
    }

    /// The number in field `index` of an RLP list. The bytes hash to the hash of an L1 block, so
    /// they are such a list; how many fields it has, and what follows this one, is L1's affair.
    function _number(bytes calldata list, uint256 index) private pure returns (uint256) {
        uint8 first = uint8(list[0]);
        uint256 cursor = first < 0xf8 ? 1 : first - 0xf6;
        for (uint256 i = 0; i < index; ++i) {
            uint256 prefix = uint8(list[cursor]);
            if (prefix < 0x80) {
                cursor += 1;
            } else if (prefix < 0xb8) {
                cursor += prefix - 0x7f;
            } else {
                uint256 sizeBytes = prefix - 0xb7;
                cursor += 1 + sizeBytes + _bigEndian(list[cursor + 1:cursor + 1 + sizeBytes]);
            }
        }
        uint256 lead = uint8(list[cursor]);
        if (lead < 0x80) return lead;
        return _bigEndian(list[cursor + 1:cursor + lead - 0x7f]);
    }

    /// At most 32 bytes.
    function _bigEndian(bytes calldata b) private pure returns (uint256) {
        return b.length == 0 ? 0 : uint256(bytes32(b)) >> (256 - 8 * b.length);
    }
}
