//! `spec/skip-rule.md`.

use tern_protocol::{Address, Candidate, ChainId, Timestamp};
use tern_stf::{ChainSpec, GenesisAccount, SkipReason};

use crate::chain::{BASE_FEE, CHAIN, Chain, Draft, Person, authorization, free, rlp};

const TARGET: Address = Address([0x77; 20]);

fn call() -> Draft {
    Draft::call(0, TARGET)
}

/// What becomes of one candidate. A skipped one must leave the block as an empty one is.
fn skipped(chain: &Chain, candidate: Candidate) -> Option<SkipReason> {
    let empty = chain.build(&chain.inputs(Vec::new())).unwrap();
    let built = chain.build(&chain.inputs(vec![candidate])).unwrap();
    let reason = built.skipped.first().map(|skipped| skipped.reason);
    if reason.is_some() {
        assert_eq!(built.hash, empty.hash);
        assert_eq!(built.created, empty.created);
        assert!(built.receipts.is_empty());
    } else {
        assert_eq!(built.receipts.len(), 1);
    }
    reason
}

fn one(draft: &Draft, by: Person) -> Option<SkipReason> {
    skipped(&Chain::new(Vec::new()), free(draft.signed(by)))
}

#[test]
fn every_type_enters() {
    for type_byte in [1, 2] {
        assert_eq!(one(&Draft { type_byte, ..call() }, Person::ALICE), None);
    }
    let authorizations = vec![authorization(Person::BOB, CHAIN, TARGET, 0)];
    assert_eq!(one(&Draft { type_byte: 4, authorizations, ..call() }, Person::ALICE), None);
    let chain = Chain::new(Vec::new());
    let legacy = call().signed_for_any_chain(Person::ALICE);
    assert_eq!(skipped(&chain, free(legacy)), None);
}

#[test]
fn what_is_no_transaction_is_skipped() {
    let chain = Chain::new(Vec::new());
    let raw = call().signed(Person::ALICE);
    let longer = [raw.as_slice(), &[0]].concat();
    let cut = raw[..raw.len() - 1].to_vec();
    for raw in [Vec::new(), vec![2], vec![0xc0], vec![0x00], vec![0x7f, 0xc0], longer, cut] {
        assert_eq!(skipped(&chain, free(raw)), Some(SkipReason::Undecodable));
    }
}

#[test]
fn blobs_are_skipped_whatever_follows() {
    let chain = Chain::new(Vec::new());
    let whole = Draft { type_byte: 3, ..call() }.signed(Person::ALICE);
    for raw in [whole, vec![3], vec![3, 1, 2]] {
        assert_eq!(skipped(&chain, free(raw)), Some(SkipReason::Blob));
    }
}

#[test]
fn other_chains_and_bad_signatures_are_skipped() {
    let other = Draft { chain: CHAIN + 1, ..call() };
    assert_eq!(one(&other, Person::ALICE), Some(SkipReason::WrongChain));
    let chain = Chain::new(Vec::new());
    let mut fields = vec![rlp::number(0), rlp::number(10_000_000_000), rlp::number(21_000)];
    fields.extend([rlp::bytes(&TARGET.0), rlp::number(0), rlp::bytes(&[])]);
    fields.extend([rlp::number(27), rlp::bytes(&[0xff; 32]), rlp::number(1)]);
    assert_eq!(skipped(&chain, free(rlp::list(&fields))), Some(SkipReason::BadSignature));
}

#[test]
fn nonce_and_funds_decide() {
    assert_eq!(one(&Draft { nonce: 1, ..call() }, Person::ALICE), Some(SkipReason::Nonce));
    assert_eq!(one(&call(), Person::POOR), Some(SkipReason::Funds));
    let last = GenesisAccount {
        address: Person::POOR.address(),
        nonce: u64::MAX,
        balance: crate::chain::ether(1),
        ..GenesisAccount::default()
    };
    let chain = Chain::new(vec![last]);
    let raw = Draft { nonce: u64::MAX, ..call() }.signed(Person::POOR);
    assert_eq!(skipped(&chain, free(raw)), Some(SkipReason::Nonce));
}

