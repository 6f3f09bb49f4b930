// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

/// Builds the tree of `spec/claim.md`, slowly and apart from the code that checks its paths.
library Checkpoints {
    function root(bytes32[] memory hashes) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(keccak256("tern.checkpoints.v1"), hashes.length, _levels(hashes, 99, 0))
        );
    }

    function path(bytes32[] memory hashes, uint256 index) internal pure returns (bytes32[] memory) {
        uint256 depth = 0;
        while ((1 << depth) < hashes.length) ++depth;
        bytes32[] memory siblings = new bytes32[](depth);
        for (uint256 d = 0; d < depth; ++d) {
            siblings[d] = _levels(hashes, d, (index >> d) ^ 1);
        }
        return siblings;
    }

    /// The node at `level` and `place`; from a level above the tree, its top.
    function _levels(bytes32[] memory hashes, uint256 level, uint256 place)
        private
        pure
        returns (bytes32)
    {
        uint256 width = 1;
        while (width < hashes.length) width *= 2;
        bytes32[] memory row = new bytes32[](width);
        for (uint256 i = 0; i < hashes.length; ++i) {
            row[i] = keccak256(abi.encodePacked(uint8(0), hashes[i]));
        }
        for (uint256 up = 0; up < level && row.length > 1; ++up) {
            bytes32[] memory next = new bytes32[](row.length / 2);
            for (uint256 i = 0; i < next.length; ++i) {
                next[i] = keccak256(abi.encodePacked(uint8(1), row[2 * i], row[2 * i + 1]));
            }
            row = next;
        }
        return row[level == 99 ? 0 : place];
    }
}
