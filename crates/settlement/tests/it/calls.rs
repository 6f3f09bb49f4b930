//! Calls as a caller sees them: what they do, and why they are refused.

use std::sync::Arc;

use tern_protocol::{BatchAcc, BlockNumber, Claim, ConfigHash, rule::Verdict};
use tern_settlement::{
    Call, Caller, Conflict, Event, Lane, LaneVersion, Next, Platform, Proof, ProposalState, Reason,
    Refusal, Stage, State, World,
};

use crate::model::fixture::{CHALLENGER, Fixture, NOW, PROPOSER, acc, hash, verifier};

const ANYONE: Caller = Caller::Account(PROPOSER);
const GAMES: u8 = 0x31;

fn start() -> (Fixture, State) {
    let fixture = Fixture::new();
    let mut state = State::new(Arc::clone(&fixture.rules), NOW);
    state.happen(&World::Batch { acc: acc(1), blocks: 2 });
    (fixture, state)
}

/// A call that must be allowed.
fn allow(state: &mut State, now: u64, by: Caller, call: &Call) {
    state.apply(now, by, call).expect("the call is allowed");
}

fn vote(lane: Lane, claim: Claim) -> Call {
    let proof = if lane == Lane::Tee { Proof::Signed(vec![Platform(0)]) } else { Proof::Valid };
    Call::Vote { lane, claim, proof }
}

fn propose(claim: Claim) -> Call {
    Call::Propose { claim, parent: None, value: 5 }
}

#[test]
fn zk_and_tee_are_final_in_the_second_vote() {
    let (fixture, mut state) = start();
    let a = fixture.find("A");
    assert_eq!(state.apply(NOW, ANYONE, &vote(Lane::Zk, a.claim)), Ok(vec![]));
    let said = state.apply(NOW, ANYONE, &vote(Lane::Tee, a.claim));
    assert_eq!(said, Ok(vec![Event::Final(a.id)]));
    assert_eq!(state.head.block_number, BlockNumber(2));
    assert_eq!(state.status(NOW, &a.claim, 0).stage, Stage::Final);
    assert_eq!(state.status(NOW, &fixture.find("B").claim, 0).stage, Stage::Dead);
}

#[test]
fn zk_and_a_window_are_final_when_it_stands() {
    let (fixture, mut state) = start();
    let a = fixture.find("A");
    let stand = Call::Stand { claim: a.claim, number: 0 };
    allow(&mut state, NOW, ANYONE, &propose(a.claim));
    assert_eq!(state.apply(NOW + 9, ANYONE, &stand), Err(Refusal::NoWindow));
    allow(&mut state, NOW + 9, ANYONE, &vote(Lane::Zk, a.claim));
    let said = state.status(NOW + 9, &a.claim, 0);
    let told = (said.reason, said.earliest, said.next);
    assert_eq!(told, (Reason::WindowOpen, Some(NOW + 11), Next::Wait));
    assert_eq!(state.apply(NOW + 10, ANYONE, &stand), Err(Refusal::WindowOpen(NOW + 11)));
    let said = state.apply(NOW + 11, ANYONE, &stand);
    assert_eq!(said, Ok(vec![Event::Credited(PROPOSER, 5), Event::Final(a.id)]));
}

#[test]
fn a_lost_match_pays_half_and_burns_half() {
    let (fixture, mut state) = start();
    let b = fixture.find("B");
    let games = Caller::Games(verifier(GAMES).address);
    let (id, number, challenger) = (b.id, 0, CHALLENGER);
    let close = Call::MatchClosed { id, number, defended: false, challenger };
    allow(&mut state, NOW, ANYONE, &propose(b.claim));
    allow(&mut state, NOW, ANYONE, &vote(Lane::Zk, b.claim));
    let open = Call::MatchOpened { claim: b.claim, number };
    let expected = verifier(GAMES).address;
    assert_eq!(state.apply(NOW, ANYONE, &open), Err(Refusal::NotGames { expected }));
    assert_eq!(state.apply(NOW, games, &close), Err(Refusal::NoMatch));
    allow(&mut state, NOW, games, &open);
    let stand = Call::Stand { claim: b.claim, number };
    assert_eq!(state.apply(NOW + 2, ANYONE, &stand), Err(Refusal::MatchesOpen(1)));
    let said = state.apply(NOW + 2, games, &close);
    assert_eq!(said, Ok(vec![Event::Credited(CHALLENGER, 2), Event::Burned(3)]));
    assert_eq!(state.apply(NOW + 2, ANYONE, &stand), Err(Refusal::NotLive(ProposalState::Lost)));
}

