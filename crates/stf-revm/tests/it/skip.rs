//! Candidates that do not enter leave no trace. What enters is in `spec/vectors/skip*.json`.

use alloy_consensus::{TxEip7702, TxLegacy};
use alloy_eips::eip7702::{Authorization, SignedAuthorization};
use alloy_primitives::{Address, Bytes, TxKind, U256};
use tern_protocol::{Candidate, Word};
use tern_stf::{Error, SkipReason};

use crate::chain::{
    CHAIN, Chain, ETHER, GAS_LIMIT, TO, account, address_of, candidate, key, sign,
    system_contracts, transfer,
};

fn set_code(authorizations: usize) -> TxEip7702 {
    let inner = Authorization { chain_id: U256::ZERO, address: TO, nonce: 0 };
    let one = SignedAuthorization::new_unchecked(inner, 0, U256::from(1), U256::from(1));
    TxEip7702 {
        chain_id: CHAIN,
        nonce: 1,
        gas_limit: 1_000_000,
        max_fee_per_gas: 100_000_000_000,
        to: TO,
        authorization_list: vec![one; authorizations],
        ..TxEip7702::default()
    }
}

/// Each is not valid after one transfer of key 1.
fn refused() -> Vec<(Candidate, SkipReason)> {
    let eip1559 = |change: fn(&mut alloy_consensus::TxEip1559)| {
        let mut tx = transfer(1);
        change(&mut tx);
        candidate(sign(tx, key(1)))
    };
    let legacy = TxLegacy { chain_id: Some(CHAIN + 1), nonce: 1, ..TxLegacy::default() };
    let forced = Candidate { forced_gas: Some(99_999), ..eip1559(|_| {}) };
    let poor = SignedAuthorization::new_unchecked(
        Authorization { chain_id: U256::ZERO, address: TO, nonce: 0 },
        0,
        U256::from(1),
        U256::from(1),
    );
    let from_poor = TxEip7702 { nonce: 0, authorization_list: vec![poor], ..set_code(0) };
    vec![
        (candidate(vec![]), SkipReason::Undecodable),
        (candidate(vec![3, 1, 2]), SkipReason::Blob),
        (candidate([sign(transfer(1), key(1)), vec![0]].concat()), SkipReason::Undecodable),
        (candidate(sign(transfer(1), key(9))), SkipReason::Nonce),
        (candidate(sign(transfer(0), key(9))), SkipReason::Funds),
        (candidate(sign(transfer(0), key(2))), SkipReason::SenderIsContract),
        (candidate(sign(legacy, key(1))), SkipReason::WrongChain),
        (forced, SkipReason::GasLimit),
        (eip1559(|tx| tx.nonce = 2), SkipReason::Nonce),
        (eip1559(|tx| tx.nonce = 0), SkipReason::Nonce),
        (eip1559(|tx| tx.nonce = u64::MAX), SkipReason::Nonce),
        (eip1559(|tx| tx.gas_limit = GAS_LIMIT), SkipReason::GasLimit),
        (eip1559(|tx| tx.gas_limit = 20_999), SkipReason::IntrinsicGas),
        (eip1559(|tx| tx.input = Bytes::from(vec![1; 2_000])), SkipReason::IntrinsicGas),
        (eip1559(|tx| tx.max_fee_per_gas = 6), SkipReason::Fee),
        (eip1559(|tx| tx.max_priority_fee_per_gas = 1 << 40), SkipReason::Fee),
        (eip1559(|tx| tx.max_fee_per_gas = 1 << 64), SkipReason::Fee),
        (eip1559(|tx| tx.value = U256::MAX), SkipReason::Funds),
        (eip1559(|tx| tx.value = U256::from(2_000_000 * ETHER)), SkipReason::Funds),
        (
            eip1559(|tx| {
                tx.to = TxKind::Create;
                tx.gas_limit = 10_000_000;
                tx.input = Bytes::from(vec![0; 49_153]);
            }),
            SkipReason::InitcodeSize,
        ),
        (candidate(sign(set_code(0), key(1))), SkipReason::SetCodeForm),
        (candidate(sign(set_code(41), key(1))), SkipReason::IntrinsicGas),
        (candidate(sign(from_poor, key(9))), SkipReason::Funds),
        (candidate(sign(TxEip7702 { nonce: 7, ..set_code(1) }, key(1))), SkipReason::Nonce),
    ]
}

