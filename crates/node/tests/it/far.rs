//! Nodes that have a long way of L1 to read, and places where reading begins.

use std::path::Path;

use alloy_primitives::U256;
use redb::{Database, ReadableTable, TableDefinition};
use serde_json::{Value, json};
use tern_node::RoleOptions;

use crate::{
    chain::{SOMEBODY, run, same_chain},
    gate::Gate,
    world::{Node, Strange, World},
};

const CHECKPOINTS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("checkpoints");

/// Goes through the places where a stopped node would begin, and may change them.
fn checkpoints(data: &Path, change: impl Fn(&mut Value)) -> Vec<u64> {
    let database = Database::open(data.join("node.redb")).expect("it is stopped");
    let write = database.begin_write().expect("it writes");
    let mut numbers = Vec::new();
    {
        let mut table = write.open_table(CHECKPOINTS).expect("it is there");
        let rows: Vec<(u64, Value)> = table
            .iter()
            .expect("it is readable")
            .map(|row| {
                let (number, bytes) = row.expect("it is readable");
                (number.value(), serde_json::from_slice(bytes.value()).expect("JSON"))
            })
            .collect();
        for (number, mut value) in rows {
            change(&mut value);
            let bytes = serde_json::to_vec(&value).expect("JSON");
            table.insert(number, bytes.as_slice()).expect("it writes");
            numbers.push(number);
        }
    }
    write.commit().expect("it writes");
    numbers
}

#[test]
fn a_node_that_is_far_behind_keeps_its_place_on_the_way() {
    run(async {
        let world = World::new().await;
        let sequencer = world.sequencer("sequencer").await;
        world.post_until(&sequencer, 2).await;
        let beacon = Gate::new(&world.url).await;
        let mut options = world.options("late", RoleOptions::Follower { sequencer: None });
        options.beacon = Some(beacon.url());
        let late = Node::start(options.clone()).await;
        late.until("it has a batch", |s| s.batches > 0).await;
        late.stop().await;

        let mine = async |blocks: u64| {
            let _: Value = world.l1.ask("anvil_mine", json!([blocks])).await.expect("it can");
        };
        mine(600).await;
        world.strange(&world.key, 2, &Strange::Packed(b"unseen".to_vec()), 0).await;
        let at = world.l1.header(None).await.expect("it answers").number;
        mine(2_000).await;
        beacon.close();
        let late = Node::start(options.clone()).await;
        late.until("the blob is missed", |s| s.trouble.contains("blob")).await;
        let reads = |s: &tern_node_api::NodeStatus| s.l1_read.is_some_and(|l1| l1.number > at);
        late.until("it reads on", reads).await;
        late.stop().await;
        let begins = checkpoints(&world.data("late"), |_| {});
        let last = begins.last().expect("there is one");
        assert!((at - 20..at).contains(last), "{begins:?}, but {at} waits");

        beacon.open();
        let late = Node::start(options).await;
        let batches = world.batches().await;
        late.until("it is there", |s| s.trouble.is_empty() && s.batches >= batches).await;
        let safe = late.status().await.heads.safe.number;
        same_chain(&sequencer, &late, safe).await;
    });
}

#[test]
fn a_place_that_was_read_wrongly_is_left_and_l1_read_from_the_deployment_on() {
    run(async {
        let world = World::new().await;
        let sequencer = world.sequencer("sequencer").await;
        let follower = world.follower("follower").await;
        world.post_until(&sequencer, 2).await;
        let _: Value = world.l1.ask("anvil_mine", json!([20])).await.expect("it can");
        let head = world.l1.header(None).await.expect("it answers").number;
        let reads = |s: &tern_node_api::NodeStatus| s.l1_read.is_some_and(|l1| l1.number >= head);
        follower.until("it reads", reads).await;
        follower.stop().await;
        let wrong = checkpoints(&world.data("follower"), |checkpoint| {
            // As if L1 had a deposit more before.
            let next = &mut checkpoint["tip"]["deposits"]["next"];
            *next = json!(next.as_u64().expect("a number") + 1);
        });
        assert!(!wrong.is_empty());

        let gift = 5_000_000_000_000_000_000;
        world.deposit(SOMEBODY, gift).await;
        let follower = world.follower("follower").await;
        let latest = sequencer.status().await.heads.latest.number;
        world.post_until(&sequencer, latest + 3).await;
        let batches = world.batches().await;
        follower.until("it is there", |s| s.batches >= batches).await;
        let safe = follower.status().await.heads.safe.number;
        same_chain(&sequencer, &follower, safe).await;
        let balance = follower.client.rpc().balance(SOMEBODY).await.expect("it answers");
        assert_eq!(balance, U256::from(gift));
    });
}