#[test]
fn claims_that_are_not_admitted_say_why() {
    let (fixture, state) = start();
    let right = fixture.find("A").claim;
    let foreign = ConfigHash(hash(7));
    let (nowhere, other) = (BatchAcc(hash(8)), hash(9));
    let wrong = [
        (
            Claim { config: foreign, ..right },
            Refusal::WrongConfig { got: foreign, expected: right.config },
        ),
        (Claim { last_batch: nowhere, ..right }, Refusal::UnknownBatch(nowhere)),
        (Claim { first_batch: acc(1), ..right }, Refusal::EmptyRange { from: 1, to: 1 }),
        (
            Claim { block_number: BlockNumber(3), ..right },
            Refusal::WrongBlockNumber { got: BlockNumber(3), expected: BlockNumber(2) },
        ),
        (
            Claim { parent_block: other, ..right },
            Refusal::NotGenesis { got: other, expected: right.parent_block },
        ),
    ];
    for (claim, refusal) in wrong {
        for call in [propose(claim), vote(Lane::Zk, claim)] {
            let mut tried = state.clone();
            assert_eq!(tried.apply(NOW, ANYONE, &call), Err(refusal.clone()));
            assert_eq!(tried, state);
        }
    }
}

#[test]
fn a_version_that_votes_for_two_rivals_is_frozen_and_opens_the_emergency() {
    let (fixture, mut state) = start();
    let (a, b) = (fixture.find("A"), fixture.find("B"));
    let replace = Call::EmergencyReplace { lane: Lane::Zk, verifier: verifier(0x12) };
    let powers = Caller::Powers;
    assert_eq!(state.apply(NOW, powers, &replace), Err(Refusal::NoEmergency(Lane::Zk)));
    allow(&mut state, NOW, ANYONE, &vote(Lane::Zk, a.claim));
    let said = state.apply(NOW, ANYONE, &vote(Lane::Zk, b.claim));
    assert_eq!(said, Ok(vec![Event::Frozen(Lane::Zk, LaneVersion(1))]));
    assert_eq!(state.verdict(a.id, NOW), Verdict::NoVote);
    let late = state.clone().apply(NOW + 2, powers, &replace);
    assert_eq!(late, Err(Refusal::NoEmergency(Lane::Zk)));
    assert_eq!(state.apply(NOW + 1, ANYONE, &replace), Err(Refusal::NotPowers));
    allow(&mut state, NOW + 1, powers, &replace);
    allow(&mut state, NOW + 1, ANYONE, &vote(Lane::Zk, b.claim));
    allow(&mut state, NOW + 1, ANYONE, &vote(Lane::Tee, b.claim));
    assert_eq!(state.verdict(b.id, NOW + 1), Verdict::OnProbation);
}

#[test]
fn chains_of_claims_conflict_by_their_paths() {
    let (fixture, mut state) = start();
    state.happen(&World::Batch { acc: acc(2), blocks: 1 });
    for name in ["A", "A2", "T"] {
        allow(&mut state, NOW, ANYONE, &vote(Lane::Zk, fixture.find(name).claim));
    }
    let right = fixture.conflict(&["A", "A2"], &["T"]);
    let lane = Lane::Zk;
    let contradict = |conflict| Call::Contradict { lane, conflict: Box::new(conflict) };
    let wrong = [
        (Conflict { hash_a: right.hash_b, ..right.clone() }, Refusal::NoConflict),
        (Conflict { hash_a: hash(7), ..right.clone() }, Refusal::DifferNotProven),
        (Conflict { common: hash(7), ..right.clone() }, Refusal::CommonNotProven),
        (Conflict { a: vec![], ..right.clone() }, Refusal::WrongLength(0)),
        (Conflict { a: vec![right.a[1], right.a[0]], ..right.clone() }, Refusal::BrokenChain(1)),
    ];
    for (conflict, refusal) in wrong {
        assert_eq!(state.apply(NOW, ANYONE, &contradict(conflict)), Err(refusal));
    }
    let said = state.apply(NOW, ANYONE, &contradict(right));
    assert_eq!(said, Ok(vec![Event::Frozen(Lane::Zk, LaneVersion(1))]));
}
