//! What happens when one lane, or two, speak for contents that cannot both be right.

use tern_protocol::{Claim, ClaimId, rule::Phase};

use crate::{
    Conflict, DevFault, Event, Inputs, Lane, LaneVersion, Outcome, Refusal, Seconds, State,
    conflict::Sides, settle::Done,
};

impl State {
    /// A version's vote meets those it gave to rivals before. However many rivals there are,
    /// two are looked at: one contradiction is enough.
    pub(crate) fn meet_rivals(
        &mut self,
        now: Seconds,
        lane: Lane,
        version: LaneVersion,
        claim: &Claim,
        outcome: &mut Outcome,
    ) {
        let (id, inputs) = (self.id(claim), Inputs::of(claim));
        let first = self.first.get(&inputs).copied();
        if first != Some(id) {
            self.other.entry((inputs, lane, version)).or_insert(id);
        }
        let other = self.other.get(&(inputs, lane, version)).copied();
        let rivals = [first, other].into_iter().flatten().filter(|rival| *rival != id);
        for rival in rivals.collect::<Vec<_>>() {
            let held = self.contents.get(&rival).and_then(|content| content.vote(lane));
            if held != Some(version) {
                continue;
            }
            if lane == Lane::Tee {
                let is_final = self.is_final(rival);
                let ids = if is_final { vec![id] } else { vec![id, rival] };
                self.condemn(now, &ids, outcome);
            } else {
                self.freeze(now, lane, outcome);
            }
        }
    }

    pub(crate) fn contradict(&mut self, now: Seconds, lane: Lane, conflict: &Conflict) -> Done {
        let retired = lane == Lane::Tee && self.registry.phase == Phase::Retired;
        Refusal::unless(!retired, Refusal::TeeRetired)?;
        let version = self.unfrozen(lane)?;
        let Sides { a, b } = self.check_conflict(conflict)?;
        let ids = [a, b].concat();
        self.check_held(&ids, lane, version)?;
        let mut outcome = Vec::new();
        if lane == Lane::Tee {
            Refusal::unless(!self.guilty(&ids).is_empty(), Refusal::NobodyGuilty)?;
            self.condemn(now, &ids, &mut outcome);
        } else {
            self.freeze(now, lane, &mut outcome);
        }
        Ok(outcome)
    }

    pub(crate) fn contradict_final(&mut self, now: Seconds, conflict: &Conflict) -> Done {
        let retired = self.registry.phase == Phase::Retired;
        Refusal::unless(!retired, Refusal::TeeRetired)?;
        let version = self.unfrozen(Lane::Tee)?;
        let Sides { a, b } = self.check_conflict(conflict)?;
        self.check_held(&a, Lane::Tee, version)?;
        for id in b {
            Refusal::unless(self.is_final(id), Refusal::NotYetFinal(id))?;
        }
        Refusal::unless(!self.guilty(&a).is_empty(), Refusal::NobodyGuilty)?;
        let mut outcome = Vec::new();
        self.condemn(now, &a, &mut outcome);
        Ok(outcome)
    }

