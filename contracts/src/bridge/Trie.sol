// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Memory} from "@openzeppelin/contracts/utils/Memory.sol";
import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";
import {TrieProof} from "@openzeppelin/contracts/utils/cryptography/TrieProof.sol";

/// Reads of Ethereum's state through Merkle-Patricia proofs.
///
/// Guaranteed: if the block hash (or root) is that of a block which honest nodes made, an answer
/// is the value in it. Every node but those inside another is checked against its hash before it
/// is read, keys are keccak hashes of one length (so that none is the beginning of another), and
/// what is read is what Ethereum wrote: canonical. Nodes after the leaf are refused.
///
/// Not guaranteed: that a value has one proof only (a node inside another may be given apart
/// too), so never use a proof's bytes as a name. Absence cannot be proven: a slot that is
/// zero has no proof and every try reverts, with `TrieProof.TrieProofTraversalError`.
///
/// CAUTION: if nobody vouches for the root, neither does this library: a trie that was made up
/// can hold nodes that mean several things.
library Trie {
    using RLP for *;

    /// The header is not the preimage of the block hash.
    error WrongHeader(bytes32 expected, bytes32 got);
    /// The preimage of a block hash does not begin as headers do.
    error NotAHeader();
    /// What lies at an account's key is no account.
    error NotAnAccount(uint256 gotFields);
    /// A slot's value has more than 32 bytes.
    error NotASlot(uint256 gotLength);

    // Lists of 256 to 65,535 bytes have a prefix of 3 bytes; before the state root come two
    // hashes (33 bytes each with their prefix), an address (21) and the root's own prefix.
    uint256 private constant HEADER_PREFIX = 3;
    uint256 private constant STATE_ROOT_AT = HEADER_PREFIX + 33 + 33 + 21 + 1;

    /// The state root in a block's header.
    function stateRoot(bytes calldata header, bytes32 blockHash) internal pure returns (bytes32) {
        bytes32 got = keccak256(header);
        if (got != blockHash) revert WrongHeader(blockHash, got);
        // The hash vouches for the shape; this tells what is not a header at all.
        if (
            header.length < STATE_ROOT_AT + 32 || header[0] != 0xf9
                || header[HEADER_PREFIX] != 0xa0 || header[STATE_ROOT_AT - 1] != 0xa0
        ) revert NotAHeader();
        return bytes32(header[STATE_ROOT_AT:STATE_ROOT_AT + 32]);
    }

    /// The storage root of an account.
    function storageRoot(bytes32 root, address account, bytes[] memory proof)
        internal
        pure
        returns (bytes32)
    {
        bytes memory leaf = TrieProof.traverse(root, _key(abi.encodePacked(account)), proof);
        Memory.Slice[] memory fields = leaf.decodeList();
        if (fields.length != 4) revert NotAnAccount(fields.length);
        return fields[2].readBytes32();
    }

    /// The value of a slot that is not zero.
    function slotValue(bytes32 root, bytes32 slot, bytes[] memory proof)
        internal
        pure
        returns (bytes32)
    {
        bytes memory leaf = TrieProof.traverse(root, _key(abi.encodePacked(slot)), proof);
        if (leaf.length > 33) revert NotASlot(leaf.length);
        return leaf.decodeBytes32();
    }

    function _key(bytes memory name) private pure returns (bytes memory) {
        return abi.encodePacked(keccak256(name));
    }
}
