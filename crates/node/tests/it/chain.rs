//! What nodes make of L1, whatever happens.

use alloy_primitives::{Address, U256};
use serde_json::{Value, json};
use tern_l1::Call;
use tern_node::{NodeError, RoleOptions};

use crate::world::{Node, World};

pub(crate) const SOMEBODY: Address = Address::repeat_byte(0x5b);

pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    let _ = tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .try_init();
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(future)
}

pub(crate) async fn pay(world: &World, node: &Node, wei: u64) {
    let payer = world.key.address();
    if node.client.rpc().balance(payer).await.expect("it answers").is_zero() {
        world.deposit(payer, 1_000_000_000_000_000_000).await;
        while node.client.rpc().balance(payer).await.expect("it answers").is_zero() {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }
    let call = Call { value: U256::from(wei), ..Call::new("a payment", SOMEBODY, Vec::new()) };
    let sent = node.client.rpc().broadcast(&world.key, &call, 21_000).await;
    sent.expect("the pool takes it");
}

pub(crate) async fn same_chain(a: &Node, b: &Node, until: u64) {
    for number in 0..=until {
        let hash = a.hash(number).await;
        assert!(hash.is_some() && hash == b.hash(number).await, "block {number}");
    }
}

#[test]
fn two_followers_of_l1_alone_reach_the_sequencers_hashes_and_so_does_a_lost_database() {
    run(async {
        let world = World::new().await;
        let sequencer = world.sequencer("sequencer").await;
        world.deposit(SOMEBODY, 7_000_000_000_000).await;
        world.force(vec![1, 2, 3]).await;
        for wei in 1..6 {
            pay(&world, &sequencer, wei).await;
        }
        sequencer.until("blocks", |s| s.heads.latest.number >= 4).await;
        world.post_until(&sequencer, 6).await;
        let status = sequencer
            .until("all is taken", |s| s.deposits_waiting == 0 && s.forced_waiting == 0)
            .await;
        world.post_until(&sequencer, status.heads.latest.number).await;

        let followers = [world.follower("one").await, world.follower("two").await];
        let safe = sequencer.status().await.heads.safe;
        for follower in &followers {
            let at = follower.until("derived", |s| s.heads.safe.number >= safe.number).await;
            same_chain(&sequencer, follower, safe.number).await;
            assert_eq!(at.heads.latest, at.heads.safe, "it trusts L1 only");
            let balance = follower.client.rpc().balance(SOMEBODY).await.expect("it answers");
            assert_eq!(balance, U256::from(7_000_000_000_015_u64));
        }
        let batch = followers[0].client.batch(0).await.expect("it answers").expect("there");
        assert_eq!((batch.first_block, batch.dropped), (1, None));

        // A restart goes on where it was, and keeps what is not on L1 yet.
        pay(&world, &sequencer, 100).await;
        let before = sequencer.until("more", |s| s.heads.latest.number > safe.number + 1).await;
        let latest = before.heads.latest;
        sequencer.stop().await;
        let sequencer = world.sequencer("sequencer").await;
        sequencer.until("going on", |s| s.heads.latest.number > latest.number).await;
        let kept = sequencer.hash(latest.number).await.expect("it is there");
        assert_eq!(kept.0, latest.hash.0, "no block was lost");
        world.post_until(&sequencer, latest.number + 1).await;

        // A lost folder is rebuilt from L1, and only then new blocks are made.
        let safe = sequencer.status().await.heads.safe;
        sequencer.stop().await;
        std::fs::remove_dir_all(world.data("sequencer")).expect("it was there");
        let again = world.sequencer("sequencer").await;
        again.until("derived again", |s| s.heads.safe.number >= safe.number).await;
        again.until("making blocks", |s| s.heads.latest.number > safe.number + 1).await;
        world.post_until(&again, safe.number + 1).await;
        let safe = again.status().await.heads.safe;
        followers[1].until("following", |s| s.heads.safe.number >= safe.number).await;
        same_chain(&again, &followers[1], safe.number).await;
    });
}

#[test]
fn after_a_reorganisation_of_l1_the_nodes_agree_again() {
    run(async {
        let world = World::new().await;
        let sequencer = world.sequencer("sequencer").await;
        let follower = world.follower("follower").await;
        pay(&world, &sequencer, 1).await;
        world.post_until(&sequencer, 4).await;
        for depth in [1_u64, 5, 9] {
            world
                .l1
                .ask::<_, Value>("anvil_reorg", json!([depth, []]))
                .await
                .expect("a development node");
            let number = sequencer.status().await.heads.latest.number;
            sequencer.until("making blocks", |s| s.heads.latest.number > number + 2).await;
            world.post_until(&sequencer, number + 1).await;
            let safe = sequencer.status().await.heads.safe;
            follower.until("derived", |s| s.heads.safe.number >= safe.number).await;
            same_chain(&sequencer, &follower, safe.number.saturating_sub(1)).await;
        }
        let balance = follower.client.rpc().balance(SOMEBODY).await.expect("it answers");
        assert_eq!(balance, U256::from(1), "the payment was made once");
    });
}

#[test]
fn what_is_wrong_is_said_in_one_sentence_before_anything_is_made() {
    run(async {
        let world = World::new().await;
        let follower = || RoleOptions::Follower { sequencer: None };
        let mut other = world.rollup();
        other.deployed.hash.0[0] ^= 1;
        let path = world.data("other.json");
        other.save(&path).expect("it is written");
        let mut options = world.options("wrong", follower());
        options.rollup = path;
        let error = Node::try_start(options).await.err().expect("another L1");
        assert!(matches!(error, NodeError::OtherL1 { .. }), "{error}");

        let node = world.follower("first").await;
        let error = Node::try_start(world.options("first", follower())).await.err();
        assert!(matches!(error, Some(NodeError::InUse { .. })), "{error:?}");
        let mut options = world.options("second", follower());
        options.http = node.url.trim_start_matches("http://").parse().expect("an address");
        let error = Node::try_start(options).await.err().expect("the port is taken");
        assert!(error.to_string().contains("give a free port"), "{error}");
        node.stop().await;
    });
}
