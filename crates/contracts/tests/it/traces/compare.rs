//! Everything that both machines keep, side by side.

use alloy_primitives::{U256, keccak256};
use alloy_sol_types::SolValue;
use tern_contracts::{LaneRegistry, Settlement, to_alloy};
use tern_protocol::rule::Phase;
use tern_settlement::{Lane, LaneVersion, Point};

use super::duo::{ACTORS, Duo, seconds, state_number, verdict_number};

/// The first thing that differs.
pub(crate) fn compare(duo: &mut Duo) -> Result<(), String> {
    head(duo)?;
    money(duo)?;
    registry(duo)?;
    contents(duo)
}

#[expect(clippy::needless_pass_by_value, reason = "values are made where they are compared")]
fn same<T: PartialEq + std::fmt::Debug>(what: &str, model: T, contract: T) -> Result<(), String> {
    if model == contract {
        return Ok(());
    }
    Err(format!("{what}: the model has {model:?}, the contracts {contract:?}"))
}

fn point(point: Point) -> [u8; 32] {
    keccak256((point.block.0, point.acc.0.0).abi_encode()).0
}

fn head(duo: &mut Duo) -> Result<(), String> {
    let (now, at) = (duo.now(), duo.world.at.settlement);
    let chain = &mut duo.world.chain;
    let (ours, theirs) = (&duo.model.head, chain.view(at, &Settlement::headCall {}));
    same("head", point(ours.point), theirs.point.0)?;
    same("head's batches", ours.batches, theirs.batches)?;
    same("head's block", ours.block_number.0, theirs.blockNumber)?;
    same("head's time", ours.final_at, seconds(theirs.finalAt))?;
    same("stall's end", ours.stall_ended_at.unwrap_or(0), seconds(theirs.stallEndedAt))?;
    let stall = chain.view(at, &Settlement::stallCall {});
    same("stalled", duo.model.is_stalled(now), stall.stalled)?;

    let pulse = chain.view(at, &Settlement::pulseCall {});
    let [zk, tee, op, zk2] = duo.model.pulse;
    let ours = [zk.last, zk.since, tee.last, op.last, zk2.last, zk2.since];
    let theirs = [pulse.zk, pulse.zkSince, pulse.tee, pulse.op, pulse.zk2, pulse.zk2Since];
    same("pulse", ours.map(Option::unwrap_or_default), theirs.map(seconds))
}

fn money(duo: &mut Duo) -> Result<(), String> {
    let at = duo.world.at.settlement;
    let chain = &mut duo.world.chain;
    let money = &duo.model.money;
    same("burned", U256::from(money.burned), chain.view(at, &Settlement::burnedCall {}))?;
    same("balance", U256::from(money.received - money.paid), chain.balance(at))?;
    for who in ACTORS {
        let ours = money.credits.get(&tern_contracts::from_alloy(&who)).copied();
        let theirs = chain.view(at, &Settlement::creditCall(who));
        same("credit", U256::from(ours.unwrap_or(0)), theirs)?;
    }
    let terms = chain.view(at, &Settlement::currentTermsCall {});
    let ours = duo.model.current_terms();
    same("terms' index", duo.model.terms.len() - 1, usize::from(terms.index))?;
    same("proposer's bond", ours.proposer_bond, terms._1.proposerBond.to())?;
    same("challenger's bond", ours.challenger_bond, terms._1.challengerBond.to())?;
    same("window", ours.window, seconds(terms._1.window))
}

