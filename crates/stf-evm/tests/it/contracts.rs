//! What contracts see, where the interpreter or Prague needs care.

use tern_protocol::{Address, Word};
use tern_stf::{Execution, GenesisAccount};

use crate::chain::{CHAIN, Chain, Draft, Person, authorization};

const PROBE: Address = Address([0x50; 20]);
const HELPER: Address = Address([0x51; 20]);

const MSIZE: u8 = 0x59;
const POP: u8 = 0x50;
const PUSH0: u8 = 0x5f;
const CODECOPY: u8 = 0x39;
const CREATE2: u8 = 0xf5;
const BYTE: u8 = 0x1a;
const CALLDATALOAD: u8 = 0x35;
const BLOCKHASH: u8 = 0x40;
const GAS: u8 = 0x5a;
const SUB: u8 = 0x03;
const SWAP1: u8 = 0x90;
const EXTCODESIZE: u8 = 0x3b;
const ADDRESS: u8 = 0x30;
const TLOAD: u8 = 0x5c;
const TSTORE: u8 = 0x5d;
const CALL: u8 = 0xf1;

fn push(byte: u8) -> Vec<u8> {
    vec![0x60, byte]
}

fn push_all(bytes: &[u8]) -> Vec<u8> {
    [&[0x5f + bytes.len() as u8], bytes].concat()
}

/// Code that logs the number on top of the stack.
fn logging(code: &[u8]) -> Vec<u8> {
    [code, &[PUSH0, 0x52], &push(32), &[PUSH0, 0xa0, 0x00]].concat()
}

fn account(address: Address, code: Vec<u8>) -> GenesisAccount {
    GenesisAccount { address, nonce: 1, code, ..GenesisAccount::default() }
}

/// The number that the last log of the last receipt holds.
fn logged(built: &Execution) -> Word {
    let receipt = built.receipts.last().expect("the transaction is in the block");
    assert!(receipt.success);
    let end = receipt.encoded.len();
    Word::from_slice(&receipt.encoded[end - 32..]).expect("32 bytes")
}

/// Runs code in a contract and returns the number it leaves on the stack.
fn run(code: &[u8]) -> Word {
    let mut chain = Chain::new(vec![account(PROBE, logging(code))]);
    logged(&chain.advance(vec![Draft::call(0, PROBE).signed(Person::ALICE)]))
}

fn number(value: u64) -> Word {
    Word::from_u64(value)
}

#[test]
fn msize_counts_what_codecopy_wrote() {
    let copy = [push(33), vec![PUSH0, PUSH0, CODECOPY, MSIZE]].concat();
    assert_eq!(run(&copy), number(64));
}

#[test]
fn msize_ignores_a_create2_without_code() {
    let far = push_all(&[0xff; 32]);
    let create = [vec![PUSH0, PUSH0], far, vec![PUSH0, CREATE2, POP, MSIZE]].concat();
    assert_eq!(run(&create), number(0));
}

#[test]
fn byte_counts_from_the_most_significant() {
    let word: Vec<u8> = (1..=32).collect();
    for index in 0..32 {
        let byte = [push_all(&word), push(index), vec![BYTE]].concat();
        assert_eq!(run(&byte), number(u64::from(index) + 1));
    }
    let beyond = [push_all(&word), push(32), vec![BYTE]].concat();
    assert_eq!(run(&beyond), number(0));
    let far = [push_all(&word), push_all(&[0xff; 32]), vec![BYTE]].concat();
    assert_eq!(run(&far), number(0));
}

#[test]
fn calldata_ends_in_zeros() {
    let load = |at: &[u8]| logging(&[at, &[CALLDATALOAD]].concat());
    for (at, expected) in [(vec![PUSH0], 0xaa), (push(1), 0), (push_all(&[0xff; 32]), 0)] {
        let mut chain = Chain::new(vec![account(PROBE, load(&at))]);
        let draft = Draft { data: vec![0xaa], ..Draft::call(0, PROBE) };
        let word = logged(&chain.advance(vec![draft.signed(Person::ALICE)]));
        let mut wanted = Word::ZERO;
        wanted.0[0] = expected;
        assert_eq!(word, wanted);
    }
}

#[test]
fn older_hashes_are_read_from_the_headers() {
    let code = logging(&[PUSH0, BLOCKHASH]);
    let mut chain = Chain::new(vec![account(PROBE, code)]);
    let genesis = chain.tip;
    for nonce in 0..3 {
        let built = chain.advance(vec![Draft::call(nonce, PROBE).signed(Person::ALICE)]);
        assert_eq!(logged(&built).0, genesis.0);
    }
    assert_eq!(run(&[&push(1)[..], &[BLOCKHASH]].concat()), Word::ZERO);
}

