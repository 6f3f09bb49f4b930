// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IInbox} from "../inbox/IInbox.sol";
import {Claims} from "../types/Claims.sol";
import {Claim, ClaimId, Lane, LaneVersion} from "../types/Types.sol";
import {Board} from "./Board.sol";
import {ILaneRegistry} from "./ILaneRegistry.sol";
import {Content, ISettlement, Proposal, ProposalState} from "./ISettlement.sol";
import {Phase, Verdict} from "./Rule.sol";
import {Window} from "./Window.sol";

enum State {
    /// Nobody proposed it or voted for it.
    Unknown,
    /// It does not start at the head: something before it is not final.
    Pending,
    /// It starts at the head.
    Voting,
    Final,
    /// It conflicts with what is final.
    Dead
}

/// What stands between a claim and finality.
enum Reason {
    None,
    /// The rule is met; a claim before it is not final.
    AwaitsParent,
    /// No vote counts.
    AwaitsVotes,
    /// One lane agrees, a second is needed.
    AwaitsSecond,
    /// Two lanes agree, none of them in good standing and trust-minimised.
    OnProbation,
    /// The proposal may still be challenged.
    WindowOpen,
    MatchesOpen,
    /// The proposal stood its window, nobody said so yet.
    OpNotStood,
    /// The lanes that could vote have no version, or a frozen one.
    LaneFrozen,
    /// A lane that voted for it contradicted itself.
    Contradiction,
    /// The optimistic version of the proposal was replaced or is frozen.
    VersionOver,
    /// All is done but the call.
    NeedsFinalize
}

enum Action {
    None,
    Propose,
    Vote,
    Stand,
    Finalize,
    Wait,
    Reclaim
}

/// What people are told about a claim. Keeps nothing, serves every settlement contract, and
/// decides nothing: interfaces show its answer and compute none of their own.
///
/// It answers for every claim, also for one that no inbox knows. Caution: where the answer of
/// the hardware lane matters, a call with less than some 200,000 gas is refused with
/// `TooLittleGas`.
contract Status {
    /// All that the answer depends on.
    struct Facts {
        Content content;
        Proposal proposal;
        Verdict verdict;
        Board board;
        Lane second;
        State state;
    }

    /// `number` is the proposal of this claim that is asked about; without one, any number.
    /// `earliestTime` is when the next action can first succeed, as things stand now; zero if
    /// that is already, or not a matter of time.
    function claim(ISettlement settlement, Claim calldata subject, uint32 number)
        external
        view
        returns (State state, Reason blockingReason, uint64 earliestTime, Action nextAction)
    {
        ClaimId id = Claims.id(subject, address(settlement));
        Facts memory f;
        f.content = settlement.content(id);
        f.proposal = settlement.proposal(id, number);
        bool isOurs;
        (f.state, isOurs) = _state(settlement, subject, f.content);
        if (f.state == State.Final || f.state == State.Dead) {
            bool isHeld = f.proposal.state == ProposalState.Live;
            return (f.state, Reason.None, 0, isHeld ? Action.Reclaim : Action.None);
        }
        if (f.state == State.Unknown) {
            return isOurs
                ? (f.state, Reason.AwaitsVotes, 0, Action.Propose)
                : (f.state, Reason.None, 0, Action.None);
        }

        f.verdict = settlement.verdict(id);
        f.board = ILaneRegistry(settlement.registry()).boardWord();
        f.second = f.board.phase() == Phase.Retired ? Lane.Zk2 : Lane.Tee;
        uint40 length = settlement.termsAt(f.proposal.terms).window;
        (blockingReason, earliestTime, nextAction) = _next(f, length);
        return (f.state, blockingReason, earliestTime, nextAction);
    }

    /// `isOurs` is whether the inbox knows the claim's range.
    function _state(ISettlement settlement, Claim calldata subject, Content memory content)
        private
        view
        returns (State, bool isOurs)
    {
        if (content.finalAt != 0) return (State.Final, true);
        if (!content.known) {
            try IInbox(settlement.inbox()).range(subject.firstBatch, subject.lastBatch) {}
            catch {
                return (State.Unknown, false);
            }
        }
        if (settlement.isDead(subject)) return (State.Dead, true);
        if (!content.known) return (State.Unknown, true);
        bytes32 start = Claims.point(subject.parentBlock, subject.firstBatch);
        bool atHead = start == settlement.head().point;
        return (atHead ? State.Voting : State.Pending, true);
    }

    function _next(Facts memory f, uint40 length)
        private
        view
        returns (Reason, uint64 earliest, Action)
    {
        if (f.verdict == Verdict.Final) {
            return f.state == State.Voting
                ? (Reason.NeedsFinalize, 0, Action.Finalize)
                : (Reason.AwaitsParent, 0, Action.Wait);
        }
        if (f.proposal.state == ProposalState.Live && !_mayStand(f)) {
            return f.proposal.openMatches == 0
                ? (Reason.VersionOver, 0, Action.Reclaim)
                : (Reason.MatchesOpen, 0, Action.Wait);
        }
        // Without a vote, standing would not be enough. Nor is there a window while the only vote
        // is a second ZK's from before its phase.
        if (
            f.verdict == Verdict.NoVote || f.proposal.state != ProposalState.Live
                || f.content.firstVoteAt == 0
        ) return _nextVote(f);
        uint40 end = Window.end(f.proposal.proposedAt, f.content.firstVoteAt, length);
        if (block.timestamp < end) return (Reason.WindowOpen, end, Action.Wait);
        if (f.proposal.openMatches != 0) return (Reason.MatchesOpen, 0, Action.Wait);
        return (Reason.OpNotStood, 0, Action.Stand);
    }

    /// Which vote would help, and who can still give it.
    function _nextVote(Facts memory f) private pure returns (Reason reason, uint64, Action) {
        bool canVote = _canVote(f, Lane.Zk, f.content.zk)
            || _canVote(f, f.second, f.second == Lane.Tee ? f.content.tee : f.content.zk2);
        bool canPropose = _canVote(f, Lane.Op, f.content.op);

        if (_contradicted(f)) reason = Reason.Contradiction;
        else if (!canVote && !canPropose) reason = Reason.LaneFrozen;
        else if (f.verdict == Verdict.NoVote) reason = Reason.AwaitsVotes;
        else if (f.verdict == Verdict.OnProbation) reason = Reason.OnProbation;
        else reason = Reason.AwaitsSecond;

        if (canVote) return (reason, 0, Action.Vote);
        // A window starts only with another lane's vote.
        bool helps = canPropose && f.content.firstVoteAt != 0;
        return (reason, 0, helps ? Action.Propose : Action.Wait);
    }

    function _mayStand(Facts memory f) private pure returns (bool) {
        return f.proposal.opVersion == f.board.version(Lane.Op) && !f.board.frozen(Lane.Op);
    }

    function _canVote(Facts memory f, Lane lane, LaneVersion voted) private pure returns (bool) {
        LaneVersion version = f.board.version(lane);
        return LaneVersion.unwrap(version) != 0 && version != voted && !f.board.frozen(lane);
    }

    function _contradicted(Facts memory f) private pure returns (bool) {
        return _frozenVote(f, Lane.Zk, f.content.zk) || _frozenVote(f, Lane.Tee, f.content.tee)
            || _frozenVote(f, Lane.Op, f.content.op) || _frozenVote(f, Lane.Zk2, f.content.zk2);
    }

    function _frozenVote(Facts memory f, Lane lane, LaneVersion voted) private pure returns (bool) {
        return
            LaneVersion.unwrap(voted) != 0 && voted == f.board.version(lane) && f.board.frozen(lane);
    }
}
