//! Settlement's calls.

use tern_protocol::{
    Address, BlockNumber, Claim, ClaimId,
    rule::{Phase, Verdict},
};

use crate::{
    Call, Caller, Content, DevFault, Event, Lane, Outcome, Point, Proof, Proposal, ProposalState,
    Refusal, Seconds, State, Wei, World,
};

pub(crate) type Done = Result<Outcome, Refusal>;

/// The most blocks of a claim.
const MAX_BLOCKS: u64 = tern_protocol::MAX_CHECKPOINTS as u64;

impl State {
    /// A transaction at a time. Times must not go back from call to call. What is refused
    /// changes nothing.
    pub fn apply(&mut self, now: Seconds, by: Caller, call: &Call) -> Done {
        self.may(by, call)?;
        match call {
            Call::Propose { claim, parent, value } => {
                self.propose(now, by, claim, parent.as_ref(), *value)
            }
            Call::Vote { lane, claim, proof } => self.vote(now, *lane, claim, proof),
            Call::Stand { claim, number } => self.stand(now, claim, *number),
            Call::Finalize { claim } => self.finalize(now, claim),
            Call::Contradict { lane, conflict } => self.contradict(now, *lane, conflict),
            Call::ContradictFinal { conflict } => self.contradict_final(now, conflict),
            Call::Arbitrate { conflict, choose_op } => self.arbitrate(now, conflict, *choose_op),
            Call::MatchOpened { claim, number } => self.match_opened(now, by, claim, *number),
            Call::MatchClosed { id, number, defended, challenger } => {
                self.match_closed(by, *id, *number, *defended, *challenger)
            }
            Call::Reclaim { claim, number } => self.reclaim(now, claim, *number),
            Call::WithdrawCredit { to } => self.withdraw_credit(by, *to),
            Call::SetTerms(terms) => self.set_terms(*terms),
            Call::Schedule { lane, verifier } => self.schedule(now, *lane, *verifier),
            Call::Cancel { lane } => self.cancel(*lane),
            Call::Activate { lane } => self.activate(now, *lane),
            Call::InstallTee { verifier } => self.install_tee(now, *verifier),
            Call::EmergencyReplace { lane, verifier } => {
                self.emergency_replace(now, *lane, *verifier)
            }
            Call::AnnounceTeeRetirement => self.announce_tee_retirement(now),
            Call::RetireTee => self.retire_tee(now),
        }
    }

    /// Something happens around settlement.
    pub fn happen(&mut self, what: &World) {
        match what {
            World::Batch { acc, blocks } => self.inbox.push(*acc, *blocks),
            World::Revoked { verifier, platform } => {
                self.tee.entry(*verifier).or_default().revoked.insert(*platform);
            }
            World::Answers { verifier, answers } => {
                self.tee.entry(*verifier).or_default().silent = !answers;
            }
        }
    }

    fn may(&self, by: Caller, call: &Call) -> Result<(), Refusal> {
        match call {
            Call::Arbitrate { .. } if self.has(DevFault::AnyoneArbitrates) => Ok(()),
            Call::Arbitrate { .. }
            | Call::Schedule { .. }
            | Call::Cancel { .. }
            | Call::InstallTee { .. }
            | Call::EmergencyReplace { .. } => {
                Refusal::unless(by == Caller::Powers, Refusal::NotPowers)
            }
            Call::SetTerms(_) | Call::AnnounceTeeRetirement => {
                Refusal::unless(by == Caller::Timelock, Refusal::NotTimelock)
            }
            _ => Ok(()),
        }
    }

    fn propose(
        &mut self,
        now: Seconds,
        by: Caller,
        claim: &Claim,
        parent: Option<&Claim>,
        value: Wei,
    ) -> Done {
        let Caller::Account(proposer) = by else { return Err(Refusal::NotAccount) };
        if self.has(DevFault::RefusalKeepsBond) {
            self.money.received += value;
        }
        let id = self.admit(claim)?;
        self.check_alive(id, claim)?;
        let expected = self.current_terms().proposer_bond;
        Refusal::unless(value == expected, Refusal::WrongBond { got: value, expected })?;
        let seat = self.registry.seat(Lane::Op).ok_or(Refusal::EmptySeat(Lane::Op))?;
        Refusal::unless(!seat.frozen, Refusal::Frozen(Lane::Op, seat.version))?;
        self.check_parent(claim, parent)?;

        if !self.has(DevFault::RefusalKeepsBond) {
            self.money.received += value;
        }
        let terms = (self.terms.len() - 1) as u16;
        self.know(id, claim);
        self.reset_rivals(now, claim, id);
        let Some(content) = self.contents.get_mut(&id) else {
            return Err(Refusal::UnknownContent(id));
        };
        content.proposals.push(Proposal {
            proposer,
            proposed_at: now,
            version: seat.version,
            terms,
            open_matches: 0,
            state: ProposalState::Live,
        });
        Ok(vec![Event::Proposed(id, content.proposals.len() as u32 - 1)])
    }

