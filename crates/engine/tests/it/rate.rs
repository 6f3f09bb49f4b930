//! How fast a full pool becomes blocks.

use std::{
    fs,
    io::Write,
    time::{Duration, Instant},
};

use tern_engine::{Budget, Client};

use crate::chain::{Home, all};

const TRANSFERS: u64 = 4000;
const SENDERS: u64 = 20;

fn memory_mib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) >> 10
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_pool_becomes_blocks_until_it_is_empty() {
    let home = Home::new();
    let engine = home.open().await;
    let genesis = home.chain.head_hash();
    let signed: Vec<Vec<u8>> = (0..TRANSFERS / SENDERS)
        .flat_map(|nonce| (0..SENDERS).map(move |key| (key, nonce)))
        .map(|(key, nonce)| home.transfer(key as usize, nonce))
        .collect();
    let begun = Instant::now();
    for raw in &signed {
        engine.submit(raw).await.expect("taken");
    }
    let pooling = begun.elapsed();
    let mut head = engine.head(genesis).expect("readable").expect("known");
    let (mut blocks, mut entered) = (0, 0);
    let mut building = Duration::ZERO;
    while engine.pool_len().expect("readable") > 0 {
        let until = Instant::now() + Duration::from_secs(20);
        let budget = Budget { bytes: 1 << 20, transactions: 10_000, until };
        let inputs = home.inputs(head.timestamp + 1, 1, Vec::new());
        let begun = Instant::now();
        let built = engine.build(head.hash, &inputs, Some(budget)).expect("a block");
        building += begun.elapsed();
        (blocks, entered, head) = (blocks + 1, entered + built.from_pool.len(), built.head);
        engine.set_heads(all(head.hash, genesis)).await.expect("moved");
    }
    assert_eq!(entered as u64, TRANSFERS);
    let a_second = |time: Duration| TRANSFERS as f64 / time.as_secs_f64();
    let _ = writeln!(
        std::io::stderr(),
        "{TRANSFERS} transfers: {:.0} a second into the pool, {:.0} a second into {blocks} blocks; {} MiB of memory",
        a_second(pooling),
        a_second(building),
        memory_mib(),
    );
}
