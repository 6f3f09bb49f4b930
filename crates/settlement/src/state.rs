//! What the contracts keep.

use std::{
    collections::BTreeMap,
    hash::{Hash, Hasher},
    sync::Arc,
};

use tern_protocol::{
    Address, BatchAcc, BlockNumber, Claim, ClaimId,
    rule::{self, Optimistic, Phase, Verdict, Vote, Votes},
};

use crate::{DevFault, Inbox, Lane, LaneVersion, Money, Registry, Rules, Seconds, TeeBook, Terms};

/// A block hash after an accumulator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Point {
    /// The block.
    pub block: tern_protocol::Hash,
    /// The inbox's accumulator there.
    pub acc: BatchAcc,
}

/// What a claim is a function of: equal inputs and different ids make rivals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Inputs {
    /// Where it starts.
    pub start: Point,
    /// The accumulator where it ends.
    pub last: BatchAcc,
}

impl Inputs {
    /// Those of a claim.
    pub fn of(claim: &Claim) -> Self {
        Self { start: Point::start(claim), last: claim.last_batch }
    }
}

impl Point {
    /// Where a claim starts.
    pub fn start(claim: &Claim) -> Self {
        Self { block: claim.parent_block, acc: claim.first_batch }
    }

    /// Where a claim ends.
    pub fn end(claim: &Claim) -> Self {
        Self { block: claim.block, acc: claim.last_batch }
    }
}

/// The last final block.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Head {
    /// Where it is.
    pub point: Point,
    /// How many batches are final.
    pub batches: u64,
    /// Its number.
    pub block_number: BlockNumber,
    /// Since when; the deployment at first.
    pub final_at: Seconds,
    /// When finality last resumed after a stall.
    pub stall_ended_at: Option<Seconds>,
}

/// What settlement keeps of a claim it has heard of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// The claim itself.
    pub claim: Claim,
    /// The vote of each lane, by version, in the order of [`Lane`].
    pub votes: [Option<LaneVersion>; 4],
    /// The first vote that starts windows.
    pub first_vote_at: Option<Seconds>,
    /// Since when it is final.
    pub final_at: Option<Seconds>,
    /// Its proposals, by number.
    pub proposals: Vec<Proposal>,
}

impl Content {
    /// A content nobody has said anything of.
    pub(crate) fn new(claim: Claim) -> Self {
        let (votes, proposals) = ([None; 4], Vec::new());
        Self { claim, votes, first_vote_at: None, final_at: None, proposals }
    }

    /// The version of a lane whose vote it holds.
    pub fn vote(&self, lane: Lane) -> Option<LaneVersion> {
        self.votes[lane as usize]
    }
}

impl Hash for Content {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // The claim is left out: a content is always kept under its name.
        (&self.votes, self.first_vote_at, self.final_at, &self.proposals).hash(state);
    }
}

/// Where a proposal is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProposalState {
    /// It may be challenged, and may come to stand.
    Live,
    /// It stood its window.
    Stood,
    /// A match was lost.
    Lost,
    /// Taken back.
    Closed,
}

/// A bond behind a content.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Proposal {
    /// Whose.
    pub proposer: Address,
    /// Since when.
    pub proposed_at: Seconds,
    /// The optimistic version of that day.
    pub version: LaneVersion,
    /// The terms of that day, by index.
    pub terms: u16,
    /// Matches not yet decided.
    pub open_matches: u16,
    /// Where it is in its life.
    pub state: ProposalState,
}

/// A lane's last vote, and since when it has voted without a gap as long as the heartbeat.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Beat {
    /// The last vote.
    pub last: Option<Seconds>,
    /// The streak's first; kept for the two ZK lanes only.
    pub since: Option<Seconds>,
}

/// Each lane's beat, in the order of [`Lane`].
pub type Pulse = [Beat; 4];