    fn vote(&mut self, now: Seconds, lane: Lane, claim: &Claim, proof: &Proof) -> Done {
        let retired = self.registry.phase == Phase::Retired;
        let excused = self.has(DevFault::TeeAfterRetirement);
        Refusal::unless(lane != Lane::Op, Refusal::WrongLane(lane))?;
        let may_vote = lane != Lane::Tee || !retired || excused;
        Refusal::unless(may_vote, Refusal::TeeRetired)?;
        let seat = self.registry.seat(lane).ok_or(Refusal::EmptySeat(lane))?;
        Refusal::unless(!seat.frozen, Refusal::Frozen(lane, seat.version))?;
        let id = self.admit(claim)?;
        let held = self.contents.get(&id).and_then(|content| content.vote(lane));
        let again = held == Some(seat.version) && lane != Lane::Tee;
        Refusal::unless(!again, Refusal::AlreadyVoted(lane, seat.version))?;
        self.verify(lane, id, proof)?;

        self.know(id, claim);
        if let Some(content) = self.contents.get_mut(&id) {
            content.votes[lane as usize] = Some(seat.version);
            content.first_vote_at.get_or_insert(now);
        }
        self.beat(lane, now);
        let mut outcome = Vec::new();
        self.meet_rivals(now, lane, seat.version, claim, &mut outcome);
        if !self.has(DevFault::ApprovalWaits) {
            self.settle(now, id, claim, &mut outcome);
        }
        Ok(outcome)
    }

    fn stand(&mut self, now: Seconds, claim: &Claim, number: u32) -> Done {
        let id = self.id(claim);
        let (content, proposal) = self.live(id, number)?;
        if !self.has(DevFault::StandOnDead) {
            self.check_alive(id, claim)?;
        }
        let seat = self.registry.seat(Lane::Op).ok_or(Refusal::EmptySeat(Lane::Op))?;
        let (got, active) = (proposal.version, Some(seat.version));
        Refusal::unless(Some(got) == active, Refusal::NotActiveVersion { got, active })?;
        Refusal::unless(!seat.frozen, Refusal::Frozen(Lane::Op, seat.version))?;
        let (_, over) = self.window(content, proposal).ok_or(Refusal::NoWindow)?;
        Refusal::unless(now >= over, Refusal::WindowOpen(over))?;
        let open = proposal.open_matches;
        let settled = open == 0 || self.has(DevFault::StandWithOpenMatch);
        Refusal::unless(settled, Refusal::MatchesOpen(open))?;

        let mut outcome = Vec::new();
        self.end(id, number, ProposalState::Stood, &mut outcome);
        if let Some(content) = self.contents.get_mut(&id) {
            content.votes[Lane::Op as usize] = Some(seat.version);
        }
        self.beat(Lane::Op, now);
        self.meet_rivals(now, Lane::Op, seat.version, claim, &mut outcome);
        self.settle(now, id, claim, &mut outcome);
        Ok(outcome)
    }

    fn finalize(&mut self, now: Seconds, claim: &Claim) -> Done {
        let id = self.id(claim);
        let content = self.contents.get(&id).ok_or(Refusal::UnknownContent(id))?;
        Refusal::unless(content.final_at.is_none(), Refusal::AlreadyFinal(id))?;
        self.check_at_head(claim)?;
        let verdict = self.verdict(id, now);
        Refusal::unless(verdict == Verdict::Final, Refusal::NotFinal(id, verdict))?;
        let mut outcome = Vec::new();
        self.make_final(now, id, claim, &mut outcome);
        Ok(outcome)
    }

    fn match_opened(&mut self, now: Seconds, by: Caller, claim: &Claim, number: u32) -> Done {
        let id = self.id(claim);
        let (content, proposal) = self.live(id, number)?;
        self.check_games(by, id, number)?;
        self.check_alive(id, claim)?;
        let seat = self.registry.seat(Lane::Op).ok_or(Refusal::EmptySeat(Lane::Op))?;
        let (got, active) = (proposal.version, Some(seat.version));
        Refusal::unless(Some(got) == active, Refusal::NotActiveVersion { got, active })?;
        Refusal::unless(!seat.frozen, Refusal::Frozen(Lane::Op, seat.version))?;
        let (_, over) = self.window(content, proposal).ok_or(Refusal::NoWindow)?;
        Refusal::unless(now < over, Refusal::WindowOver(over))?;
        Refusal::unless(proposal.open_matches < u16::MAX, Refusal::TooManyMatches)?;
        if let Some(proposal) = self.proposal_mut(id, number) {
            proposal.open_matches += 1;
        }
        Ok(Vec::new())
    }

