//! What the client makes is what the proven executor makes.

use std::time::{Duration, Instant};

use tempfile::TempDir;
use tern_engine::{Budget, Client, EngineError, Ethrex};
use tern_protocol::{Candidate, Hash};
use tern_stf::{ChainSpec, Executor};
use tern_stf_diff::Chain;
use tern_stf_ethrex::EthrexExecutor;
use tern_workload::Kind;

use crate::chain::{Home, all, write_genesis};

fn budget(bytes: usize, transactions: usize) -> Budget {
    Budget { bytes, transactions, until: Instant::now() + Duration::from_secs(20) }
}

#[tokio::test(flavor = "multi_thread")]
async fn workload_blocks_are_those_of_the_executor() {
    let mut home = Home::new();
    let engine = home.open().await;
    for kind in Kind::ALL {
        let chain = &home.chain;
        let mut inputs = chain.inputs_of(kind, 5);
        inputs.candidates.push(Candidate { raw: vec![3, 1], forced_gas: None });
        let want = EthrexExecutor
            .build(chain.spec(), chain.head_hash(), &inputs, chain.archive())
            .expect("a block");
        let made = engine.build(chain.head_hash(), &inputs, None).expect("a block");
        assert_eq!(made.rlp, want.block, "{}", kind.name());
        assert_eq!(made.head.hash, want.hash);
        assert!(!engine.matches(want.hash, &inputs).expect("readable"), "one was skipped");
        inputs.candidates.retain(|one| one.raw.first() != Some(&3));
        let skipped = made.included.len() < inputs.candidates.len();
        assert_eq!(engine.matches(want.hash, &inputs).expect("readable"), !skipped);
        home.chain.append(want);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn random_blocks_are_those_of_the_executor() {
    let executors: [&dyn Executor; 1] = [&EthrexExecutor];
    let mut compared = 0;
    for seed in 0..40 {
        let mut chain = Chain::begin(&executors, seed).unwrap_or_else(|_| panic!("seed {seed}"));
        let spec = chain.generator().spec().clone();
        if spec != ChainSpec::prague(spec.chain_id) || compared >= 60 {
            continue;
        }
        let spec = ChainSpec::rollup(spec.chain_id);
        let dir = TempDir::new().expect("a folder");
        let genesis = {
            let generator = chain.generator();
            let header = generator.genesis_header(Hash::ZERO);
            write_genesis(dir.path(), &spec, generator.accounts(), &header)
        };
        let first = tern_stf_ethrex::keccak(chain.head());
        let engine = match Ethrex::open(&dir.path().join("data"), &genesis, first).await {
            Ok(engine) => engine,
            // Its block 0 has fields that a rollup's has not.
            Err(EngineError::Genesis { .. }) => continue,
            Err(error) => panic!("{error}"),
        };
        for _ in 0..10 {
            let case = chain.next_case();
            let parent = case.parent_hash();
            let want = EthrexExecutor.build(&spec, parent, &case.inputs, &case.preimages);
            let got = engine.build(parent, &case.inputs, None);
            match (want, got) {
                (Ok(want), Ok(got)) => {
                    assert_eq!(got.rlp, want.block, "seed {seed}");
                    compared += 1;
                    chain.accept(case, &want);
                }
                (Err(_), Err(_)) => break,
                (want, got) => panic!("seed {seed}: {want:?} but {got:?}"),
            }
        }
    }
    assert!(compared > 0, "no random chain was compared");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_made_block_is_valid_for_a_client_that_executes_it() {
    let home = Home::new();
    let engine = home.open().await;
    let other_home = Home::new();
    let other = other_home.open().await;
    let genesis = home.chain.head_hash();
    let inputs = home.chain.inputs_of(Kind::Tokens, 10);
    let made = engine.build(genesis, &inputs, None).expect("a block");
    assert_eq!(other.import(&made.rlp).await.expect("valid"), made.head);
    assert_eq!(other.import(&made.rlp).await.expect("known"), made.head);
    assert_eq!(other.block(made.head.hash).expect("readable"), Some(made.rlp.clone()));
    let mut broken = made.rlp;
    let at = broken.len() / 2;
    broken[at] ^= 1;
    assert!(matches!(other.import(&broken).await, Err(EngineError::Invalid { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_without_its_parent_is_unknown() {
    let home = Home::new();
    let engine = home.open().await;
    let other_home = Home::new();
    let other = other_home.open().await;
    let first = home.grow(&engine, home.chain.head_hash(), 2, 1);
    let second = engine.block(first[1]).expect("readable").expect("kept");
    match other.import(&second).await {
        Err(EngineError::Unknown { hash, .. }) => assert_eq!(hash, first[0]),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pool_fills_a_block_within_its_budget() {
    let home = Home::new();
    let engine = home.open().await;
    let genesis = home.chain.head_hash();
    for nonce in 0..3 {
        for key in 0..5 {
            engine.submit(&home.transfer(key, nonce)).await.expect("taken");
        }
    }
    assert_eq!(engine.pool_len().expect("readable"), 15);
    // One candidate overtakes a pool transaction of the same sender.
    let forced = home.inputs(1, 1, vec![home.transfer(0, 0)]);
    let made = engine.build(genesis, &forced, Some(budget(100_000, 4))).expect("a block");
    assert_eq!((made.included, made.from_pool.len()), (vec![0], 4));
    let bytes = home.transfer(1, 0).len() + 1;
    let made = engine.build(genesis, &forced, Some(budget(2 * bytes, 100))).expect("a block");
    assert_eq!(made.from_pool.len(), 2);
    let made = engine.build(genesis, &forced, Some(budget(100_000, 100))).expect("a block");
    assert_eq!(made.from_pool.len(), 14);
    engine.set_heads(all(made.head.hash, genesis)).await.expect("moved");
    assert_eq!(engine.pool_len().expect("readable"), 0);
    engine.set_heads(all(genesis, genesis)).await.expect("moved back");
    assert_eq!(engine.give_back(made.from_pool).await, 14);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blob_transaction_never_enters_the_pool() {
    let home = Home::new();
    let engine = home.open().await;
    assert!(matches!(engine.submit(&[3, 0xc0]).await, Err(EngineError::Refused(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn forced_gas_that_was_not_paid_for_is_no_match() {
    let home = Home::new();
    let engine = home.open().await;
    let mut inputs = home.inputs(1, 1, vec![home.transfer(0, 0)]);
    let made = engine.build(home.chain.head_hash(), &inputs, None).expect("a block");
    assert!(engine.matches(made.head.hash, &inputs).expect("readable"));
    inputs.candidates[0].forced_gas = Some(20_999);
    assert!(!engine.matches(made.head.hash, &inputs).expect("readable"));
    assert!(!engine.matches(Hash([9; 32]), &inputs).expect("readable"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_fills_the_pool_with_what_no_block_takes_keeps_nobody_out() {
    let home = Home::new();
    let engine = home.open().await;
    // What follows a gap enters no block. So many, and no long one has room.
    for nonce in 1..=900 {
        engine.submit(&home.transfer(0, nonce)).await.expect("taken");
    }
    let long = home.long(1, 0, 120 << 10);
    engine.submit(&long).await.expect("taken in their place");
    assert_eq!(engine.pool_len().expect("readable"), 1);
}
