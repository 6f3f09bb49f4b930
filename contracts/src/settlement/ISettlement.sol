// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Terms} from "../factory/Params.sol";
import {BatchAcc, Claim, ClaimId, Lane, LaneVersion} from "../types/Types.sol";
import {Verdict} from "./Rule.sol";

/// What settlement keeps of a content: the votes it holds, by version, zero for none.
struct Content {
    LaneVersion zk;
    LaneVersion tee;
    LaneVersion op;
    LaneVersion zk2;
    /// The first vote that starts windows; zero before.
    uint40 firstVoteAt;
    /// Zero until it is final.
    uint40 finalAt;
    /// Proposals of it, so far.
    uint32 proposals;
    bool known;
}

enum ProposalState {
    None,
    /// It may be challenged, and may come to stand.
    Live,
    /// It stood its window: the optimistic lane's vote.
    Stood,
    /// A match was lost.
    Lost,
    /// Taken back, or its content reached its end.
    Closed
}

struct Proposal {
    address proposer;
    uint40 proposedAt;
    LaneVersion opVersion;
    uint16 terms;
    uint16 openMatches;
    ProposalState state;
}

/// The last final block.
struct Head {
    bytes32 point;
    uint64 batches;
    uint64 blockNumber;
    uint40 finalAt;
    /// When finality last resumed after a stall; zero if never.
    uint40 stallEndedAt;
}

/// When each lane last voted, and since when it has voted without a gap as long as the
/// heartbeat.
struct Pulse {
    uint40 zk;
    uint40 zkSince;
    uint40 tee;
    uint40 op;
    uint40 zk2;
    uint40 zk2Since;
}

/// Two chains of claims that cannot both be right. They agree on the block `commonNumber`
/// (the parent of the first claim, or a checkpoint in it) and differ at `differNumber`, a
/// checkpoint in the last claim of each. Two claims with equal inputs and different outcomes
/// need no paths: then everything but `a` and `b` is empty.
struct Conflict {
    Claim[] a;
    Claim[] b;
    bytes32 common;
    uint64 commonNumber;
    bytes32[] commonPathA;
    bytes32[] commonPathB;
    uint64 differNumber;
    bytes32 hashA;
    bytes32 hashB;
    bytes32[] pathA;
    bytes32[] pathB;
}

interface ISettlement {
    function inbox() external view returns (address);
    function registry() external view returns (address);
    function powers() external view returns (address);

    function head() external view returns (Head memory);
    function pulse() external view returns (Pulse memory);
    /// Whether batches wait for finality longer than they should, and when the last such time
    /// ended. Before the first finality, time counts from deployment.
    function stall() external view returns (bool stalled, uint40 endedAt);
    function content(ClaimId id) external view returns (Content memory);
    function proposal(ClaimId id, uint32 number) external view returns (Proposal memory);
    function termsAt(uint16 index) external view returns (Terms memory);
    function currentTerms() external view returns (uint16 index, Terms memory);
    /// What the rule says of the votes that count now.
    function verdict(ClaimId id) external view returns (Verdict);
    /// Whether the claim conflicts with the final head and can never be final.
    function isDead(Claim calldata claim) external view returns (bool);
    function credit(address who) external view returns (uint256);
    function burned() external view returns (uint256);

    // Open to everyone.
    function propose(Claim calldata claim) external payable returns (ClaimId, uint32 number);
    function proposeOn(Claim calldata claim, Claim calldata parent)
        external
        payable
        returns (ClaimId, uint32 number);
    function vote(Lane lane, Claim calldata claim, bytes calldata proof)
        external
        returns (bool isFinal);
    function stand(Claim calldata claim, uint32 number) external returns (bool isFinal);
    function finalize(Claim calldata claim) external;
    function contradict(Lane lane, Conflict calldata conflict) external;
    function contradictFinal(Conflict calldata conflict) external;
    function reclaim(Claim calldata claim, uint32 number) external;
    function withdrawCredit(address payable to) external;

    // Only the games of the proposal's optimistic version.
    function matchOpened(Claim calldata claim, uint32 number) external;
    function matchClosed(ClaimId id, uint32 number, bool defended, address challenger) external;

    // Only `CouncilPowers`.
    function arbitrate(Conflict calldata conflict, bool chooseOp) external;
    // Only governance's timelock.
    function setTerms(Terms calldata terms) external;
}
