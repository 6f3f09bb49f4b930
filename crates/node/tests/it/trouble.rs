//! What others and other machines do to nodes.

use std::time::Duration;

use alloy_primitives::U256;
use serde_json::{Value, json};
use tern_engine::{Client, Ethrex, Secret};
use tern_l1::Key;
use tern_node::{NodeError, ReplicaOptions, RoleOptions};

use crate::{
    chain::{SOMEBODY, pay, run, same_chain},
    gate::Gate,
    process::Process,
    world::{Node, Strange, World, sequencing},
};

/// The second account of every development node.
const OTHER: &str = "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d";

async fn sleep(milliseconds: u64) {
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
}

/// Waits until somebody has been paid so much.
async fn paid(node: &Node, wei: u64) {
    for _ in 0..1_200 {
        let balance = node.client.rpc().balance(SOMEBODY).await.expect("it answers");
        if balance >= U256::from(wei) {
            return;
        }
        sleep(50).await;
    }
    panic!("never paid: {:?}", node.status().await);
}

fn following(node: &Node) -> RoleOptions {
    RoleOptions::Follower { sequencer: Some(node.url.clone()) }
}

#[test]
fn a_follower_of_the_sequencer_has_its_blocks_at_once_until_l1_says_otherwise() {
    run(async {
        let world = World::new().await;
        let sequencer = world.sequencer("sequencer").await;
        let follower = Node::start(world.options("follower", following(&sequencer))).await;
        pay(&world, &follower, 1).await;
        let ahead = |s: &tern_node_api::NodeStatus| s.heads.latest.number > s.heads.safe.number + 2;
        let at = follower.until("unsafe blocks", ahead).await.heads.latest;
        assert_eq!(sequencer.hash(at.number).await.map(|hash| hash.0), Some(at.hash.0));
        world.post_until(&sequencer, 3).await;

        let before = follower.until("unsafe blocks", ahead).await.heads;
        world.strange(&world.key, 2, &Strange::None, 0).await;
        let batches = world.batches().await;
        follower.until("corrected", |s| s.batches == batches).await;
        let number = before.safe.number + 1;
        let after = follower.until("unsafe blocks", ahead).await.heads;
        let now = follower.hash(number).await.map(|hash| hash.0);
        assert_eq!(now, sequencer.hash(number).await.map(|hash| hash.0));
        world.post_until(&sequencer, after.safe.number + 1).await;
        let safe = sequencer.status().await.heads.safe.number;
        follower.until("derived", |s| s.heads.safe.number >= safe).await;
        same_chain(&sequencer, &follower, safe).await;
    });
}

#[test]
fn a_replica_is_kept_where_its_node_is_also_after_being_away() {
    run(async {
        let world = World::new().await;
        let rollup = world.rollup();
        let genesis = rollup.config.genesis_hash;
        let folder = world.data("replica");
        std::fs::create_dir_all(&folder).expect("it is writable");
        let secret = world.data("jwt.hex");
        std::fs::write(&secret, "17".repeat(32)).expect("it is writable");
        let replica = Ethrex::open(&folder, &world.files.genesis(), genesis).await.expect("opens");
        let router = replica.engine_api(Secret::new([0x17; 32]));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let serving = tokio::spawn(axum::serve(listener, router.clone()).into_future());
        let gate = Gate::new(&address.to_string()).await;

        let mut options = world.options("sequencer", sequencing());
        options.replicas = vec![ReplicaOptions { url: gate.url(), jwt_secret: secret.clone() }];
        let sequencer = Node::start(options).await;
        let follows = async |node: &Node| {
            for _ in 0..400 {
                let latest = node.status().await.heads.latest;
                let has = replica.latest().await.expect("it is readable");
                let same = node.hash(has.number).await.map(|hash| hash.0) == Some(has.hash.0);
                if same && has.number + 1 >= latest.number && latest.number > 2 {
                    return;
                }
                sleep(50).await;
            }
            panic!("the replica is not kept: {:?}", node.status().await);
        };
        follows(&sequencer).await;
        gate.close();
        let number = sequencer.status().await.heads.latest.number;
        sequencer.until("more blocks", |s| s.heads.latest.number > number + 4).await;
        assert!(replica.latest().await.expect("it is readable").number <= number + 1);
        gate.open();
        follows(&sequencer).await;
        world.strange(&world.key, 2, &Strange::None, 0).await;
        sequencer.until("overtaken", |s| s.batches == 1).await;
        follows(&sequencer).await;
        sequencer.stop().await;
        serving.abort();
    });
}

#[test]
fn a_node_waits_for_l1_and_for_blobs_and_says_so() {
    run(async {
        let world = World::new().await;
        let sequencer = world.sequencer("sequencer").await;
        let (l1, beacon) = (Gate::new(&world.url).await, Gate::new(&world.url).await);
        l1.close();
        let mut options = world.options("follower", RoleOptions::Follower { sequencer: None });
        options.l1 = l1.url();
        options.beacon = Some(beacon.url());
        let mut wrong = options.clone();
        wrong.l1 = "localhost:8545".into();
        let error = Node::try_start(wrong).await.err().expect("no URL");
        assert!(matches!(error, NodeError::L1(tern_l1::L1Error::Url { .. })), "{error}");

        let follower = Node::start(options).await;
        let status = follower.status().await;
        assert!(status.trouble.contains("L1 node"), "{status:?}");
        sleep(500).await;
        l1.open();
        world.post_until(&sequencer, 2).await;
        let well = |s: &tern_node_api::NodeStatus| s.trouble.is_empty() && s.batches > 0;
        follower.until("well", well).await;

        l1.close();
        let status = follower.until("L1 is missed", |s| !s.trouble.is_empty()).await;
        assert!(status.trouble.contains("L1 node"), "{status:?}");
        beacon.close();
        // A blob that nobody has seen: what the sequencer posts without transactions is always the same.
        let batches = world.batches().await;
        world.strange(&world.key, 2, &Strange::Packed(b"never before".to_vec()), 0).await;
        l1.open();
        let status = follower.until("blobs are missed", |s| s.trouble.contains("blob")).await;
        assert_eq!(status.batches, batches);
        let read = status.l1_read.expect("it reads").number;
        follower.until("it reads on", |s| s.l1_read.is_some_and(|l1| l1.number > read)).await;
        beacon.open();
        follower.until("well", |s| s.trouble.is_empty() && s.batches > batches).await;
        let safe = follower.status().await.heads.safe.number;
        same_chain(&sequencer, &follower, safe).await;
    });
}

