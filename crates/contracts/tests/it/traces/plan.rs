//! What a trace does next: chosen by a seed and by what the model knows, so that every rule is
//! met often, from both sides.

use rand::{Rng, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use tern_contracts::from_alloy;
use tern_protocol::{Claim, ClaimId, Hash, rule::Phase};
use tern_settlement::{
    Call, Caller, Conflict, Lane, Platform, Proof, ProposalState, Terms, Verifier, World as Around,
};

use super::{
    claims::{Lie, Story, conflict, spoil},
    duo::{ACTORS, Act, Duo, lane_of},
};

/// What one seed stands for, decided where it is used.
pub(crate) struct Plan<'a> {
    duo: &'a mut Duo,
    rng: ChaCha8Rng,
    /// How often somebody lies, in percent.
    lies: u32,
}

/// The acts of one step. Most steps are one act; a few are a whole scene that chance seldom plays.
pub(crate) fn plan(duo: &mut Duo, seed: u64, lies: u32) -> Vec<Act> {
    let mut plan = Plan { duo, rng: ChaCha8Rng::seed_from_u64(seed), lies };
    match plan.rng.random_range(0..100) {
        0..2 => plan.scene(),
        2..4 => plan.child_before_parent(),
        _ => vec![plan.act()],
    }
}

