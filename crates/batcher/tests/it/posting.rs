//! What reaches L1, and how.

use alloy_primitives::{B256, Bytes, U256};
use alloy_sol_types::SolEvent;
use serde_json::{Value, json};
use tern_batcher::{Options, Post};
use tern_contracts::Inbox;
use tern_l1::L1;
use tern_node_api::Segment;
use tern_protocol::{BatchHeader, DataRef};

use crate::l1::{World, run};

/// The accepted batches, as L1's log has them: accumulator, header, data of calldata.
pub(crate) async fn accepted(world: &World) -> Vec<(B256, BatchHeader, Option<Bytes>)> {
    let filter = json!([{ "address": world.inbox, "fromBlock": "0x0", "toBlock": "latest" }]);
    let logs = world.rpc("eth_getLogs", filter).await;
    let mut batches: Vec<(B256, BatchHeader, Option<Bytes>)> = vec![];
    for log in logs.as_array().expect("a list") {
        let topics: Vec<B256> = serde_json::from_value(log["topics"].clone()).expect("topics");
        let data: Bytes = serde_json::from_value(log["data"].clone()).expect("bytes");
        if let Ok(event) = Inbox::BatchSubmitted::decode_raw_log(topics.clone(), &data) {
            let header = BatchHeader::decode(&event.header).expect("L1 has read it");
            batches.push((event.acc, header, None));
        } else if let Ok(event) = Inbox::BatchData::decode_raw_log(topics, &data) {
            batches.last_mut().expect("a batch comes before its data").2 = Some(event.data);
        }
    }
    batches
}

/// The blob of a versioned hash, as the development node has it.
async fn blob(l1: &L1, hash: B256) -> Vec<u8> {
    let blob: Bytes = l1.ask("anvil_getBlobByHash", (hash,)).await.expect("it has it");
    blob.to_vec()
}

/// The transactions in a batch's data.
async fn read_back(
    world: &World,
    header: &BatchHeader,
    calldata: Option<Bytes>,
) -> Vec<Vec<Vec<u8>>> {
    let bytes = match &header.data {
        DataRef::None => return vec![vec![]; header.block_count.into()],
        DataRef::Calldata(_) => calldata.expect("it is logged").to_vec(),
        DataRef::Blobs(hashes) => {
            let mut blobs = vec![];
            for hash in hashes {
                blobs.push(blob(&world.l1, B256::from(hash.0)).await);
            }
            let blobs: Vec<&[u8]> = blobs.iter().map(Vec::as_slice).collect();
            tern_codec::unpack(&blobs).expect("as it was packed")
        }
    };
    let limits = &world.rollup.config.limits;
    tern_codec::decode(&bytes, header.block_count, limits).expect("as it was written").blocks
}

/// Every sealed segment is one batch on L1, in order, and its data reads back.
pub(crate) async fn all_is_there(world: &World) {
    let batches = accepted(world).await;
    let segments = world.node.segments();
    assert_eq!(batches.len(), segments.len());
    assert_eq!(world.tip().await, (batches.len() as u64, batches.last().expect("some").0));
    for ((_, header, data), segment) in batches.into_iter().zip(&segments) {
        assert_eq!(header.first_timestamp.0, segment.first_timestamp);
        assert_eq!(read_back(world, &header, data).await, raw(segment));
    }
}

fn raw(segment: &Segment) -> Vec<Vec<Vec<u8>>> {
    segment.blocks.iter().map(|block| block.iter().map(|raw| raw.0.clone()).collect()).collect()
}

