use std::{future::Future, time::Duration};

use serde_json::{Value, json};
use tern_dev_voter::{Options, VoterError, run};
use tern_l1::{KeySource, L1};

use crate::rollup::{Rollup, anvil, key_file};

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(future)
}

/// Runs a voter beside something else, to its end.
async fn beside<T>(options: Options, work: impl Future<Output = T>) -> T {
    tokio::select! {
        ended = run(options, std::future::pending()) => panic!("the voter ended: {ended:?}"),
        done = work => done,
    }
}

#[test]
fn what_the_node_derives_becomes_final() {
    wait(async {
        let rollup = Rollup::new("final").await;
        beside(rollup.options(), async {
            rollup.batch(1).await;
            rollup.finality(1).await;
            rollup.batch(1).await;
            rollup.batch(1).await;
            rollup.finality(3).await;
        })
        .await;
    });
}

/// Whenever it is stopped, the next one goes on with what it finds.
#[test]
fn a_voter_that_is_killed_again_and_again_gets_everything_final() {
    wait(async {
        let rollup = Rollup::new("killed").await;
        let mut kills = 0;
        for batches in 1..=4 {
            rollup.batch(1).await;
            // Each lives a little longer, so the last one reaches the end on every machine.
            for life in (1_u64..).map(|run| Duration::from_millis(15 * run)) {
                tokio::select! {
                    ended = run(rollup.options(), std::future::pending()) => {
                        panic!("the voter ended: {ended:?}")
                    }
                    () = tokio::time::sleep(life) => kills += 1,
                }
                if rollup.head().await.0 == batches {
                    break;
                }
                assert!(life < Duration::from_secs(5), "it does not get on");
            }
        }
        assert!(kills > 4, "nobody was killed");
    });
}

#[test]
fn after_a_reorganisation_of_l1_it_votes_for_what_is_there() {
    wait(async {
        let rollup = Rollup::new("reorganised").await;
        let options = rollup.options();
        beside(options, async {
            rollup.batch(1).await;
            rollup.finality(1).await;
            let fork: Value = rollup.l1.ask("evm_snapshot", ()).await.expect("a development node");
            rollup.batch(1).await;
            rollup.finality(2).await;
            let (_, before) = rollup.head().await;

            // The batch and the votes for it were never there, and another batch comes.
            let reverted: Value =
                rollup.l1.ask("evm_revert", (fork,)).await.expect("a development node");
            assert_eq!(reverted, json!(true));
            rollup.node.batches.lock().expect("nobody panics").pop();
            rollup.batch(2).await;
            rollup.finality(2).await;
            assert_ne!(rollup.head().await.1, before);
        })
        .await;
    });
}

#[test]
fn it_waits_for_a_node_that_is_not_there_yet_and_for_one_that_derives_otherwise() {
    wait(async {
        let rollup = Rollup::new("waits").await;
        let nowhere = Options { node: "http://127.0.0.1:9".into(), ..rollup.options() };
        let long = Duration::from_millis(400);
        tokio::select! {
            ended = run(nowhere, std::future::pending()) => panic!("the voter ended: {ended:?}"),
            () = tokio::time::sleep(long) => {}
        }
        rollup.batch(1).await;
        rollup.node.batches.lock().expect("nobody panics")[0].parent_hash.0[0] ^= 1;
        beside(rollup.options(), tokio::time::sleep(long)).await;
        assert_eq!(rollup.head().await.0, 0, "nothing is voted for");
        rollup.node.batches.lock().expect("nobody panics")[0].parent_hash.0[0] ^= 1;
        beside(rollup.options(), rollup.finality(1)).await;
        run(rollup.options(), std::future::ready(())).await.expect("it stops when asked to");
    });
}

#[test]
fn it_refuses_other_keys_and_chains_that_are_no_development_chains() {
    wait(async {
        let rollup = Rollup::new("refused").await;
        let other = Options { key: KeySource::Dev, ..rollup.options() };
        let error = run(other, std::future::pending()).await.expect_err("another key");
        assert!(matches!(error, VoterError::OtherKey { lane: "ZK", .. }), "{error}");

        let real = anvil(&["--chain-id", "11155111"]);
        L1::connect(real.url()).await.expect("it answers");
        let options = Options {
            l1: real.url().into(),
            key: KeySource::File(key_file("real")),
            ..rollup.options()
        };
        let error = run(options, std::future::pending()).await.expect_err("a real chain");
        assert!(matches!(error, VoterError::NotDevelopment { chain_id: 11_155_111 }), "{error}");
        assert!(error.to_string().starts_with("the dev voter"), "{error}");
    });
}
