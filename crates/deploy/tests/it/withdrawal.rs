//! A withdrawal from a real L2 node's `eth_getProof` to a balance on a real L1 node.

use alloy_primitives::{Address, B256, Bytes, U256, address, keccak256};
use alloy_sol_types::{SolCall, SolError, SolValue};
use serde_json::{Value, json};
use tern_contracts::{Bridge, Inbox, Outbox, Settlement};
use tern_deploy::{CREATE2_DEPLOYER, OUTBOX};
use tern_l1::{Call, Key, L1, L1Error};
use tern_protocol::{Checkpoints, DataRef, Hash};

use crate::{
    batches::{Rollup, Takes},
    node::{anvil, connect, dev_key, run},
};

const RECEIVER: Address = address!("00000000000000000000000000000000000BEEF1");

/// A lane that says what the test tells it to say.
async fn double(l1: &L1, key: &Key, artifact: &str, arguments: Vec<u8>) -> Address {
    let artifact: Value = serde_json::from_str(artifact).expect("an artifact");
    let creation: Bytes = serde_json::from_value(artifact["bytecode"].clone()).expect("bytes");
    let code = [creation.as_ref(), &arguments].concat();
    let data = [&[0; 32][..], &code].concat();
    l1.send(key, &Call::new("a double", CREATE2_DEPLOYER, data)).await.expect("it deploys");
    CREATE2_DEPLOYER.create2(B256::ZERO, keccak256(&code))
}

async fn lanes(l1: &L1, key: &Key) -> [Address; 2] {
    let name = |text: &str| keccak256(text);
    let zk = (name("zk"), name("revm")).abi_encode();
    let tee = (name("tee"), name("ethrex"), U256::from(1)).abi_encode();
    const ZK: &str = include_str!("../../../../artifacts/contracts/dev/TraceProofLane.json");
    const TEE: &str = include_str!("../../../../artifacts/contracts/dev/TracePlatformLane.json");
    [double(l1, key, ZK, zk).await, double(l1, key, TEE, tee).await]
}

/// The outbox as a genesis would hold it.
async fn install_outbox(l2: &L1, l1_chain_id: u64, bridge: Address) {
    let arguments = (l1_chain_id, bridge).abi_encode();
    let code = [Outbox::BYTECODE.as_ref(), &arguments].concat();
    let call = json!({ "input": Bytes::from(code) });
    let runtime: Bytes = l2.ask("eth_call", (call, "latest")).await.expect("it constructs");
    l2.ask::<_, Value>("anvil_setCode", (OUTBOX, runtime)).await.expect("a development node");
}

#[test]
fn a_withdrawal_is_paid_once_by_the_proof_that_a_real_node_gives() {
    run(async {
        let (first, second) = (anvil(&[]), anvil(&["--chain-id", "7357"]));
        let (l1, l2) = (connect(&first).await, connect(&second).await);
        let key = dev_key();
        let lanes = lanes(&l1, &key).await;
        let mut rollup = Rollup::with_lanes(first, l1, 3_600, lanes).await;
        let (bridge, settlement) = (rollup.plan.shared.bridge, rollup.plan.rollup.settlement);
        let amount = U256::from(5_000_000_000_000_000_u64);
        let mut deposit =
            Call::new("deposit", rollup.inbox, Inbox::depositCall { to: RECEIVER }.abi_encode());
        deposit.value = amount;
        rollup.l1.send(&key, &deposit).await.expect("the vault is filled");

        // L2: a message in block 1, and block 2 after it.
        install_outbox(&l2, rollup.l1.chain_id(), bridge).await;
        let withdraw = Outbox::withdrawCall { to: RECEIVER, gas: 0, data: Bytes::new() };
        let mut withdraw = Call::new("withdraw", OUTBOX, withdraw.abi_encode());
        withdraw.value = amount;
        l2.send(&key, &withdraw).await.expect("the message is sent");
        l2.ask::<_, Value>("evm_mine", json!([])).await.expect("a development node");
        let blocks = [l2.header(Some(1)).await, l2.header(Some(2)).await];
        let [one, two] = blocks.map(|header| header.expect("it answers"));

        // L1: the batch, the claim, and two lanes that agree on it.
        rollup.submit(&key, DataRef::None, Bytes::new(), None, Takes::default()).await;
        let hashes = [Hash(one.hash.0), Hash(two.hash.0)];
        let claim = Settlement::Claim {
            config: rollup.plan.config.rollup_config(rollup.inbox).hash().0.0.into(),
            parentBlock: rollup.plan.config.chain.genesis_hash.expect("a plan has it"),
            firstBatch: B256::ZERO,
            lastBatch: rollup.parent.0.0.into(),
            blockHash: two.hash,
            blockNumber: 2,
            checkpoints: Checkpoints::new(&hashes).expect("two blocks").root().0.into(),
        };
        for (lane, proof) in [(0, vec![1]), (1, vec![U256::from(1)].abi_encode())] {
            let vote = Settlement::voteCall { lane, claim: claim.clone(), proof: proof.into() };
            let vote = Call::new("vote", settlement, vote.abi_encode());
            rollup.l1.send(&key, &vote).await.expect("the vote counts");
        }

        let slot = keccak256((U256::ZERO, U256::ZERO).abi_encode());
        let proof = l2.proof(OUTBOX, &[slot], 2).await.expect("it proves");
        let message = Bridge::Message {
            chainId: 7_357,
            nonce: 0,
            kind: 0,
            sender: key.address(),
            to: RECEIVER,
            token: Address::ZERO,
            amount,
            destination: Address::ZERO,
            gas: 0,
            data: Bytes::new(),
        };
        let call = Bridge::withdrawWithClaimCall {
            inbox: rollup.inbox,
            claim: Bridge::Claim::abi_decode(&claim.abi_encode()).expect("the same claim"),
            header: two.rlp,
            accountProof: proof.account_proof,
            message,
            storageProof: proof.storage_proof[0].proof.clone(),
        };
        let call = Call::new("withdrawWithClaim", bridge, call.abi_encode());
        let receipt = rollup.l1.send(&key, &call).await.expect("it is paid");
        eprintln!("withdrawWithClaim on a small L2: {} gas", receipt.gas_used);
        assert_eq!(rollup.l1.balance(RECEIVER).await.expect("it answers"), amount);

        match rollup.l1.estimate(key.address(), &call).await {
            Err(L1Error::Reverted { data, .. }) => {
                assert!(Bridge::AlreadyDone::abi_decode(&data).is_ok(), "{data}");
            }
            other => panic!("it must not be paid twice: {other:?}"),
        }
    });
}
