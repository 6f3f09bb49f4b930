//! The promises, each a function with its name. They look at what the state holds and never
//! ask the machine's own opinion of it, so that a fault there cannot hide itself.

use tern_protocol::{ClaimId, rule::Phase};
use tern_settlement::{
    Call, Caller, Content, Inputs, Lane, LaneVersion, Point, Proposal, ProposalState, State, Wei,
};

use super::{
    fixture::NOW,
    world::{Step, World},
};

/// One move of a search.
pub(crate) struct Move<'a> {
    pub(crate) world: &'a World,
    pub(crate) before: &'a State,
    pub(crate) step: &'a Step,
    pub(crate) after: &'a State,
}

type Promise = fn(&Move<'_>) -> bool;

/// What must hold of every move, and of the state after it.
pub(crate) const PROMISES: [(&str, Promise); 18] = [
    ("final only by the rule or by arbitration", final_only_by_the_rule),
    ("every final claim has a good ZK or OP vote", final_has_a_good_vote),
    ("nothing wrong becomes final while the rule bears the lies", wrong_is_never_final),
    ("final claims are one chain up to the head", finals_are_one_chain),
    ("the head only advances", head_only_advances),
    ("finality is never taken back", finality_is_never_taken_back),
    ("ZK and TEE in good standing are final at once", approval_is_final_at_once),
    ("a version that contradicts itself is frozen", contradiction_freezes),
    ("only a contradiction freezes, and the TEE's only of two platforms", freeze_needs_cause),
    ("only the council's powers do what is theirs", powers_are_the_councils),
    ("the council changes nothing outside its list", council_keeps_to_its_list),
    ("arbitration chooses one of two proven claims", arbitration_chooses_one_of_two),
    ("no version comes before its notice", versions_wait_their_notice),
    ("the TEE retires only for two ZK lanes that are fit", retirement_needs_two),
    ("a proposal stands only after its whole window", standing_takes_the_window),
    ("nothing restarts a window", windows_never_restart),
    ("a call ends one proposal at most", one_proposal_at_a_time),
    ("every wei is held, credited, paid or burned", money_is_conserved),
];

/// A lane's version that counts for a content, told from what is kept.
fn good_vote(state: &State, content: &Content, lane: Lane) -> Option<bool> {
    let versions = &state.registry.versions[lane as usize];
    let active = versions.last()?;
    let held = content.votes[lane as usize]?;
    if held != LaneVersion(versions.len() as u16) || active.frozen {
        return None;
    }
    let retired = state.registry.phase == Phase::Retired;
    if lane == Lane::Tee {
        let book = state.tee.get(&active.verifier.address)?;
        let signers = book.signed.get(&named(state, content)?)?;
        let standing = signers.iter().any(|by| !book.revoked.contains(by));
        if retired || !standing || book.silent {
            return None;
        }
    } else if lane == Lane::Zk2 && !retired {
        return None;
    }
    Some(active.probation_until.is_none_or(|until| NOW >= until && !prolongs(state)))
}

/// Whether emergency versions stay on probation past their day: nobody could leave, or not for
/// long enough yet.
fn prolongs(state: &State) -> bool {
    let delays = state.rules().delays;
    let waits = state.inbox.len() > state.head.batches;
    let stalled = waits && NOW - state.head.final_at > delays.stall_after;
    stalled || state.head.stall_ended_at.is_some_and(|end| NOW - end < delays.exit_time())
}

/// Whether two lanes that agree suffice: two that are not one, and one of them a ZK or
/// optimistic version in good standing.
fn pair_suffices(state: &State, content: &Content, a: Lane, b: Lane) -> bool {
    let retired = state.registry.phase == Phase::Retired;
    let (Some(good_a), Some(good_b)) = (good_vote(state, content, a), good_vote(state, content, b))
    else {
        return false;
    };
    let vouched = good_a && a != Lane::Tee || good_b && b != Lane::Tee;
    vouched && (!retired || state.registry.differ(a, b))
}

/// The name under which a content is kept.
fn named(state: &State, content: &Content) -> Option<ClaimId> {
    let mut all = state.contents.iter();
    all.find(|(_, other)| std::ptr::eq(*other, content)).map(|(id, _)| *id)
}

fn rule_is_met(state: &State, content: &Content) -> bool {
    let lanes = Lane::ALL;
    let mut pairs = lanes.into_iter().flat_map(|a| lanes.into_iter().map(move |b| (a, b)));
    pairs.any(|(a, b)| a != b && pair_suffices(state, content, a, b))
}

fn newly_final<'a>(m: &'a Move<'_>) -> impl Iterator<Item = (ClaimId, &'a Content)> {
    let finals = m.after.contents.iter().filter(|(_, content)| content.final_at.is_some());
    let before = |id| m.before.contents.get(id).is_some_and(|content| content.final_at.is_some());
    finals.filter(move |(id, _)| !before(*id)).map(|(id, content)| (*id, content))
}

