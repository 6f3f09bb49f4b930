// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {DelayParams} from "../factory/Params.sol";
import {Claim, ClaimId} from "../types/Types.sol";
import {Message, TokenDeposit} from "./Messages.sol";

/// What the bridge reads of a chain's registry, once.
interface IDelays {
    function delays() external view returns (DelayParams memory);
}

/// How far a message has come on L1.
enum Outcome {
    None,
    /// Its call or transfer failed. It may be tried again.
    Failed,
    Done
}

/// What a person waits for.
enum WithdrawalState {
    Waiting,
    Ready,
    Failed,
    Done
}

/// Why it is not done.
enum WithdrawalReason {
    None,
    /// The chain is not registered with this bridge.
    UnknownChain,
    /// Nobody proposed or voted for the claim, or no claim was named.
    UnknownClaim,
    /// Another claim became final in its place.
    ClaimDead,
    ClaimNotFinal,
    DelayNotOver,
    /// Ready, only the proof is missing.
    NotProven,
    CallFailed
}

/// What to do next.
enum WithdrawalAction {
    None,
    Register,
    NameAnotherClaim,
    AwaitFinality,
    AwaitDelay,
    Withdraw,
    Retry
}

struct WithdrawalStatus {
    WithdrawalState state;
    WithdrawalReason reason;
    /// When the next action may first be taken; zero if that cannot be told.
    uint64 earliestTime;
    WithdrawalAction action;
}

/// Everything that can be said to, heard from, and refused by the L1 bridge.
interface IBridge {
    error UnknownChain(address inbox);
    error AlreadyRegistered(address inbox, address settlement);
    error WrongBridge(address expected, address got);
    error WrongInbox(address expected, address got);
    error NotFinal(ClaimId claim);
    error TooEarly(uint256 earliest, uint256 now_);
    error OutboxNotProven(address inbox, bytes32 blockHash);
    /// The outbox holds another message at this nonce.
    error WrongMessage(bytes32 expected, bytes32 got);
    error AlreadyDone(bytes32 id, Outcome outcome);
    error NotFailed(bytes32 id, Outcome outcome);
    error NotReceiver(address expected, address got);
    /// A relayer must not make a message fail by want of gas.
    error TooLittleGas(uint256 needed, uint256 got);
    error InsufficientBalance(address inbox, address token, uint256 needed, uint256 got);
    error NothingArrived(address token);
    error ZeroReceiver();

    event Registered(address indexed inbox, address indexed settlement, uint40 delay);
    event OutboxProven(address indexed inbox, bytes32 indexed blockHash, bytes32 storageRoot);
    event MessageDone(bytes32 indexed id, address indexed inbox, address indexed paid);
    event MessageFailed(bytes32 indexed id, address indexed inbox);
    event TokenDeposited(bytes32 indexed hash, address indexed inbox, TokenDeposit deposit);

    /// Makes a chain known, once, with the settlement contract that its inbox names now.
    function register(address inbox) external;

    /// Keeps the storage root of the outbox in a final block, for all withdrawals up to it.
    function proveOutbox(
        address inbox,
        Claim calldata claim,
        bytes calldata header,
        bytes[] calldata accountProof
    ) external;

    /// Carries out a message that a proven outbox holds.
    function withdraw(
        address inbox,
        bytes32 blockHash,
        Message calldata message,
        bytes[] calldata storageProof
    ) external;

    /// Proves outbox and message in one call and keeps nothing of the outbox: cheaper for one,
    /// dearer for many.
    function withdrawWithClaim(
        address inbox,
        Claim calldata claim,
        bytes calldata header,
        bytes[] calldata accountProof,
        Message calldata message,
        bytes[] calldata storageProof
    ) external;

    /// Tries a failed message again, with at least the gas it asks for.
    function retry(address inbox, Message calldata message, uint64 gas) external;

    /// Pays a failed message to someone else on L1, without its call; only its receiver may
    /// say so (of a relayed one, the receiver's address on L1).
    function redirect(address inbox, Message calldata message, address payee) external;

    /// Takes the caller's tokens for `to` on a chain. What arrived counts, not what was sent.
    function depositToken(address inbox, address token, address to, uint256 amount)
        external
        returns (TokenDeposit memory);

    /// How far a withdrawal is. `claim` is the one that covers its block, or all zero.
    function status(address inbox, Message calldata message, Claim calldata claim)
        external
        view
        returns (WithdrawalStatus memory);

    /// While a message's call runs: the inbox and the sender on L2 it comes from. A receiver
    /// must also check that the inbox is its caller.
    function origin() external view returns (address inbox, address sender);

    function settlementOf(address inbox) external view returns (address settlement, uint40 delay);
    function outboxRoot(address inbox, bytes32 blockHash) external view returns (bytes32);
    function balance(address inbox, address token) external view returns (uint256);
    function outcome(bytes32 id) external view returns (Outcome);
    /// 1 if the token deposit of this hash was made.
    function sent(bytes32 hash) external view returns (uint256);
}
