//! The cursor over a node that reorganises.

use alloy_primitives::{Address, U256};
use tern_l1::{BlockId, Call, Cursor, CursorOptions, L1, L1Block, L1Error, Step};

use crate::chain::{fresh, key, mine};

/// Writes its calldata as a log.
const LOGGER: &str = "0x365f5f37602a365fa100";
const ADDRESS: Address = Address::repeat_byte(0x77);

async fn write(l1: &L1, word: u64) {
    let data = U256::from(word).to_be_bytes::<32>().to_vec();
    l1.send(&key(), &Call::new("a log", ADDRESS, data)).await.expect("a log");
}

async fn step(cursor: &mut Cursor, read: &mut Vec<L1Block>) -> Step {
    let step = cursor.next().await.expect("the node answers");
    match &step {
        Step::Idle => {}
        Step::Forward(blocks) => read.extend(blocks.clone()),
        Step::Back { to } => read.retain(|block| block.number <= to.number),
    }
    step
}

async fn genesis(l1: &L1) -> BlockId {
    let header = l1.header(Some(0)).await.expect("a header");
    BlockId { number: 0, hash: header.hash }
}

#[tokio::test]
async fn the_cursor_reads_what_is_canonical_after_reorganisations_of_every_depth() {
    let (_anvil, l1) = fresh(&[]).await;
    l1.ask::<_, Option<()>>("anvil_setCode", (ADDRESS, LOGGER)).await.expect("code");
    let from = genesis(&l1).await;
    mine(&l1, 40).await;
    let mut cursor = Cursor::start(l1.clone(), vec![ADDRESS], from, CursorOptions::default())
        .await
        .expect("genesis is canonical");
    let mut read = Vec::new();
    for depth in 1..=32_u64 {
        write(&l1, depth).await;
        mine(&l1, depth % 3).await;
        while step(&mut cursor, &mut read).await != Step::Idle {}
        let tip = cursor.at();
        assert!(l1.is_canonical(tip.number, tip.hash).await.expect("an answer"));
        let none: [(); 0] = [];
        l1.ask::<_, Option<()>>("anvil_reorg", (depth, none)).await.expect("a reorganisation");
        assert!(!l1.is_canonical(tip.number, tip.hash).await.expect("an answer"));
        let Step::Back { to } = step(&mut cursor, &mut read).await else { panic!("{depth}") };
        // Some blocks may be the same again, as the development node makes empty ones.
        assert!((tip.number - depth..tip.number).contains(&to.number));
        assert!(l1.is_canonical(to.number, to.hash).await.expect("an answer"));
        while step(&mut cursor, &mut read).await != Step::Idle {}
        let head = l1.header(None).await.expect("a header");
        assert_eq!(read.len() as u64, head.number);
        let mut parent = from.hash;
        for block in &read {
            assert_eq!(block.parent, parent);
            parent = block.hash;
        }
        assert_eq!(parent, head.hash);
    }
    // What survived is what the node itself says now.
    let filter = serde_json::json!({ "address": ADDRESS, "fromBlock": "0x0" });
    let logs: Vec<alloy_rpc_types_eth::Log> = l1.ask("eth_getLogs", (filter,)).await.expect("logs");
    let ours: Vec<_> = read.iter().flat_map(|block| &block.logs).collect();
    assert_eq!(ours.len(), logs.len());
    for (ours, theirs) in ours.iter().zip(&logs) {
        assert_eq!(ours.event, theirs.inner);
        assert_eq!(Some(ours.transaction), theirs.transaction_hash);
    }
}

#[tokio::test]
async fn far_behind_the_head_every_log_is_found_in_its_block() {
    let (_anvil, l1) = fresh(&[]).await;
    l1.ask::<_, Option<()>>("anvil_setCode", (ADDRESS, LOGGER)).await.expect("code");
    for word in 0..5 {
        write(&l1, word).await;
        mine(&l1, 40).await;
    }
    let options = CursorOptions { depth: 8, range: 100 };
    let from = genesis(&l1).await;
    let mut cursor =
        Cursor::start(l1.clone(), vec![ADDRESS], from, options).await.expect("canonical");
    let mut read = Vec::new();
    while step(&mut cursor, &mut read).await != Step::Idle {}
    assert_eq!(read.len(), 205);
    let with_logs: Vec<_> = read.iter().filter(|block| !block.logs.is_empty()).collect();
    assert_eq!(
        with_logs.iter().map(|block| block.number).collect::<Vec<_>>(),
        [1, 42, 83, 124, 165]
    );
    let elsewhere = BlockId { number: 3, hash: from.hash };
    let error = Cursor::start(l1, vec![ADDRESS], elsewhere, CursorOptions::default()).await;
    assert!(matches!(error, Err(L1Error::Reorged { .. })));
}
