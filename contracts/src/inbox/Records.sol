// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {BatchAcc} from "../types/Types.sol";

/// A queue's next entry, and the accumulator over those before it.
struct QueueHead {
    uint64 next;
    bytes32 acc;
}

/// The two queues before and after a batch.
struct QueueHeads {
    QueueHead depositsBefore;
    QueueHead depositsAfter;
    QueueHead forcedBefore;
    QueueHead forcedAfter;
}

/// The one hash that L1 keeps of a batch: `spec/batch.md`.
library Records {
    bytes32 private constant TAG = keccak256("tern.batch.v1");

    function acc(bytes32 parent, bytes32 headerHash, uint64 firstBlock, QueueHeads memory q)
        internal
        pure
        returns (BatchAcc)
    {
        bytes memory queues = abi.encodePacked(
            q.depositsBefore.next,
            q.depositsBefore.acc,
            q.depositsAfter.next,
            q.depositsAfter.acc,
            q.forcedBefore.next,
            q.forcedBefore.acc,
            q.forcedAfter.next,
            q.forcedAfter.acc
        );
        return
            BatchAcc.wrap(keccak256(abi.encodePacked(TAG, parent, headerHash, firstBlock, queues)));
    }
}
