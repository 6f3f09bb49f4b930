//! Every state of a world, breadth first.

use std::{
    collections::{BTreeSet, HashSet},
    fmt,
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher},
};

use tern_settlement::{Refusal, State};

use super::{
    fixture::NOW,
    invariants::{Move, PROMISES, every_proposal_can_end, frozen_never_counts},
    world::{Step, World, pass},
};

/// How far a search went.
#[derive(Debug, Clone, Default)]
pub(crate) struct Visited {
    /// Calls that were allowed at least once.
    pub(crate) calls: BTreeSet<&'static str>,
    pub(crate) states: usize,
    pub(crate) moves: usize,
    pub(crate) refusals: usize,
    pub(crate) depth: usize,
    /// States in which something was final.
    pub(crate) finals: usize,
    /// Whether nothing is left to visit.
    pub(crate) complete: bool,
}

impl fmt::Display for Visited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { states, moves, refusals, depth, finals, complete, .. } = self;
        let all = if *complete { "all of them" } else { "not all" };
        write!(
            f,
            "{states} states ({all}, {finals} with something final), {moves} transitions, \
             {refusals} refusals, {depth} deep"
        )
    }
}

/// A promise that was broken, and how.
pub(crate) struct Broken {
    pub(crate) promise: &'static str,
    pub(crate) path: Vec<Step>,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "broken: {}", self.promise)?;
        self.path.iter().try_for_each(|step| match step {
            Step::Call(by, call) => writeln!(f, "  {} by {by:?}: {call:?}", call.name()),
            other => writeln!(f, "  {other:?}"),
        })
    }
}

/// Visits every state that the world can reach, up to a number of them.
pub(crate) fn search(world: &World, most: usize) -> Result<Visited, Broken> {
    let steps = world.steps();
    let hasher = BuildHasherDefault::<DefaultHasher>::default();
    let start = world.start();
    let mut seen = HashSet::from([hasher.hash_one(&start)]);
    // For each state seen, the one before and the step between.
    let mut history = vec![(0, 0)];
    let mut frontier = vec![(0, start)];
    let mut visited = Visited { states: 1, ..Visited::default() };
    while !frontier.is_empty() {
        let mut next = Vec::new();
        for (index, state) in frontier {
            let broken = |promise, last: Option<usize>| Broken {
                promise,
                path: path(&history, &steps, index, last),
            };
            check_state(world, &state).map_err(|promise| broken(promise, None))?;
            visited.finals += usize::from(state.head.batches > 0);
            let mut reached = Vec::new();
            let mut spare = state.clone();
            for (number, step) in steps.iter().enumerate() {
                if !world.allows(&state, step) {
                    continue;
                }
                match advance(world, &state, &mut spare, step) {
                    Ok(None) => visited.refusals += 1,
                    Ok(Some(after)) => {
                        visited.moves += 1;
                        if let Step::Call(_, call) = step {
                            visited.calls.insert(call.name());
                        }
                        reached.push((number, after));
                    }
                    Err(promise) => return Err(broken(promise, Some(number))),
                }
            }
            for (number, after) in reached {
                if seen.insert(hasher.hash_one(&after)) {
                    next.push((history.len(), after));
                    history.push((index, number));
                }
            }
        }
        visited.states = history.len();
        visited.depth += 1;
        if visited.states >= most {
            return Ok(visited);
        }
        frontier = next;
    }
    visited.complete = true;
    Ok(visited)
}

/// The state after a step, or nothing if it is refused; or the promise it breaks. `spare` is
/// like `before`, and is so again unless a promise is broken.
pub(crate) fn advance(
    world: &World,
    before: &State,
    spare: &mut State,
    step: &Step,
) -> Result<Option<State>, &'static str> {
    let after = &mut *spare;
    match step {
        Step::Tick => pass(after),
        Step::Around(what) => after.happen(what),
        Step::Call(by, call) => {
            let refused: Option<Refusal> = after.apply(NOW, *by, call).err();
            if refused.is_some() {
                let same = *after == *before;
                return if same { Ok(None) } else { Err("a refused call changes nothing") };
            }
        }
    }
    let made = Move { world, before, step, after };
    let broken = PROMISES.iter().find(|(_, holds)| !holds(&made));
    if let Some((promise, _)) = broken {
        return Err(promise);
    }
    world.simplify(after);
    Ok(Some(std::mem::replace(spare, before.clone())))
}

/// What must hold of a state, however it came about.
pub(crate) fn check_state(_: &World, state: &State) -> Result<(), &'static str> {
    if !frozen_never_counts(state) {
        return Err("a frozen version never counts");
    }
    if !every_proposal_can_end(state) {
        return Err("every proposal can reach an end");
    }
    Ok(())
}

fn path(
    history: &[(usize, usize)],
    steps: &[Step],
    mut index: usize,
    last: Option<usize>,
) -> Vec<Step> {
    let mut path: Vec<_> = last.map(|number| steps[number].clone()).into_iter().collect();
    while index != 0 {
        let (before, number) = history[index];
        path.push(steps[number].clone());
        index = before;
    }
    path.reverse();
    path
}
