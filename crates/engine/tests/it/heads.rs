//! The tags move to every kept block, forward and back.

use tern_engine::{Client, EngineError, Heads};
use tern_protocol::Hash;

use crate::chain::{Home, all};

#[tokio::test(flavor = "multi_thread")]
async fn heads_move_between_branches_of_any_depth_and_survive_a_restart() {
    let home = Home::new();
    let engine = home.open().await;
    let genesis = home.chain.head_hash();
    let mut trunk = Vec::new();
    for _ in 0..6 {
        let from = trunk.last().copied().unwrap_or(genesis);
        trunk.extend(home.grow(&engine, from, 50, 1));
        engine.set_heads(all(trunk[trunk.len() - 1], genesis)).await.expect("moved");
    }
    assert_eq!(engine.latest().await.expect("readable").number, 300);
    // Back to an ancestor whose state is not on the disk any more.
    let fork = trunk[19];
    engine.set_heads(all(fork, genesis)).await.expect("moved back");
    assert_eq!(engine.latest().await.expect("readable").hash, fork);
    assert!(engine.has_state(fork).expect("readable"));
    assert_eq!(engine.head_at(21).expect("readable"), None);
    // Another branch from there.
    let branch = home.grow(&engine, fork, 200, 2);
    engine.set_heads(all(branch[199], fork)).await.expect("moved to the branch");
    let head = engine.latest().await.expect("readable");
    assert_eq!((head.number, head.hash), (220, branch[199]));
    home.check(&engine, &[&trunk[..20], &branch].concat()).await;
    engine.close().await.expect("closed");
    drop(engine);
    let engine = home.open().await;
    assert_eq!(engine.latest().await.expect("readable").hash, branch[199]);
    assert!(engine.has_state(branch[199]).expect("readable"));
    let more = home.grow(&engine, branch[199], 3, 3);
    // And back to the first branch, of which nothing is on the disk any more.
    let last = home.grow(&engine, trunk[299], 2, 1);
    engine.set_heads(all(last[1], fork)).await.expect("moved back to the trunk");
    home.check(&engine, &[&trunk[..], &last].concat()).await;
    home.check(&engine, &[&trunk[..20], &branch, &more].concat()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_back_that_is_taken_back_leaves_the_states_as_they_were() {
    let home = Home::new();
    let engine = home.open().await;
    let genesis = home.chain.head_hash();
    let trunk = home.grow(&engine, genesis, 300, 1);
    engine.set_heads(all(trunk[299], genesis)).await.expect("moved");
    engine.set_heads(all(trunk[9], genesis)).await.expect("moved back");
    let short = home.grow(&engine, trunk[9], 5, 2);
    engine.set_heads(all(trunk[299], genesis)).await.expect("moved forward");
    let more = home.grow(&engine, trunk[299], 140, 1);
    engine.set_heads(all(more[139], genesis)).await.expect("moved on");
    // The short branch stands on nothing that is in memory now.
    let longer = home.grow(&engine, short[4], 3, 3);
    engine.set_heads(all(longer[2], genesis)).await.expect("moved to the short branch");
    home.check(&engine, &[&trunk[..], &more].concat()).await;
    home.check(&engine, &[&trunk[..10], &short, &longer].concat()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_whose_fork_has_left_the_memory_is_made_again() {
    let home = Home::new();
    let engine = home.open().await;
    let genesis = home.chain.head_hash();
    let trunk = home.grow(&engine, genesis, 200, 1);
    let branch = home.grow(&engine, trunk[99], 20, 2);
    let more = home.grow(&engine, trunk[199], 100, 1);
    // The trunk's state 172 goes to the disk; what is younger than it stays in memory.
    engine.set_heads(all(more[99], genesis)).await.expect("moved");
    assert!(!engine.has_state(branch[19]).expect("readable"), "it stands on a state that is gone");
    let longer = home.grow(&engine, branch[19], 3, 2);
    engine.set_heads(all(longer[2], genesis)).await.expect("moved to the branch");
    home.check(&engine, &[&trunk[..100], &branch, &longer].concat()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_of_unknown_or_unrelated_blocks_move_nothing() {
    let home = Home::new();
    let engine = home.open().await;
    let genesis = home.chain.head_hash();
    let left = home.grow(&engine, genesis, 2, 1);
    let right = home.grow(&engine, genesis, 2, 2);
    let unknown = engine.set_heads(all(Hash([7; 32]), genesis)).await;
    assert!(matches!(unknown, Err(EngineError::Unknown { .. })));
    let apart = Heads { latest: left[1], safe: right[0], finalized: genesis };
    assert!(matches!(engine.set_heads(apart).await, Err(EngineError::Heads { .. })));
    assert_eq!(engine.latest().await.expect("readable").hash, genesis);
    let together = Heads { latest: left[1], safe: left[0], finalized: genesis };
    engine.set_heads(together).await.expect("moved");
    assert_eq!(engine.heads().expect("readable"), together);
}
