//! What changes from fork to fork, and the contracts that blocks call.

use alloy_eips::{eip2935, eip4788, eip7002, eip7251};
use alloy_primitives::{Address, Bytes, TxKind, U256};
use tern_protocol::{ChainId, Timestamp};
use tern_stf::{ChainSpec, Error, GenesisAccount};

use crate::chain::{
    CHAIN, Chain, ETHER, account, address_of, candidate, key, sign, system_contracts, transfer,
};

fn rich() -> GenesisAccount {
    account(address_of(key(1)), 1_000 * ETHER, &[])
}

fn without(contract: Address) -> Vec<GenesisAccount> {
    let mut accounts = system_contracts();
    accounts.retain(|account| account.address.0 != contract.0);
    accounts.push(rich());
    accounts
}

fn build(accounts: &[GenesisAccount]) -> Result<tern_stf::Execution, Error> {
    let chain = Chain::new(ChainSpec::prague(ChainId(CHAIN)), accounts);
    chain.build(&chain.inputs(vec![]))
}

#[test]
fn request_contracts_must_exist_and_succeed() {
    for contract in [
        eip7002::WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS,
        eip7251::CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS,
    ] {
        let mut accounts = without(contract);
        assert!(matches!(build(&accounts), Err(Error::SystemContract(_))));
        accounts.push(account(contract, 0, &[0x5f, 0x5f, 0xfd]));
        assert!(matches!(build(&accounts), Err(Error::SystemContract(_))));
        accounts.pop();
        accounts.push(account(contract, 0, &[0xfe]));
        assert!(matches!(build(&accounts), Err(Error::SystemContract(_))));
        accounts.pop();
        accounts.push(account(contract, 0, &[0x00]));
        assert!(build(&accounts).is_ok());
    }
}

#[test]
fn history_contracts_may_be_missing() {
    for contract in [eip4788::BEACON_ROOTS_ADDRESS, eip2935::HISTORY_STORAGE_ADDRESS] {
        assert!(build(&without(contract)).is_ok());
    }
}

#[test]
fn forks_follow_each_other_in_one_chain() {
    let spec = ChainSpec {
        shanghai: Some(Timestamp(5)),
        cancun: Some(Timestamp(9)),
        prague: Some(Timestamp(13)),
        ..ChainSpec::prague(ChainId(CHAIN))
    };
    let mut chain = Chain::new(spec, &without(Address::ZERO));
    for nonce in 0..8 {
        let mut inputs = chain.inputs(vec![candidate(sign(transfer(nonce), key(1)))]);
        if inputs.timestamp.0 < 5 {
            let got = chain.build_from(&inputs, &chain.archive).err();
            assert!(matches!(got, Some(Error::Inputs(_))));
            inputs.withdrawals.clear();
        }
        let header = chain.grow(&inputs).header;
        let time = header.timestamp;
        assert_eq!(header.withdrawals_root.is_some(), time >= 5);
        assert_eq!(header.parent_beacon_block_root.is_some(), time >= 9);
        assert_eq!(header.excess_blob_gas, (time >= 9).then_some(0));
        assert_eq!(header.blob_gas_used, (time >= 9).then_some(0));
        assert_eq!(header.requests_hash.is_some(), time >= 13);
    }
}

/// Stores BLOCKHASH of the number in the calldata under that number.
const STORE_HASH: [u8; 7] = [0x5f, 0x35, 0x40, 0x5f, 0x35, 0x55, 0x00];

#[test]
fn block_hashes_reach_256_blocks_back() {
    let contract = Address::repeat_byte(0xbb);
    let mut accounts = system_contracts();
    accounts.extend([rich(), account(contract, 0, &STORE_HASH)]);
    let mut chain = Chain::new(ChainSpec::prague(ChainId(CHAIN)), &accounts);
    let asking = |nonce: u64, number: u64| {
        let mut tx = transfer(nonce);
        tx.to = TxKind::Call(contract);
        tx.value = U256::ZERO;
        tx.input = Bytes::from(U256::from(number).to_be_bytes::<32>());
        candidate(sign(tx, key(1)))
    };
    for _ in 0..260 {
        chain.grow(&chain.inputs(vec![]));
    }
    // The next block has number 261. A slot that stays zero costs less than one that does not.
    let known = |number: u64| {
        let built = chain.build(&chain.inputs(vec![asking(0, number)])).unwrap();
        built.header.gas_used > 40_000
    };
    assert!(known(260) && known(100) && known(5));
    assert!(!known(261) && !known(4));
    let inputs = chain.inputs(vec![asking(0, 5)]);
    let witness = chain.witness(&inputs);
    assert!(chain.build_from(&inputs, &witness).is_ok());
    assert!(witness.len() > 255);
}

#[test]
fn withdrawals_of_nothing_make_no_account() {
    let chain = Chain::prague();
    let mut inputs = chain.inputs(vec![]);
    inputs.withdrawals.clear();
    let none = chain.build(&inputs).unwrap();
    inputs.withdrawals = chain.inputs(vec![]).withdrawals;
    inputs.withdrawals[0].amount.0 = 0;
    let nothing = chain.build(&inputs).unwrap();
    assert_eq!(none.header.state_root, nothing.header.state_root);
    assert_ne!(none.header.withdrawals_root, nothing.header.withdrawals_root);
}