fn registry(duo: &mut Duo) -> Result<(), String> {
    let (now, at) = (duo.now(), duo.world.at.registry);
    let chain = &mut duo.world.chain;
    let registry = &duo.model.registry;
    let board = chain.view(at, &LaneRegistry::boardCall {});
    same("phase", u8::from(registry.phase == Phase::Retired), board.phase)?;
    for lane in Lane::ALL {
        let (name, number) = (format!("{lane:?}"), lane as u8);
        let seat = registry.seat(lane);
        let theirs = &board.seats[lane as usize];
        let version = seat.map_or(0, |seat| seat.version.0);
        same(&format!("{name}'s version"), version, theirs.version)?;
        same(&format!("{name} frozen"), seat.is_some_and(|s| s.frozen), theirs.frozen)?;
        let probation = duo.model.is_on_probation(lane, now);
        same(&format!("{name} on probation"), probation, theirs.probation)?;

        let emergency = chain.view(at, &LaneRegistry::emergencyUntilCall { lane: number });
        let ours = registry.emergency_until[lane as usize].unwrap_or(0);
        same(&format!("{name}'s emergency"), ours, seconds(emergency))?;
        let next = chain.view(at, &LaneRegistry::scheduledCall { lane: number });
        let ours = registry.announced[lane as usize];
        let ready = ours.map_or(0, |announced| announced.ready_at);
        same(&format!("{name}'s announced day"), ready, seconds(next.readyAt))?;
        let verifier = ours.map(|a| to_alloy(&a.verifier.address)).unwrap_or_default();
        same(&format!("{name}'s announced contract"), verifier, next.verifier)?;

        let Some(ours) = registry.version(lane, LaneVersion(version)) else { continue };
        let theirs = chain.view(at, &LaneRegistry::versionCall { lane: number, number: version });
        same("verifier", to_alloy(&ours.verifier.address), theirs.verifier)?;
        same("activated", ours.activated_at, seconds(theirs.activatedAt))?;
        let until = ours.probation_until.unwrap_or(0);
        same("probation", until, seconds(theirs.probationUntil))?;
        same("version frozen", ours.frozen, theirs.frozen)?;
        same("proof system", ours.verifier.proof_system.0, theirs.proofSystemId.0)?;
        same("executor", ours.verifier.executor.0, theirs.executorId.0)?;
    }
    for (a, b) in [(Lane::Zk, Lane::Zk2), (Lane::Op, Lane::Zk), (Lane::Op, Lane::Zk2)] {
        let call = LaneRegistry::differCall { a: a as u8, b: b as u8 };
        same(&format!("{a:?} differs from {b:?}"), registry.differ(a, b), chain.view(at, &call))?;
    }
    Ok(())
}

fn contents(duo: &mut Duo) -> Result<(), String> {
    let (now, at) = (duo.now(), duo.world.at.settlement);
    let chain = &mut duo.world.chain;
    for (id, ours) in &duo.model.contents {
        let name = id.0.0.into();
        let theirs = chain.view(at, &Settlement::contentCall { id: name });
        let votes = Lane::ALL.map(|lane| ours.vote(lane).map_or(0, |version| version.0));
        same("known", true, theirs.known)?;
        same("votes", votes, [theirs.zk, theirs.tee, theirs.op, theirs.zk2])?;
        let first = ours.first_vote_at.unwrap_or(0);
        same("first vote", first, seconds(theirs.firstVoteAt))?;
        same("final since", ours.final_at.unwrap_or(0), seconds(theirs.finalAt))?;
        same("proposals", ours.proposals.len(), theirs.proposals as usize)?;
        let verdict = chain.view(at, &Settlement::verdictCall { id: name });
        same("verdict", verdict_number(duo.model.verdict(*id, now)), verdict)?;
        let dead = chain.view(at, &Settlement::isDeadCall { claim: (&ours.claim).into() });
        same("dead", duo.model.is_dead(&ours.claim), dead)?;
        for (number, ours) in (0u32..).zip(&ours.proposals) {
            let theirs = chain.view(at, &Settlement::proposalCall { id: name, number });
            same("proposer", to_alloy(&ours.proposer), theirs.proposer)?;
            same("proposed", ours.proposed_at, seconds(theirs.proposedAt))?;
            same("optimistic version", ours.version.0, theirs.opVersion)?;
            same("terms", ours.terms, theirs.terms)?;
            same("open matches", ours.open_matches, theirs.openMatches)?;
            same("state", state_number(ours.state), theirs.state)?;
        }
    }
    Ok(())
}
