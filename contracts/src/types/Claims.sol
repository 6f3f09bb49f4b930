// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {BatchAcc, Claim, ClaimId} from "./Types.sol";

/// Names and Merkle paths of claims, as `spec/claim.md` writes them.
library Claims {
    uint256 internal constant MAX_CHECKPOINTS = 1024;

    bytes32 private constant CLAIM_TAG = keccak256("tern.claim.v1");
    bytes32 private constant CHECKPOINTS_TAG = keccak256("tern.checkpoints.v1");

    /// The claim's name on one settlement contract of this chain.
    function id(Claim memory claim, address settlement) internal view returns (ClaimId) {
        return ClaimId.wrap(
            keccak256(
                abi.encodePacked(
                    CLAIM_TAG,
                    uint64(block.chainid),
                    settlement,
                    claim.config,
                    claim.parentBlock,
                    claim.firstBatch,
                    claim.lastBatch,
                    claim.blockHash,
                    claim.blockNumber,
                    claim.checkpoints
                )
            )
        );
    }

    /// What a claim is a function of: claims with equal inputs and other outcomes conflict.
    function inputs(Claim memory claim) internal pure returns (bytes32) {
        return keccak256(abi.encode(claim.parentBlock, claim.firstBatch, claim.lastBatch));
    }

    /// A place in the chain: a block after a batch.
    function point(bytes32 blockHash, BatchAcc acc) internal pure returns (bytes32) {
        return keccak256(abi.encode(blockHash, acc));
    }

    /// Whether `blockHash` is the one at `index` of the `count` under `root`.
    function isCheckpoint(
        bytes32 root,
        uint256 count,
        uint256 index,
        bytes32 blockHash,
        bytes32[] memory path
    ) internal pure returns (bool) {
        if (count == 0 || count > MAX_CHECKPOINTS || index >= count) {
            return false;
        }
        uint256 depth = 0;
        while ((1 << depth) < count) ++depth;
        if (path.length != depth) return false;

        bytes32 top = keccak256(abi.encodePacked(uint8(0), blockHash));
        for (uint256 i = 0; i < depth; ++i) {
            top = (index >> i) & 1 == 0
                ? keccak256(abi.encodePacked(uint8(1), top, path[i]))
                : keccak256(abi.encodePacked(uint8(1), path[i], top));
        }
        return keccak256(abi.encode(CHECKPOINTS_TAG, count, top)) == root;
    }
}
