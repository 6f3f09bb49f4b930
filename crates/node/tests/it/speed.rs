//! How fast a chain is derived from L1.

use std::time::Instant;

use tern_node_api::Bytes;
use tern_protocol::Address;
use tern_workload::{Key, Transaction};

use crate::{
    chain::run,
    world::{Strange, World, plain},
};

const BATCHES: usize = 4;
const BLOCKS: usize = 100;
const TRANSFERS: usize = 50;

#[test]
#[ignore = "a measurement: run it by its name with --nocapture"]
fn a_chain_of_fifty_transfers_a_second_is_derived_faster_than_it_was_made() {
    run(async {
        let world = World::new().await;
        let chain = world.rollup().config.chain_id.0;
        let keys: Vec<Key> = (1..=10).map(Key::dev).collect();
        for key in &keys {
            world.deposit(key.address().0.into(), 1_000_000_000_000_000_000).await;
        }
        world.strange(&world.key, 2, &Strange::None, keys.len() as u16).await;
        let mut nonce = 0;
        for _ in 0..BATCHES {
            let mut blocks = Vec::new();
            for block in 0..BLOCKS {
                let mut raws = Vec::new();
                for at in 0..TRANSFERS / keys.len() {
                    for (index, key) in keys.iter().enumerate() {
                        let to = Address([(1 + at * 31 + block + index) as u8; 20]);
                        let transfer = Transaction::transfer(chain, nonce, to, 1);
                        raws.push(Bytes(transfer.sign(key)));
                    }
                    nonce += 1;
                }
                blocks.push(raws);
            }
            let data = plain(&blocks);
            world.strange(&world.key, BLOCKS as u16, &Strange::Packed(data), 0).await;
        }
        let start = Instant::now();
        let follower = world.follower("follower").await;
        let open = start.elapsed();
        let batches = world.batches().await;
        follower.until("derived", |s| s.batches == batches).await;
        let took = start.elapsed();
        let last = follower.status().await.heads.safe;
        let block: serde_json::Value = follower
            .client
            .rpc()
            .ask("eth_getBlockByNumber", (format!("{:#x}", last.number), false))
            .await
            .expect("it answers");
        let count = block["transactions"].as_array().map_or(0, Vec::len);
        assert_eq!(count, TRANSFERS, "all transfers are in");
        let seconds = (BATCHES * BLOCKS) as f64;
        let times = seconds / took.as_secs_f64();
        println!(
            "{seconds} s of chain derived in {:.1} s (of it {:.1} s opening): {:.0} times as fast",
            took.as_secs_f64(),
            open.as_secs_f64(),
            times
        );
        assert!(times >= 20.0, "a follower that lost everything must catch up");
    });
}