    fn match_closed(
        &mut self,
        by: Caller,
        id: ClaimId,
        number: u32,
        defended: bool,
        challenger: Address,
    ) -> Done {
        let proposal = self.proposal(id, number)?;
        Refusal::unless(proposal.open_matches > 0, Refusal::NoMatch)?;
        let lost_bond = self.terms_of(proposal).proposer_bond;
        self.check_games(by, id, number)?;
        let stays = self.has(DevFault::LostBondVanishes);
        let ends_all = self.has(DevFault::LostMatchEndsAll);
        let proposal = self.proposal_mut(id, number).ok_or(Refusal::NoProposal(id, number))?;
        proposal.open_matches -= 1;
        let mut outcome = Vec::new();
        if !defended && proposal.state == ProposalState::Live {
            proposal.state = ProposalState::Lost;
            let won = lost_bond / 2;
            if !stays {
                self.money.credit(challenger, won, &mut outcome);
            }
            self.money.burn(lost_bond - won, &mut outcome);
            if ends_all {
                self.end_all(id, &mut outcome);
            }
        }
        Ok(outcome)
    }

    fn reclaim(&mut self, now: Seconds, claim: &Claim, number: u32) -> Done {
        let id = self.id(claim);
        let (content, proposal) = self.live(id, number)?;
        let over = content.final_at.is_some() || self.is_off_head(claim);
        let quiet = proposal.open_matches == 0;
        let seat = self.registry.seat(Lane::Op);
        let versionless = !seat.is_some_and(|s| s.version == proposal.version && !s.frozen)
            && !self.has(DevFault::StrandedBond);
        let unvoted = content.first_vote_at.is_none()
            && now >= proposal.proposed_at + self.terms_of(proposal).window;
        let useless = over || quiet && (versionless || unvoted);
        Refusal::unless(useless, Refusal::StillNeeded)?;
        let mut outcome = Vec::new();
        self.end(id, number, ProposalState::Closed, &mut outcome);
        Ok(outcome)
    }

    fn withdraw_credit(&mut self, by: Caller, to: Address) -> Done {
        let Caller::Account(owner) = by else { return Err(Refusal::NotAccount) };
        let amount = self.money.credits.remove(&owner).ok_or(Refusal::NoCredit(owner))?;
        self.money.paid += amount;
        Ok(vec![Event::Paid(to, amount)])
    }

    /// Finds a content's proposal.
    pub fn proposal(&self, id: ClaimId, number: u32) -> Result<&Proposal, Refusal> {
        let content = self.contents.get(&id).ok_or(Refusal::UnknownContent(id))?;
        content.proposals.get(number as usize).ok_or(Refusal::NoProposal(id, number))
    }

    pub(crate) fn check_at_head(&self, claim: &Claim) -> Result<(), Refusal> {
        let head = self.head.point;
        let follows = Point::start(claim) == head || self.follows_by_fault(claim);
        Refusal::unless(follows, Refusal::NotAtHead(head))
    }

    /// The head moves on.
    pub(crate) fn make_final(
        &mut self,
        now: Seconds,
        id: ClaimId,
        claim: &Claim,
        outcome: &mut Outcome,
    ) {
        let stalled = self.is_stalled(now);
        let head = &mut self.head;
        if stalled {
            head.stall_ended_at = Some(now);
        }
        head.point = Point::end(claim);
        head.block_number = claim.block_number;
        head.batches = self.inbox.batches_at(claim.last_batch).unwrap_or(head.batches);
        head.final_at = now;
        if let Some(content) = self.contents.get_mut(&id) {
            content.final_at = Some(now);
        }
        outcome.push(Event::Final(id));
    }

    fn settle(&mut self, now: Seconds, id: ClaimId, claim: &Claim, outcome: &mut Outcome) {
        let open = self.contents.get(&id).is_some_and(|content| content.final_at.is_none());
        let at_head = self.check_at_head(claim).is_ok();
        if open && at_head && self.verdict(id, now) == Verdict::Final {
            self.make_final(now, id, claim, outcome);
        }
    }