/// Everything settlement, its registry and the lanes' books hold at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    pub(crate) rules: Arc<Rules>,
    /// A planted fault; none but in this crate's own tests of its checker.
    pub(crate) fault: Option<DevFault>,
    /// Batches.
    pub inbox: Inbox,
    /// The last final block.
    pub head: Head,
    /// Every known content.
    pub contents: BTreeMap<ClaimId, Content>,
    /// The first known content of some inputs.
    pub first: BTreeMap<Inputs, ClaimId>,
    /// The first other content of some inputs that a version voted for.
    pub other: BTreeMap<(Inputs, Lane, LaneVersion), ClaimId>,
    /// Terms so far; the last are today's.
    pub terms: Vec<Terms>,
    /// When lanes voted.
    pub pulse: Pulse,
    /// Versions of lanes.
    pub registry: Registry,
    /// What the contracts of TEE versions keep, by address.
    pub tee: BTreeMap<Address, TeeBook>,
    /// Bonds and credits.
    pub money: Money,
}

impl Hash for State {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.inbox.hash(state);
        self.head.hash(state);
        self.contents.hash(state);
        self.first.hash(state);
        self.other.hash(state);
        self.terms.hash(state);
        self.pulse.hash(state);
        self.registry.hash(state);
        self.tee.hash(state);
        self.money.hash(state);
    }
}

impl State {
    /// A rollup on the day of its deployment.
    pub fn new(rules: Arc<Rules>, now: Seconds) -> Self {
        let head = Head {
            point: Point { block: rules.genesis, acc: BatchAcc::default() },
            batches: 0,
            block_number: BlockNumber(0),
            final_at: now,
            stall_ended_at: None,
        };
        Self {
            fault: None,
            inbox: Inbox::default(),
            head,
            contents: BTreeMap::new(),
            first: BTreeMap::new(),
            other: BTreeMap::new(),
            terms: vec![rules.terms],
            pulse: Pulse::default(),
            registry: Registry::new(&rules.lanes, now),
            tee: BTreeMap::new(),
            money: Money::default(),
            rules,
        }
    }

    /// A rollup whose machine has a planted fault, to see whether a checker finds it. For this
    /// repository's tests only.
    #[doc(hidden)]
    pub fn with_dev_fault(rules: Arc<Rules>, now: Seconds, fault: DevFault) -> Self {
        Self { fault: Some(fault), ..Self::new(rules, now) }
    }

    /// What never changes.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The claim's name here.
    pub fn id(&self, claim: &Claim) -> ClaimId {
        claim.id(self.rules.l1_chain, &self.rules.settlement)
    }

    /// Whether the claim can never be final.
    pub fn is_dead(&self, claim: &Claim) -> bool {
        let is_final = self.contents.get(&self.id(claim)).is_some_and(|c| c.final_at.is_some());
        !is_final && self.is_off_head(claim)
    }

    pub(crate) fn is_off_head(&self, claim: &Claim) -> bool {
        let first = self.inbox.batches_at(claim.first_batch).unwrap_or(0);
        first < self.head.batches
            || first == self.head.batches && claim.parent_block != self.head.point.block
    }

    /// Whether batches wait for finality longer than they should.
    pub fn is_stalled(&self, now: Seconds) -> bool {
        self.inbox.len() > self.head.batches
            && now.saturating_sub(self.head.final_at) > self.rules.delays.stall_after
    }

    /// Whether a content's vote of a lane counts now.
    pub fn counts(&self, id: ClaimId, lane: Lane) -> bool {
        let Some(content) = self.contents.get(&id) else { return false };
        let Some(seat) = self.registry.seat(lane) else { return false };
        let frozen = seat.frozen && !self.has(DevFault::FrozenVotesCount);
        if content.vote(lane) != Some(seat.version) || frozen {
            return false;
        }
        match (lane, self.registry.phase) {
            (Lane::Zk | Lane::Op, _) | (Lane::Zk2, Phase::Retired) => true,
            (Lane::Zk2, Phase::Three) => false,
            (Lane::Tee, Phase::Retired) if !self.has(DevFault::TeeAfterRetirement) => false,
            (Lane::Tee, _) => self.is_upheld(id),
        }
    }

