// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Bounds} from "../factory/Bounds.sol";
import {ChainParams, InboxParams, RollupParams} from "../factory/Params.sol";
import {IInbox} from "./IInbox.sol";
import {Lock} from "./Lock.sol";
import {
    Cursor,
    Cursors,
    DepositQueue,
    DepositQueues,
    ForcedQueue,
    ForcedQueues,
    Mark
} from "./Queues.sol";
import {QueueHead} from "./Records.sol";

/// What waits in a queue: entries `next` to `end - 1`.
struct QueueView {
    uint64 next;
    uint64 end;
    bytes32 acc;
    bytes32 endAcc;
}

/// The ways into the rollup that need no sequencer: deposits of ETH and forced transactions.
///
/// Each entry is overdue `forcedWait` after it came. A batch must leave no overdue entry behind
/// unless it already takes as many as fit:
///
/// - `maxDeposits` deposits;
/// - forced transactions until one more would be over `maxForced`, over `maxForcedBytes` bytes,
///   or over the gas that one block surely has room for, `gasLimit - maxForcedGas`.
///
/// This never deadlocks: a batch of two blocks that takes entries in order until one of these
/// bounds is met fulfils the duty and keeps every bound, since one block's room is what a batch
/// of two blocks may take. It makes progress, since a single entry never exceeds a bound: it
/// has at most `maxForcedSize <= maxForcedBytes` bytes and `maxForcedGas <= gasLimit / 2 <= room`
/// gas, and `maxForced`, `maxDeposits >= 1`, `maxBlocks >= 2` (`Bounds`). That the bounds do not
/// depend on the batch's number of blocks leaves a short batch no excuse.
abstract contract InboxQueues is IInbox, Lock {
    using Cursors for Cursor;
    using DepositQueues for DepositQueue;
    using ForcedQueues for ForcedQueue;

    error NotWholeGwei(uint256 value);
    error DepositAmount(uint256 gweiAmount, uint256 least, uint256 most);
    error ForcedSize(uint256 got, uint256 least, uint256 most);
    error ForcedGas(uint256 got, uint256 least, uint256 most);
    error FeeTooLow(uint256 paid, uint256 fee);
    /// The caller does not take back what it paid too much: pay exactly the fee.
    error RefundFailed(uint256 amount);
    /// The batch takes more than there are.
    error DepositsWaiting(uint256 got, uint256 waiting);
    error ForcedWaiting(uint256 got, uint256 waiting);
    /// The batch leaves overdue entries that it must take.
    error DepositDuty(uint256 got, uint256 least);
    error ForcedDuty(uint256 got, uint256 least);
    /// The forced transactions have more bytes than a batch may have.
    error ForcedBytes(uint256 got, uint256 most);
    /// The forced transactions have more gas than surely fits the batch's blocks.
    error ForcedCapacity(uint256 got, uint256 most);

    /// `acc` is the queue's accumulator after this entry.
    event Deposited(uint64 indexed index, address indexed to, uint64 amountGwei, bytes32 acc);
    event Forced(uint64 indexed index, uint64 gas, bytes32 acc, bytes raw);

    uint256 internal constant GWEI = 1 gwei;
    uint256 private constant LEAST_FORCED_GAS = 21_000;
    /// Doublings of the fee. With them it stays below 2^240.
    uint256 private constant MAX_DOUBLINGS = 64;

    uint16 internal immutable MOST_DEPOSITS;
    uint16 internal immutable MOST_FORCED;
    uint32 private immutable MAX_FORCED_BYTES;
    uint64 private immutable MAX_FORCED_GAS;
    /// The gas of forced transactions that surely fits one block, in whatever order they come.
    uint64 private immutable ROOM;
    uint40 private immutable FORCED_WAIT;
    uint32 private immutable MAX_FORCED_SIZE;
    uint96 private immutable FORCED_FEE;
    uint64 private immutable MIN_DEPOSIT;

    DepositQueue private _deposits;
    ForcedQueue private _forced;

    constructor(RollupParams memory p) {
        Bounds.check(p);
        ChainParams memory c = p.chain;
        InboxParams memory i = p.inbox;
        MOST_DEPOSITS = c.maxDeposits;
        MOST_FORCED = c.maxForced;
        MAX_FORCED_BYTES = c.maxForcedBytes;
        MAX_FORCED_GAS = c.maxForcedGas;
        ROOM = c.gasLimit - c.maxForcedGas;
        FORCED_WAIT = i.forcedWait;
        MAX_FORCED_SIZE = i.maxForcedSize;
        FORCED_FEE = i.forcedFee;
        MIN_DEPOSIT = i.minDeposit;
    }

    /// Credits ETH to `to` on L2, at the latest when a batch is submitted after `forcedWait`
    /// and the deposits before it are credited. The ETH stays here: this is the vault.
    ///
    /// A contract that cannot act on L2 cannot spend there: `to` is whoever has the key of that
    /// address, or the code at it, on L2.
    function deposit(address to) external payable whenUnlocked returns (uint64 index) {
        uint256 amount = msg.value / GWEI;
        if (amount * GWEI != msg.value) revert NotWholeGwei(msg.value);
        if (amount < MIN_DEPOSIT || amount > type(uint64).max) {
            revert DepositAmount(amount, MIN_DEPOSIT, type(uint64).max);
        }
        bytes32 acc;
        (index, acc) = _deposits.push(to, uint64(amount));
        emit Deposited(index, to, uint64(amount), acc);
    }

    /// Puts a signed L2 transaction behind those that wait, past the sequencer. `gas` is the most
    /// that it may ask for on L2. A transaction that L2 refuses is skipped and costs no more.
    ///
    /// Costs `forcedFee`, which rises while others come first: pay more and what is too much
    /// comes back at once, as the last thing done: it needs no lock. With one, a caller could keep
    /// a relay's deposit out meanwhile, and make it fail. The fee stays in the vault, like L2's burned base fees: nothing on L2
    /// stands against it.
    function force(bytes calldata raw, uint64 gas)
        external
        payable
        whenUnlocked
        returns (uint64 index)
    {
        uint256 fee = forcedFee(raw.length, gas);
        if (msg.value < fee) revert FeeTooLow(msg.value, fee);
        bytes32 acc;
        (index, acc) = _forced.push(keccak256(raw), raw.length, gas);
        emit Forced(index, gas, acc, raw);
        if (msg.value > fee) _refund(msg.value - fee);
    }

    /// What forcing costs now, in wei: the base fee, and as much again for each `maxForced`th of
    /// a batch's bytes and gas, doubled for each batch that what waits would fill. Whoever wants to
    /// delay others by n batches pays in the order of 2^n times the price of filling one.
    function forcedFee(uint256 size, uint256 gas) public view returns (uint256) {
        if (size == 0 || size > MAX_FORCED_SIZE) revert ForcedSize(size, 1, MAX_FORCED_SIZE);
        if (gas < LEAST_FORCED_GAS || gas > MAX_FORCED_GAS) {
            revert ForcedGas(gas, LEAST_FORCED_GAS, MAX_FORCED_GAS);
        }
        uint256 whole = uint256(FORCED_FEE) * MOST_FORCED;
        uint256 fee = FORCED_FEE + whole * size / MAX_FORCED_BYTES + whole * gas / ROOM;

        Cursor memory c = _forced.cursor;
        (uint256 bytesWaiting, uint256 gasWaiting) = _held(c, c.waiting());
        uint256 doublings =
            c.waiting() / MOST_FORCED + bytesWaiting / MAX_FORCED_BYTES + gasWaiting / ROOM;
        return fee << (doublings < MAX_DOUBLINGS ? doublings : MAX_DOUBLINGS);
    }

    /// The least that a batch must take, were it submitted now.
    function nextDuty() external view returns (uint256 deposits, uint256 forced) {
        return (_depositDuty(_deposits.cursor), _forcedDuty(_forced.cursor));
    }

    function depositQueue() external view returns (QueueView memory) {
        Cursor memory c = _deposits.cursor;
        return
            QueueView(c.next, c.end, _deposits.accBefore(c, c.next), _deposits.accBefore(c, c.end));
    }

    function forcedQueue() external view returns (QueueView memory) {
        Cursor memory c = _forced.cursor;
        return QueueView(c.next, c.end, _forced.accBefore(c, c.next), _forced.accBefore(c, c.end));
    }

    /// Whether a deposit is in a batch, and if not, after which time it is overdue.
    function depositStatus(uint256 index) external view returns (bool taken, uint256 overdueAfter) {
        Cursor memory c = _deposits.cursor;
        if (index < c.next) return (true, 0);
        c.requireWaiting(index);
        return (false, _deposits.time(c, index) + FORCED_WAIT);
    }

    /// Whether a forced transaction is in a batch, and if not, after which time it is overdue.
    function forcedStatus(uint256 index) external view returns (bool taken, uint256 overdueAfter) {
        Cursor memory c = _forced.cursor;
        if (index < c.next) return (true, 0);
        c.requireWaiting(index);
        return (false, uint256(_forced.mark(c, index).time) + FORCED_WAIT);
    }

    /// Whether an entry waits that is overdue.
    function _isOverdue() internal view returns (bool) {
        Cursor memory d = _deposits.cursor;
        if (_isDepositDue(d, 1)) return true;
        Cursor memory f = _forced.cursor;
        if (f.waiting() == 0) return false;
        return block.timestamp > uint256(_forced.mark(f, f.next).time) + FORCED_WAIT;
    }

    /// The parameters that the queues know.
    function _queueParams() internal view returns (InboxParams memory p) {
        p.forcedWait = FORCED_WAIT;
        p.maxForcedSize = MAX_FORCED_SIZE;
        p.forcedFee = FORCED_FEE;
        p.minDeposit = MIN_DEPOSIT;
    }

    /// Takes the next `count` deposits into a batch. `count` is within the header's limit.
    function _takeDeposits(uint256 count)
        internal
        returns (QueueHead memory before, QueueHead memory then)
    {
        Cursor memory c = _deposits.cursor;
        if (count > c.waiting()) revert DepositsWaiting(count, c.waiting());
        if (_isDepositDue(c, count + 1)) revert DepositDuty(count, _depositDuty(c));

        before = then = QueueHead(c.next, _deposits.accBefore(c, c.next));
        if (count == 0) return (before, then);
        c.next += uint48(count);
        then = QueueHead(c.next, _deposits.accBefore(c, c.next));
        _deposits.cursor = c;
    }

    /// Takes the next `count` forced transactions into a batch of `blocks` blocks.
    function _takeForced(uint256 count, uint256 blocks)
        internal
        returns (QueueHead memory before, QueueHead memory then)
    {
        Cursor memory c = _forced.cursor;
        if (count > c.waiting()) revert ForcedWaiting(count, c.waiting());
        if (_isForcedDue(c, count + 1)) revert ForcedDuty(count, _forcedDuty(c));

        before = then = QueueHead(c.next, _forced.accBefore(c, c.next));
        if (count == 0) return (before, then);
        (uint256 size, uint256 gas) = _held(c, count);
        if (size > MAX_FORCED_BYTES) revert ForcedBytes(size, MAX_FORCED_BYTES);
        uint256 capacity = (blocks - 1) * ROOM;
        if (gas > capacity) revert ForcedCapacity(gas, capacity);
        c.next += uint48(count);
        then = QueueHead(c.next, _forced.accBefore(c, c.next));
        _forced.cursor = c;
    }

    /// Whether a batch has to take the first `count` deposits. If so, it has to take fewer, too.
    function _isDepositDue(Cursor memory c, uint256 count) private view returns (bool) {
        if (count > c.waiting() || count > MOST_DEPOSITS) return false;
        return block.timestamp > _deposits.time(c, c.next + count - 1) + FORCED_WAIT;
    }

    /// Whether a batch has to take the first `count` forced transactions. If so, fewer, too.
    function _isForcedDue(Cursor memory c, uint256 count) private view returns (bool) {
        if (count > c.waiting() || count > MOST_FORCED) return false;
        uint256 time = _forced.mark(c, c.next + count - 1).time;
        if (block.timestamp <= time + FORCED_WAIT) return false;
        (uint256 size, uint256 gas) = _held(c, count);
        return size <= MAX_FORCED_BYTES && gas <= ROOM;
    }

    /// Bytes and gas of the first `count` forced transactions that wait.
    function _held(Cursor memory c, uint256 count)
        private
        view
        returns (uint256 size, uint256 gas)
    {
        if (count == 0) return (0, 0);
        Mark memory first = _forced.markBefore(c, c.next);
        Mark memory last = _forced.mark(c, c.next + count - 1);
        return (last.size - first.size, last.gas - first.gas);
    }

    function _depositDuty(Cursor memory c) private view returns (uint256) {
        return _greatest(c, MOST_DEPOSITS, _isDepositDue);
    }

    function _forcedDuty(Cursor memory c) private view returns (uint256) {
        return _greatest(c, MOST_FORCED, _isForcedDue);
    }

    /// The greatest number up to `most` that is due, by bisection.
    function _greatest(
        Cursor memory c,
        uint256 most,
        function(Cursor memory, uint256) view returns (bool) isDue
    ) private view returns (uint256 low) {
        while (low < most) {
            uint256 middle = (low + most + 1) / 2;
            if (isDue(c, middle)) low = middle;
            else most = middle - 1;
        }
    }

    function _refund(uint256 amount) private {
        bool paid;
        // Takes no return data, whatever the caller has to say.
        assembly ("memory-safe") {
            paid := call(gas(), caller(), amount, 0, 0, 0, 0)
        }
        if (!paid) revert RefundFailed(amount);
    }
}
