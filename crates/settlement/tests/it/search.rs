//! The promises of `spec/settlement.md`, in every state of every small world.

use std::{collections::BTreeSet, io::Write};

use crate::model::{
    search::search,
    worlds::{self, Size},
};

/// More than any small world has: reaching it means that a world was not searched through.
const MOST: usize = 100_000;

/// Calls of settlement and its registry.
const CALLS: usize = 20;

#[test]
fn every_promise_holds_in_every_state_of_every_small_world() {
    let (mut states, mut moves) = (0, 0);
    let mut calls = BTreeSet::new();
    for world in worlds::all(Size::Small) {
        let name = world.name;
        let visited = search(&world, MOST).unwrap_or_else(|broken| panic!("{name}: {broken}"));
        writeln!(std::io::stderr(), "{name}: {visited}").expect("stderr is open");
        assert!(visited.complete, "{name} was not searched through");
        assert!(visited.finals > 0, "{name}: nothing ever became final");
        states += visited.states;
        moves += visited.moves;
        calls.extend(visited.calls);
    }
    writeln!(std::io::stderr(), "all: {states} states, {moves} transitions")
        .expect("stderr is open");
    assert_eq!(calls.len(), CALLS, "some call was never allowed: {calls:?}");
}