    /// Whether the active TEE version's contract upholds its vote for a content.
    pub fn is_upheld(&self, id: ClaimId) -> bool {
        let Some(verifier) = self.registry.verifier(Lane::Tee) else { return false };
        let book = self.tee.get(&verifier.address);
        book.is_some_and(|book| book.upholds(id, self.rules.tee_threshold))
    }

    /// The votes on a content that count now.
    pub fn votes(&self, id: ClaimId, now: Seconds) -> Votes {
        let registry = &self.registry;
        let second = self.second_lane();
        let vote = |lane| match self.counts(id, lane) {
            false => Vote::None,
            true if self.is_on_probation(lane, now) => Vote::Probation,
            true => Vote::Yes,
        };
        let second_vote = match vote(second) {
            // The late vote of a retired TEE, taken for that of the lane that replaced it.
            Vote::None if self.has(DevFault::TeeAfterRetirement) => vote(Lane::Tee),
            said => said,
        };
        Votes {
            zk: vote(Lane::Zk),
            second: second_vote,
            op: if self.counts(id, Lane::Op) { Optimistic::Yes } else { Optimistic::No },
            op_probation: self.is_on_probation(Lane::Op, now),
            zk_differs_from_second: registry.differ(Lane::Zk, second),
            op_differs_from_zk: registry.differ(Lane::Op, Lane::Zk),
            op_differs_from_second: registry.differ(Lane::Op, second),
        }
    }

    /// What the rule says of the votes that count now.
    pub fn verdict(&self, id: ClaimId, now: Seconds) -> Verdict {
        let votes = self.votes(id, now);
        if self.has(DevFault::ZkAloneIsFinal) && votes.zk == Vote::Yes {
            return Verdict::Final;
        }
        if self.has(DevFault::TwoPlatformsAreTwoLanes) && self.signers_upheld(id) > 1 {
            return Verdict::Final;
        }
        rule::verdict(self.registry.phase, votes)
    }

    /// The lane that sits beside ZK and OP in this phase.
    pub fn second_lane(&self) -> Lane {
        match self.registry.phase {
            Phase::Three => Lane::Tee,
            Phase::Retired => Lane::Zk2,
        }
    }

    /// Whether a lane's active version is on probation.
    pub fn is_on_probation(&self, lane: Lane, now: Seconds) -> bool {
        let Some(seat) = self.registry.seat(lane) else { return false };
        let by_emergency = seat.probation_until.is_some();
        let longer = by_emergency && self.prolongs_probation(now);
        !self.has(DevFault::NoProbation) && (seat.serves_probation(now) || longer)
    }

    /// Probation is there so that people can leave: it lasts while they could not, and as long
    /// again as they need once they can.
    fn prolongs_probation(&self, now: Seconds) -> bool {
        let exit_time = self.rules.delays.exit_time();
        self.is_stalled(now) || self.head.stall_ended_at.is_some_and(|end| now < end + exit_time)
    }

    /// When a proposal's window starts and is over; none before a vote that starts windows.
    pub fn window(&self, content: &Content, proposal: &Proposal) -> Option<(Seconds, Seconds)> {
        let voted = match content.first_vote_at {
            None if self.has(DevFault::UnvotedAges) => proposal.proposed_at,
            voted => voted?,
        };
        let start = voted.max(proposal.proposed_at);
        Some((start, start + self.terms_of(proposal).window))
    }

    /// The terms of a proposal's day.
    pub fn terms_of(&self, proposal: &Proposal) -> Terms {
        // An index is only ever made from this list, which never shrinks.
        self.terms.get(usize::from(proposal.terms)).copied().unwrap_or(self.rules.terms)
    }

    /// Today's terms.
    pub fn current_terms(&self) -> Terms {
        self.terms.last().copied().unwrap_or(self.rules.terms)
    }

    pub(crate) fn has(&self, fault: DevFault) -> bool {
        self.fault == Some(fault)
    }

    fn signers_upheld(&self, id: ClaimId) -> usize {
        let verifier = self.registry.verifier(Lane::Tee);
        let book = verifier.and_then(|verifier| self.tee.get(&verifier.address));
        book.map_or(0, |book| book.standing(id).count())
    }
}
