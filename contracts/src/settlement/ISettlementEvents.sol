// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Terms} from "../factory/Params.sol";
import {Claim, ClaimId, Lane, LaneVersion} from "../types/Types.sol";

/// All that changes in settlement: enough to rebuild its state, every claim included.
interface ISettlementEvents {
    /// A content became known, once. `inputs` finds its rivals.
    event Known(ClaimId indexed id, bytes32 indexed inputs, Claim claim);
    event Proposed(
        ClaimId indexed id,
        uint32 number,
        address indexed proposer,
        LaneVersion opVersion,
        uint16 terms
    );
    event Voted(ClaimId indexed id, Lane indexed lane, LaneVersion version);
    /// The first vote that starts windows.
    event WindowsStart(ClaimId indexed id, uint40 time);
    event Stood(ClaimId indexed id, uint32 number, LaneVersion opVersion);
    event Reclaimed(ClaimId indexed id, uint32 number);
    event MatchOpened(ClaimId indexed id, uint32 number, uint16 open);
    event MatchClosed(ClaimId indexed id, uint32 number, bool defended, uint16 open);
    event Lost(ClaimId indexed id, uint32 number, address indexed challenger);
    event Final(ClaimId indexed id, bytes32 blockHash, uint64 indexed blockNumber, uint64 batches);
    /// Finality came back after a time that counted as stalled.
    event StallEnded(uint40 time);
    /// The version holds votes that cannot both be right. `a` and `b` are the last claims.
    event Contradicted(Lane indexed lane, LaneVersion indexed version, ClaimId a, ClaimId b);
    event Condemned(LaneVersion indexed version, uint256 revoked, uint256 total);
    event Arbitrated(ClaimId indexed zk, ClaimId indexed op, bool choseOp);
    event Credited(address indexed who, uint256 amount);
    event Paid(address indexed who, address indexed to, uint256 amount);
    event Burned(uint256 amount);
    event TermsSet(uint16 indexed index, Terms terms);
}
