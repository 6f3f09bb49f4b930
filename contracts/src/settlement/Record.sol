// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Lane, LaneVersion} from "../types/Types.sol";

/// A content as settlement stores it, in one word: what `Content` says, and two facts that
/// save reading other slots.
type Record is uint256;

using RecordLib for Record global;

/// From the lowest bit: 16 for each lane's vote, in the order of `Lane`; 40 for the first vote
/// that starts windows; 40 for finality; 32 for the number of proposals; 64 for the number of
/// batches up to the claim's last, never zero once the content is known; one for whether it was
/// the first known of its inputs.
library RecordLib {
    uint256 private constant FIRST_VOTE = 64;
    uint256 private constant FINAL = 104;
    uint256 private constant PROPOSALS = 144;
    uint256 private constant BATCHES = 176;
    uint256 private constant IS_FIRST = 240;

    function vote(Record r, Lane lane) internal pure returns (LaneVersion) {
        return LaneVersion.wrap(uint16(Record.unwrap(r) >> uint256(lane) * 16));
    }

    function firstVoteAt(Record r) internal pure returns (uint40) {
        return uint40(Record.unwrap(r) >> FIRST_VOTE);
    }

    /// Zero until it is final.
    function finalAt(Record r) internal pure returns (uint40) {
        return uint40(Record.unwrap(r) >> FINAL);
    }

    function proposals(Record r) internal pure returns (uint32) {
        return uint32(Record.unwrap(r) >> PROPOSALS);
    }

    function batches(Record r) internal pure returns (uint64) {
        return uint64(Record.unwrap(r) >> BATCHES);
    }

    function isKnown(Record r) internal pure returns (bool) {
        return batches(r) != 0;
    }

    function isFirst(Record r) internal pure returns (bool) {
        return Record.unwrap(r) >> IS_FIRST & 1 == 1;
    }

    /// No verdict is final with fewer.
    function hasTwoVotes(Record r) internal pure returns (bool) {
        uint256 votes = 0;
        for (uint256 i = 0; i < 4; ++i) {
            if (LaneVersion.unwrap(vote(r, Lane(i))) != 0) ++votes;
        }
        return votes > 1;
    }

    /// Puts a vote in the place of an older version's.
    function withVote(Record r, Lane lane, LaneVersion version) internal pure returns (Record) {
        uint256 shift = uint256(lane) * 16;
        uint256 cleared = Record.unwrap(r) & ~(uint256(type(uint16).max) << shift);
        return Record.wrap(cleared | uint256(LaneVersion.unwrap(version)) << shift);
    }

    // The rest is written once, in the place of zeros.

    function withFirstVoteAt(Record r, uint40 time) internal pure returns (Record) {
        return Record.wrap(Record.unwrap(r) | uint256(time) << FIRST_VOTE);
    }

    function withFinalAt(Record r, uint40 time) internal pure returns (Record) {
        return Record.wrap(Record.unwrap(r) | uint256(time) << FINAL);
    }

    function admitted(uint64 count, bool first) internal pure returns (Record) {
        return Record.wrap(uint256(count) << BATCHES | (first ? 1 << IS_FIRST : 0));
    }

    /// One more than before; a panic after the last number, which nobody can pay to reach.
    function withProposal(Record r) internal pure returns (Record) {
        uint256 cleared = Record.unwrap(r) & ~(uint256(type(uint32).max) << PROPOSALS);
        return Record.wrap(cleared | uint256(proposals(r) + 1) << PROPOSALS);
    }
}
