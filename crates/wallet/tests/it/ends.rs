//! What the two ends are held to.

use std::path::PathBuf;

use tern_rollup::Rollup;
use tern_wallet::{Sources, WalletError};

use crate::{
    proxy::Fault,
    world::{World, run, world},
};

fn file(folder: &std::path::Path, name: &str, rollup: &Rollup) -> Option<PathBuf> {
    let path = folder.join(name);
    let text = serde_json::to_string(rollup).expect("it serializes");
    std::fs::write(&path, text).expect("ours");
    Some(path)
}

#[test]
fn a_node_and_a_description_are_held_to_each_other_and_to_l1() {
    run(async {
        let World { nodes, chains, key, proxy } = world().await;
        let folder = std::env::temp_dir().join(format!("tern-ends-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder for the test");
        let (true_one, mut other, mut lying) =
            (chains.rollup.clone(), chains.rollup.clone(), chains.rollup.clone());
        other.config.chain_id.0 += 1;
        lying.contracts.bridge = lying.contracts.settlement;
        let sources = |rollup| Sources {
            l1: Some(nodes[0].url().to_owned()),
            l2: Some(proxy.url.clone()),
            rollup,
            dir: folder.clone(),
            max_fee: None,
        };
        let good = sources(file(&folder, "rollup.json", &true_one));
        good.node(false).await.expect("its chain id is the description's");
        let error = sources(file(&folder, "other.json", &other)).node(true).await;
        assert!(error.expect_err("another chain").to_string().contains("chain 7358 is expected"));
        let error = sources(None).node(false).await.expect_err("it knows no rollup");
        assert!(matches!(error, WalletError::NotARollup(_)), "{error}");
        sources(None).node(true).await.expect("the address names its chain");

        let error = sources(file(&folder, "lying.json", &lying)).connect().await;
        let error = error.expect_err("L1 says otherwise");
        assert!(matches!(error, WalletError::OtherContract { what: "bridge", .. }), "{error}");
        assert!(good.connect().await.expect("all is right").away.is_none());

        // A node that answers nonsense must not come between its users and L1.
        proxy.fails("eth_chainId", Fault::Lost);
        assert!(good.connect().await.is_err());
        let alone = good.connect_l1(true).await.expect("L1 suffices");
        assert!(alone.l2.is_none() && alone.away.is_some_and(|why| why.contains("502")));
        proxy.works();
        proxy.fails("tern_status", Fault::Lost);
        let status = tern_wallet::status(&chains, Some(key.address())).await.expect("L1 suffices");
        assert!(status.node.is_none() && status.node_error.is_some_and(|why| why.contains("502")));
        std::fs::remove_dir_all(folder).expect("ours");
    });
}