type Maker = fn(&mut Plan<'_>) -> Act;

const WEIGHTS: [(u32, Maker); 24] = [
    (9, |p| p.batch()),
    (14, |p| p.wait()),
    (13, |p| p.propose()),
    (13, |p| p.vote(Lane::Zk)),
    (9, |p| p.vote(Lane::Tee)),
    (9, |p| p.vote(Lane::Zk2)),
    (1, |p| p.vote(Lane::Op)),
    (9, |p| p.stand()),
    (6, |p| p.finalize()),
    (4, |p| p.contradict()),
    (3, |p| p.contradict_final()),
    (3, |p| p.arbitrate()),
    (5, |p| p.match_opened()),
    (5, |p| p.match_closed()),
    (5, |p| p.reclaim()),
    (3, |p| p.withdraw_credit()),
    (2, |p| p.set_terms()),
    (3, |p| p.schedule()),
    (1, |p| p.cancel()),
    (4, |p| p.activate()),
    (2, |p| p.install_tee()),
    (3, |p| p.emergency_replace()),
    (2, |p| p.retire()),
    (2, |p| p.around()),
];

impl Plan<'_> {
    fn act(&mut self) -> Act {
        // Lanes that stay frozen end a trace's interest.
        if self.percent(30)
            && let Some(mend) = self.mend()
        {
            return mend;
        }
        let total = WEIGHTS.iter().map(|(weight, _)| weight).sum();
        let mut at = self.rng.random_range(0..total);
        for (weight, choose) in WEIGHTS {
            if at < weight {
                return choose(self);
            }
            at -= weight;
        }
        self.wait()
    }

    /// What the council does about a frozen lane, if one is.
    fn mend(&mut self) -> Option<Act> {
        let registry = &self.duo.model.registry;
        let frozen = |lane: &Lane| registry.seat(*lane).is_some_and(|seat| seat.frozen);
        let lane = Lane::ALL.into_iter().find(frozen)?;
        let emergency = registry.emergency_until[lane as usize].is_some();
        let announced = registry.announced[lane as usize].is_some();
        Some(match lane {
            Lane::Tee => self.install_tee(),
            _ if emergency && self.percent(70) => self.emergency_replace(),
            _ if announced => Act::Call(self.account(), Call::Activate { lane }),
            _ => {
                let verifier = self.verifier(lane);
                Act::Call(Caller::Powers, Call::Schedule { lane, verifier })
            }
        })
    }

    /// The council must choose: the TEE's word lets an optimistic vote come about and is then
    /// gone, and the ZK lane says something else.
    fn scene(&mut self) -> Vec<Act> {
        let retired = self.duo.model.registry.phase == Phase::Retired;
        let (start, range) = self.at_head();
        let (Some(range), Some(tee)) = (range, self.duo.model.registry.verifier(Lane::Tee)) else {
            return vec![self.batch()];
        };
        let honest = self.tell(start, range, Lie::default()).claim;
        let lie = Lie { from: 0, variant: self.rng.random_range(1..5), no_checkpoints: false };
        let lie = self.tell(start, range, lie).claim;
        let (zk_side, op_side) = if self.percent(50) { (honest, lie) } else { (lie, honest) };
        let number = self.duo.model.contents.get(&self.id(&op_side));
        let number = number.map_or(0, |content| content.proposals.len() as u32);
        let platform = Platform(self.rng.random_range(6..9));
        let window = self.duo.model.current_terms().window;
        let (first, later) = if retired { (Lane::Zk2, Lane::Zk) } else { (Lane::Tee, Lane::Zk) };
        let proof = if retired { Proof::Valid } else { Proof::Signed(vec![platform]) };
        let chosen = Box::new(Conflict::of_rivals(zk_side, op_side));
        let value = self.duo.model.current_terms().proposer_bond;
        let by = self.account();
        let choose_op = self.percent(50);
        vec![
            Act::Call(by, Call::Propose { claim: op_side, parent: None, value }),
            Act::Call(by, Call::Vote { lane: first, claim: op_side, proof }),
            Act::Around(Around::Revoked { verifier: tee.address, platform }),
            Act::Wait(window),
            Act::Call(by, Call::Stand { claim: op_side, number }),
            Act::Call(by, Call::Vote { lane: later, claim: zk_side, proof: Proof::Valid }),
            Act::Call(self.account(), Call::Arbitrate { conflict: chosen.clone(), choose_op }),
            Act::Call(Caller::Powers, Call::Arbitrate { conflict: chosen, choose_op }),
        ]
    }

    /// A child has its votes before its parent is final, so that somebody must finalise it.
    fn child_before_parent(&mut self) -> Vec<Act> {
        let head = self.duo.model.head.clone();
        let first = head.batches as usize;
        if first + 2 >= self.duo.batches.len() {
            return vec![self.batch()];
        }
        let parent = self.tell(head.point.block, (first, first + 1), Lie::default()).claim;
        let child = self.tell(parent.block, (first + 1, first + 2), Lie::default()).claim;
        let by = self.account();
        let platform = Platform(self.rng.random_range(0..9));
        let second = match self.duo.model.registry.phase {
            Phase::Three => (Lane::Tee, Proof::Signed(vec![platform])),
            Phase::Retired => (Lane::Zk2, Proof::Valid),
        };
        let vote = |claim, (lane, proof)| Act::Call(by, Call::Vote { lane, claim, proof });
        vec![
            vote(child, (Lane::Zk, Proof::Valid)),
            vote(child, second.clone()),
            vote(parent, second),
            vote(parent, (Lane::Zk, Proof::Valid)),
            Act::Call(by, Call::Finalize { claim: child }),
        ]
    }

    // Claims.

    /// The head, and a range that starts there if there are batches for one.
    fn at_head(&mut self) -> (Hash, Option<(usize, usize)>) {
        let head = self.duo.model.head.clone();
        let (first, tip) = (head.batches as usize, self.duo.batches.len() - 1);
        let most = tip.min(first + 3);
        let range = (first < tip).then(|| (first, self.rng.random_range(first + 1..=most)));
        (head.point.block, range)
    }

    /// A claim, remembered with its blocks.
    fn tell(&mut self, parent: Hash, range: (usize, usize), lie: Lie) -> Story {
        let story = Story::new(self.duo.config, &self.duo.batches, parent, range, lie);
        self.duo.stories.insert(self.id(&story.claim), story.clone());
        story
    }

    fn claim(&mut self) -> Claim {
        if self.percent(45)
            && let Some(id) = self.known()
        {
            return self.duo.model.contents[&id].claim;
        }
        let Some((parent, range)) = self.start() else { return self.nonsense() };
        let lies = self.lies;
        let lie = if self.percent(lies) {
            Lie {
                from: self.rng.random_range(0..3),
                variant: self.rng.random_range(1..4),
                no_checkpoints: self.percent(20),
            }
        } else {
            Lie::default()
        };
        let mut claim = self.tell(parent, range, lie).claim;
        if self.percent(5) {
            self.spoil_claim(&mut claim);
        }
        claim
    }

    /// Where a claim may start, and how far it goes: mostly the head, or the end of a content.
    fn start(&mut self) -> Option<(Hash, (usize, usize))> {
        if self.percent(60) {
            let (head, range) = self.at_head();
            return range.map(|range| (head, range));
        }
        let ends: Vec<_> = self
            .duo
            .model
            .contents
            .values()
            .filter_map(|content| {
                let acc = content.claim.last_batch;
                let at = self.duo.batches.iter().position(|(known, _)| *known == acc)?;
                Some((content.claim.block, at))
            })
            .filter(|(_, at)| at + 1 < self.duo.batches.len())
            .chain([(self.duo.model.rules().genesis, 0)])
            .filter(|(_, at)| at + 1 < self.duo.batches.len())
            .collect();
        let (parent, first) = *ends.choose(&mut self.rng)?;
        let most = (self.duo.batches.len() - 1).min(first + 3);
        Some((parent, (first, self.rng.random_range(first + 1..=most))))
    }

    /// A claim about nothing.
    fn nonsense(&mut self) -> Claim {
        let accs = (self.duo.batches[0].0, self.duo.batches[0].0);
        Claim {
            config: self.duo.config,
            parent_block: self.duo.model.rules().genesis,
            first_batch: accs.0,
            last_batch: accs.1,
            block: Hash([7; 32]),
            block_number: Default::default(),
            checkpoints: Hash([8; 32]),
        }
    }

    fn spoil_claim(&mut self, claim: &mut Claim) {
        let other = Hash(self.rng.random());
        match self.rng.random_range(0..5) {
            0 => claim.config.0 = other,
            1 => claim.parent_block = other,
            2 => claim.first_batch.0 = other,
            3 => claim.last_batch = claim.first_batch,
            _ => claim.block_number.0 += 1,
        }
    }

    fn id(&self, claim: &Claim) -> ClaimId {
        self.duo.model.id(claim)
    }

    fn known(&mut self) -> Option<ClaimId> {
        let alive: Vec<_> = self
            .duo
            .model
            .contents
            .iter()
            .filter(|(_, content)| !self.duo.model.is_dead(&content.claim))
            .map(|(id, _)| *id)
            .collect();
        let all: Vec<_> = self.duo.model.contents.keys().copied().collect();
        let from = if self.percent(75) && !alive.is_empty() { alive } else { all };
        from.choose(&mut self.rng).copied()
    }

    // Small choices.

    fn percent(&mut self, percent: u32) -> bool {
        self.rng.random_range(0..100) < percent
    }

    fn account(&mut self) -> Caller {
        Caller::Account(from_alloy(ACTORS.choose(&mut self.rng).expect("there are some")))
    }

    /// Whoever should call, or now and then somebody else.
    fn mostly(&mut self, caller: Caller) -> Caller {
        if self.percent(6) { self.account() } else { caller }
    }

    fn lane(&mut self, but: Option<Lane>) -> Lane {
        let lane = lane_of(self.rng.random_range(0..4));
        if Some(lane) == but && !self.percent(10) { Lane::Zk } else { lane }
    }

    fn verifier(&mut self, lane: Lane) -> Verifier {
        let all = &self.duo.verifiers[lane as usize];
        let last = all.len() - 1;
        let index =
            if self.rng.random_range(0..100) < 6 { last } else { self.rng.random_range(0..last) };
        self.duo.verifiers[lane as usize][index]
    }

    // Time and the world.

    fn batch(&mut self) -> Act {
        let many = self.percent(2);
        let blocks =
            if many { self.rng.random_range(500..=600) } else { self.rng.random_range(1..=4) };
        Act::Batch(blocks)
    }

    fn wait(&mut self) -> Act {
        if self.percent(45) {
            return Act::Wait(self.rng.random_range(0..20));
        }
        let now = self.duo.now();
        let mut days = self.days();
        days.retain(|day| *day + 1 > now);
        days.sort_unstable();
        days.dedup();
        // The nearer, the likelier.
        let mut index = 0;
        while self.percent(40) {
            index += 1;
        }
        match days.get(index).or(days.last()) {
            None => Act::Wait(self.rng.random_range(0..60)),
            Some(day) => {
                let exactly = (day + self.rng.random_range(0..3)).saturating_sub(1);
                Act::Wait(exactly.saturating_sub(now))
            }
        }
    }

    /// Every time at which something changes.
    fn days(&self) -> Vec<u64> {
        let model = &self.duo.model;
        let delays = model.rules().delays;
        let mut days = vec![model.head.final_at + delays.stall_after];
        days.extend(model.registry.retire_at);
        days.extend(model.registry.emergency_until.iter().flatten());
        for lane in Lane::ALL {
            let beat = model.pulse[lane as usize];
            days.extend(beat.last.map(|last| last + delays.heartbeat));
            days.extend(beat.since.map(|since| since + delays.retire_streak));
            if let Some((ready, last)) = model.ready(lane, self.duo.now()) {
                days.extend([ready, last]);
            }
            if let Some(seat) = model.registry.seat(lane) {
                days.extend(seat.probation_until);
                days.push(seat.activated_at + delays.retire_streak);
            }
        }
        for content in model.contents.values() {
            for proposal in content.proposals.iter().filter(|p| p.state == ProposalState::Live) {
                days.extend(model.window(content, proposal).map(|(_, over)| over));
                days.push(proposal.proposed_at + model.terms_of(proposal).window);
            }
        }
        days
    }

    fn around(&mut self) -> Act {
        let verifier = self.duo.verifiers[Lane::Tee as usize][self.rng.random_range(0..3)].address;
        Act::Around(if self.percent(60) {
            Around::Revoked { verifier, platform: Platform(self.rng.random_range(0..9)) }
        } else {
            Around::Answers { verifier, answers: self.percent(65) }
        })
    }

    // Proposals and votes.

    fn propose(&mut self) -> Act {
        let claim = self.claim();
        let bond = self.duo.model.current_terms().proposer_bond;
        let value = if self.percent(4) { bond - 1 } else { bond };
        let start = tern_settlement::Point::start(&claim);
        let mut parents = self
            .duo
            .model
            .contents
            .values()
            .filter(|content| tern_settlement::Point::end(&content.claim) == start);
        let parent = parents.next().map(|content| content.claim);
        let parent =
            if start == self.duo.model.head.point && !self.percent(30) { None } else { parent };
        let parent = if self.percent(4) { Some(self.claim()) } else { parent };
        Act::Call(self.account(), Call::Propose { claim, parent, value })
    }

    fn vote(&mut self, lane: Lane) -> Act {
        let mut claim = self.claim();
        // Two votes for one content are what makes it final: help chance a little.
        if self.percent(40)
            && let Some(id) = self.wanting(lane)
        {
            claim = self.duo.model.contents[&id].claim;
        }
        let proof = match lane {
            _ if self.percent(5) => Proof::Invalid,
            Lane::Tee if self.percent(98) => {
                let count = if self.percent(4) { 0 } else { self.rng.random_range(1..=3) };
                Proof::Signed((0..count).map(|_| Platform(self.rng.random_range(0..9))).collect())
            }
            _ => Proof::Valid,
        };
        Act::Call(self.account(), Call::Vote { lane, claim, proof })
    }

    /// A living content without this lane's vote.
    fn wanting(&mut self, lane: Lane) -> Option<ClaimId> {
        let model = &self.duo.model;
        let wanting: Vec<_> = model
            .contents
            .iter()
            .filter(|(id, content)| {
                content.final_at.is_none()
                    && !model.is_dead(&content.claim)
                    && !model.counts(**id, lane)
            })
            .map(|(id, _)| *id)
            .collect();
        wanting.choose(&mut self.rng).copied()
    }

    /// A proposal that is of some kind, or else any.
    fn proposal(&mut self, fits: impl Fn(&Duo, &Claim, u32) -> bool) -> Option<(Claim, u32)> {
        let duo = &*self.duo;
        let all: Vec<_> = duo
            .model
            .contents
            .values()
            .flat_map(|content| {
                (0..content.proposals.len() as u32).map(|number| (content.claim, number))
            })
            .collect();
        let fitting: Vec<_> =
            all.iter().filter(|(claim, number)| fits(duo, claim, *number)).copied().collect();
        if fitting.is_empty() || self.percent(25) {
            return all.choose(&mut self.rng).copied();
        }
        fitting.choose(&mut self.rng).copied()
    }

    fn or_any(&mut self, found: Option<(Claim, u32)>) -> (Claim, u32) {
        found.unwrap_or_else(|| (self.claim(), self.rng.random_range(0..2)))
    }

    fn stand(&mut self) -> Act {
        let ripe = |duo: &Duo, claim: &Claim, number| {
            Call::Stand { claim: *claim, number }.would_pass(duo)
        };
        let found = self.proposal(ripe);
        let (claim, number) = self.or_any(found);
        Act::Call(self.account(), Call::Stand { claim, number })
    }

    fn finalize(&mut self) -> Act {
        let ready: Vec<_> = self
            .duo
            .model
            .contents
            .values()
            .filter(|content| Call::Finalize { claim: content.claim }.would_pass(self.duo))
            .map(|content| content.claim)
            .collect();
        let claim = match ready.choose(&mut self.rng).copied() {
            Some(claim) if self.percent(80) => claim,
            _ => self.claim(),
        };
        Act::Call(self.account(), Call::Finalize { claim })
    }

    fn match_opened(&mut self) -> Act {
        let found = self.proposal(|duo, claim, number| {
            duo.model
                .proposal(duo.model.id(claim), number)
                .is_ok_and(|p| p.state == ProposalState::Live)
        });
        let (claim, number) = self.or_any(found);
        let by = self.games_of(&claim, number);
        Act::Call(by, Call::MatchOpened { claim, number })
    }

    fn match_closed(&mut self) -> Act {
        let found = self.proposal(|duo, claim, number| {
            duo.model.proposal(duo.model.id(claim), number).is_ok_and(|p| p.open_matches > 0)
        });
        let (claim, number) = self.or_any(found);
        let by = self.games_of(&claim, number);
        let challenger = from_alloy(ACTORS.choose(&mut self.rng).expect("there are some"));
        let (id, defended) = (self.id(&claim), self.percent(60));
        Act::Call(by, Call::MatchClosed { id, number, defended, challenger })
    }

    fn games_of(&mut self, claim: &Claim, number: u32) -> Caller {
        let model = &self.duo.model;
        let version = model.proposal(model.id(claim), number).map(|proposal| proposal.version);
        let games = version.ok().and_then(|version| model.registry.version(Lane::Op, version));
        let any = self.duo.verifiers[Lane::Op as usize][0].address;
        let games = games.map_or(any, |version| version.verifier.address);
        self.mostly(Caller::Games(games))
    }

    fn reclaim(&mut self) -> Act {
        let found = self
            .proposal(|duo, claim, number| Call::Reclaim { claim: *claim, number }.would_pass(duo));
        let (claim, number) = self.or_any(found);
        Act::Call(self.account(), Call::Reclaim { claim, number })
    }

    fn withdraw_credit(&mut self) -> Act {
        let rich = self.duo.model.money.credits.keys().next().copied();
        let by = match rich {
            Some(owner) if self.percent(70) => Caller::Account(owner),
            _ => self.account(),
        };
        let to = from_alloy(ACTORS.choose(&mut self.rng).expect("there are some"));
        Act::Call(by, Call::WithdrawCredit { to })
    }

    // Conflicts.

    /// Contents that hold a lane's vote, if there are any.
    fn voted(&self, lane: Lane) -> Vec<ClaimId> {
        let seat = self.duo.model.registry.seat(lane).map(|seat| seat.version);
        let contents = self.duo.model.contents.iter();
        contents
            .filter(|(_, c)| seat.is_some() && c.vote(lane) == seat)
            .map(|(id, _)| *id)
            .collect()
    }

    /// A conflict between one of `a` and one of `b` if there is one, or else nonsense.
    fn conflict_of(&mut self, a: &[ClaimId], b: &[ClaimId], chains: bool) -> Conflict {
        let mut found = Conflict::of_rivals(self.claim(), self.claim());
        for _ in 0..12 {
            let (Some(a), Some(b)) = (a.choose(&mut self.rng), b.choose(&mut self.rng)) else {
                break;
            };
            let (Some(a), Some(b)) = (self.chain(*a, chains), self.chain(*b, chains)) else {
                continue;
            };
            let (a, b): (Vec<&Story>, Vec<&Story>) = (a.iter().collect(), b.iter().collect());
            found = conflict(&a, &b, &mut self.rng);
            if found.hash_a != found.hash_b {
                break;
            }
        }
        if self.percent(12) {
            spoil(&mut found, &mut self.rng);
        }
        found
    }

    /// A content, sometimes with the one before it.
    fn chain(&mut self, last: ClaimId, chains: bool) -> Option<Vec<Story>> {
        let story = self.duo.stories.get(&last)?.clone();
        if chains && self.percent(40) {
            let start = tern_settlement::Point::start(&story.claim);
            let mut contents = self.duo.model.contents.iter();
            let before = contents.find(|(_, c)| tern_settlement::Point::end(&c.claim) == start);
            if let Some(before) = before.and_then(|(id, _)| self.duo.stories.get(id)) {
                return Some(vec![before.clone(), story]);
            }
        }
        Some(vec![story])
    }

    fn contradict(&mut self) -> Act {
        let lane = self.lane(None);
        let voted = self.voted(lane);
        let conflict = Box::new(self.conflict_of(&voted, &voted, true));
        Act::Call(self.account(), Call::Contradict { lane, conflict })
    }

    fn contradict_final(&mut self) -> Act {
        let contents = self.duo.model.contents.iter();
        let finals: Vec<_> =
            contents.filter(|(_, c)| c.final_at.is_some()).map(|(id, _)| *id).collect();
        let voted = self.voted(Lane::Tee);
        let conflict = Box::new(self.conflict_of(&voted, &finals, true));
        Act::Call(self.account(), Call::ContradictFinal { conflict })
    }

    fn arbitrate(&mut self) -> Act {
        let retired = self.duo.model.registry.phase == Phase::Retired;
        let zk = if retired && self.percent(50) { Lane::Zk2 } else { Lane::Zk };
        let (a, b) = (self.voted(zk), self.voted(Lane::Op));
        let chains = self.percent(5);
        let conflict = Box::new(self.conflict_of(&a, &b, chains));
        let choose_op = self.percent(50);
        Act::Call(self.mostly(Caller::Powers), Call::Arbitrate { conflict, choose_op })
    }

    // Versions and terms.

    fn set_terms(&mut self) -> Act {
        let terms = Terms {
            proposer_bond: self.rng.random_range(480..2_000),
            challenger_bond: self.rng.random_range(480..1_200),
            window: self.rng.random_range(15..105),
        };
        Act::Call(self.mostly(Caller::Timelock), Call::SetTerms(terms))
    }

    fn schedule(&mut self) -> Act {
        let lane = self.lane(Some(Lane::Tee));
        let verifier = self.verifier(lane);
        Act::Call(self.mostly(Caller::Powers), Call::Schedule { lane, verifier })
    }

    fn cancel(&mut self) -> Act {
        let lane = self.lane(Some(Lane::Tee));
        Act::Call(self.mostly(Caller::Powers), Call::Cancel { lane })
    }

    fn activate(&mut self) -> Act {
        let model = &self.duo.model;
        let announced: Vec<_> = Lane::ALL
            .into_iter()
            .filter(|l| model.registry.announced[*l as usize].is_some())
            .collect();
        let lane = match announced.choose(&mut self.rng).copied() {
            Some(lane) if self.percent(85) => lane,
            _ => self.lane(None),
        };
        Act::Call(self.account(), Call::Activate { lane })
    }

    fn install_tee(&mut self) -> Act {
        let verifier = self.verifier(Lane::Tee);
        Act::Call(self.mostly(Caller::Powers), Call::InstallTee { verifier })
    }

    fn emergency_replace(&mut self) -> Act {
        let open = self.duo.model.registry.emergency_until;
        let lane = Lane::ALL.into_iter().find(|lane| open[*lane as usize].is_some());
        let lane = match lane {
            Some(lane) if self.percent(85) => lane,
            _ => self.lane(None),
        };
        let verifier = self.verifier(lane);
        Act::Call(self.mostly(Caller::Powers), Call::EmergencyReplace { lane, verifier })
    }

    fn retire(&mut self) -> Act {
        let announced = self.duo.model.registry.retire_at.is_some();
        if announced && self.percent(80) {
            return Act::Call(self.account(), Call::RetireTee);
        }
        let by = if self.percent(35) { self.account() } else { Caller::Timelock };
        Act::Call(by, Call::AnnounceTeeRetirement)
    }
}

/// Whether the model would accept a call now.
trait WouldPass {
    fn would_pass(&self, duo: &Duo) -> bool;
}

impl WouldPass for Call {
    fn would_pass(&self, duo: &Duo) -> bool {
        let by = Caller::Account(from_alloy(&ACTORS[0]));
        duo.model.clone().apply(duo.now(), by, self).is_ok()
    }
}
