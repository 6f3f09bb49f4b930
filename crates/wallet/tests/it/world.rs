//! L1 with a deployed rollup, and a plain node that stands in for the rollup's.

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::SolValue;
use serde_json::{Value, json};
use tern_contracts::{Outbox, from_alloy};
use tern_deploy::{CREATE2_DEPLOYER, Config, Plan, apply};
use tern_l1::{Anvil, Call, Key, KeySource, L1};
use tern_node_api::NodeClient;
use tern_rollup::{Contracts, Deployed, Rollup};
use tern_wallet::Chains;

use crate::{
    program,
    proxy::{self, Proxy},
};

pub(crate) const OUTBOX: Address = Address::new(tern_rollup::predeploys::OUTBOX.0);

pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(future)
}

/// Both ends.
pub(crate) struct World {
    pub(crate) nodes: [Anvil; 2],
    pub(crate) chains: Chains,
    pub(crate) key: Key,
    /// What stands before the rollup's node.
    pub(crate) proxy: Proxy,
}

/// A lane that says what the test tells it to say.
async fn lane(l1: &L1, key: &Key, artifact: &str, arguments: Vec<u8>) -> Address {
    let artifact: Value = serde_json::from_str(artifact).expect("an artifact");
    let creation: Bytes = serde_json::from_value(artifact["bytecode"].clone()).expect("bytes");
    let code = [creation.as_ref(), &arguments].concat();
    let data = [&[0; 32][..], &code].concat();
    l1.send(key, &Call::new("a double", CREATE2_DEPLOYER, data)).await.expect("it deploys");
    CREATE2_DEPLOYER.create2(B256::ZERO, keccak256(&code))
}

/// Deploys, with lanes that vote for whatever they are told, and the test as the sequencer.
pub(crate) async fn world() -> World {
    const ZK: &str = include_str!("../../../../artifacts/contracts/dev/TraceProofLane.json");
    const TEE: &str = include_str!("../../../../artifacts/contracts/dev/TracePlatformLane.json");
    let start = |arguments: &[&str]| Anvil::start(program::anvil(), arguments).expect("it starts");
    let nodes = [start(&[]), start(&["--chain-id", "7357"])];
    let l1 = L1::connect(nodes[0].url()).await.expect("it answers");
    let key = Key::load(&KeySource::Dev).expect("everybody knows it");
    let mut config = Config::dev(31_337).expect("right").with_genesis(B256::repeat_byte(0x61));
    config.chain.chain_id = 7_357;
    config.inbox.sequencer = key.address();
    config.lanes.dev_attestor = None;
    let name = |text: &str| keccak256(text);
    let zk = (name("zk"), name("revm")).abi_encode();
    let tee = (name("tee"), name("ethrex"), U256::from(1)).abi_encode();
    config.lanes.zk = lane(&l1, &key, ZK, zk).await;
    config.lanes.tee = lane(&l1, &key, TEE, tee).await;
    let plan = Plan::new(config).expect("in bounds");
    let before = l1.header(None).await.expect("it answers");
    apply(&l1, &key, &plan, &mut |_| {}).await.expect("it deploys");
    let rollup = Rollup {
        version: Rollup::VERSION,
        config: plan.config.rollup_config(plan.rollup.inbox),
        contracts: Contracts {
            settlement: from_alloy(&plan.rollup.settlement),
            registry: from_alloy(&plan.rollup.registry),
            status: from_alloy(&plan.shared.status),
            bridge: from_alloy(&plan.shared.bridge),
        },
        deployed: Deployed { number: before.number, hash: tern_protocol::Hash(before.hash.0) },
    };
    let proxy = proxy::start(nodes[1].url().to_owned());
    let l2 = NodeClient::connect(&proxy.url).await.expect("it answers");
    install_outbox(l2.rpc(), 31_337, plan.shared.bridge).await;
    World { nodes, chains: Chains { l1, l2: Some(l2), rollup, away: None }, key, proxy }
}

/// The outbox as a genesis would hold it.
async fn install_outbox(l2: &L1, l1_chain_id: u64, bridge: Address) {
    let arguments = (l1_chain_id, bridge).abi_encode();
    let code = [Outbox::BYTECODE.as_ref(), &arguments].concat();
    let call = json!({ "input": Bytes::from(code) });
    let runtime: Bytes = l2.ask("eth_call", (call, "latest")).await.expect("it constructs");
    l2.ask::<_, Value>("anvil_setCode", (OUTBOX, runtime)).await.expect("a development node");
}
