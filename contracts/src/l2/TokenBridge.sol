// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Kind, Messages, TokenDeposit} from "../bridge/Messages.sol";
import {AnchorCache} from "./AnchorCache.sol";
import {BridgedToken} from "./BridgedToken.sol";
import {L1Proofs} from "./L1Proofs.sol";
import {Outbox} from "./Outbox.sol";
import {Predeploys} from "./Predeploys.sol";

/// L1 tokens on L2: claims what the L1 bridge recorded for this chain, and sends it back.
///
/// A predeploy: the immutable values are in the code that the genesis holds. The chain's inbox
/// is not among them, because its address depends on the genesis. Nor can the chain find it
/// out: whoever copies its batches into another inbox derives the same blocks. So the account
/// that the genesis names says it, once; before that nothing can be claimed.
/// CAUTION: check `inbox()` before you deposit tokens for a new chain. A wrong one would mint
/// here what was deposited elsewhere. ETH does not depend on it.
contract TokenBridge {
    error NotBinder(address expected, address got);
    error AlreadyBound(address inbox);
    error ZeroInbox();
    error NotBound();
    /// The deposit is for another chain.
    error WrongChain(address expected, address got);
    /// L1 keeps another value than 1 for the deposit.
    error NotDeposited(bytes32 hash, bytes32 got);
    error AlreadyClaimed(bytes32 hash);
    error UnknownToken(address token);
    error ZeroReceiver();
    error ZeroAmount();
    error ZeroDestination();
    /// Tokens sent to the L1 bridge itself would be lost.
    error BadReceiver(address to);

    event Bound(address indexed inbox);
    event TokenMade(address indexed l1Token, address indexed token);
    event Claimed(bytes32 indexed hash, address indexed token, address indexed to, uint256 amount);

    uint64 public immutable l1ChainId;
    address public immutable l1Bridge;
    address public immutable binder;

    /// This chain's inbox on L1; zero before it is bound.
    address public inbox;
    /// The token here of one on L1; zero before the first claim.
    mapping(address l1Token => address) public tokenOf;
    /// The token on L1 of one here; zero if this bridge did not make it.
    mapping(address token => address) public l1TokenOf;
    mapping(bytes32 depositHash => bool) public claimed;

    constructor(uint64 l1ChainId_, address l1Bridge_, address binder_) {
        l1ChainId = l1ChainId_;
        l1Bridge = l1Bridge_;
        binder = binder_;
    }

    /// Says which inbox on L1 is this chain's. Once and for ever.
    function bind(address inbox_) external {
        if (msg.sender != binder) revert NotBinder(binder, msg.sender);
        if (inbox != address(0)) revert AlreadyBound(inbox);
        if (inbox_ == address(0)) revert ZeroInbox();
        inbox = inbox_;
        emit Bound(inbox_);
    }

    /// Mints a deposit, proven under the anchor of the L2 block of `timestamp`, which must be
    /// one of the last 8,191. Open to everyone. A call that reverts may be repeated.
    function claim(
        TokenDeposit calldata deposit,
        uint256 timestamp,
        bytes calldata header,
        bytes[] calldata accountProof,
        bytes[] calldata storageProof
    ) external returns (address token) {
        return _claim(deposit, L1Proofs.stateRootAt(timestamp, header), accountProof, storageProof);
    }

    /// The same under an L1 block that `AnchorCache` kept.
    function claimCached(
        TokenDeposit calldata deposit,
        bytes32 anchor,
        bytes[] calldata accountProof,
        bytes[] calldata storageProof
    ) external returns (address token) {
        bytes32 stateRoot = AnchorCache(Predeploys.ANCHOR_CACHE).stateRoot(anchor);
        return _claim(deposit, stateRoot, accountProof, storageProof);
    }

    /// Burns the caller's tokens and has `to` paid on L1.
    function withdraw(address token, address to, uint256 amount)
        external
        returns (uint64 nonce, bytes32 hash)
    {
        return _sendBack(Kind.Token, token, to, amount, address(0));
    }

    /// Burns the caller's tokens for as many on the chain whose inbox on L1 is `destination`.
    /// CAUTION: if that chain is not known on L1, `to` is paid there when it asks for it.
    function relay(address token, address destination, address to, uint256 amount)
        external
        returns (uint64 nonce, bytes32 hash)
    {
        if (destination == address(0)) revert ZeroDestination();
        return _sendBack(Kind.TokenRelay, token, to, amount, destination);
    }

    function _claim(
        TokenDeposit calldata deposit,
        bytes32 stateRoot,
        bytes[] calldata accountProof,
        bytes[] calldata storageProof
    ) private returns (address token) {
        if (inbox == address(0)) revert NotBound();
        if (deposit.inbox != inbox) revert WrongChain(inbox, deposit.inbox);
        bytes32 hash = Messages.depositHash(deposit, l1ChainId, l1Bridge);
        if (claimed[hash]) revert AlreadyClaimed(hash);
        bytes32 got = L1Proofs.slotValue(
            stateRoot, l1Bridge, Messages.sentSlot(hash), accountProof, storageProof
        );
        if (got != bytes32(uint256(1))) revert NotDeposited(hash, got);

        claimed[hash] = true;
        token = tokenOf[deposit.token];
        if (token == address(0)) token = _make(deposit);
        emit Claimed(hash, token, deposit.to, deposit.amount);
        BridgedToken(token).crosschainMint(deposit.to, deposit.amount);
    }

    function _make(TokenDeposit calldata deposit) private returns (address) {
        bytes32 salt = bytes32(uint256(uint160(deposit.token)));
        BridgedToken made = new BridgedToken{salt: salt}(deposit.token);
        tokenOf[deposit.token] = address(made);
        l1TokenOf[address(made)] = deposit.token;
        emit TokenMade(deposit.token, address(made));
        made.describe(deposit.name, deposit.symbol, deposit.decimals);
        return address(made);
    }

    function _sendBack(Kind kind, address token, address to, uint256 amount, address destination)
        private
        returns (uint64, bytes32)
    {
        address l1Token = l1TokenOf[token];
        if (l1Token == address(0)) revert UnknownToken(token);
        if (to == address(0)) revert ZeroReceiver();
        if (to == l1Bridge) revert BadReceiver(to);
        if (amount == 0) revert ZeroAmount();
        BridgedToken(token).crosschainBurn(msg.sender, amount);
        return
            Outbox(Predeploys.OUTBOX).sendToken(kind, msg.sender, to, l1Token, amount, destination);
    }
}
