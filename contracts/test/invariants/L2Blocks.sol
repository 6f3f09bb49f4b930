// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Kind, Message, Messages} from "../../src/bridge/Messages.sol";
import {Predeploys} from "../../src/l2/Predeploys.sol";

/// L2 blocks that are no more than what L1 reads of them: a header over a state of one account,
/// the outbox, with one message.
library L2Blocks {
    uint64 internal constant CHAIN = 7_777_777;

    /// The withdrawal that block `number` holds: honest blocks pay users what they own, others
    /// pay the thief.
    function message(uint64 number, address to, uint256 amount)
        internal
        pure
        returns (Message memory m)
    {
        m.chainId = CHAIN;
        m.nonce = number;
        m.kind = Kind.Eth;
        m.sender = to;
        m.to = to;
        m.amount = amount;
    }

    function header(uint256 seed, bytes32 messageHash, uint64 nonce)
        internal
        pure
        returns (bytes memory)
    {
        bytes32 state = keccak256(accountLeaf(keccak256(slotLeaf(messageHash, nonce))));
        bytes memory head = abi.encodePacked(
            hex"f9017ba0", bytes32(seed), hex"a0", bytes32(0), hex"94", address(0), hex"a0", state
        );
        return abi.encodePacked(head, hex"b90100", new bytes(256));
    }

    function slotLeaf(bytes32 messageHash, uint64 nonce) internal pure returns (bytes memory) {
        bytes32 key = keccak256(abi.encodePacked(Messages.outboxSlot(nonce)));
        return abi.encodePacked(hex"f844a120", key, hex"a1a0", messageHash);
    }

    function accountLeaf(bytes32 storageRoot) internal pure returns (bytes memory) {
        bytes32 key = keccak256(abi.encodePacked(Predeploys.OUTBOX));
        return abi.encodePacked(
            hex"f86aa120", key, hex"b846f8448080a0", storageRoot, hex"a0", keccak256("code")
        );
    }

    function one(bytes memory node) internal pure returns (bytes[] memory proof) {
        proof = new bytes[](1);
        proof[0] = node;
    }
}
