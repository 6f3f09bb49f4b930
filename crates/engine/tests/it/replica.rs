//! Another client behind the Engine API follows.

use std::fs;

use tern_engine::{Client, EngineError, Replica, Secret};

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
}
