//! What people are told about a claim: the same words as `contracts/src/settlement/Status.sol`.

use tern_protocol::{Claim, ClaimId, rule::Verdict};

use crate::{Content, Lane, Point, Proposal, ProposalState, Seconds, State};

/// Where a claim is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Nobody proposed it or voted for it.
    Unknown,
    /// It does not start at the head: something before it is not final.
    Pending,
    /// It starts at the head.
    Voting,
    /// It is final.
    Final,
    /// It conflicts with what is final.
    Dead,
}

/// What stands between a claim and finality.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Nothing, or nothing can help.
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
    /// Matches are open.
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
    NeedsFinalize,
}

/// What somebody can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Next {
    /// Nothing.
    None,
    /// Propose it.
    Propose,
    /// Bring a lane's vote.
    Vote,
    /// Let the proposal stand.
    Stand,
    /// Finalise it.
    Finalize,
    /// Wait.
    Wait,
    /// Take the bond back.
    Reclaim,
}

/// The answer about one claim and one proposal of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Status {
    /// Where it is.
    pub stage: Stage,
    /// What is in the way.
    pub reason: Reason,
    /// When the next action can first succeed, as things stand now; none if it can already, or
    /// if that is not a matter of time.
    pub earliest: Option<Seconds>,
    /// What to do.
    pub next: Next,
}

impl State {
    /// What stands between a claim and finality. `number` is the proposal that is asked about;
    /// without one, any number.
    pub fn status(&self, now: Seconds, claim: &Claim, number: u32) -> Status {
        let id = self.id(claim);
        let content = self.contents.get(&id);
        let proposal = content.and_then(|content| content.proposals.get(number as usize));
        let (stage, is_ours) = self.stage(claim, content);
        let (reason, earliest, next) = match (stage, content) {
            (Stage::Final | Stage::Dead, _) => {
                let held = proposal.is_some_and(|p| p.state == ProposalState::Live);
                (Reason::None, None, if held { Next::Reclaim } else { Next::None })
            }
            (Stage::Pending | Stage::Voting, Some(content)) => {
                self.next(now, id, stage, content, proposal)
            }
            _ if is_ours => (Reason::AwaitsVotes, None, Next::Propose),
            _ => (Reason::None, None, Next::None),
        };
        Status { stage, reason, earliest, next }
    }

    /// Where it is, and whether the inbox knows the claim's range.
    fn stage(&self, claim: &Claim, content: Option<&Content>) -> (Stage, bool) {
        if content.is_some_and(|content| content.final_at.is_some()) {
            return (Stage::Final, true);
        }
        let at_head = Point::start(claim) == self.head.point;
        let range = self.inbox.range(claim.first_batch, claim.last_batch);
        let ranged = range.is_some_and(|range| range.from_batches < range.to_batches);
        match content {
            _ if !at_head && !ranged => (Stage::Unknown, false),
            _ if !at_head && self.is_off_head(claim) => (Stage::Dead, true),
            None => (Stage::Unknown, true),
            Some(_) if at_head => (Stage::Voting, true),
            Some(_) => (Stage::Pending, true),
        }
    }

    fn next(
        &self,
        now: Seconds,
        id: ClaimId,
        stage: Stage,
        content: &Content,
        proposal: Option<&Proposal>,
    ) -> (Reason, Option<Seconds>, Next) {
        let verdict = self.verdict(id, now);
        if verdict == Verdict::Final {
            return match stage {
                Stage::Voting => (Reason::NeedsFinalize, None, Next::Finalize),
                _ => (Reason::AwaitsParent, None, Next::Wait),
            };
        }
        let live = proposal.filter(|proposal| proposal.state == ProposalState::Live);
        let Some(proposal) = live else { return self.next_vote(verdict, content) };
        let seat = self.registry.seat(Lane::Op);
        if !seat.is_some_and(|seat| seat.version == proposal.version && !seat.frozen) {
            return match proposal.open_matches {
                0 => (Reason::VersionOver, None, Next::Reclaim),
                _ => (Reason::MatchesOpen, None, Next::Wait),
            };
        }
        match self.window(content, proposal) {
            // Without a vote that counts, standing would not be enough.
            None => self.next_vote(verdict, content),
            Some(_) if verdict == Verdict::NoVote => self.next_vote(verdict, content),
            Some((_, over)) if now < over => (Reason::WindowOpen, Some(over), Next::Wait),
            Some(_) if proposal.open_matches != 0 => (Reason::MatchesOpen, None, Next::Wait),
            Some(_) => (Reason::OpNotStood, None, Next::Stand),
        }
    }

    /// Which vote would help, and who can still give it.
    fn next_vote(&self, verdict: Verdict, content: &Content) -> (Reason, Option<Seconds>, Next) {
        let can = |lane: Lane| {
            let seat = self.registry.seat(lane);
            seat.is_some_and(|seat| !seat.frozen && content.vote(lane) != Some(seat.version))
        };
        let can_vote = can(Lane::Zk) || can(self.second_lane());
        let can_propose = can(Lane::Op);
        let contradicted = Lane::ALL.into_iter().any(|lane| {
            let seat = self.registry.seat(lane).filter(|seat| seat.frozen);
            seat.is_some_and(|seat| content.vote(lane) == Some(seat.version))
        });
        let reason = match verdict {
            _ if contradicted => Reason::Contradiction,
            _ if !can_vote && !can_propose => Reason::LaneFrozen,
            Verdict::NoVote => Reason::AwaitsVotes,
            Verdict::OnProbation => Reason::OnProbation,
            _ => Reason::AwaitsSecond,
        };
        let next = match content.first_vote_at {
            _ if can_vote => Next::Vote,
            Some(_) if can_propose => Next::Propose,
            _ => Next::Wait,
        };
        (reason, None, next)
    }
}
