//! Dying, losing races, reorganisations, and what cannot work.

use std::time::Duration;

use serde_json::json;
use tern_batcher::{BatcherError, Kind, Options, Post, relief};
use tern_l1::{KeySource, L1Error};

use crate::{
    l1::{World, another_chain, run, stranger},
    line::Line,
    posting::{accepted, all_is_there},
};

#[test]
fn a_batcher_that_is_killed_again_and_again_posts_everything_once() {
    run(async {
        let world = World::new().await;
        world.seal(8, 2, 20).await;
        for round in 0..12_u64 {
            let options = Options { once: false, post: Post::Blobs, ..world.options() };
            world.run_for(options, Duration::from_millis(20 + 37 * round)).await;
            if round % 3 == 0 {
                world.mine(1).await;
            }
        }
        let options = Options { post: Post::Blobs, ..world.options() };
        world.run(options).await.expect("all goes well");
        all_is_there(&world).await;
    });
}

#[test]
fn several_batches_come_with_one_block() {
    run(async {
        let world = World::new().await;
        world.seal(4, 2, 5).await;
        let options = Options { once: false, post: Post::Calldata, ..world.options() };
        world.run_until_sent(options, 4).await;
        assert_eq!(world.tip().await.0, 0);
        world.mine(1).await;
        assert_eq!(world.tip().await.0, 4);
    });
}

#[test]
fn after_somebody_elses_batch_it_goes_on_from_there() {
    run(async {
        let world = World::new().await;
        world.seal(3, 2, 5).await;
        // The silence is over; the batcher's transactions wait, and a stranger's comes first.
        world.rpc("anvil_mine", json!(["0x140"])).await;
        world.mine(1).await;
        let options = Options { once: false, ..world.options() };
        world.run_until_sent(options, 3).await;
        let foreign = async {
            world.rpc("anvil_dropAllTransactions", json!([])).await;
            world.rpc("evm_setAutomine", json!([true])).await;
            relief(&world.l1, &world.rollup, &stranger()).await.expect("it is accepted");
            world.rpc("evm_setAutomine", json!([false])).await;
        };
        foreign.await;
        world.node.follow().await;
        world.mine(1).await;
        world.seal(3, 2, 5).await;
        let done = world.run(world.options()).await.expect("it goes on");
        assert_eq!(done.tip, 4);
        assert_eq!(accepted(&world).await.len(), 4);
    });
}

#[test]
fn a_batch_that_a_reorganisation_took_back_comes_again() {
    run(async {
        let world = World::new().await;
        world.seal(3, 2, 5).await;
        world.mine(3).await;
        // The development node forgets what it takes back: only the sender can bring it again.
        let options = Options { confirmations: 64, ..world.options() };
        world.run(options.clone()).await.expect("all goes well");
        assert_eq!(world.tip().await.0, 3);
        let segments = world.node.segments();
        let anchor = segments.last().expect("three").anchors[0].number;
        let head = world.l1.header(None).await.expect("it answers").number;
        let depth = head - anchor - 1;
        world.rpc("anvil_reorg", json!([depth, []])).await;
        assert!(world.tip().await.0 < 3, "the reorganisation took batches back");
        world.run(options.clone()).await.expect("it goes on");
        all_is_there(&world).await;
    });
}

#[test]
fn a_reorganisation_below_what_was_done_leaves_no_gap_that_stops_later_batches() {
    run(async {
        let world = World::new().await;
        world.seal(3, 2, 5).await;
        world.mine(1).await;
        let options = Options { confirmations: 1, post: Post::Blobs, ..world.options() };
        world.run(options.clone()).await.expect("all goes well");
        assert_eq!(world.tip().await.0, 3);
        world.seal(2, 2, 5).await;
        // The first three are forgotten; two more wait for a block, behind them.
        let going_on = Options { once: false, ..options.clone() };
        world.run_until_sent(going_on, 2).await;
        let anchor = world.node.segments()[0].anchors[0].number;
        let head = world.l1.header(None).await.expect("it answers").number;
        world.rpc("anvil_reorg", json!([head - anchor - 1, []])).await;
        assert_eq!(world.tip().await.0, 0);
        // The sequencer drops what is anchored to blocks that are gone.
        world.node.follow().await;
        world.seal(3, 2, 5).await;
        world.run(options).await.expect("it goes on");
        all_is_there(&world).await;
    });
}

#[test]
fn what_l1_forgot_while_no_batcher_ran_is_sent_again() {
    run(async {
        let world = World::new().await;
        world.seal(4, 2, 5).await;
        let options = Options { post: Post::Blobs, ..world.options() };
        world.run_until_sent(Options { once: false, ..options.clone() }, 4).await;
        world.rpc("anvil_dropAllTransactions", json!([])).await;
        world.mine(1).await;
        assert_eq!(world.tip().await.0, 0);
        world.run(options).await.expect("it sends them again");
        all_is_there(&world).await;
    });
}

#[test]
fn an_l1_and_a_node_that_are_away_for_a_while_are_waited_for() {
    run(async {
        let world = World::new().await;
        world.seal(4, 2, 5).await;
        let (mut l1, mut node) =
            (Line::to(&world.options().l1).await, Line::to(&world.node.url()).await);
        let options = Options { l1: l1.url(), node: node.url(), ..world.options() };
        let interruptions = async {
            let pause = || tokio::time::sleep(Duration::from_millis(300));
            pause().await;
            l1.up().await;
            pause().await;
            node.up().await;
            for _ in 0..3 {
                pause().await;
                l1.down().await;
                pause().await;
                l1.up().await;
                node.down().await;
                pause().await;
                node.up().await;
            }
        };
        let (done, ()) = tokio::join!(world.run(options), interruptions);
        assert_eq!(done.expect("it waits").tip, 4);
        all_is_there(&world).await;
    });
}

#[test]
fn an_l1_of_another_chain_is_refused_in_one_sentence() {
    run(async {
        let world = World::new().await;
        let elsewhere = another_chain();
        let options = Options { l1: elsewhere.url().to_owned(), ..world.options() };
        let error = world.run(options).await.expect_err("another chain");
        assert!(matches!(error, BatcherError::L1(L1Error::WrongChain { .. })), "{error}");
        assert_eq!(error.kind(), Kind::Stop);
    });
}

#[test]
fn somebody_elses_key_is_refused_before_anything_is_sent() {
    run(async {
        let world = World::new().await;
        world.seal(1, 1, 1).await;
        let path = world.options().data.with_extension("key");
        write_key(&path);
        let options = Options { key: KeySource::File(path), ..world.options() };
        let error = world.run(options).await.expect_err("it is not the sequencer");
        assert!(matches!(error, BatcherError::NotSequencer { .. }), "{error}");
        assert_eq!(error.kind(), Kind::Stop);
    });
}

#[test]
fn a_segment_too_large_for_calldata_is_refused_by_name_if_blobs_are_not_allowed() {
    run(async {
        let world = World::new().await;
        world.seal(1, 1, 1_800).await;
        let options = Options { post: Post::Calldata, ..world.options() };
        let error = world.run(options).await.expect_err("no transaction carries it");
        assert!(matches!(error, BatcherError::TooLarge { index: 0, .. }), "{error}");
    });
}

fn write_key(path: &std::path::Path) {
    use std::{fs, os::unix::fs::PermissionsExt};
    let digits = "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d";
    fs::write(path, digits).expect("it is writable");
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("it is ours");
}