    pub(crate) fn arbitrate(&mut self, now: Seconds, conflict: &Conflict, choose_op: bool) -> Done {
        let ([zk_claim], [op_claim]) = (&conflict.a[..], &conflict.b[..]) else {
            let longest = conflict.a.len().max(conflict.b.len());
            return Err(Refusal::WrongLength(longest));
        };
        self.check_conflict(conflict)?;
        let (zk_id, op_id) = (self.id(zk_claim), self.id(op_claim));
        let lenient = self.has(DevFault::ArbitrateUnvoted);
        let (claim, id) = if choose_op { (op_claim, op_id) } else { (zk_claim, zk_id) };
        if !(lenient && choose_op) {
            let op = self.counts(op_id, Lane::Op) && !self.is_on_probation(Lane::Op, now);
            Refusal::unless(op, Refusal::NoVote(op_id, Lane::Op))?;
        }
        let zk = self.arbitrated_lane(zk_id, now);
        let zk = zk.ok_or(Refusal::NoVote(zk_id, Lane::Zk))?;
        let third = match (self.registry.phase, zk) {
            (Phase::Three, _) => Lane::Tee,
            (Phase::Retired, Lane::Zk) => Lane::Zk2,
            (Phase::Retired, _) => Lane::Zk,
        };
        for side in [zk_id, op_id] {
            let spoke = self.counts(side, third);
            Refusal::unless(!spoke, Refusal::RuleDecides(side, third))?;
            let verdict = self.verdict(side, now);
            let open = verdict != tern_protocol::rule::Verdict::Final;
            Refusal::unless(open, Refusal::RuleDecides(side, Lane::Op))?;
        }
        self.check_at_head(claim)?;
        let (id, claim) = self.chosen(id, *claim, zk_id);
        let mut outcome = Vec::new();
        self.make_final(now, id, &claim, &mut outcome);
        Ok(outcome)
    }

    /// The ZK lane whose vote, in good standing, can be arbitrated.
    fn arbitrated_lane(&self, id: ClaimId, now: Seconds) -> Option<Lane> {
        let lanes: &[Lane] = match self.registry.phase {
            Phase::Three => &[Lane::Zk],
            Phase::Retired => &[Lane::Zk, Lane::Zk2],
        };
        let good = |lane| self.counts(id, lane) && !self.is_on_probation(lane, now);
        lanes.iter().copied().find(|lane| good(*lane))
    }

    pub(crate) fn is_final(&self, id: ClaimId) -> bool {
        self.contents.get(&id).is_some_and(|content| content.final_at.is_some())
    }

    fn unfrozen(&self, lane: Lane) -> Result<LaneVersion, Refusal> {
        let seat = self.registry.seat(lane).ok_or(Refusal::EmptySeat(lane))?;
        Refusal::unless(!seat.frozen, Refusal::Frozen(lane, seat.version))?;
        Ok(seat.version)
    }

    fn check_held(&self, ids: &[ClaimId], lane: Lane, version: LaneVersion) -> Result<(), Refusal> {
        ids.iter().try_for_each(|id| {
            let held = self.contents.get(id).and_then(|content| content.vote(lane));
            Refusal::unless(held == Some(version), Refusal::NoVote(*id, lane))
        })
    }

    fn guilty(&self, ids: &[ClaimId]) -> Vec<crate::Platform> {
        let verifier = self.registry.verifier(Lane::Tee);
        let book = verifier.and_then(|verifier| self.tee.get(&verifier.address));
        book.map(|book| book.guilty(ids)).unwrap_or_default()
    }

    /// Platforms that signed all of these are revoked. One broken machine must not switch the
    /// lane off, so it takes two to freeze it.
    fn condemn(&mut self, now: Seconds, ids: &[ClaimId], outcome: &mut Outcome) {
        let guilty = self.guilty(ids);
        let (Some(verifier), Some(seat)) =
            (self.registry.verifier(Lane::Tee), self.registry.seat(Lane::Tee))
        else {
            return;
        };
        let book = self.tee.entry(verifier.address).or_default();
        for platform in &guilty {
            book.revoked.insert(*platform);
            book.condemned.insert(*platform);
            outcome.push(Event::Condemned(seat.version, *platform));
        }
        let enough = if self.fault == Some(DevFault::OnePlatformFreezesTee) { 1 } else { 2 };
        if !guilty.is_empty() && book.condemned.len() >= enough {
            self.freeze(now, Lane::Tee, outcome);
        }
    }

    fn freeze(&mut self, now: Seconds, lane: Lane, outcome: &mut Outcome) {
        if self.has(DevFault::FreezeForgotten) {
            return;
        }
        let until = now + self.rules.delays.emergency_window;
        if let Some(version) = self.registry.freeze(lane, until) {
            outcome.push(Event::Frozen(lane, version));
            self.undo_finality(lane, version);
        }
    }
}
