// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Trie} from "../bridge/Trie.sol";
import {Predeploys} from "./Predeploys.sol";

/// Reads of L1's state on L2. Each block's EIP-4788 root is the hash of an L1 block that the
/// inbox checked, so every L1 header and slot can be proven under it.
library L1Proofs {
    /// No block of this timestamp is in the ring (any more). See `AnchorCache`.
    error UnknownAnchor(uint256 timestamp);

    /// The hash of the L1 block that the L2 block of this timestamp may read.
    function anchorAt(uint256 timestamp) internal view returns (bytes32 blockHash) {
        (bool ok, bytes memory answer) = Predeploys.ANCHORS.staticcall(abi.encode(timestamp));
        if (!ok || answer.length != 32) revert UnknownAnchor(timestamp);
        blockHash = abi.decode(answer, (bytes32));
        if (blockHash == 0) revert UnknownAnchor(timestamp);
    }

    /// The state root of that L1 block.
    function stateRootAt(uint256 timestamp, bytes calldata header) internal view returns (bytes32) {
        return Trie.stateRoot(header, anchorAt(timestamp));
    }

    /// What an L1 account has in a slot that is not zero.
    function slotValue(
        bytes32 stateRoot,
        address account,
        bytes32 slot,
        bytes[] calldata accountProof,
        bytes[] calldata storageProof
    ) internal pure returns (bytes32) {
        bytes32 root = Trie.storageRoot(stateRoot, account, accountProof);
        return Trie.slotValue(root, slot, storageProof);
    }
}