/// Logs the gas that calling the address costs.
fn call_cost(address: Address) -> Vec<u8> {
    let zeros = vec![PUSH0; 5];
    let call = [zeros, push_all(&address.0), vec![PUSH0, CALL, POP]].concat();
    logging(&[&[GAS][..], &call, &[GAS, SWAP1, SUB]].concat())
}

#[test]
fn calling_a_delegated_account_pays_for_both() {
    let delegated = [&[0xef, 0x01, 0x00][..], &HELPER.0].concat();
    let bob = Person::BOB.address();
    let cost = |code: Vec<u8>| {
        let target = Address([0x52; 20]);
        let mut chain = Chain::new(vec![
            account(PROBE, call_cost(target)),
            account(HELPER, vec![0x00]),
            account(target, code),
        ]);
        let built = chain.advance(vec![Draft::call(0, PROBE).signed(Person::ALICE)]);
        u64::from_be_bytes(logged(&built).0[24..].try_into().unwrap())
    };
    assert_eq!(cost(delegated) - cost(vec![0x00]), 2_600);
    assert_ne!(bob, HELPER);
}

#[test]
fn an_authorization_installs_23_bytes_and_reset_takes_them_away() {
    let bob = Person::BOB.address();
    let size = logging(&[&push_all(&bob.0)[..], &[EXTCODESIZE]].concat());
    let own_address = logging(&[ADDRESS]);
    let mut chain = Chain::new(vec![account(PROBE, size), account(HELPER, own_address)]);
    let set_code = |nonce, authorization| {
        let draft = Draft {
            type_byte: 4,
            authorizations: vec![authorization],
            ..Draft::call(nonce, PROBE)
        };
        draft.signed(Person::ALICE)
    };
    let to_helper = authorization(Person::BOB, CHAIN, HELPER, 0);
    assert_eq!(logged(&chain.advance(vec![set_code(0, to_helper)])), number(23));

    // Called, Bob's account runs the helper's code as itself.
    let built = chain.advance(vec![Draft::call(1, bob).signed(Person::ALICE)]);
    assert_eq!(&logged(&built).0[12..], &bob.0);

    // Any chain, next nonce, no address: the code goes.
    let reset = authorization(Person::BOB, 0, Address::ZERO, 1);
    assert_eq!(logged(&chain.advance(vec![set_code(2, reset)])), number(0));

    // A wrong nonce or chain changes nothing, and the transaction still runs.
    for wrong in [
        authorization(Person::BOB, CHAIN, HELPER, 1),
        authorization(Person::BOB, CHAIN + 1, HELPER, 2),
    ] {
        let nonce = chain.tip_header.number;
        assert_eq!(logged(&chain.advance(vec![set_code(nonce, wrong)])), number(0));
    }
}

#[test]
fn transient_storage_ends_with_the_transaction() {
    let code = logging(&[&[PUSH0, TLOAD][..], &push(1), &[PUSH0, TSTORE]].concat());
    let mut chain = Chain::new(vec![account(PROBE, code)]);
    let send = |nonce| Draft::call(nonce, PROBE).signed(Person::ALICE);
    assert_eq!(logged(&chain.advance(vec![send(0), send(1)])), number(0));
}

#[test]
fn a_failed_transaction_pays_and_leaves_nothing() {
    // Logs, stores, then fails.
    let code = [logging(&push(1)).split_last().unwrap().1, &[PUSH0, PUSH0, 0x55, 0xfe]].concat();
    let mut chain = Chain::new(vec![account(PROBE, code)]);
    let built = chain.advance(vec![Draft::call(0, PROBE).signed(Person::ALICE)]);
    assert!(!built.receipts[0].success);
    assert_eq!(built.header.gas_used, 200_000);
    assert_eq!(built.header.logs_bloom, [0; 256]);
}

#[test]
fn memory_that_nobody_can_pay_is_out_of_gas() {
    for code in [
        vec![push(1), push_all(&[0xff; 32]), vec![0x52]],
        vec![push_all(&[0xff; 4]), push_all(&[0xff; 8]), vec![0x20]],
        vec![push_all(&[0xff; 32]), push_all(&[0xff; 32]), vec![0xf3]],
    ] {
        let mut chain = Chain::new(vec![account(PROBE, code.concat())]);
        let built = chain.advance(vec![Draft::call(0, PROBE).signed(Person::ALICE)]);
        assert!(!built.receipts[0].success);
    }
}
