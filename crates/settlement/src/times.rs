//! Times of a state, all at once: a search need not tell apart what differs only in how long
//! ago everything was.

use crate::{Seconds, State};

impl State {
    /// Replaces every time kept in the state. A map that keeps the order of times, and their
    /// distances as far as any delay reaches, keeps what the state will do.
    pub fn map_times(&mut self, map: impl Fn(Seconds) -> Seconds) {
        let some = |time: &mut Option<Seconds>| *time = time.map(&map);
        self.head.final_at = map(self.head.final_at);
        some(&mut self.head.stall_ended_at);
        for content in self.contents.values_mut() {
            some(&mut content.first_vote_at);
            some(&mut content.final_at);
            for proposal in &mut content.proposals {
                proposal.proposed_at = map(proposal.proposed_at);
            }
        }
        for beat in &mut self.pulse {
            some(&mut beat.last);
            some(&mut beat.since);
        }
        let registry = &mut self.registry;
        some(&mut registry.retire_at);
        registry.emergency_until.iter_mut().for_each(some);
        for announced in registry.announced.iter_mut().flatten() {
            announced.ready_at = map(announced.ready_at);
        }
        for version in registry.versions.iter_mut().flatten() {
            version.activated_at = map(version.activated_at);
            some(&mut version.probation_until);
        }
    }
}
