// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Kind, Message, Messages} from "../bridge/Messages.sol";
import {Predeploys} from "./Predeploys.sol";

/// Messages from L2 to L1: one hash for each, in storage that L1 reads by proof once a block is
/// final. What ETH leaves stays locked here for ever; the chain's vault on L1 pays it out.
///
/// A predeploy: `l1ChainId` and `l1Bridge` are in the code that the genesis holds.
contract Outbox {
    /// Only the token bridge sends messages about tokens.
    error NotTokenBridge(address expected, address got);
    error ZeroReceiver();
    error ZeroDestination();
    /// Neither ETH nor a call.
    error EmptyMessage();
    error TooMuchGas(uint256 most, uint256 got);
    error TooMuchData(uint256 most, uint256 got);
    /// Deposits on the other chain are positive whole gwei.
    error NotWholeGwei(uint256 value);
    error WrongKind(Kind kind);

    event MessageSent(uint64 indexed nonce, bytes32 indexed hash, Message message);

    /// With these a withdrawal fits into one L1 transaction, whatever its call does.
    uint64 public constant MAX_GAS = 8_000_000;
    uint256 public constant MAX_DATA = 16_384;

    uint64 public immutable l1ChainId;
    address public immutable l1Bridge;

    /// The hash of each message. L1 reads it: it must stay at slot 0.
    mapping(uint64 nonce => bytes32) public messages;
    /// The nonce of the next message.
    uint64 public nextNonce;

    constructor(uint64 l1ChainId_, address l1Bridge_) {
        l1ChainId = l1ChainId_;
        l1Bridge = l1Bridge_;
    }

    /// Has `to` called on L1 with the ETH sent here, `gas` and `data`. The caller there is the
    /// chain's inbox. Ask for enough gas if `to` is a contract; plain accounts need none.
    function withdraw(address to, uint64 gas, bytes calldata data)
        external
        payable
        returns (uint64 nonce, bytes32 hash)
    {
        if (to == address(0)) revert ZeroReceiver();
        if (msg.value == 0 && data.length == 0) revert EmptyMessage();
        if (gas > MAX_GAS) revert TooMuchGas(MAX_GAS, gas);
        if (data.length > MAX_DATA) revert TooMuchData(MAX_DATA, data.length);
        Message memory m = _message(Kind.Eth, msg.sender, to, msg.value);
        (m.gas, m.data) = (gas, data);
        return _send(m);
    }

    /// Moves the ETH sent here to `to` on the chain whose inbox on L1 is `destination`.
    /// CAUTION: if that chain does not take it, `to` is paid on L1 when it asks for it there.
    function relay(address destination, address to)
        external
        payable
        returns (uint64 nonce, bytes32 hash)
    {
        if (to == address(0)) revert ZeroReceiver();
        if (destination == address(0)) revert ZeroDestination();
        if (msg.value == 0 || msg.value % 1 gwei != 0) revert NotWholeGwei(msg.value);
        Message memory m = _message(Kind.EthRelay, msg.sender, to, msg.value);
        m.destination = destination;
        return _send(m);
    }

    /// Tokens that `sender` gave up on L2; only the token bridge.
    function sendToken(
        Kind kind,
        address sender,
        address to,
        address token,
        uint256 amount,
        address destination
    ) external returns (uint64 nonce, bytes32 hash) {
        if (msg.sender != Predeploys.TOKEN_BRIDGE) {
            revert NotTokenBridge(Predeploys.TOKEN_BRIDGE, msg.sender);
        }
        if (kind != Kind.Token && kind != Kind.TokenRelay) revert WrongKind(kind);
        Message memory m = _message(kind, sender, to, amount);
        (m.token, m.destination) = (token, destination);
        return _send(m);
    }

    function _message(Kind kind, address sender, address to, uint256 amount)
        private
        view
        returns (Message memory m)
    {
        m.chainId = uint64(block.chainid);
        m.nonce = nextNonce;
        m.kind = kind;
        m.sender = sender;
        m.to = to;
        m.amount = amount;
    }

    function _send(Message memory m) private returns (uint64 nonce, bytes32 hash) {
        nonce = m.nonce;
        nextNonce = nonce + 1;
        hash = Messages.hash(m, l1ChainId, l1Bridge);
        messages[nonce] = hash;
        emit MessageSent(nonce, hash, m);
    }
}