#[test]
fn whatever_a_batch_holds_and_whoever_posts_it_the_nodes_agree_and_the_sequencer_goes_on() {
    run(async {
        let world = World::new().await;
        let sequencer = world.sequencer("sequencer").await;
        let follower = world.follower("follower").await;
        pay(&world, &sequencer, 1).await;
        world.post_until(&sequencer, 3).await;
        pay(&world, &sequencer, 2).await;
        let other = Key::parse(OTHER, "a test").expect("a key");
        let undecodable =
            [Strange::Calldata(vec![0xff; 100]), Strange::Blob([0x11; 131_072].into())];
        // One block of a transaction that is none, one block of nothing.
        let junk = Strange::Calldata(vec![1, 0, 1, 3, 9, 9, 9, 0]);
        let all = undecodable.into_iter().map(|data| (data, true));
        for (data, dropped) in all.chain([(junk, false), (Strange::None, false)]) {
            for key in [&world.key, &other] {
                if key.address() == other.address() {
                    let _: Value = world.l1.ask("evm_increaseTime", (400,)).await.expect("it can");
                }
                world.strange(key, 2, &data, 0).await;
                let batches = world.batches().await;
                for node in [&sequencer, &follower] {
                    node.until("derived", |s| s.batches == batches).await;
                    let batch = node.client.batch(batches - 1).await.expect("it answers");
                    assert_eq!(batch.expect("there").dropped.is_some(), dropped);
                }
            }
        }
        let number = sequencer.status().await.heads.latest.number;
        sequencer.until("making blocks", |s| s.heads.latest.number > number + 1).await;
        paid(&sequencer, 3).await;
        let number = sequencer.status().await.heads.latest.number;
        world.post_until(&sequencer, number).await;
        let safe = sequencer.status().await.heads.safe.number;
        follower.until("derived", |s| s.heads.safe.number >= safe).await;
        same_chain(&sequencer, &follower, safe).await;
        let balance = follower.client.rpc().balance(SOMEBODY).await.expect("it answers");
        assert_eq!(balance, U256::from(3), "both payments were made once");
    });
}

#[test]
fn a_batch_that_l1_drops_does_not_take_its_transactions_along() {
    run(async {
        let world = World::new().await;
        let sequencer = world.sequencer("sequencer").await;
        pay(&world, &sequencer, 1).await;
        let latest = sequencer.status().await.heads.latest.number;
        world.post_until(&sequencer, latest + 1).await;
        let before = world.l1.header(None).await.expect("it answers").number;
        pay(&world, &sequencer, 2).await;
        paid(&sequencer, 3).await;
        let latest = sequencer.status().await.heads.latest.number;
        world.post_until(&sequencer, latest).await;
        sequencer.stop().await;
        std::fs::remove_dir_all(world.data("sequencer")).expect("it was there");
        let sequencer = world.sequencer("sequencer").await;
        let batches = world.batches().await;
        sequencer.until("derived again", |s| s.batches == batches).await;
        let depth = world.l1.header(None).await.expect("it answers").number - before;
        let _: Value = world.l1.ask("anvil_reorg", json!([depth, []])).await.expect("it can");
        sequencer.until("taken back", |s| s.batches < batches).await;
        let follower = world.follower("follower").await;
        paid(&sequencer, 3).await;
        let number = sequencer.status().await.heads.latest.number;
        world.post_until(&sequencer, number + 1).await;
        let safe = sequencer.status().await.heads.safe.number;
        follower.until("derived", |s| s.heads.safe.number >= safe).await;
        let balance = follower.client.rpc().balance(SOMEBODY).await.expect("it answers");
        assert_eq!(balance, U256::from(3), "both payments were made once");
    });
}

#[test]
fn a_sequencer_that_is_killed_at_any_instant_loses_no_block() {
    run(async {
        let world = World::new().await;
        let follower = world.follower("follower").await;
        let mut seen = None;
        for pause in [0, 130, 450, 900, 1_600, 2_300] {
            let process = Process::start(&world).await;
            if let Some((number, hash)) = seen {
                process.node.until("again", |s| s.heads.latest.number >= number).await;
                assert_eq!(process.node.hash(number).await, Some(hash), "block {number}");
            }
            sleep(pause).await;
            world.post(&process.node, pause % 20 == 0).await;
            let latest = process.node.status().await.heads.latest;
            seen = process.node.hash(latest.number).await.map(|hash| (latest.number, hash));
            process.kill();
        }
        let sequencer = world.sequencer("killed").await;
        let number = seen.map_or(0, |(number, _)| number);
        sequencer.until("making blocks", |s| s.heads.latest.number > number).await;
        world.post_until(&sequencer, number).await;
        follower.until("derived", |s| s.heads.safe.number >= number).await;
        same_chain(&sequencer, &follower, number).await;
    });
}
