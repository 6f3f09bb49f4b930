// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Predeploys} from "../l2/Predeploys.sol";

/// What a message asks the L1 bridge to do.
enum Kind {
    /// Call `to` with ETH out of the chain's vault, `gas` and `data`.
    Eth,
    /// Transfer `token` to `to`.
    Token,
    /// Deposit ETH for `to` on the chain whose inbox is `destination`.
    EthRelay,
    /// Move `token` to the chain whose inbox is `destination`, for `to` there.
    TokenRelay
}

/// A message from L2 to L1. Fields that a kind does not use are zero.
struct Message {
    /// The chain id of the L2 that sent it.
    uint64 chainId;
    /// Its place in that chain's outbox.
    uint64 nonce;
    Kind kind;
    /// Who sent it on L2.
    address sender;
    address to;
    /// A token on L1.
    address token;
    uint256 amount;
    /// An inbox on L1.
    address destination;
    uint64 gas;
    bytes data;
}

/// Tokens for an L2, recorded on L1 and proven there.
struct TokenDeposit {
    /// The inbox of the chain it is for.
    address inbox;
    /// Its place among all token deposits of the bridge.
    uint64 nonce;
    /// A token on L1.
    address token;
    /// Whoever the depositor is, or, in a relay, whoever the other chain says: its word only.
    address from;
    address to;
    uint256 amount;
    /// The message id of the withdrawal that it continues; zero if it began on L1.
    bytes32 origin;
    uint8 decimals;
    string name;
    string symbol;
}

/// Hashes of messages, as `spec/bridge.md` writes them.
library Messages {
    bytes32 private constant MESSAGE_TAG = keccak256("tern.message.v1");
    bytes32 private constant WITHDRAWAL_TAG = keccak256("tern.withdrawal.v1");
    bytes32 private constant DEPOSIT_TAG = keccak256("tern.token-deposit.v1");

    /// What the outbox keeps of a message.
    function hash(Message memory m, uint64 l1ChainId, address bridge)
        internal
        pure
        returns (bytes32)
    {
        // In two parts: the compiler's stack does not hold all fields at once.
        bytes memory path =
            abi.encodePacked(MESSAGE_TAG, l1ChainId, bridge, m.chainId, Predeploys.OUTBOX);
        bytes memory what = abi.encodePacked(
            m.nonce,
            uint8(m.kind),
            m.sender,
            m.to,
            m.token,
            m.amount,
            m.destination,
            m.gas,
            keccak256(m.data)
        );
        return keccak256(bytes.concat(path, what));
    }

    /// The message's name on L1. Two rollups may have one chain id; no two have one inbox.
    function id(address inbox, bytes32 messageHash) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(WITHDRAWAL_TAG, inbox, messageHash));
    }

    /// Where the outbox keeps the message of a nonce: its mapping is at slot 0.
    function outboxSlot(uint64 nonce) internal pure returns (bytes32) {
        return keccak256(abi.encode(uint256(nonce), uint256(0)));
    }

    /// What the L1 bridge keeps of a token deposit.
    function depositHash(TokenDeposit memory d, uint64 l1ChainId, address bridge)
        internal
        pure
        returns (bytes32)
    {
        bytes memory path = abi.encodePacked(DEPOSIT_TAG, l1ChainId, bridge, d.inbox, d.nonce);
        bytes memory what = abi.encodePacked(
            d.token,
            d.from,
            d.to,
            d.amount,
            d.origin,
            d.decimals,
            keccak256(bytes(d.name)),
            keccak256(bytes(d.symbol))
        );
        return keccak256(bytes.concat(path, what));
    }

    /// Where the L1 bridge keeps that a deposit was made: its mapping is at slot 0.
    function sentSlot(bytes32 depositHash_) internal pure returns (bytes32) {
        return keccak256(abi.encode(depositHash_, uint256(0)));
    }
}
