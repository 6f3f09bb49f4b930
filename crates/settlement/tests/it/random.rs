//! Long random walks, where the searched worlds are too small, and what people are told on
//! the way.

use proptest::prelude::*;
use tern_protocol::ClaimId;
use tern_settlement::{Call, Caller, Lane, Next, Stage, State};

use crate::model::{
    fixture::NOW,
    search::{advance, check_state},
    world::World,
};

/// Everything at once: no search would come to its end.
fn everything() -> World {
    World {
        claims: &["A", "B", "C", "A2", "X2", "B2", "S", "T"],
        corrupt: &Lane::ALL,
        corrupt_council: true,
        lanes: &[Lane::Zk, Lane::Tee, Lane::Zk2],
        replaced: &Lane::ALL,
        batches: 2,
        proposals: 3,
        matches: 3,
        versions: 5,
        platforms: 4,
        chains: &[(&["A", "A2"], &["T"]), (&["S"], &["B"]), (&["B", "B2"], &["A", "A2"])],
        arbitrates: true,
        retires: true,
        revokes: true,
        withdraws: true,
        terms: 4,
        ..World::new("everything")
    }
}

/// Whether what the status advises can be done, where it needs nobody's proof or money.
fn advice_is_good(world: &World, state: &State) -> bool {
    world.fixture.claims.iter().all(|named| {
        let claim = named.claim;
        (0..4).all(|number| {
            let said = state.status(NOW, &claim, number);
            let is_final = |id: &ClaimId| {
                state.contents.get(id).is_some_and(|content| content.final_at.is_some())
            };
            let call = match said.next {
                Next::Stand => Call::Stand { claim, number },
                Next::Finalize => Call::Finalize { claim },
                Next::Reclaim => Call::Reclaim { claim, number },
                _ => return (said.stage == Stage::Final) == is_final(&named.id),
            };
            state.clone().apply(NOW, Caller::Powers, &call).is_ok()
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn promises_hold_and_advice_is_good_on_long_walks(
        choices in prop::collection::vec(any::<prop::sample::Index>(), 150),
    ) {
        let world = everything();
        let steps = world.steps();
        let mut state = world.start();
        for choice in choices {
            // The first step from a random one on that is not refused.
            let from = choice.index(steps.len());
            for step in steps[from..].iter().chain(&steps[..from]) {
                if !world.allows(&state, step) {
                    continue;
                }
                let after = advance(&world, &state, &mut state.clone(), step);
                let fail = |promise| TestCaseError::fail(format!("{promise}: {step:?}"));
                let Some(after) = after.map_err(fail)? else { continue };
                prop_assert_eq!(check_state(&world, &after), Ok(()));
                prop_assert!(advice_is_good(&world, &after), "after {:?}", step);
                state = after;
                break;
            }
        }
    }
}
