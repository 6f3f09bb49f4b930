// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

/// How far a queue has been filled and consumed, and where its entries lie.
///
/// Entries lie in two shelves, side by side. New ones go to one shelf, from its first place on;
/// older ones wait on the other. As soon as the other shelf is not needed any more, the shelves
/// change roles. So places are written again and again, which costs a fifth of a fresh one,
/// and still no number of waiting entries is too large: a queue cannot be full.
struct Cursor {
    /// The next entry to consume.
    uint48 next;
    /// The entry to come.
    uint48 end;
    /// The first entry of the shelf that waits.
    uint48 older;
    /// The first entry of the shelf that is filled. Those before lie on the other.
    uint48 newer;
    /// Which shelf is filled.
    bool second;
}

library Cursors {
    error NotWaiting(uint256 index, uint256 next, uint256 end);

    /// Where the new entry, `end - 1` from now on, is to be written.
    function push(Cursor memory c) internal pure returns (uint256 place) {
        // The last consumed entry is needed, for its accumulator: it must not lie on the shelf
        // that is written over.
        if (c.next > c.newer) {
            c.older = c.newer;
            c.newer = c.end;
            c.second = !c.second;
        }
        place = _place(c.second, c.end - c.newer);
        ++c.end;
    }

    /// Where an entry is, from the last consumed one on: `next - 1 <= index < end`.
    function placeOf(Cursor memory c, uint256 index) internal pure returns (uint256) {
        return
            index >= c.newer
                ? _place(c.second, index - c.newer)
                : _place(!c.second, index - c.older);
    }

    function requireWaiting(Cursor memory c, uint256 index) internal pure {
        if (index < c.next || index >= c.end) revert NotWaiting(index, c.next, c.end);
    }

    function waiting(Cursor memory c) internal pure returns (uint256) {
        return c.end - c.next;
    }

    /// The same place on the other shelf is 2^64 further.
    function _place(bool second, uint256 offset) private pure returns (uint256) {
        return offset | (second ? 1 << 64 : 0);
    }
}

/// Deposits wait here for a batch.
struct DepositQueue {
    Cursor cursor;
    /// The accumulator after the entry at a place.
    mapping(uint256 place => bytes32) accs;
    /// When the entry came, four to a slot.
    mapping(uint256 group => uint256) times;
}

library DepositQueues {
    using Cursors for Cursor;

    bytes32 private constant TAG = keccak256("tern.deposit.v1");

    function push(DepositQueue storage q, address to, uint64 amount)
        internal
        returns (uint64 index, bytes32 acc)
    {
        Cursor memory c = q.cursor;
        index = c.end;
        acc = keccak256(abi.encodePacked(TAG, accBefore(q, c, index), to, amount));
        uint256 place = c.push();
        q.accs[place] = acc;
        uint256 shift = 64 * (place & 3);
        uint256 others = q.times[place >> 2] & ~(uint256(type(uint64).max) << shift);
        q.times[place >> 2] = others | (block.timestamp << shift);
        q.cursor = c;
    }

    /// The accumulator over all entries before `index`, which is not consumed.
    function accBefore(DepositQueue storage q, Cursor memory c, uint256 index)
        internal
        view
        returns (bytes32)
    {
        return index == 0 ? bytes32(0) : q.accs[c.placeOf(index - 1)];
    }

    /// When a waiting entry came.
    function time(DepositQueue storage q, Cursor memory c, uint256 index)
        internal
        view
        returns (uint256)
    {
        uint256 place = c.placeOf(index);
        return uint64(q.times[place >> 2] >> (64 * (place & 3)));
    }
}

/// When a forced transaction came, and what the queue has held up to it and with it, ever.
struct Mark {
    uint40 time;
    uint80 size;
    uint112 gas;
}

/// Forced transactions wait here for a batch.
struct ForcedQueue {
    Cursor cursor;
    mapping(uint256 place => bytes32) accs;
    mapping(uint256 place => Mark) marks;
}

library ForcedQueues {
    using Cursors for Cursor;

    bytes32 private constant TAG = keccak256("tern.forced.v1");

    function push(ForcedQueue storage q, bytes32 rawHash, uint256 size, uint64 gas)
        internal
        returns (uint64 index, bytes32 acc)
    {
        Cursor memory c = q.cursor;
        index = c.end;
        acc = keccak256(abi.encodePacked(TAG, accBefore(q, c, index), gas, rawHash));
        Mark memory m = markBefore(q, c, index);
        m.time = uint40(block.timestamp);
        m.size += uint80(size);
        m.gas += gas;
        uint256 place = c.push();
        q.accs[place] = acc;
        q.marks[place] = m;
        q.cursor = c;
    }

    function accBefore(ForcedQueue storage q, Cursor memory c, uint256 index)
        internal
        view
        returns (bytes32)
    {
        return index == 0 ? bytes32(0) : q.accs[c.placeOf(index - 1)];
    }

    /// What the queue has held before `index`, which is not consumed.
    function markBefore(ForcedQueue storage q, Cursor memory c, uint256 index)
        internal
        view
        returns (Mark memory m)
    {
        if (index != 0) m = q.marks[c.placeOf(index - 1)];
    }

    function mark(ForcedQueue storage q, Cursor memory c, uint256 index)
        internal
        view
        returns (Mark memory)
    {
        return q.marks[c.placeOf(index)];
    }
}
