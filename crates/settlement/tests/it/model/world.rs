//! What can happen in one small world, and who in it lies.

use std::collections::BTreeSet;

use tern_protocol::{Address, Claim, ClaimId};
use tern_settlement::{
    Call, Caller, Conflict, DevFault, Lane, LaneVersion, Platform, Proof, Proposal, ProposalState,
    State, Terms, World as Around,
};

use super::fixture::{CHALLENGER, Fixture, NOW, Named, PROPOSER, STRANGER, acc, verifier};

/// Something that may happen next.
#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant)] // Most are calls.
pub(crate) enum Step {
    /// Time passes.
    Tick,
    /// Somebody sends a transaction.
    Call(Caller, Call),
    /// The world around settlement moves.
    Around(Around),
}

/// A search's frame. What is not listed does not happen in it; how often what is listed
/// happens is bounded by the numbers.
pub(crate) struct World {
    pub(crate) name: &'static str,
    pub(crate) fixture: Fixture,
    /// Claims that are spoken of.
    pub(crate) claims: &'static [&'static str],
    /// Lanes whose versions vote for anything; of `Op`, whose games end anyhow.
    pub(crate) corrupt: &'static [Lane],
    /// The council installs versions that vote for anything, and chooses what it likes.
    pub(crate) corrupt_council: bool,
    /// Lanes that vote.
    pub(crate) lanes: &'static [Lane],
    /// Lanes whose versions the council replaces.
    pub(crate) replaced: &'static [Lane],
    pub(crate) batches: u64,
    pub(crate) proposals: u32,
    pub(crate) matches: u16,
    pub(crate) versions: usize,
    pub(crate) platforms: u16,
    pub(crate) chains: &'static [(&'static [&'static str], &'static [&'static str])],
    pub(crate) arbitrates: bool,
    pub(crate) retires: bool,
    /// Platforms are revoked for reasons that settlement does not know.
    pub(crate) revokes: bool,
    pub(crate) withdraws: bool,
    pub(crate) terms: usize,
    /// Happens before the search begins.
    pub(crate) before: Vec<Step>,
    pub(crate) fault: Option<DevFault>,
}

impl World {
    pub(crate) fn new(name: &'static str) -> Self {
        Self {
            name,
            fixture: Fixture::new(),
            claims: &["A", "B"],
            corrupt: &[],
            corrupt_council: false,
            lanes: &[Lane::Zk, Lane::Tee],
            replaced: &[],
            batches: 1,
            proposals: 1,
            matches: 1,
            versions: 2,
            platforms: 1,
            chains: &[],
            arbitrates: false,
            retires: false,
            revokes: false,
            withdraws: false,
            terms: 1,
            before: Vec::new(),
            fault: None,
        }
    }

    /// Whether nothing wrong may become final here: fewer lies than the rule bears.
    pub(crate) fn must_stay_right(&self) -> bool {
        let lies = |lane| self.corrupt.contains(&lane);
        let minimised = [Lane::Zk, Lane::Op, Lane::Zk2].into_iter().filter(|l| lies(*l)).count();
        match (minimised, lies(Lane::Tee) || self.corrupt_council) {
            (0, _) => true,
            (1, tee) => !tee,
            _ => false,
        }
    }

    pub(crate) fn start(&self) -> State {
        let rules = self.fixture.rules.clone();
        let mut state = match self.fault {
            None => State::new(rules, NOW),
            Some(fault) => State::with_dev_fault(rules, NOW, fault),
        };
        state.happen(&Around::Batch { acc: acc(1), blocks: 2 });
        for step in &self.before {
            match step {
                Step::Tick => pass(&mut state),
                Step::Around(what) => state.happen(what),
                Step::Call(by, call) => {
                    state.apply(NOW, *by, call).expect("a world's beginning is allowed");
                }
            }
        }
        self.simplify(&mut state);
        state
    }

    /// Everything that may ever happen here.
    pub(crate) fn steps(&self) -> Vec<Step> {
        let mut steps = vec![Step::Tick];
        if self.batches > 1 {
            steps.push(Step::Around(Around::Batch { acc: acc(2), blocks: 1 }));
        }
        for name in self.claims {
            self.steps_of_claim(name, &mut steps);
        }
        self.steps_of_conflicts(&mut steps);
        self.steps_of_lanes(&mut steps);
        let money = [PROPOSER, CHALLENGER];
        for who in money.into_iter().filter(|_| self.withdraws) {
            steps.push(account(who, Call::WithdrawCredit { to: who }));
        }
        let dearer = Terms { proposer_bond: 8, challenger_bond: 3, window: 1 };
        if self.terms > 1 {
            for by in [Caller::Timelock, Caller::Powers, Caller::Account(STRANGER)] {
                steps.push(Step::Call(by, Call::SetTerms(dearer)));
            }
        }
        if self.retires {
            for by in [Caller::Timelock, Caller::Powers] {
                steps.push(Step::Call(by, Call::AnnounceTeeRetirement));
            }
            steps.push(account(STRANGER, Call::RetireTee));
        }
        steps
    }

    fn steps_of_claim(&self, name: &str, steps: &mut Vec<Step>) {
        let named = self.fixture.find(name);
        let (claim, id) = (named.claim, named.id);
        let parents = self.claims.iter().map(|parent| self.fixture.find(parent));
        let parents = parents.filter(|parent| parent.claim.last_batch == claim.first_batch);
        let parents = parents.map(|parent| Some(parent.claim)).chain([None]);
        for parent in parents.filter(|_| self.proposals > 0) {
            let value = if self.terms > 1 { vec![5, 8] } else { vec![5] };
            for value in value {
                steps.push(account(PROPOSER, Call::Propose { claim, parent, value }));
            }
        }
        for number in 0..self.proposals {
            steps.push(account(STRANGER, Call::Stand { claim, number }));
            steps.push(account(STRANGER, Call::Reclaim { claim, number }));
            for games in self.games().filter(|_| self.matches > 0) {
                let by = Caller::Games(games);
                steps.push(Step::Call(by, Call::MatchOpened { claim, number }));
                for defended in [true, false] {
                    let challenger = CHALLENGER;
                    let call = Call::MatchClosed { id, number, defended, challenger };
                    steps.push(Step::Call(by, call));
                }
            }
        }
        for lane in self.lanes.iter().copied().filter(|lane| *lane != Lane::Tee) {
            let proof = Proof::Valid;
            steps.push(account(STRANGER, Call::Vote { lane, claim, proof }));
        }
        for platform in self.platforms().filter(|_| self.lanes.contains(&Lane::Tee)) {
            let proof = Proof::Signed(vec![platform]);
            steps.push(account(STRANGER, Call::Vote { lane: Lane::Tee, claim, proof }));
        }
        steps.push(account(STRANGER, Call::Finalize { claim }));
    }

    fn steps_of_conflicts(&self, steps: &mut Vec<Step>) {
        let named = |name: &&str| *self.fixture.find(name);
        let claims: Vec<_> = self.claims.iter().map(named).collect();
        let mut conflicts: Vec<Conflict> =
            self.chains.iter().map(|(a, b)| self.fixture.conflict(a, b)).collect();
        for a in &claims {
            for b in &claims {
                let same = a.claim.parent_block == b.claim.parent_block
                    && a.claim.last_batch == b.claim.last_batch;
                if same && a.id != b.id && self.arbitrates {
                    conflicts.push(Conflict::of_rivals(a.claim, b.claim));
                }
            }
        }
        for conflict in conflicts.into_iter().map(Box::new) {
            for lane in self.lanes.iter().copied().chain([Lane::Op]) {
                let conflict = conflict.clone();
                steps.push(account(STRANGER, Call::Contradict { lane, conflict }));
            }
            let beside_final = conflict.clone();
            if self.lanes.contains(&Lane::Tee) {
                let call = Call::ContradictFinal { conflict: beside_final };
                steps.push(account(STRANGER, call));
            }
            let callers = [Caller::Powers, Caller::Account(STRANGER)];
            for by in callers.into_iter().filter(|_| self.arbitrates) {
                for choose_op in [false, true] {
                    let conflict = conflict.clone();
                    steps.push(Step::Call(by, Call::Arbitrate { conflict, choose_op }));
                }
            }
        }
    }

    fn steps_of_lanes(&self, steps: &mut Vec<Step>) {
        for lane in self.replaced.iter().copied() {
            let verifier = verifier(next_verifier(lane));
            if lane == Lane::Tee {
                steps.push(Step::Call(Caller::Powers, Call::InstallTee { verifier }));
                continue;
            }
            for by in [Caller::Powers, Caller::Account(STRANGER)] {
                steps.push(Step::Call(by, Call::Schedule { lane, verifier }));
                steps.push(Step::Call(by, Call::EmergencyReplace { lane, verifier }));
            }
            steps.push(Step::Call(Caller::Powers, Call::Cancel { lane }));
            steps.push(account(STRANGER, Call::Activate { lane }));
        }
        for platform in self.platforms().filter(|_| self.revokes) {
            let verifier = verifier(0x21).address;
            steps.push(Step::Around(Around::Revoked { verifier, platform }));
        }
        for answers in [false, true].into_iter().filter(|_| self.revokes) {
            let verifier = verifier(0x21).address;
            steps.push(Step::Around(Around::Answers { verifier, answers }));
        }
    }

    /// Whether a step is one that this world knows of, in this state.
    pub(crate) fn allows(&self, state: &State, step: &Step) -> bool {
        match step {
            Step::Tick => !self.somebody_hurries(state),
            Step::Around(Around::Batch { .. }) => state.inbox.len() < self.batches,
            Step::Around(_) => true,
            Step::Call(_, Call::Propose { claim, .. }) => {
                let content = state.contents.get(&self.id(claim));
                content.is_none_or(|content| content.proposals.len() < self.proposals as usize)
            }
            Step::Call(_, Call::Vote { lane, claim, .. }) => {
                self.is_right(self.id(claim)) || self.lies(state, *lane)
            }
            Step::Call(_, Call::MatchOpened { claim, number }) => {
                let proposal = state.proposal(self.id(claim), *number);
                proposal.is_ok_and(|proposal| proposal.open_matches < self.matches)
            }
            Step::Call(_, Call::MatchClosed { id, number, defended, .. }) => {
                // The honest challenger of a wrong claim is the last to leave, and wins.
                let last = state.proposal(*id, *number).is_ok_and(|p| p.open_matches < 2);
                let honest = !self.games_lie(state, *id, *number);
                !(honest && *defended && last && !self.is_right(*id))
            }
            Step::Call(_, Call::Arbitrate { conflict, choose_op }) => {
                let chosen = if *choose_op { &conflict.b } else { &conflict.a };
                self.corrupt_council || self.is_right(self.id(&chosen[0]))
            }
            Step::Call(_, Call::Schedule { lane, .. } | Call::EmergencyReplace { lane, .. }) => {
                state.registry.versions[*lane as usize].len() < self.versions
            }
            Step::Call(_, Call::InstallTee { .. }) => {
                state.registry.versions[Lane::Tee as usize].len() < self.versions
            }
            Step::Call(_, Call::SetTerms(_)) => state.terms.len() < self.terms,
            Step::Call(..) => true,
        }
    }

    /// The claim's name, without hashing: no two of the fixture's claims end alike.
    pub(crate) fn id(&self, claim: &Claim) -> ClaimId {
        let alike = |named: &&Named| {
            named.claim.block == claim.block && named.claim.first_batch == claim.first_batch
        };
        self.fixture.claims.iter().find(alike).map_or(ClaimId::default(), |named| named.id)
    }

    /// Whether a version that the council installed at once is past its probation.
    pub(crate) fn trusts_the_councils(&self, state: &State) -> bool {
        let mut versions = state.registry.versions.iter().flatten();
        versions.any(|version| version.probation_until.is_some_and(|until| until <= NOW))
    }

    /// Whether the claim with this id is right.
    pub(crate) fn is_right(&self, id: ClaimId) -> bool {
        self.fixture.claims.iter().any(|named| named.id == id && named.right)
    }

    /// Whether the lane's active version votes for anything.
    pub(crate) fn lies(&self, state: &State, lane: Lane) -> bool {
        let seat = state.registry.seat(lane);
        self.corrupt.contains(&lane) || seat.is_some_and(|s| self.is_councils(s.probation_until))
    }

    /// Forgets what makes no difference here any more.
    pub(crate) fn simplify(&self, state: &mut State) {
        let delays = state.rules().delays;
        let longest = delays.max_window;
        for content in state.contents.values_mut() {
            content.final_at = content.final_at.map(|_| NOW - longest);
            content.first_vote_at = content.first_vote_at.map(|at| at.max(NOW - longest));
            for proposal in &mut content.proposals {
                let live = proposal.state == ProposalState::Live;
                let at = if live { proposal.proposed_at } else { 0 };
                proposal.proposed_at = at.max(NOW - longest);
            }
        }
        if !self.retires {
            state.pulse = Default::default();
            for version in state.registry.versions.iter_mut().flatten() {
                version.activated_at = NOW;
            }
        }
        let lives = |lane: Lane| self.replaced.contains(&lane) && lane != Lane::Tee;
        if !Lane::ALL.into_iter().any(lives) {
            state.head.final_at = NOW;
            state.head.stall_ended_at = None;
        }
        // Older than every delay of the fixture, one after another.
        state.map_times(|time| time.max(NOW - 3));
    }

    fn is_councils(&self, probation_until: Option<u64>) -> bool {
        self.corrupt_council && probation_until.is_some()
    }

    fn games_lie(&self, state: &State, id: ClaimId, number: u32) -> bool {
        let version = state.proposal(id, number).map_or(LaneVersion(0), |p| p.version);
        let version = state.registry.version(Lane::Op, version);
        self.corrupt.contains(&Lane::Op)
            || version.is_some_and(|version| self.is_councils(version.probation_until))
    }

    /// Honest challengers do not let a second of a wrong claim's window pass.
    fn somebody_hurries(&self, state: &State) -> bool {
        let wrong = state.contents.iter().filter(|(id, _)| !self.is_right(**id));
        wrong.into_iter().any(|(id, content)| {
            let open = |proposal: &Proposal| {
                let voted = content.first_vote_at;
                let over =
                    voted.map(|at| at.max(proposal.proposed_at) + state.terms_of(proposal).window);
                proposal.state == ProposalState::Live
                    && proposal.open_matches == 0
                    && content.final_at.is_none()
                    && !state.is_dead(&content.claim)
                    && over.is_some_and(|over| NOW < over)
            };
            let mut numbered = (0u32..).zip(&content.proposals);
            numbered.any(|(number, p)| open(p) && !self.games_lie(state, *id, number))
        })
    }

    fn platforms(&self) -> impl Iterator<Item = Platform> {
        (0..self.platforms).map(Platform)
    }

    fn games(&self) -> impl Iterator<Item = Address> {
        let replaced = self.replaced.contains(&Lane::Op);
        let games: BTreeSet<_> = if replaced { [0x31, 0x32].into() } else { [0x31].into() };
        games.into_iter().map(|number| verifier(number).address)
    }
}

/// One second passes, as seen from [`NOW`].
pub(crate) fn pass(state: &mut State) {
    state.map_times(|time| time - 1);
}

pub(crate) fn account(who: Address, call: Call) -> Step {
    Step::Call(Caller::Account(who), call)
}

fn next_verifier(lane: Lane) -> u8 {
    match lane {
        Lane::Zk => 0x12,
        Lane::Tee => 0x22,
        Lane::Op => 0x32,
        Lane::Zk2 => 0x42,
    }
}
