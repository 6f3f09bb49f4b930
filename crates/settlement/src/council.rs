//! The registry's calls, and the two that only governance makes.

use tern_protocol::rule::Phase;

use crate::{
    Announced, Beat, DevFault, Event, Lane, Outcome, Refusal, Seconds, State, Terms, Verifier,
};

type Done = Result<Outcome, Refusal>;

impl State {
    pub(crate) fn schedule(&mut self, now: Seconds, lane: Lane, verifier: Verifier) -> Done {
        Refusal::unless(lane != Lane::Tee, Refusal::WrongLane(lane))?;
        self.admit_verifier(lane, &verifier)?;
        let delays = &self.rules.delays;
        let wait = delays.notice + delays.exit_time();
        let wait = if self.has(DevFault::NoNotice) { 0 } else { wait };
        self.registry.announced[lane as usize] = Some(Announced { verifier, ready_at: now + wait });
        Ok(Vec::new())
    }

    pub(crate) fn cancel(&mut self, lane: Lane) -> Done {
        self.registry.announced[lane as usize].take().ok_or(Refusal::NotAnnounced)?;
        Ok(Vec::new())
    }

    /// When an announced version may become active, and until when; none while its day is
    /// put off without an end in sight that is nearer.
    pub fn ready(&self, lane: Lane, now: Seconds) -> Option<(Seconds, Seconds)> {
        let delays = &self.rules.delays;
        let announced = self.registry.announced[lane as usize]?;
        let latest = announced.ready_at + delays.stall_max;
        let end = if self.is_stalled(now) { None } else { Some(self.head.stall_ended_at) };
        let wait = end.map_or(latest, |end| end.unwrap_or(0).min(latest));
        let ready = announced.ready_at.max(wait);
        Some((ready, ready + delays.lapse))
    }

    pub(crate) fn activate(&mut self, now: Seconds, lane: Lane) -> Done {
        let announced = self.registry.announced[lane as usize].ok_or(Refusal::NotAnnounced)?;
        let (ready, last) = self.ready(lane, now).ok_or(Refusal::NotAnnounced)?;
        Refusal::unless(now >= ready, Refusal::NotReady(ready))?;
        Refusal::unless(now <= last, Refusal::Lapsed(last))?;
        self.registry.announced[lane as usize] = None;
        let version = self.registry.install(lane, announced.verifier, now, None);
        Ok(vec![Event::Active(lane, version)])
    }

    pub(crate) fn install_tee(&mut self, now: Seconds, verifier: Verifier) -> Done {
        Refusal::unless(self.registry.phase == Phase::Three, Refusal::TeeRetired)?;
        self.admit_verifier(Lane::Tee, &verifier)?;
        let version = self.registry.install(Lane::Tee, verifier, now, None);
        Ok(vec![Event::Active(Lane::Tee, version)])
    }

    pub(crate) fn emergency_replace(
        &mut self,
        now: Seconds,
        lane: Lane,
        verifier: Verifier,
    ) -> Done {
        Refusal::unless(lane != Lane::Tee, Refusal::WrongLane(lane))?;
        let until = self.registry.emergency_until[lane as usize];
        let open =
            until.is_some_and(|until| now <= until || self.has(DevFault::EmergencyNeverCloses));
        Refusal::unless(open, Refusal::NoEmergency(lane))?;
        self.admit_verifier(lane, &verifier)?;
        let delays = &self.rules.delays;
        let probation = now + delays.probation + delays.exit_time();
        let version = self.registry.install(lane, verifier, now, Some(probation));
        Ok(vec![Event::Active(lane, version)])
    }

    pub(crate) fn announce_tee_retirement(&mut self, now: Seconds) -> Done {
        Refusal::unless(self.registry.phase == Phase::Three, Refusal::TeeRetired)?;
        let delays = &self.rules.delays;
        self.registry.retire_at = Some(now + delays.notice + delays.exit_time());
        Ok(Vec::new())
    }

    pub(crate) fn retire_tee(&mut self, now: Seconds) -> Done {
        Refusal::unless(self.registry.phase == Phase::Three, Refusal::TeeRetired)?;
        let at = self.registry.retire_at.ok_or(Refusal::NotAnnounced)?;
        Refusal::unless(now >= at, Refusal::NotReady(at))?;
        for lane in [Lane::Zk, Lane::Zk2] {
            let fit = self.is_fit_for_retirement(lane, now) || self.has(DevFault::RetireAtOnce);
            Refusal::unless(fit, Refusal::UnfitForRetirement(lane))?;
        }
        Refusal::unless(self.registry.differ(Lane::Zk, Lane::Zk2), Refusal::SameSystem)?;
        self.registry.phase = Phase::Retired;
        Ok(vec![Event::TeeRetired])
    }

    pub(crate) fn set_terms(&mut self, terms: Terms) -> Done {
        let delays = &self.rules.delays;
        let bonds = delays.min_bond..=delays.max_bond;
        let fine = bonds.contains(&terms.proposer_bond)
            && bonds.contains(&terms.challenger_bond)
            && terms.proposer_bond >= terms.challenger_bond
            && (delays.min_window..=delays.max_window).contains(&terms.window);
        Refusal::unless(fine, Refusal::TermsOutOfBounds)?;
        self.terms.push(terms);
        Ok(Vec::new())
    }

    /// Notes a lane's vote for its streak.
    pub(crate) fn beat(&mut self, lane: Lane, now: Seconds) {
        let heartbeat = self.rules.delays.heartbeat;
        let Beat { last, since } = &mut self.pulse[lane as usize];
        let missed = last.is_none_or(|last| now.saturating_sub(last) >= heartbeat);
        if missed && matches!(lane, Lane::Zk | Lane::Zk2) {
            *since = Some(now);
        }
        *last = Some(now);
    }

    fn is_fit_for_retirement(&self, lane: Lane, now: Seconds) -> bool {
        let delays = &self.rules.delays;
        let beat = self.pulse[lane as usize];
        let long = |since: Seconds| now.saturating_sub(since) >= delays.retire_streak;
        self.registry.seat(lane).is_some_and(|seat| {
            !seat.frozen
                && !self.is_on_probation(lane, now)
                && long(seat.activated_at)
                && beat.since.is_some_and(long)
                && beat.last.is_some_and(|last| now.saturating_sub(last) < delays.heartbeat)
        })
    }

    fn admit_verifier(&self, lane: Lane, verifier: &Verifier) -> Result<(), Refusal> {
        Refusal::unless(verifier.is_contract, Refusal::NotContract(verifier.address))?;
        let (got, most) = (verifier.longest_game, self.rules.delays.longest_game);
        Refusal::unless(lane != Lane::Op || got <= most, Refusal::GameTooLong { got, most })
    }
}