fn call<'a>(m: &Move<'a>) -> Option<(Caller, &'a Call)> {
    match m.step {
        Step::Call(by, call) => Some((*by, call)),
        _ => None,
    }
}

fn final_only_by_the_rule(m: &Move<'_>) -> bool {
    let arbitrated = matches!(call(m), Some((_, Call::Arbitrate { .. })));
    arbitrated || newly_final(m).all(|(_, content)| rule_is_met(m.after, content))
}

fn final_has_a_good_vote(m: &Move<'_>) -> bool {
    let minimised = [Lane::Zk, Lane::Op, Lane::Zk2];
    newly_final(m).all(|(_, content)| {
        minimised.into_iter().any(|lane| good_vote(m.after, content, lane) == Some(true))
    })
}

fn wrong_is_never_final(m: &Move<'_>) -> bool {
    // A council's version that was on probation as long as a notice takes is like any other:
    // who did not trust it has left.
    let trusted = m.world.trusts_the_councils(m.after);
    !m.world.must_stay_right() || trusted || newly_final(m).all(|(id, _)| m.world.is_right(id))
}

fn finals_are_one_chain(m: &Move<'_>) -> bool {
    let rules = m.after.rules();
    let mut at = Point { block: rules.genesis, acc: Default::default() };
    let is_final = |content: &&Content| content.final_at.is_some();
    let mut left: Vec<_> = m.after.contents.values().filter(is_final).collect();
    while let Some(next) = left.iter().position(|content| Point::start(&content.claim) == at) {
        at = Point::end(&left.remove(next).claim);
    }
    left.is_empty() && at == m.after.head.point
}

fn head_only_advances(m: &Move<'_>) -> bool {
    let (before, after) = (&m.before.head, &m.after.head);
    before.point == after.point && before.batches == after.batches
        || after.batches > before.batches && after.block_number > before.block_number
}

fn finality_is_never_taken_back(m: &Move<'_>) -> bool {
    m.before.contents.iter().all(|(id, content)| {
        let after = m.after.contents.get(id);
        after.is_some_and(|after| content.final_at.is_none() || after.final_at.is_some())
    })
}

fn approval_is_final_at_once(m: &Move<'_>) -> bool {
    let second = match m.after.registry.phase {
        Phase::Three => Lane::Tee,
        Phase::Retired => Lane::Zk2,
    };
    let at_once = |id| match call(m) {
        Some((_, Call::Vote { claim, .. } | Call::Stand { claim, .. })) => m.world.id(claim) == id,
        _ => false,
    };
    m.after.contents.iter().all(|(id, content)| {
        let good = |lane| good_vote(m.after, content, lane) == Some(true);
        let both = good(Lane::Zk) && good(second);
        let both = both && pair_suffices(m.after, content, Lane::Zk, second);
        let waits =
            content.final_at.is_none() && Point::start(&content.claim) == m.after.head.point;
        let later = || {
            let claim = content.claim;
            m.after.clone().apply(NOW, Caller::Powers, &Call::Finalize { claim }).is_ok()
        };
        !(both && waits) || !at_once(*id) && later()
    })
}

fn contradiction_freezes(m: &Move<'_>) -> bool {
    let state = m.after;
    let contents: Vec<_> = state.contents.values().collect();
    [Lane::Zk, Lane::Op, Lane::Zk2].into_iter().all(|lane| {
        let versions = &state.registry.versions[lane as usize];
        let held = |content: &Content| {
            content.votes[lane as usize] == Some(LaneVersion(versions.len() as u16))
        };
        let rivals = contents.iter().enumerate().any(|(i, a)| {
            let inputs = Inputs::of(&a.claim);
            let rival = |b: &&&Content| held(b) && Inputs::of(&b.claim) == inputs;
            held(a) && contents[i + 1..].iter().any(|b| rival(&b))
        });
        !rivals || versions.last().is_none_or(|version| version.frozen)
    })
}

fn freeze_needs_cause(m: &Move<'_>) -> bool {
    Lane::ALL.into_iter().all(|lane| {
        let (before, after) =
            (&m.before.registry.versions[lane as usize], &m.after.registry.versions[lane as usize]);
        let newly = before.iter().zip(after).any(|(b, a)| !b.frozen && a.frozen);
        if !newly {
            return true;
        }
        if lane == Lane::Tee {
            let book = after.last().and_then(|v| m.after.tee.get(&v.verifier.address));
            return book.is_some_and(|book| book.condemned.len() >= 2);
        }
        let evidence = matches!(
            call(m),
            Some((_, Call::Vote { .. } | Call::Stand { .. } | Call::Contradict { .. }))
        );
        // Who votes only for what is right never contradicts itself.
        evidence && m.world.lies(m.before, lane)
    })
}

