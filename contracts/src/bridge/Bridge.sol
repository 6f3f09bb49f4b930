// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IInbox} from "../inbox/IInbox.sol";
import {Predeploys} from "../l2/Predeploys.sol";
import {ISettlement} from "../settlement/ISettlement.sol";
import {Claims} from "../types/Claims.sol";
import {Claim, ClaimId} from "../types/Types.sol";
import {BridgeStatus} from "./BridgeStatus.sol";
import {IBridge, IDelays, Outcome, WithdrawalStatus} from "./IBridge.sol";
import {Kind, Message, Messages, TokenDeposit} from "./Messages.sol";
import {TokenFacts} from "./TokenFacts.sol";
import {Trie} from "./Trie.sol";

/// The bridge of all rollups of an L1. A chain is named by its inbox, which holds its ETH; what
/// the chain has of each token is counted here. So no chain can take more than came to it,
/// and one that lies, about anything, takes from nobody else.
///
/// CAUTION: tokens whose balances shrink by themselves do not fit: all chains' shares of a token
/// lie in one account, and the last to leave would find less than is counted.
/// CAUTION: anyone can have an inbox call anything but this bridge's own entrances. A contract
/// that gives an inbox power over something must ask `origin()` who sent the message.
contract Bridge is IBridge, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    struct Chain {
        address settlement;
        uint40 delay;
    }

    // Between the check of what gas is left and the call of the receiver lie two calls (each
    // keeps 1/64 back), the ETH transfer (36,600 if the account is new) and the vault's checks;
    // after it the outcome is written.
    uint256 private constant RELEASE_OVERHEAD = 120_000;
    /// What a deposit into another inbox may use.
    uint64 private constant RELAY_GAS = 200_000;
    /// What a plain payment to a redirected payee may use.
    uint64 private constant REDIRECT_GAS = 100_000;
    /// What a token transfer can count on; 1/64 of it must suffice to write down a failure.
    uint256 private constant TRANSFER_GAS = 400_000;

    // L2 reads it by proof: it must stay at slot 0.
    mapping(bytes32 depositHash => uint256) public sent;
    mapping(address inbox => Chain) private _chains;
    mapping(address inbox => mapping(bytes32 blockHash => bytes32)) public outboxRoot;
    mapping(address inbox => mapping(address token => uint256)) public balance;
    mapping(bytes32 messageId => Outcome) public outcome;
    uint64 public nextDeposit;

    address private transient _originInbox;
    address private transient _originSender;

    // Chains.

    function register(address inbox) external nonReentrant {
        address known = _chains[inbox].settlement;
        if (known != address(0)) revert AlreadyRegistered(inbox, known);
        address bridge = IInbox(inbox).bridge();
        if (bridge != address(this)) revert WrongBridge(address(this), bridge);
        address settlement = IInbox(inbox).settlement();
        address back = ISettlement(settlement).inbox();
        if (back != inbox) revert WrongInbox(inbox, back);
        // The registry of this design keeps its delays for ever.
        uint40 delay = IDelays(ISettlement(settlement).registry()).delays().bridgeDelay;
        _chains[inbox] = Chain(settlement, delay);
        emit Registered(inbox, settlement, delay);
    }

    function settlementOf(address inbox) external view returns (address, uint40) {
        Chain memory chain = _chains[inbox];
        return (chain.settlement, chain.delay);
    }

    // From L2 to L1.

    function proveOutbox(
        address inbox,
        Claim calldata claim,
        bytes calldata header,
        bytes[] calldata accountProof
    ) external nonReentrant {
        bytes32 root = _finalOutbox(inbox, claim, header, accountProof);
        outboxRoot[inbox][claim.blockHash] = root;
        emit OutboxProven(inbox, claim.blockHash, root);
    }

    function withdraw(
        address inbox,
        bytes32 blockHash,
        Message calldata message,
        bytes[] calldata storageProof
    ) external nonReentrant {
        bytes32 root = outboxRoot[inbox][blockHash];
        if (root == 0) revert OutboxNotProven(inbox, blockHash);
        _withdraw(inbox, root, message, storageProof);
    }

    function withdrawWithClaim(
        address inbox,
        Claim calldata claim,
        bytes calldata header,
        bytes[] calldata accountProof,
        Message calldata message,
        bytes[] calldata storageProof
    ) external nonReentrant {
        bytes32 root = _finalOutbox(inbox, claim, header, accountProof);
        _withdraw(inbox, root, message, storageProof);
    }

    function retry(address inbox, Message calldata message, uint64 gas) external nonReentrant {
        bytes32 id = _failedId(inbox, message);
        outcome[id] = Outcome.Done;
        _finish(id, inbox, message.to, _carryOut(id, inbox, message, gas));
    }

    function redirect(address inbox, Message calldata message, address payee)
        external
        nonReentrant
    {
        if (msg.sender != message.to) revert NotReceiver(message.to, msg.sender);
        if (payee == address(0)) revert ZeroReceiver();
        bytes32 id = _failedId(inbox, message);
        outcome[id] = Outcome.Done;
        bool ok = message.kind == Kind.Eth || message.kind == Kind.EthRelay
            ? _release(inbox, payee, message.amount, REDIRECT_GAS, "")
            : _transfer(inbox, message.token, payee, message.amount);
        _finish(id, inbox, payee, ok);
    }

    function origin() external view returns (address, address) {
        return (_originInbox, _originSender);
    }

    // From L1 to L2.

    function depositToken(address inbox, address token, address to, uint256 amount)
        external
        nonReentrant
        returns (TokenDeposit memory)
    {
        if (to == address(0)) revert ZeroReceiver();
        if (_chains[inbox].settlement == address(0)) revert UnknownChain(inbox);
        uint256 before = IERC20(token).balanceOf(address(this));
        IERC20(token).safeTransferFrom(msg.sender, address(this), amount);
        uint256 afterwards = IERC20(token).balanceOf(address(this));
        if (afterwards <= before) revert NothingArrived(token);
        balance[inbox][token] += afterwards - before;
        return _record(inbox, token, msg.sender, to, afterwards - before, 0);
    }

    function status(address inbox, Message calldata message, Claim calldata claim)
        external
        view
        returns (WithdrawalStatus memory)
    {
        Chain memory chain = _chains[inbox];
        return BridgeStatus.read(
            outcome[_id(inbox, message)],
            chain.settlement,
            chain.delay,
            outboxRoot[inbox][claim.blockHash],
            claim
        );
    }

    function _finalOutbox(
        address inbox,
        Claim calldata claim,
        bytes calldata header,
        bytes[] calldata accountProof
    ) private view returns (bytes32) {
        Chain memory chain = _chains[inbox];
        if (chain.settlement == address(0)) revert UnknownChain(inbox);
        ClaimId id = Claims.id(claim, chain.settlement);
        uint256 finalAt = ISettlement(chain.settlement).content(id).finalAt;
        if (finalAt == 0) revert NotFinal(id);
        uint256 earliest = finalAt + chain.delay;
        if (block.timestamp < earliest) revert TooEarly(earliest, block.timestamp);
        bytes32 stateRoot = Trie.stateRoot(header, claim.blockHash);
        return Trie.storageRoot(stateRoot, Predeploys.OUTBOX, accountProof);
    }

    function _withdraw(
        address inbox,
        bytes32 root,
        Message calldata message,
        bytes[] calldata storageProof
    ) private {
        bytes32 hash = _hash(message);
        bytes32 id = Messages.id(inbox, hash);
        Outcome known = outcome[id];
        if (known != Outcome.None) revert AlreadyDone(id, known);
        bytes32 got = Trie.slotValue(root, Messages.outboxSlot(message.nonce), storageProof);
        if (got != hash) revert WrongMessage(hash, got);

        outcome[id] = Outcome.Done;
        _finish(id, inbox, message.to, _carryOut(id, inbox, message, 0));
    }

    function _carryOut(bytes32 id, address inbox, Message calldata message, uint64 gas)
        private
        returns (bool)
    {
        if (message.kind == Kind.Eth) return _call(inbox, message, gas);
        if (message.kind == Kind.Token) {
            return _transfer(inbox, message.token, message.to, message.amount);
        }
        // There, nobody could claim it.
        if (message.to == address(0)) return false;
        // The other chain may become known later.
        if (_chains[message.destination].settlement == address(0)) return false;
        if (message.kind == Kind.EthRelay) {
            bytes memory deposit = abi.encodeCall(IInbox.deposit, (message.to));
            uint64 enough = gas > RELAY_GAS ? gas : RELAY_GAS;
            return _release(inbox, message.destination, message.amount, enough, deposit);
        }
        balance[inbox][message.token] = _restAfter(inbox, message.token, message.amount);
        balance[message.destination][message.token] += message.amount;
        _record(message.destination, message.token, message.sender, message.to, message.amount, id);
        return true;
    }

    function _call(address inbox, Message calldata message, uint64 gas) private returns (bool ok) {
        (_originInbox, _originSender) = (inbox, message.sender);
        uint64 enough = gas > message.gas ? gas : message.gas;
        ok = _release(inbox, message.to, message.amount, enough, message.data);
        (_originInbox, _originSender) = (address(0), address(0));
    }

    function _release(address inbox, address to, uint256 amount, uint64 gas, bytes memory data)
        private
        returns (bool)
    {
        // Two calls deep, 63/64 of what is left each time.
        uint256 needed = uint256(gas) * 4096 / 3969 + RELEASE_OVERHEAD;
        if (gasleft() < needed) revert TooLittleGas(needed, gasleft());
        return IInbox(inbox).release(to, amount, gas, data);
    }

    function _transfer(address inbox, address token, address to, uint256 amount)
        private
        returns (bool ok)
    {
        if (gasleft() < TRANSFER_GAS) revert TooLittleGas(TRANSFER_GAS, gasleft());
        uint256 rest = _restAfter(inbox, token, amount);
        ok = IERC20(token).trySafeTransfer(to, amount);
        // Written after the call, which is safe because all entrances are locked: a token that
        // burns its gas leaves too little to debit first and credit back.
        if (ok) balance[inbox][token] = rest;
    }

    function _restAfter(address inbox, address token, uint256 amount)
        private
        view
        returns (uint256)
    {
        uint256 have = balance[inbox][token];
        if (have < amount) revert InsufficientBalance(inbox, token, amount, have);
        return have - amount;
    }

    function _finish(bytes32 id, address inbox, address paid, bool ok) private {
        if (ok) {
            emit MessageDone(id, inbox, paid);
        } else {
            outcome[id] = Outcome.Failed;
            emit MessageFailed(id, inbox);
        }
    }

    function _record(
        address inbox,
        address token,
        address from,
        address to,
        uint256 amount,
        bytes32 origin_
    ) private returns (TokenDeposit memory deposit) {
        deposit = TokenDeposit({
            inbox: inbox,
            nonce: nextDeposit,
            token: token,
            from: from,
            to: to,
            amount: amount,
            origin: origin_,
            decimals: TokenFacts.decimals(token),
            name: TokenFacts.name(token),
            symbol: TokenFacts.symbol(token)
        });
        nextDeposit = deposit.nonce + 1;
        bytes32 hash = Messages.depositHash(deposit, uint64(block.chainid), address(this));
        sent[hash] = 1;
        emit TokenDeposited(hash, inbox, deposit);
    }

    function _failedId(address inbox, Message calldata message) private view returns (bytes32 id) {
        id = _id(inbox, message);
        if (outcome[id] != Outcome.Failed) revert NotFailed(id, outcome[id]);
    }

    function _id(address inbox, Message calldata message) private view returns (bytes32) {
        return Messages.id(inbox, _hash(message));
    }

    function _hash(Message calldata message) private view returns (bytes32) {
        return Messages.hash(message, uint64(block.chainid), address(this));
    }
}
