// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Trie} from "../../src/bridge/Trie.sol";

/// The library's reads, for tests that call it with proofs made elsewhere.
contract TrieProbe {
    function storageRoot(bytes32 root, address account, bytes[] calldata proof)
        external
        pure
        returns (bytes32)
    {
        return Trie.storageRoot(root, account, proof);
    }

    function slotValue(bytes32 root, bytes32 slot, bytes[] calldata proof)
        external
        pure
        returns (bytes32)
    {
        return Trie.slotValue(root, slot, proof);
    }
}