fn chain() -> Chain {
    let mut accounts = system_contracts();
    accounts.push(account(address_of(key(1)), 1_000_000 * ETHER, &[]));
    let mut contract = account(address_of(key(2)), ETHER, &[0]);
    contract.nonce = 0;
    accounts.push(contract);
    Chain::new(Chain::prague().spec, &accounts)
}

#[test]
fn skipped_candidates_leave_no_trace() {
    let chain = chain();
    let first = candidate(sign(transfer(0), key(1)));
    let last = candidate(sign(transfer(1), key(1)));
    let clean = chain.build(&chain.inputs(vec![first.clone(), last.clone()])).unwrap();
    let refused = refused();
    for (at, (one, reason)) in refused.iter().enumerate() {
        let inputs = chain.inputs(vec![first.clone(), one.clone(), last.clone()]);
        let built = chain.build(&inputs).unwrap();
        assert_eq!(built.block, clean.block, "case {at}");
        let skipped: Vec<_> = built.skipped.iter().map(|s| (s.candidate, s.reason)).collect();
        assert_eq!(skipped, [(1, *reason)], "case {at}");
        let places: Vec<_> = built.receipts.iter().map(|receipt| receipt.candidate).collect();
        assert_eq!(places, [0, 2]);
    }
    let mut all = vec![first];
    all.extend(refused.into_iter().map(|(candidate, _)| candidate));
    all.push(last);
    let built = chain.build(&chain.inputs(all)).unwrap();
    assert_eq!(built.block, clean.block);
    assert_eq!(built.skipped.len(), 24);
}

#[test]
fn gas_is_what_is_left_in_the_block() {
    let chain = chain();
    let mut big = transfer(0);
    big.gas_limit = GAS_LIMIT;
    let mut next = transfer(1);
    next.gas_limit = GAS_LIMIT - 21_000;
    let mut last = transfer(2);
    last.gas_limit = GAS_LIMIT - 41_999;
    let inputs = chain.inputs([big, next, last].map(|tx| candidate(sign(tx, key(1)))).into());
    let built = chain.build(&inputs).unwrap();
    assert_eq!(built.header.gas_used, 42_000);
    assert_eq!(built.skipped.len(), 1);
}

#[test]
fn forced_gas_is_enough_when_it_is_equal() {
    let chain = chain();
    let raw = sign(transfer(0), key(1));
    let inputs = chain.inputs(vec![Candidate { raw, forced_gas: Some(100_000) }]);
    assert_eq!(chain.build(&inputs).unwrap().receipts.len(), 1);
}

#[test]
fn impossible_inputs_are_refused() {
    let chain = chain();
    let refused = |change: fn(&mut tern_protocol::BlockInputs)| {
        let mut inputs = chain.inputs(vec![]);
        change(&mut inputs);
        let got = chain.build_from(&inputs, &chain.archive).err();
        assert!(matches!(got, Some(Error::Inputs(_))), "{got:?}");
    };
    refused(|inputs| inputs.timestamp.0 = 1);
    refused(|inputs| inputs.gas_limit += inputs.gas_limit / 1024);
    refused(|inputs| inputs.gas_limit = 4_999);
    refused(|inputs| inputs.extra_data = vec![0; 33]);
}

#[test]
fn a_delegated_sender_may_send() {
    let mut accounts = system_contracts();
    let delegation = [&[0xef, 1, 0][..], Address::repeat_byte(5).as_slice()].concat();
    let mut sender = account(address_of(key(1)), ETHER, &delegation);
    sender.nonce = 0;
    sender.storage = vec![(Word::from_u64(1), Word::from_u64(2))];
    accounts.push(sender);
    let chain = Chain::new(Chain::prague().spec, &accounts);
    let built = chain.build(&chain.inputs(vec![candidate(sign(transfer(0), key(1)))])).unwrap();
    assert_eq!(built.receipts.len(), 1);
}
