//! What is not there is named, and only what is needed is asked for.

use tern_stf::{Error, Executor, Need, PreimageSet, Recorder};
use tern_stf_ethrex::{EthrexExecutor, keccak};

use crate::{
    rlp::{number, string},
    sign::{Key, Tx},
    support::{ANCESTOR_KEEPER, FORGETFUL, Net},
};

/// A chain whose next block reads codes, storage and old headers, and removes a slot.
fn busy() -> (Net, Vec<Vec<u8>>) {
    let mut net = Net::new(Vec::new());
    for nonce in 0..4 {
        let key = Key::new(1);
        net.grow(vec![Tx::new(2, nonce, Key::new(2).address()).sign(&key)]);
    }
    let create = Tx::new(0, 1, ANCESTOR_KEEPER).with(|tx| {
        tx.to = string(&[]);
        tx.value = number(0);
        // Leaves one byte of code behind.
        tx.data = string(&[0x60, 1, 0x5f, 0xf3]);
    });
    let call = |to| Tx::new(2, 0, to).with(|tx| tx.value = number(0));
    let candidates = vec![
        call(ANCESTOR_KEEPER).sign(&Key::new(3)),
        call(FORGETFUL).sign(&Key::new(4)),
        Tx::new(2, 0, Key::new(9).address()).sign(&Key::new(5)),
        create.sign(&Key::new(5)),
    ];
    (net, candidates)
}

#[test]
fn every_preimage_that_is_asked_for_is_missed_by_name() {
    let (net, candidates) = busy();
    let inputs = net.inputs(candidates);
    let made = net.build(&inputs);
    assert!(made.skipped.is_empty());
    assert!(made.receipts.iter().all(|receipt| receipt.success));

    let recorder = Recorder::new(&net.archive);
    EthrexExecutor.check(&net.spec, &made.block, &recorder).expect("the block is valid");
    let witness = recorder.into_preimages(keccak);
    assert!(witness.len() < net.archive.len());
    let again = EthrexExecutor.check(&net.spec, &made.block, &witness);
    assert_eq!(again.expect("the witness is enough").hash, made.hash);
    let rebuilt = net.build_from(&inputs, &witness).expect("the witness is enough");
    assert_eq!(rebuilt.block, made.block);

    let mut needs = Vec::new();
    for (hash, _) in witness.iter() {
        let mut less = witness.clone();
        less.remove(hash);
        let checked = EthrexExecutor.check(&net.spec, &made.block, &less);
        let built = net.build_from(&inputs, &less);
        for result in [checked, built] {
            match result {
                Err(Error::Missing { need, hash: named }) => {
                    assert_eq!(named, *hash);
                    needs.push(need);
                }
                other => panic!("without {hash}: {other:?}"),
            }
        }
    }
    for need in [Need::Node, Need::Code, Need::Header] {
        assert!(needs.contains(&need), "no {need} was needed");
    }
}

#[test]
fn an_unknown_parent_is_missing() {
    let net = Net::new(Vec::new());
    let made = net.build(&net.inputs(Vec::new()));
    let nothing = PreimageSet::new(keccak);
    let missing = Error::missing(Need::Header, net.head);
    let checked = EthrexExecutor.check(&net.spec, &made.block, &nothing);
    assert_eq!(checked.expect_err("there is no parent"), missing);
    let built = net.build_from(&net.inputs(Vec::new()), &nothing);
    assert_eq!(built.expect_err("there is no parent"), missing);
}

/// Answers everything with the same bytes: the promise of `Preimages`, broken.
struct Parrot(Vec<u8>);

impl tern_stf::Preimages for Parrot {
    fn get(&self, _: &tern_protocol::Hash) -> Option<&[u8]> {
        Some(&self.0)
    }
}

#[test]
fn no_preimage_makes_it_panic() {
    let (net, candidates) = busy();
    let inputs = net.inputs(candidates);
    let parent = net.archive.iter().find(|(hash, _)| **hash == net.head).expect("it is there");
    let mut all: Vec<Vec<u8>> = net.archive.iter().map(|(_, bytes)| bytes.to_vec()).collect();
    all.push(parent.1.to_vec());
    for bytes in all {
        for cut in [0, 1, bytes.len() / 2, bytes.len()] {
            let parrot = Parrot(bytes[..cut].to_vec());
            assert!(net.build_from(&inputs, &parrot).is_err());
        }
    }
}