#[test]
fn segments_become_batches_in_blobs_and_read_back() {
    run(async {
        let world = World::new().await;
        world.seal(5, 4, 30).await;
        world.seal(1, 3, 800).await;
        let options = Options { post: Post::Blobs, ..world.options() };
        let summary = world.run(options).await.expect("all goes well");
        assert_eq!((summary.batches, summary.tip), (6, 6));
        all_is_there(&world).await;
        let batches = accepted(&world).await;
        let blobs = |header: &BatchHeader| match &header.data {
            DataRef::Blobs(hashes) => hashes.len(),
            _ => 0,
        };
        let counts: Vec<_> = batches.iter().map(|(_, header, _)| blobs(header)).collect();
        assert!(counts[..5].iter().all(|count| *count == 1) && counts[5] > 1, "{counts:?}");
    });
}

#[test]
fn segments_become_batches_in_calldata_and_read_back() {
    run(async {
        let world = World::new().await;
        world.seal(6, 4, 30).await;
        let options = Options { post: Post::Calldata, ..world.options() };
        let summary = world.run(options).await.expect("all goes well");
        assert_eq!((summary.batches, summary.tip), (6, 6));
        all_is_there(&world).await;
    });
}

#[test]
fn a_segment_without_transactions_needs_no_data() {
    run(async {
        let world = World::new().await;
        world.seal(3, 5, 0).await;
        let options = Options { post: Post::Calldata, ..world.options() };
        world.run(options).await.expect("all goes well");
        all_is_there(&world).await;
        let batches = accepted(&world).await;
        assert!(batches.iter().all(|(_, header, _)| header.data == DataRef::None));
    });
}

#[test]
fn a_sequencer_that_is_slowed_down_gets_blobs_and_what_was_sealed_later_follows() {
    run(async {
        let world = World::new().await;
        world.seal(2, 2, 1).await;
        world.run(world.options()).await.expect("all goes well");
        world.node.throttle(500);
        world.seal(2, 2, 1).await;
        world.run(world.options()).await.expect("all goes well");
        all_is_there(&world).await;
        let batches = accepted(&world).await;
        assert!(matches!(batches[3].1.data, DataRef::Blobs(_)));
    });
}

#[test]
#[ignore = "measures"]
fn what_a_transfer_costs() {
    let kinds = [(Post::Blobs, "blobs"), (Post::Calldata, "calldata")];
    for (post, name) in kinds {
        for transfers in [10, 100, 1_000, 7_000] {
            if post == Post::Blobs || transfers <= 1_000 {
                run(async {
                    let world = World::new().await;
                    // A rollup's first batch writes places that no later one is the first to write.
                    world.seal(1, 1, 1).await;
                    world.seal(1, 4, transfers / 4).await;
                    let options = Options { post, ..world.options() };
                    world.run(options).await.expect("all goes well");
                    report(&world, name, transfers as u64 / 4 * 4).await;
                });
            }
        }
    }
}

/// What a transfer of the last batch cost, as a row for the README: where the base fee is 1 gwei and
/// blobs cost the least that they can (EIP-7918), and where blob gas costs 1 gwei, too.
async fn report(world: &World, kind: &str, transfers: u64) {
    let head = world.l1.header(None).await.expect("it answers").number;
    let (mut gas, mut blob_gas) = (0, 0);
    for number in 0..=head {
        let tag = format!("{number:#x}");
        let receipts = world.rpc("eth_getBlockReceipts", json!([tag])).await;
        for receipt in receipts.as_array().into_iter().flatten() {
            if receipt["to"] == json!(world.inbox) {
                (gas, blob_gas) =
                    (quantity(&receipt["gasUsed"]), quantity(&receipt["blobGasUsed"]));
            }
        }
    }
    let gwei = 1_000_000_000;
    let low = (gas * gwei + blob_gas * gwei / 16) / transfers;
    let even = (gas + blob_gas) * gwei / transfers;
    let (each_gas, each_blob_gas) = (gas / transfers, blob_gas / transfers);
    println!("| {kind} | {transfers} | {each_gas} | {each_blob_gas} | {low} | {even} |");
}

fn quantity(value: &Value) -> u64 {
    let quantity: Option<U256> = serde_json::from_value(value.clone()).ok();
    quantity.unwrap_or_default().to()
}