#[test]
fn contracts_do_not_send_but_delegated_accounts_do() {
    let delegated = [&[0xef, 0x01, 0x00][..], &TARGET.0].concat();
    let cases = [
        (vec![0x00], Some(SkipReason::SenderIsContract)),
        (delegated.clone(), None),
        (delegated[..22].to_vec(), Some(SkipReason::SenderIsContract)),
    ];
    for (code, expected) in cases {
        let chain = Chain::new(vec![GenesisAccount {
            address: Person::POOR.address(),
            balance: crate::chain::ether(1),
            code,
            ..GenesisAccount::default()
        }]);
        assert_eq!(skipped(&chain, free(call().signed(Person::POOR))), expected);
    }
}

#[test]
fn gas_must_be_enough_and_not_too_much() {
    let gas = |gas: u64| Draft { gas, ..call() };
    assert_eq!(one(&gas(20_999), Person::ALICE), Some(SkipReason::IntrinsicGas));
    assert_eq!(one(&gas(21_000), Person::ALICE), None);
    assert_eq!(one(&gas(30_000_001), Person::ALICE), Some(SkipReason::GasLimit));
    // A hundred bytes that are not zero: 16 each to begin with, 40 each in the end.
    let data = |gas: u64| Draft { gas, data: vec![1; 100], ..call() };
    assert_eq!(one(&data(24_999), Person::ALICE), Some(SkipReason::IntrinsicGas));
    assert_eq!(one(&data(25_000), Person::ALICE), None);
}

#[test]
fn a_forced_candidate_may_not_want_more_than_was_paid() {
    let chain = Chain::new(Vec::new());
    let raw = call().signed(Person::ALICE);
    let forced = |gas| Candidate { raw: raw.clone(), forced_gas: Some(gas) };
    assert_eq!(skipped(&chain, forced(199_999)), Some(SkipReason::GasLimit));
    assert_eq!(skipped(&chain, forced(200_000)), None);
}

#[test]
fn fees_must_cover_the_base_fee_and_the_tip() {
    let fees = |max_fee, tip| Draft { max_fee, tip, ..call() };
    assert_eq!(one(&fees(BASE_FEE, 0), Person::ALICE), None);
    assert_eq!(one(&fees(BASE_FEE - 1, 0), Person::ALICE), Some(SkipReason::Fee));
    assert_eq!(one(&fees(BASE_FEE, BASE_FEE + 1), Person::ALICE), Some(SkipReason::Fee));
}

#[test]
fn long_initcode_and_empty_set_code_transactions_are_skipped() {
    let create = |len| Draft { to: None, gas: 4_000_000, data: vec![0; len], ..call() };
    assert_eq!(one(&create(49_152), Person::ALICE), None);
    assert_eq!(one(&create(49_153), Person::ALICE), Some(SkipReason::InitcodeSize));
    let set_code = Draft { type_byte: 4, ..call() };
    assert_eq!(one(&set_code, Person::ALICE), Some(SkipReason::SetCodeForm));
}

#[test]
fn types_wait_for_their_fork() {
    let mut spec = ChainSpec::prague(ChainId(CHAIN));
    spec.prague = Some(Timestamp(u64::MAX));
    let chain = Chain::with_spec(spec, Vec::new());
    let authorizations = vec![authorization(Person::BOB, CHAIN, TARGET, 0)];
    let raw = Draft { type_byte: 4, authorizations, ..call() }.signed(Person::ALICE);
    assert_eq!(skipped(&chain, free(raw)), Some(SkipReason::TypeNotActive));
}

#[test]
fn the_next_candidate_is_tried_after_a_skipped_one() {
    let mut chain = Chain::new(Vec::new());
    let send = |nonce| Draft::call(nonce, TARGET).signed(Person::ALICE);
    let built = chain.advance(vec![send(1), send(0), vec![3], send(1), send(1)]);
    let indices: Vec<_> = built.skipped.iter().map(|skipped| skipped.candidate).collect();
    assert_eq!(indices, [0, 2, 4]);
    let included: Vec<_> = built.receipts.iter().map(|receipt| receipt.candidate).collect();
    assert_eq!(included, [1, 3]);
    assert_eq!(built.receipts[1].cumulative_gas_used, 42_000);
}