fn powers_are_the_councils(m: &Move<'_>) -> bool {
    let Some((by, call)) = call(m) else { return true };
    match call {
        Call::Arbitrate { .. }
        | Call::Schedule { .. }
        | Call::Cancel { .. }
        | Call::InstallTee { .. }
        | Call::EmergencyReplace { .. } => by == Caller::Powers,
        Call::SetTerms(_) | Call::AnnounceTeeRetirement => by == Caller::Timelock,
        _ => true,
    }
}

fn council_keeps_to_its_list(m: &Move<'_>) -> bool {
    let Some((Caller::Powers, call)) = call(m) else { return true };
    let mut undone = m.after.clone();
    match call {
        Call::Schedule { lane, .. } | Call::Cancel { lane } => {
            let lane = *lane as usize;
            undone.registry.announced[lane] = m.before.registry.announced[lane];
        }
        Call::InstallTee { .. } => undo_install(&mut undone, m.before, Lane::Tee),
        Call::EmergencyReplace { lane, .. } => undo_install(&mut undone, m.before, *lane),
        Call::Arbitrate { .. } => {
            undone.head = m.before.head.clone();
            for (id, content) in &mut undone.contents {
                content.final_at = m.before.contents.get(id).and_then(|before| before.final_at);
            }
        }
        _ => return false,
    }
    undone == *m.before
}

fn undo_install(after: &mut State, before: &State, lane: Lane) {
    let lane = lane as usize;
    after.registry.versions[lane].pop();
    after.registry.emergency_until[lane] = before.registry.emergency_until[lane];
}

fn arbitration_chooses_one_of_two(m: &Move<'_>) -> bool {
    let Some((_, Call::Arbitrate { conflict, choose_op })) = call(m) else { return true };
    let (a, b) = (m.world.id(&conflict.a[0]), m.world.id(&conflict.b[0]));
    let chosen = if *choose_op { b } else { a };
    let content = |id: ClaimId| m.before.contents.get(&id);
    let good = |id, lane| content(id).and_then(|c| good_vote(m.before, c, lane)) == Some(true);
    let spoke = |id, lane| content(id).and_then(|c| good_vote(m.before, c, lane)).is_some();
    let third = |zk| match (m.before.registry.phase, zk) {
        (Phase::Three, _) => Lane::Tee,
        (Phase::Retired, Lane::Zk) => Lane::Zk2,
        (Phase::Retired, _) => Lane::Zk,
    };
    let proven = [Lane::Zk, Lane::Zk2].into_iter().any(|zk| {
        good(a, zk) && good(b, Lane::Op) && ![a, b].into_iter().any(|id| spoke(id, third(zk)))
    });
    proven && newly_final(m).map(|(id, _)| id).eq([chosen])
}

fn versions_wait_their_notice(m: &Move<'_>) -> bool {
    let delays = m.before.rules().delays;
    let (before, after) = (&m.before.registry, &m.after.registry);
    Lane::ALL.into_iter().all(|lane| {
        let at = lane as usize;
        let announced = after.announced[at].is_none_or(|announced| {
            let same = before.announced[at] == after.announced[at];
            same || announced.ready_at >= NOW + delays.notice + delays.exit_time()
                || matches!(m.step, Step::Tick)
        });
        let installed = after.versions[at].len() > before.versions[at].len();
        let Some(version) = after.versions[at].last().filter(|_| installed) else {
            return announced;
        };
        let frozen = before.versions[at].last().is_some_and(|version| version.frozen);
        let waited = before.announced[at].is_some_and(|announced| {
            announced.ready_at <= NOW && announced.verifier == version.verifier
        });
        let probation = NOW + delays.probation + delays.exit_time();
        let emergency = version.probation_until.is_some_and(|until| until >= probation)
            && frozen
            && before.emergency_until[at].is_some_and(|until| NOW <= until);
        let good = version.probation_until.is_none();
        announced && (emergency || good && (lane == Lane::Tee || waited))
    })
}

fn retirement_needs_two(m: &Move<'_>) -> bool {
    let (before, after) = (&m.before.registry, &m.after.registry);
    if before.phase == after.phase {
        return true;
    }
    let delays = m.before.rules().delays;
    let old = |at: u64| NOW - at >= delays.retire_streak;
    let fit = [Lane::Zk, Lane::Zk2].into_iter().all(|lane| {
        let beat = m.before.pulse[lane as usize];
        before.versions[lane as usize].last().is_some_and(|version| {
            let good =
                version.probation_until.is_none_or(|until| NOW >= until && !prolongs(m.before));
            !version.frozen && good && old(version.activated_at)
        }) && beat.since.is_some_and(old)
            && beat.last.is_some_and(|last| NOW - last < delays.heartbeat)
    });
    let noticed = before.retire_at.is_some_and(|at| at <= NOW);
    after.phase == Phase::Retired && fit && noticed && before.differ(Lane::Zk, Lane::Zk2)
}

