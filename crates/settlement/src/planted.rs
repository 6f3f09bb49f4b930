//! What the planted faults do where a condition alone is not enough. Nothing here does
//! anything in a state that was made by `State::new`.

use tern_protocol::{Claim, ClaimId};

use crate::{DevFault, Inputs, Lane, LaneVersion, Outcome, Point, ProposalState, Seconds, State};

impl State {
    pub(crate) fn follows_by_fault(&self, claim: &Claim) -> bool {
        if self.has(DevFault::SkipBatches) {
            let first = self.inbox.batches_at(claim.first_batch);
            return first.is_some_and(|first| first > self.head.batches);
        }
        self.has(DevFault::LastApprovalWins)
            && self.contents.values().any(|content| {
                content.final_at.is_some()
                    && Inputs::of(&content.claim) == Inputs::of(claim)
                    && Point::end(&content.claim) == self.head.point
            })
    }

    pub(crate) fn reset_rivals(&mut self, now: Seconds, claim: &Claim, id: ClaimId) {
        if !self.has(DevFault::RivalResetsWindow) {
            return;
        }
        let rivals = self.contents.iter_mut().filter(|(rival, content)| {
            **rival != id && Inputs::of(&content.claim) == Inputs::of(claim)
        });
        for (_, content) in rivals {
            content.first_vote_at = content.first_vote_at.map(|_| now);
        }
    }

    pub(crate) fn end_all(&mut self, id: ClaimId, outcome: &mut Outcome) {
        let Some(content) = self.contents.get(&id) else { return };
        let mut burned = 0;
        for proposal in content.proposals.iter().filter(|p| p.state == ProposalState::Live) {
            burned += self.terms_of(proposal).proposer_bond;
        }
        self.money.burn(burned, outcome);
        let proposals = self.contents.get_mut(&id).into_iter();
        for proposal in proposals.flat_map(|content| &mut content.proposals) {
            if proposal.state == ProposalState::Live {
                proposal.state = ProposalState::Lost;
            }
        }
    }

    pub(crate) fn chosen(&self, id: ClaimId, claim: Claim, zk: ClaimId) -> (ClaimId, Claim) {
        let third = |(other, content): (&ClaimId, &crate::Content)| {
            let rival = Inputs::of(&content.claim) == Inputs::of(&claim);
            (rival && *other != id && *other != zk).then_some((*other, content.claim))
        };
        let found = self.contents.iter().find_map(third);
        found.filter(|_| self.has(DevFault::CouncilPicksThird)).unwrap_or((id, claim))
    }

    pub(crate) fn undo_finality(&mut self, lane: Lane, version: LaneVersion) {
        if self.has(DevFault::FreezeUndoesFinality) {
            let voted = self.contents.values_mut().filter(|c| c.vote(lane) == Some(version));
            voted.for_each(|content| content.final_at = None);
        }
    }
}