    fn admit(&self, claim: &Claim) -> Result<ClaimId, Refusal> {
        let (got, expected) = (claim.config, self.rules.config);
        Refusal::unless(got == expected, Refusal::WrongConfig { got, expected })?;
        for acc in [claim.first_batch, claim.last_batch] {
            let known = self.inbox.batches_at(acc).is_some();
            Refusal::unless(known, Refusal::UnknownBatch(acc))?;
        }
        let range = self.inbox.range(claim.first_batch, claim.last_batch);
        let range = range.ok_or(Refusal::UnknownBatch(claim.last_batch))?;
        let (from, to) = (range.from_batches, range.to_batches);
        Refusal::unless(from < to, Refusal::EmptyRange { from, to })?;
        let (got, expected) = (claim.block_number, BlockNumber(range.to_block));
        Refusal::unless(got == expected, Refusal::WrongBlockNumber { got, expected })?;
        let blocks = range.to_block - range.from_block;
        Refusal::unless((1..=MAX_BLOCKS).contains(&blocks), Refusal::TooManyBlocks(blocks))?;
        let (got, expected) = (claim.parent_block, self.rules.genesis);
        let rooted = claim.first_batch != Default::default() || got == expected;
        Refusal::unless(rooted, Refusal::NotGenesis { got, expected })?;
        Ok(self.id(claim))
    }

    fn check_alive(&self, id: ClaimId, claim: &Claim) -> Result<(), Refusal> {
        let is_final = self.contents.get(&id).is_some_and(|c| c.final_at.is_some());
        Refusal::unless(!is_final, Refusal::AlreadyFinal(id))?;
        Refusal::unless(!self.is_off_head(claim), Refusal::Dead(id))
    }

    fn check_parent(&self, claim: &Claim, parent: Option<&Claim>) -> Result<(), Refusal> {
        let start = Point::start(claim);
        let Some(parent) = parent else {
            return Refusal::unless(start == self.head.point, Refusal::NoParent(start));
        };
        let id = self.id(parent);
        Refusal::unless(self.contents.contains_key(&id), Refusal::UnknownContent(id))?;
        Refusal::unless(!self.is_dead(parent), Refusal::Dead(id))?;
        Refusal::unless(Point::end(parent) == start, Refusal::NoParent(start))
    }

    /// A content that nobody spoke of before is the first of its inputs, or is not.
    fn know(&mut self, id: ClaimId, claim: &Claim) {
        self.contents.entry(id).or_insert_with(|| Content::new(*claim));
        self.first.entry(crate::Inputs::of(claim)).or_insert(id);
    }

    /// The answer of the lane's contract.
    fn verify(&mut self, lane: Lane, id: ClaimId, proof: &Proof) -> Result<(), Refusal> {
        let refused = Refusal::ProofRefused(lane);
        let verifier = self.registry.verifier(lane).ok_or(Refusal::EmptySeat(lane))?;
        match (lane, proof) {
            (Lane::Zk | Lane::Zk2, Proof::Valid) => Ok(()),
            (Lane::Tee, Proof::Signed(platforms)) => {
                let book = self.tee.get(&verifier.address);
                let revoked = |by| book.is_some_and(|book| book.revoked.contains(by));
                let fine = !platforms.is_empty() && !platforms.iter().any(revoked);
                Refusal::unless(fine, refused)?;
                let book = self.tee.entry(verifier.address).or_default();
                book.signed.entry(id).or_default().extend(platforms);
                Ok(())
            }
            _ => Err(refused),
        }
    }

    /// A proposal that may still come to something.
    fn live(&self, id: ClaimId, number: u32) -> Result<(&Content, &Proposal), Refusal> {
        let content = self.contents.get(&id).ok_or(Refusal::UnknownContent(id))?;
        let proposal = self.proposal(id, number)?;
        let live = proposal.state == ProposalState::Live;
        Refusal::unless(live, Refusal::NotLive(proposal.state))?;
        Ok((content, proposal))
    }

    fn proposal_mut(&mut self, id: ClaimId, number: u32) -> Option<&mut Proposal> {
        self.contents.get_mut(&id)?.proposals.get_mut(number as usize)
    }

    fn check_games(&self, by: Caller, id: ClaimId, number: u32) -> Result<(), Refusal> {
        let version = self.proposal(id, number)?.version;
        let games = self.registry.version(Lane::Op, version);
        let expected = games.ok_or(Refusal::EmptySeat(Lane::Op))?.verifier.address;
        Refusal::unless(by == Caller::Games(expected), Refusal::NotGames { expected })
    }

    /// A proposal ends with its bond going back.
    fn end(&mut self, id: ClaimId, number: u32, state: ProposalState, outcome: &mut Outcome) {
        let again = self.has(DevFault::ReclaimPaysTwice) && state == ProposalState::Closed;
        let Ok(proposal) = self.proposal(id, number) else { return };
        let (proposer, bond) = (proposal.proposer, self.terms_of(proposal).proposer_bond);
        if let Some(proposal) = self.proposal_mut(id, number).filter(|_| !again) {
            proposal.state = state;
        }
        self.money.credit(proposer, bond, outcome);
    }
}
