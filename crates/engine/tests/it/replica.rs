//! Another client behind the Engine API follows.

use std::fs;

use tern_engine::{Client, EngineError, Replica, Secret};
use tern_protocol::Address;
use tern_workload::Transaction;

use crate::{
    chain::{Home, all},
    rpc::serve,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_follows_blocks_and_a_reorganisation() {
    let home = Home::new();
    let engine = home.open().await;
    let far_home = Home::new();
    let far = far_home.open().await;
    let file = home.dir.path().join("jwt.hex");
    fs::write(&file, format!("0x{}\n", "17".repeat(32))).expect("writable");
    let address = serve(far.engine_api(Secret::new([0x17; 32]))).await;
    let url = format!("http://{address}");
    let replica = Replica::connect(&url, &file).await.expect("connected");
    let genesis = home.chain.head_hash();
    let trunk = home.grow(&engine, genesis, 30, 1);
    let branch = home.grow(&engine, trunk[9], 20, 2);
    for path in [&trunk, &branch] {
        for block in path {
            let rlp = engine.block(*block).expect("readable").expect("kept");
            let head = replica.import(&rlp).await.expect("valid");
            replica.set_heads(all(head.hash, genesis)).await.expect("moved");
            assert_eq!(replica.latest().await.expect("readable"), head);
        }
    }
    let orphan = home.grow(&engine, branch[19], 2, 3);
    let rlp = engine.block(orphan[1]).expect("readable").expect("kept");
    assert!(matches!(replica.import(&rlp).await, Err(EngineError::Unknown { .. })));

    fs::write(&file, "18".repeat(32)).expect("writable");
    let stranger = Replica::connect(&url, &file).await;
    assert!(matches!(stranger, Err(EngineError::Secret { .. })), "{stranger:?}");
    let nobody = Replica::connect("http://127.0.0.1:1", &file).await;
    assert!(matches!(nobody, Err(EngineError::Unreachable { .. })));
    let malformed = Replica::connect("http://user:secret@host:port", &file).await;
    let error = malformed.expect_err("no URL").to_string();
    assert!(error.contains("the replica") && !error.contains("secret@"), "{error}");
}

/// Where validators' withdrawal requests are left (EIP-7002).
const WITHDRAWAL_REQUESTS: Address = tern_protocol::predeploys::WITHDRAWAL_REQUESTS.address;

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_comes_late_takes_blocks_with_requests() {
    let home = Home::new();
    let engine = home.open().await;
    let genesis = home.chain.head_hash();
    // The contract takes requests from its first block's end on.
    let first = home.grow(&engine, genesis, 1, 1)[0];
    let request = Transaction {
        to: Some(WITHDRAWAL_REQUESTS),
        gas_limit: 200_000,
        input: vec![7; 56],
        ..Transaction::transfer(home.chain.spec().chain_id.0, 0, WITHDRAWAL_REQUESTS, 1)
    };
    let time = engine.head(first).expect("readable").expect("kept").timestamp + 1;
    let inputs = home.inputs(time, 1, vec![request.sign(home.chain.key(3))]);
    let asking = engine.build(first, &inputs, None).expect("a block").head.hash;
    let rest = home.grow(&engine, asking, 300, 1);
    engine.set_heads(all(rest[299], rest[299])).await.expect("moved");
    assert!(!engine.has_state(first).expect("readable"), "nothing is tested");

    let file = home.dir.path().join("jwt.hex");
    fs::write(&file, "17".repeat(32)).expect("writable");
    let far_homes = [Home::new(), Home::new()];
    let far = [far_homes[0].open().await, far_homes[1].open().await];
    let mut source = engine;
    for far in far {
        let address = serve(far.engine_api(Secret::new([0x17; 32]))).await;
        let replica = Replica::connect(&format!("http://{address}"), &file).await;
        let replica = replica.expect("connected").with_requests_from(source.clone());
        for block in [first, asking].iter().chain(&rest) {
            let rlp = source.block(*block).expect("readable").expect("kept");
            replica.import(&rlp).await.expect("valid");
        }
        far.set_heads(all(rest[299], rest[299])).await.expect("moved");
        assert!(!far.has_state(first).expect("readable"), "nothing is tested");
        // What was imported has them as well as what was made.
        source = far;
    }
}
