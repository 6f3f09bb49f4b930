// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {L1Proofs} from "./L1Proofs.sol";

/// Keeps state roots of L1 blocks for longer than the ring of EIP-4788 does. Anyone may add what
/// the ring holds; nothing is ever taken out.
contract AnchorCache {
    error UnknownBlock(bytes32 blockHash);

    event AnchorKept(bytes32 indexed blockHash, bytes32 stateRoot);

    mapping(bytes32 blockHash => bytes32) private _stateRoots;

    /// Keeps the anchor of the L2 block of this timestamp.
    function keep(uint256 timestamp, bytes calldata header) external returns (bytes32 blockHash) {
        bytes32 root = L1Proofs.stateRootAt(timestamp, header);
        blockHash = keccak256(header);
        if (_stateRoots[blockHash] == root) return blockHash;
        _stateRoots[blockHash] = root;
        emit AnchorKept(blockHash, root);
    }

    /// The state root of a kept L1 block.
    function stateRoot(bytes32 blockHash) external view returns (bytes32 root) {
        root = _stateRoots[blockHash];
        if (root == 0) revert UnknownBlock(blockHash);
    }
}