fn standing_takes_the_window(m: &Move<'_>) -> bool {
    let Some((_, Call::Stand { claim, number })) = call(m) else { return true };
    let id = m.world.id(claim);
    let (Some(content), Ok(proposal)) =
        (m.before.contents.get(&id), m.before.proposal(id, *number))
    else {
        return false;
    };
    let terms = m.before.terms[usize::from(proposal.terms)];
    let over = content.first_vote_at.map(|at| at.max(proposal.proposed_at) + terms.window);
    let start = Point::start(claim);
    let first = m.before.inbox.batches_at(claim.first_batch).unwrap_or(0);
    let head = &m.before.head;
    let alive = start == head.point || first > head.batches;
    let voted = good_vote(m.after, content, Lane::Op);
    let counted = m.before.registry.seat(Lane::Op).is_some_and(|seat| !seat.frozen);
    alive
        && over.is_some_and(|over| over <= NOW)
        && proposal.open_matches == 0
        && (counted || voted.is_some())
}

fn windows_never_restart(m: &Move<'_>) -> bool {
    let moved = |before: &Content, after: &Content| {
        let vote = before.first_vote_at.is_some() && before.first_vote_at != after.first_vote_at;
        let mut pairs = before.proposals.iter().zip(&after.proposals);
        vote || pairs.any(|(a, b)| (a.proposed_at, a.terms) != (b.proposed_at, b.terms))
    };
    let kept = |(id, before): (&ClaimId, &Content)| {
        m.after.contents.get(id).is_some_and(|after| !moved(before, after))
    };
    matches!(m.step, Step::Tick) || m.before.contents.iter().all(kept)
}

fn one_proposal_at_a_time(m: &Move<'_>) -> bool {
    let changed = |(id, before): (&ClaimId, &Content)| {
        let after = m.after.contents.get(id).map_or(&[][..], |after| &after.proposals);
        before.proposals.iter().zip(after).filter(|(a, b)| a.state != b.state).count()
    };
    m.before.contents.iter().map(changed).sum::<usize>() <= 1
}

fn money_is_conserved(m: &Move<'_>) -> bool {
    let state = m.after;
    let live = |p: &&Proposal| p.state == ProposalState::Live;
    let bond = |p: &Proposal| state.terms[usize::from(p.terms)].proposer_bond;
    let proposals = state.contents.values().flat_map(|content| &content.proposals);
    let held: Wei = proposals.filter(live).map(bond).sum();
    let money = &state.money;
    let credits: Wei = money.credits.values().sum();
    held + credits + money.paid + money.burned == money.received
}

/// Whatever happened, there is a way to the end of every proposal that nobody can bar: close
/// its matches, wait, and let it stand or take it back.
pub(crate) fn every_proposal_can_end(state: &State) -> bool {
    let mut state = state.clone();
    let window = state.rules().delays.max_window;
    let ids: Vec<_> = state.contents.keys().copied().collect();
    for id in ids {
        let content = state.contents[&id].clone();
        for (number, proposal) in (0u32..).zip(&content.proposals) {
            let Some(games) = state.registry.version(Lane::Op, proposal.version) else {
                return false;
            };
            let by = Caller::Games(games.verifier.address);
            let challenger = proposal.proposer;
            for _ in 0..proposal.open_matches {
                let close = Call::MatchClosed { id, number, defended: true, challenger };
                if state.apply(NOW, by, &close).is_err() {
                    return false;
                }
            }
            let claim = content.claim;
            let later = NOW + window;
            let live = |state: &State| {
                state.proposal(id, number).is_ok_and(|p| p.state == ProposalState::Live)
            };
            let calls = [Call::Stand { claim, number }, Call::Reclaim { claim, number }];
            let mut ended = !live(&state);
            for call in calls {
                ended = ended || state.apply(later, by, &call).is_ok() && !live(&state);
            }
            if !ended {
                return false;
            }
        }
    }
    true
}

/// A frozen version's vote counts nowhere.
pub(crate) fn frozen_never_counts(state: &State) -> bool {
    let frozen = |lane| state.registry.seat(lane).is_some_and(|seat| seat.frozen);
    let frozen = Lane::ALL.into_iter().filter(|lane| frozen(*lane));
    frozen.into_iter().all(|lane| !state.contents.keys().any(|id| state.counts(*id, lane)))
}
