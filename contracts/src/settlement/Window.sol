// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

/// When a proposal may be challenged: from the later of its day and the first vote for its
/// content, so that nobody ages a claim in the dark; nothing starts it again.
library Window {
    /// Zero before the content's first vote: then the window has not started.
    function start(uint40 proposedAt, uint40 firstVoteAt) internal pure returns (uint40) {
        if (firstVoteAt == 0) return 0;
        return firstVoteAt > proposedAt ? firstVoteAt : proposedAt;
    }

    /// The first second after a window that has started.
    function end(uint40 proposedAt, uint40 firstVoteAt, uint40 length)
        internal
        pure
        returns (uint40)
    {
        return start(proposedAt, firstVoteAt) + length;
    }
}
