//! Blocks that are wrong in one place.

use tern_stf::Error;

use crate::{
    rlp::{items, list, number, string},
    sign::{Key, Tx},
    support::Net,
};

fn block(net: &Net) -> Vec<u8> {
    let to = Key::new(2).address();
    let candidates =
        vec![Tx::new(0, 0, to).sign(&Key::new(1)), Tx::new(2, 1, to).sign(&Key::new(1))];
    let made = net.build(&net.inputs(candidates));
    assert_eq!(made.receipts.len(), 2);
    net.check(&made.block).expect("what was built is valid");
    made.block
}

fn with_header(block: &[u8], index: usize, item: Vec<u8>) -> Vec<u8> {
    let mut parts = items(block);
    let mut header = items(&parts[0]);
    header[index] = item;
    parts[0] = list(&header);
    list(&parts)
}

#[test]
fn every_header_field_is_held_to_its_rule() {
    let net = Net::new(Vec::new());
    let block = block(&net);
    let hash = || string(&[7; 32]);
    let cases = [
        (1, hash(), "sha3Uncles"),
        (3, hash(), "stateRoot"),
        (4, hash(), "transactionsRoot"),
        (5, hash(), "receiptsRoot"),
        (6, string(&[1; 256]), "logsBloom"),
        (7, number(1), "difficulty"),
        (8, number(2), "number"),
        (9, number(30_000_000 + 30_000_000 / 1024), "gasLimit"),
        (9, number(30_000_000 - 30_000_000 / 1024), "gasLimit"),
        (9, number(41_999), "gasUsed"),
        (10, number(42_001), "gasUsed"),
        (10, number(30_000_001), "gasUsed"),
        (11, number(0), "timestamp"),
        (12, string(&[1; 33]), "extraData"),
        (14, string(&[1; 8]), "nonce"),
        (15, number(1_000_000_000), "baseFeePerGas"),
        (16, hash(), "withdrawalsRoot"),
        (17, number(131_072), "blobGasUsed"),
        (18, number(131_072), "excessBlobGas"),
        (20, hash(), "requestsHash"),
    ];
    for (index, item, name) in cases {
        match net.check(&with_header(&block, index, item)) {
            Err(Error::Field { field, .. }) => assert_eq!(field, name),
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn what_only_the_state_root_shows_is_seen() {
    let net = Net::new(Vec::new());
    let block = block(&net);
    // The beneficiary, the randomness and the anchor change no rule by themselves.
    for (index, item) in [(2, string(&[9; 20])), (19, string(&[9; 32]))] {
        let result = net.check(&with_header(&block, index, item));
        assert!(matches!(result, Err(Error::Field { field: "stateRoot", .. })), "{index}");
    }
    let other_extra = with_header(&block, 12, string(b"else"));
    net.check(&other_extra).expect("extraData is free");
}

#[test]
fn fields_come_and_go_with_the_fork() {
    let net = Net::new(Vec::new());
    let block = block(&net);
    for count in [16, 17, 20] {
        let mut parts = items(&block);
        let mut header = items(&parts[0]);
        header.truncate(count);
        parts[0] = list(&header);
        let result = net.check(&list(&parts));
        assert!(matches!(result, Err(Error::Field { .. })), "{count}: {result:?}");
    }
    for count in [15, 18, 19] {
        let mut parts = items(&block);
        let mut header = items(&parts[0]);
        header.truncate(count);
        parts[0] = list(&header);
        assert!(matches!(net.check(&list(&parts)), Err(Error::BlockEncoding(_))), "{count}");
    }
    let mut parts = items(&block);
    let mut header = items(&parts[0]);
    header.push(string(&[7; 32]));
    parts[0] = list(&header);
    assert!(matches!(net.check(&list(&parts)), Err(Error::BlockEncoding(_))));
}

#[test]
fn the_body_must_be_there_and_nothing_else() {
    let net = Net::new(Vec::new());
    let block = block(&net);
    let parts = items(&block);
    let encoding = |block: &[u8]| matches!(net.check(block), Err(Error::BlockEncoding(_)));
    for length in 0..block.len() {
        assert!(encoding(&block[..length]), "{length}");
    }
    assert!(encoding(&[&block[..], &[0]].concat()));
    assert!(encoding(&list(&[parts.clone(), vec![list(&[])]].concat())));
    assert!(encoding(&list(&parts[..2])));
    let without_withdrawals = net.check(&list(&parts[..3]));
    assert!(matches!(without_withdrawals, Err(Error::Field { field: "withdrawals", .. })));
    let mut with_ommer = parts.clone();
    with_ommer[2] = list(&[parts[0].clone()]);
    assert!(matches!(net.check(&list(&with_ommer)), Err(Error::Field { field: "uncles", .. })));
    let mut wrapped_legacy = parts.clone();
    let transactions = items(&parts[1]);
    wrapped_legacy[1] = list(&[string(&transactions[0]), transactions[1].clone()]);
    assert!(encoding(&list(&wrapped_legacy)));
}

#[test]
fn no_single_byte_can_be_changed_unseen_or_with_a_panic() {
    let net = Net::new(Vec::new());
    let block = block(&net);
    let valid = net.check(&block).expect("it is valid").hash;
    for at in 0..block.len() {
        let mut changed = block.clone();
        changed[at] ^= 1;
        if let Ok(execution) = net.check(&changed) {
            assert_ne!(execution.hash, valid, "byte {at}");
        }
    }
}

#[test]
fn a_transaction_that_is_not_valid_is_named() {
    let net = Net::new(Vec::new());
    let to = Key::new(2).address();
    let good = Tx::new(2, 0, to).sign(&Key::new(1));
    let bad = Tx::new(2, 7, to).sign(&Key::new(1));
    let made = net.build(&net.inputs(vec![good.clone()]));
    let mut parts = items(&made.block);
    parts[1] = list(&[string(&good), string(&bad)]);
    let block = list(&parts);
    let Err(Error::Field { field: "transactionsRoot", expected, .. }) = net.check(&block) else {
        panic!("the root is not that of the transactions");
    };
    let root = hex::decode(&expected[2..]).expect("it is a hash");
    let result = net.check(&with_header(&block, 4, string(&root)));
    assert!(matches!(result, Err(Error::Transaction { index: 1, .. })), "{result:?}");
}

#[test]
fn inputs_that_no_rule_allows_are_refused() {
    let net = Net::new(Vec::new());
    let base = net.inputs(Vec::new());
    let mut late = base.clone();
    late.timestamp.0 = 0;
    let mut long = base.clone();
    long.extra_data = vec![0; 33];
    let mut wide = base.clone();
    wide.gas_limit = 60_000_000;
    for inputs in [late, long, wide] {
        let result = net.build_from(&inputs, &net.archive);
        assert!(matches!(result, Err(Error::Inputs(_))), "{result:?}");
    }
    let mut silent = Net::new(Vec::new());
    silent.spec.prague = None;
    silent.spec.cancun = None;
    silent.spec.shanghai = None;
    let result = silent.build_from(&base, &silent.archive);
    assert!(matches!(result, Err(Error::Inputs(_))), "withdrawals before Shanghai");
}

#[test]
fn without_its_contracts_prague_has_no_block() {
    use tern_protocol::{ChainId, Hash};
    use tern_stf::{ChainSpec, Executor, PreimageSet};
    use tern_stf_ethrex::{EthrexExecutor, keccak};

    let full = Net::new(Vec::new());
    let header = full
        .archive
        .iter()
        .find(|(hash, _)| **hash == full.head)
        .map(|(_, bytes)| bytes.to_vec())
        .expect("the genesis header is there");
    let state = EthrexExecutor.genesis_state(&[]).expect("nothing is in the way");
    let mut fields = items(&header);
    fields[3] = string(&state.root.0);
    let mut archive = PreimageSet::new(keccak);
    let head: Hash = archive.insert(list(&fields));
    let spec = ChainSpec::prague(ChainId(1));
    let result = EthrexExecutor.build(&spec, head, &full.inputs(Vec::new()), &archive);
    assert!(matches!(result, Err(Error::SystemContract(_))), "{result:?}");
}
