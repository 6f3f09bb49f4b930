//! Built blocks pass a check, and changed ones do not.

use proptest::prelude::*;
use tern_protocol::{Address, Gwei, Hash, Withdrawal};
use tern_stf::{ChainSpec, Error, ErrorKind, Executor, GenesisAccount, Preimages};
use tern_stf_evm::{EvmExecutor, keccak};

use crate::chain::{Chain, Draft, Person, ether};

const TARGET: Address = Address([0x77; 20]);

fn deposit(index: u64) -> Withdrawal {
    Withdrawal {
        index,
        validator_index: 0,
        address: Address([0x99; 20]),
        amount: Gwei(1_000_000_000),
    }
}

#[test]
fn blocks_follow_each_other() {
    let mut chain = Chain::new(Vec::new());
    for number in 0..3 {
        let raw = Draft { value: 5, ..Draft::call(number, TARGET) }.signed(Person::ALICE);
        let mut inputs = chain.inputs(vec![crate::chain::free(raw)]);
        inputs.withdrawals = vec![deposit(number)];
        let built = chain.advance_with(&inputs);
        assert!(built.skipped.is_empty());
        assert_eq!(built.header.number, number + 1);
        assert_eq!(built.header.gas_used, 21_000);
    }
    // Who got deposits can send them on.
    let worth = ether(3);
    assert_eq!(worth.trimmed().len(), 8);
}

#[test]
fn an_empty_block_has_no_requests() {
    let mut chain = Chain::new(Vec::new());
    let built = chain.advance(Vec::new());
    // sha256 of nothing
    let expected = "0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(built.header.requests_hash.unwrap().to_string(), expected);
    assert_eq!(built.header.blob_gas_used, Some(0));
    assert_eq!(built.block.len(), built.header_rlp.len() + 6);
}

#[test]
fn no_log_makes_a_block_of_a_rollup_invalid() {
    let topic = keccak(b"DepositEvent(bytes,bytes,bytes,bytes,bytes)").0;
    let code = [&[0x7f][..], &topic, &[0x5f, 0x5f, 0xa1, 0x00]].concat();
    let address = ChainSpec::MAINNET_DEPOSIT_CONTRACT;
    let made = GenesisAccount { address, nonce: 1, code, ..GenesisAccount::default() };
    let raw = Draft::call(0, address).signed(Person::ALICE);
    // With Ethereum's address it would: the log is no deposit (EIP-6110).
    let ethereum = Chain::new(vec![made.clone()]);
    let error = ethereum.build(&ethereum.inputs(vec![crate::chain::free(raw.clone())]));
    assert!(matches!(error, Err(Error::SystemContract(_))), "{error:?}");
    let mut rollup = Chain::with_spec(ChainSpec::rollup(ethereum.spec.chain_id), vec![made]);
    let built = rollup.advance(vec![raw]);
    assert!(built.skipped.is_empty() && built.header.logs_bloom != [0; 256]);
}

#[test]
fn impossible_inputs_are_named() {
    let chain = Chain::new(Vec::new());
    let mut late = chain.inputs(Vec::new());
    late.timestamp.0 = 1_000;
    let mut large = chain.inputs(Vec::new());
    large.gas_limit += 30_000_000 / 1024;
    let mut long = chain.inputs(Vec::new());
    long.extra_data = vec![0; 33];
    for inputs in [late, large, long] {
        let error = chain.build(&inputs).unwrap_err();
        assert!(matches!(error, Error::Inputs(_)), "{error}");
    }
}

#[test]
fn a_witness_without_a_needed_part_says_which() {
    let chain = Chain::new(Vec::new());
    let raw = Draft::call(0, TARGET).signed(Person::ALICE);
    let inputs = chain.inputs(vec![crate::chain::free(raw)]);
    let whole = chain.build(&inputs).unwrap();
    let all: Vec<Hash> = chain.known.iter().map(|(hash, _)| *hash).collect();
    let mut needed = 0;
    for hash in all {
        let mut known = chain.known.clone();
        known.remove(&hash);
        match EvmExecutor::new().build(&chain.spec, chain.tip, &inputs, &known) {
            Ok(built) => assert_eq!(built.hash, whole.hash),
            Err(error) => {
                assert!(matches!(error, Error::Missing { hash: named, .. } if named == hash));
                assert_eq!(error.kind(), ErrorKind::Retry);
                needed += 1;
            }
        }
    }
    assert!(needed > 3);
}

/// Gives other bytes for one hash, which nobody may do, but which must not panic.
struct Lies<'a> {
    known: &'a dyn Preimages,
    hash: Hash,
    instead: Vec<u8>,
}

impl Preimages for Lies<'_> {
    fn get(&self, hash: &Hash) -> Option<&[u8]> {
        if *hash == self.hash { Some(&self.instead) } else { self.known.get(hash) }
    }
}

proptest! {
    #[test]
    fn a_changed_block_is_refused(at in any::<prop::sample::Index>(), bit in 0..8u8) {
        let chain = Chain::new(Vec::new());
        let raw = Draft::call(0, TARGET).signed(Person::ALICE);
        let mut inputs = chain.inputs(vec![crate::chain::free(raw)]);
        inputs.withdrawals = vec![deposit(0)];
        let built = chain.build(&inputs).unwrap();
        let mut block = built.block.clone();
        let at = at.index(block.len());
        block[at] ^= 1 << bit;
        match EvmExecutor::new().check(&chain.spec, &block, &chain.known) {
            // The block may choose some fields freely: it is another valid block then.
            Ok(other) => {
                prop_assert_ne!(other.hash, built.hash);
                prop_assert_eq!(other.block, block);
            }
            Err(error) => prop_assert_ne!(error.kind(), ErrorKind::Stop),
        }
    }

    #[test]
    fn a_lying_witness_never_panics(
        which in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let chain = Chain::new(Vec::new());
        let raw = Draft::call(0, TARGET).signed(Person::ALICE);
        let inputs = chain.inputs(vec![crate::chain::free(raw)]);
        let mut all: Vec<_> = chain.known.iter().collect();
        all.sort();
        let (hash, bytes) = all[which.index(all.len())];
        let mut instead = bytes.to_vec();
        let at = at.index(instead.len());
        instead[at] = byte;
        let lies = Lies { known: &chain.known, hash: *hash, instead };
        let _ = EvmExecutor::new().build(&chain.spec, chain.tip, &inputs, &lies);
    }

    #[test]
    fn any_bytes_are_checked(block in prop::collection::vec(any::<u8>(), 0..900)) {
        let chain = Chain::new(Vec::new());
        prop_assert!(EvmExecutor::new().check(&chain.spec, &block, &chain.known).is_err());
    }
}

#[test]
fn the_hash_is_keccak() {
    assert_eq!(
        keccak(&[]).to_string(),
        "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    );
}
