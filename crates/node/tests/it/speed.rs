//! How fast a chain is derived from L1.

use std::time::Instant;

use tern_codec::BatchData;
use tern_protocol::Address;
use tern_workload::{Key, Transaction};

use crate::{
    chain::run,
    world::{Strange, World},
};

/// A chain with a block a second.
struct Load {
    batches: usize,
    /// Of a batch.
    blocks: usize,
    /// Of a block, in rounds of one from each account.
    rounds: usize,
}

const ACCOUNTS: u64 = 10;

impl Load {
    const fn seconds(&self) -> f64 {
        (self.batches * self.blocks) as f64
    }

    const fn transfers(&self) -> usize {
        self.rounds * ACCOUNTS as usize
    }

    /// Posts it, and says how many times faster than it was made it is derived.
    async fn derived(&self) -> f64 {
        let world = World::new().await;
        let rollup = world.rollup();
        let keys: Vec<Key> = (1..=ACCOUNTS).map(Key::dev).collect();
        for key in &keys {
            world.deposit(key.address().0.into(), 10_000_000_000_000_000_000).await;
        }
        world.strange(&world.key, 2, &Strange::None, keys.len() as u16).await;
        let mut nonce = 0;
        for _ in 0..self.batches {
            let mut data = BatchData { blocks: Vec::new() };
            for block in 0..self.blocks {
                let mut raws = Vec::new();
                for at in 0..self.rounds {
                    for (index, key) in keys.iter().enumerate() {
                        let to = Address([(1 + at * 31 + block + index) as u8; 20]);
                        let chain = rollup.config.chain_id.0;
                        raws.push(Transaction::transfer(chain, nonce, to, 1).sign(key));
                    }
                    nonce += 1;
                }
                data.blocks.push(raws);
            }
            let data = tern_codec::best(&data, &rollup.config.limits);
            world.strange(&world.key, self.blocks as u16, &Strange::Packed(data), 0).await;
        }
        let start = Instant::now();
        let follower = world.follower("follower").await;
        let open = start.elapsed().as_secs_f64();
        let batches = world.batches().await;
        follower.until("derived", |s| s.batches == batches).await;
        let took = start.elapsed().as_secs_f64();
        let last = follower.status().await.heads.safe;
        let block: serde_json::Value = follower
            .client
            .rpc()
            .ask("eth_getBlockByNumber", (format!("{:#x}", last.number), false))
            .await
            .expect("it answers");
        let count = block["transactions"].as_array().map_or(0, Vec::len);
        assert_eq!(count, self.transfers(), "all transfers are in");
        let times = self.seconds() / took;
        println!(
            "{} transfers a second: {} s of chain derived in {took:.1} s (of it {open:.1} s opening), \
             {times:.0} times as fast",
            self.transfers(),
            self.seconds()
        );
        times
    }
}

#[test]
#[ignore = "a measurement: run it by its name with --nocapture"]
fn a_chain_of_fifty_transfers_a_second_is_derived_faster_than_it_was_made() {
    run(async {
        let usual = Load { batches: 4, blocks: 100, rounds: 5 }.derived().await;
        assert!(usual >= 20.0, "a follower that lost everything must catch up");
        // As many as the gas limit allows, as they come when somebody fills every block.
        let full = Load { batches: 6, blocks: 5, rounds: 142 }.derived().await;
        assert!(full > 1.0, "nobody may outrun the followers");
    });
}
