//! What an executor does when it is not given everything.

use tern_protocol::Hash;
use tern_stf::{Error, Executor, Need, PreimageSet};
use tern_stf_revm::{RevmExecutor, keccak};

use crate::chain::{Chain, candidate, key, sign, transfer};

fn busy() -> (Chain, tern_protocol::BlockInputs) {
    let mut chain = Chain::prague();
    let inputs = chain.inputs(vec![candidate(sign(transfer(0), key(1)))]);
    chain.grow(&inputs);
    let inputs = chain
        .inputs(vec![candidate(sign(transfer(1), key(1))), candidate(sign(transfer(2), key(1)))]);
    (chain, inputs)
}

#[test]
fn a_recorded_witness_is_enough_and_none_of_it_is_spare() {
    let (chain, inputs) = busy();
    let witness = chain.witness(&inputs);
    let built = chain.build_from(&inputs, &witness).unwrap();
    assert_eq!(built.receipts.len(), 2);
    let checked = RevmExecutor.check(&chain.spec, &built.block, &witness).unwrap();
    assert_eq!(checked.hash, built.hash);
    for (hash, _) in witness.iter() {
        let mut less = witness.clone();
        less.remove(hash);
        for result in
            [chain.build_from(&inputs, &less), RevmExecutor.check(&chain.spec, &built.block, &less)]
        {
            match result {
                Err(Error::Missing { hash: missing, .. }) => assert_eq!(missing, *hash),
                other => panic!("without {hash}: {other:?}"),
            }
        }
    }
}

#[test]
fn an_unknown_parent_is_named() {
    let (chain, inputs) = busy();
    let parent = Hash([1; 32]);
    let got = RevmExecutor.build(&chain.spec, parent, &inputs, &chain.archive);
    assert_eq!(got.err(), Some(Error::missing(Need::Header, parent)));
}

#[test]
fn a_parent_that_is_no_header_is_malformed() {
    let (chain, inputs) = busy();
    let mut set = PreimageSet::new(keccak);
    let parent = set.insert(b"not a header".to_vec());
    let got = RevmExecutor.build(&chain.spec, parent, &inputs, &set);
    assert!(
        matches!(got, Err(Error::Malformed { need: Need::Header, hash, .. }) if hash == parent)
    );
}

#[test]
fn what_a_block_created_carries_the_next() {
    let mut chain = Chain::prague();
    for nonce in 0..5 {
        let inputs = chain.inputs(vec![candidate(sign(transfer(nonce), key(1)))]);
        assert_eq!(chain.grow(&inputs).receipts.len(), 1);
    }
}
