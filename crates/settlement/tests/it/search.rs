//! The promises of `spec/settlement.md`, in every state of every small world.

use std::io::Write;

use crate::model::{
    search::search,
    worlds::{self, Size},
};

/// More than any small world has: reaching it means that a world was not searched through.
const MOST: usize = 100_000;

#[test]
fn every_promise_holds_in_every_state_of_every_small_world() {
    let (mut states, mut moves) = (0, 0);
    for world in worlds::all(Size::Small) {
        let name = world.name;
        let visited = search(&world, MOST).unwrap_or_else(|broken| panic!("{name}: {broken}"));
        writeln!(std::io::stderr(), "{name}: {visited}").expect("stderr is open");
        assert!(visited.complete, "{name} was not searched through");
        assert!(visited.finals > 0, "{name}: nothing ever became final");
        states += visited.states;
        moves += visited.moves;
    }
    writeln!(std::io::stderr(), "all: {states} states, {moves} transitions")
        .expect("stderr is open");
}
