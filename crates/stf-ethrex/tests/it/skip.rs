//! The skip rule, case by case: `spec/skip-rule.md`.

use tern_protocol::{Address, Candidate, Word};
use tern_stf::{Fork, GenesisAccount, SkipReason};

use crate::{
    rlp::{list, number, string},
    sign::{CHAIN, Key, Tx, authorization},
    support::{FORGETFUL, Net, REFUSER, funded, sorted},
};

const RICH: u8 = 100;
const LAST_NONCE: u8 = 101;
const CONTRACT: u8 = 102;
const DELEGATED: u8 = 103;
const POOR: u8 = 104;

fn net() -> Net {
    let address = |number| Key::new(number).address();
    let delegation = [&[0xef, 1, 0][..], &REFUSER.0].concat();
    let mut wealth = [0; 32];
    wealth[7] = 1;
    Net::new(vec![
        GenesisAccount { balance: Word(wealth), ..funded(address(RICH)) },
        GenesisAccount { nonce: u64::MAX, ..funded(address(LAST_NONCE)) },
        GenesisAccount { code: vec![0], ..funded(address(CONTRACT)) },
        GenesisAccount { code: delegation, ..funded(address(DELEGATED)) },
        GenesisAccount { balance: Word::from_u64(10u64.pow(9)), ..funded(address(POOR)) },
    ])
}

fn target() -> Address {
    Key::new(9).address()
}

fn transfer(kind: u8) -> Tx {
    Tx::new(kind, 0, target())
}

/// Bytes of every wrong form, none of which is told from the state.
fn misshapen() -> Vec<(&'static str, Vec<u8>, SkipReason)> {
    use SkipReason::{BadSignature, Blob, Undecodable, WrongChain};
    let key = Key::new(1);
    let legacy = transfer(0).sign(&key);
    let dynamic = transfer(2).sign(&key);
    let zero_led = string(&[0, 1]);
    let auth = |parity| authorization(&key, CHAIN, target(), 0, Some(parity));
    let mut cases = vec![
        ("nothing", vec![], Undecodable),
        ("an unknown type", vec![5, 0xc0], Undecodable),
        ("ethrex's frame transaction", vec![6, 0xc0], Undecodable),
        ("ethrex's privileged transaction", vec![0x7e, 0xc0], Undecodable),
        ("type 0 with its number", [&[0][..], &legacy].concat(), Undecodable),
        ("a string", string(&dynamic), Undecodable),
        ("a blob type alone", vec![3], Blob),
        ("a blob type with anything", vec![3, 1, 2, 3], Blob),
        ("legacy with a byte too many", [&legacy[..], &[0]].concat(), Undecodable),
        ("typed with a byte too many", [&dynamic[..], &[0]].concat(), Undecodable),
        ("legacy without its last byte", legacy[..legacy.len() - 1].to_vec(), Undecodable),
        (
            "zero-led nonce",
            transfer(2).with(|tx| tx.nonce = zero_led.clone()).sign(&key),
            Undecodable,
        ),
        ("zero as a byte", transfer(2).with(|tx| tx.nonce = vec![0]).sign(&key), Undecodable),
        (
            "a long form of a short length",
            transfer(2).with(|tx| tx.data = vec![0xb8, 1, 0x80]).sign(&key),
            Undecodable,
        ),
        (
            "a 19-byte target",
            transfer(2).with(|tx| tx.to = string(&[1; 19])).sign(&key),
            Undecodable,
        ),
        (
            "a field too many",
            transfer(2).with(|tx| tx.access = [list(&[]), list(&[])].concat()).sign(&key),
            Undecodable,
        ),
        (
            "a 33-byte value",
            transfer(2).with(|tx| tx.value = string(&[1; 33])).sign(&key),
            Undecodable,
        ),
        (
            "a nonce beyond 64 bits",
            transfer(2).with(|tx| tx.nonce = number(1 << 64)).sign(&key),
            Undecodable,
        ),
        (
            "gas beyond 64 bits",
            transfer(2).with(|tx| tx.gas = number(1 << 64)).sign(&key),
            Undecodable,
        ),
        ("parity 2", transfer(2).sign_with_parity(&key, 2), BadSignature),
        ("a high s", transfer(2).sign_as(&key, crate::sign::Parts::high), BadSignature),
        ("a high s, legacy", transfer(0).sign_as(&key, crate::sign::Parts::high), BadSignature),
        ("v 29", transfer(0).sign_unprotected(&key, 29), BadSignature),
        ("v 0", transfer(0).sign_unprotected(&key, 0), BadSignature),
        ("another chain's v", transfer(0).sign_unprotected(&key, 35 + 2), WrongChain),
        ("another chain", transfer(1).with(|tx| tx.chain = number(1)).sign(&key), WrongChain),
        (
            "no chain in a typed one",
            transfer(2).with(|tx| tx.chain = number(0)).sign(&key),
            WrongChain,
        ),
        (
            "an authorization's wide parity",
            transfer(4).with(|tx| tx.authorizations = Some(vec![auth(256)])).sign(&key),
            Undecodable,
        ),
        (
            "an authorization of two fields",
            transfer(4)
                .with(|tx| tx.authorizations = Some(vec![list(&[number(1), number(1)])]))
                .sign(&key),
            Undecodable,
        ),
    ];
    for kind in [1, 2, 4] {
        let zero_r =
            transfer(kind).sign_as(&key, |parts| crate::sign::Parts { r: vec![], ..parts });
        let reason = if kind == 4 { SkipReason::SetCodeForm } else { BadSignature };
        // An empty list of authorizations is as good a reason as the signature.
        if kind != 4 {
            cases.push(("r is zero", zero_r, reason));
        }
    }
    cases
}

/// Well-formed ones that are not valid where they land.
fn out_of_place() -> Vec<(&'static str, Vec<u8>, SkipReason)> {
    use SkipReason::{
        Fee, Funds, GasLimit, InitcodeSize, IntrinsicGas, Nonce, SenderIsContract, SetCodeForm,
        Undecodable,
    };
    let key = Key::new(1);
    let wide = number(1 << 64);
    let rich = Key::new(RICH);
    let create = |size: usize| {
        transfer(2).with(|tx| {
            tx.to = string(&[]);
            tx.data = string(&vec![0; size]);
            tx.gas = number(5_000_000);
        })
    };
    let auth = authorization(&key, CHAIN, target(), 0, None);
    vec![
        ("a later nonce", Tx::new(2, 9, target()).sign(&key), Nonce),
        ("the last nonce", Tx::new(2, u64::MAX, target()).sign(&Key::new(LAST_NONCE)), Nonce),
        ("an empty account", transfer(2).sign(&Key::new(200)), Funds),
        ("a poor account", transfer(2).sign(&Key::new(POOR)), Funds),
        (
            "all wei there can be",
            transfer(2).with(|tx| tx.value = string(&[0xff; 32])).sign(&key),
            Funds,
        ),
        ("a contract", transfer(2).sign(&Key::new(CONTRACT)), SenderIsContract),
        (
            "a price below the base fee",
            transfer(0).with(|tx| tx.prices = vec![number(1)]).sign(&key),
            Fee,
        ),
        (
            "a fee below the base fee",
            transfer(2).with(|tx| tx.prices = vec![number(0), number(1)]).sign(&key),
            Fee,
        ),
        (
            "a tip above the fee",
            transfer(2)
                .with(|tx| tx.prices = vec![number(10_000_000_001), number(10_000_000_000)])
                .sign(&key),
            Fee,
        ),
        (
            "the highest tip, above the fee",
            transfer(2)
                .with(|tx| tx.prices = vec![number(u64::MAX.into()), number(10_000_000_000)])
                .sign(&key),
            Fee,
        ),
        (
            "a price beyond 64 bits",
            transfer(0).with(|tx| tx.prices = vec![wide.clone()]).sign(&rich),
            Undecodable,
        ),
        (
            "a fee beyond 64 bits",
            transfer(2).with(|tx| tx.prices = vec![number(1), wide.clone()]).sign(&rich),
            Undecodable,
        ),
        (
            "more gas than a block",
            transfer(2).with(|tx| tx.gas = number(30_000_001)).sign(&key),
            GasLimit,
        ),
        ("too little gas", transfer(2).with(|tx| tx.gas = number(20_999)).sign(&key), IntrinsicGas),
        ("no gas at all", transfer(1).with(|tx| tx.gas = number(0)).sign(&key), IntrinsicGas),
        (
            "below the calldata floor",
            transfer(2)
                .with(|tx| {
                    tx.data = string(&[1; 1000]);
                    tx.gas = number(40_000);
                })
                .sign(&key),
            IntrinsicGas,
        ),
        ("a long initcode", create(49_153).sign(&key), InitcodeSize),
        ("no authorization", transfer(4).sign(&key), SetCodeForm),
        (
            "a set-code creation",
            transfer(4)
                .with(|tx| {
                    tx.to = string(&[]);
                    tx.authorizations = Some(vec![auth]);
                })
                .sign(&key),
            SetCodeForm,
        ),
    ]
}

/// One valid transaction of each form, each from its own key.
fn valid() -> Vec<Vec<u8>> {
    let odd_auth = authorization(&Key::new(7), 0, target(), 0, Some(255));
    let auth = authorization(&Key::new(8), CHAIN, FORGETFUL, 0, None);
    let set_code = |auth: Vec<u8>| transfer(4).with(|tx| tx.authorizations = Some(vec![auth]));
    vec![
        transfer(0).sign(&Key::new(1)),
        Tx::new(0, 1, target()).sign_unprotected(&Key::new(1), 27),
        transfer(1).sign(&Key::new(2)),
        transfer(2).sign(&Key::new(3)),
        Tx::new(2, 0, REFUSER).sign(&Key::new(4)),
        set_code(odd_auth).sign(&Key::new(5)),
        set_code(auth).sign(&Key::new(6)),
        transfer(2).sign(&Key::new(DELEGATED)),
        // The highest fee that there is, with the highest tip: their sum is beyond 64 bits.
        transfer(2)
            .with(|tx| tx.prices = vec![number(u64::MAX.into()), number(u64::MAX.into())])
            .sign(&Key::new(RICH)),
    ]
}

#[test]
fn what_is_skipped_leaves_no_trace() {
    let net = net();
    let valid = valid();
    let plain = net.build(&net.inputs(valid.clone()));
    assert!(plain.skipped.is_empty(), "{:?}", plain.skipped);
    assert_eq!(plain.receipts.len(), valid.len());

    for (name, raw, reason) in [misshapen(), out_of_place()].concat() {
        // Tried before, between and after the others, it changes nothing.
        let mut candidates = vec![raw.clone()];
        for good in &valid {
            candidates.extend([good.clone(), raw.clone()]);
        }
        let mixed = net.build(&net.inputs(candidates));
        assert_eq!(mixed.skipped.len(), valid.len() + 1, "{name}");
        assert_eq!(mixed.skipped[0].reason, reason, "{name}");
        assert_eq!(mixed.block, plain.block, "{name}");
        assert_eq!(sorted(&mixed.created), sorted(&plain.created), "{name}");
        let places: Vec<usize> = mixed.receipts.iter().map(|receipt| receipt.candidate).collect();
        let odd: Vec<usize> = (0..valid.len()).map(|index| 2 * index + 1).collect();
        assert_eq!(places, odd, "{name}");
    }
}

#[test]
fn a_spoilt_block_is_checked_like_the_plain_one() {
    let mut net = net();
    let all: Vec<Vec<u8>> =
        [misshapen(), out_of_place()].concat().into_iter().map(|(_, raw, _)| raw).collect();
    let count = all.len();
    let made = net.grow([all, valid()].concat());
    assert_eq!(made.skipped.len(), count);
    // Everything that the next block reads was created or known before.
    let next = net.grow(vec![Tx::new(2, 1, Key::new(8).address()).sign(&Key::new(3))]);
    assert!(next.skipped.is_empty());
    assert!(next.receipts[0].success, "the delegation of the block before is there");
}

#[test]
fn a_refused_set_code_transaction_sets_no_code() {
    let net = net();
    let auth = authorization(&Key::new(8), CHAIN, FORGETFUL, 0, None);
    let refused = Tx::new(4, 5, target()).with(|tx| tx.authorizations = Some(vec![auth]));
    let made = net.build(&net.inputs(vec![refused.sign(&Key::new(1))]));
    assert_eq!(made.skipped[0].reason, SkipReason::Nonce);
    assert_eq!(made.block, net.build(&net.inputs(Vec::new())).block);
}

#[test]
fn the_gas_of_a_block_is_shared() {
    let net = net();
    let big = |nonce| {
        Tx::new(2, nonce, target()).with(|tx| tx.gas = number(29_979_000)).sign(&Key::new(1))
    };
    let small = Tx::new(2, 0, target()).with(|tx| tx.gas = number(21_000)).sign(&Key::new(2));
    // After each of the big ones 21,000 of its gas are gone.
    let made = net.build(&net.inputs(vec![big(0), big(1), big(2), small]));
    let reasons: Vec<_> = made.skipped.iter().map(|skip| (skip.candidate, skip.reason)).collect();
    assert_eq!(reasons, [(2, SkipReason::GasLimit)]);
}

#[test]
fn a_forced_transaction_is_held_to_what_was_paid() {
    let net = net();
    let raw = transfer(2).sign(&Key::new(1));
    let mut inputs = net.inputs(Vec::new());
    for (paid, skipped) in [(99_999, 1), (100_000, 0)] {
        inputs.candidates = vec![Candidate { raw: raw.clone(), forced_gas: Some(paid) }];
        assert_eq!(net.build(&inputs).skipped.len(), skipped);
    }
}

#[test]
fn types_wait_for_their_fork() {
    let mut net = net();
    net.spec.prague = None;
    assert_eq!(net.spec.fork_at(net.inputs(Vec::new()).timestamp), Fork::Cancun);
    let auth = authorization(&Key::new(8), CHAIN, FORGETFUL, 0, None);
    let raw = transfer(4).with(|tx| tx.authorizations = Some(vec![auth])).sign(&Key::new(1));
    let made = net.build(&net.inputs(vec![raw]));
    assert_eq!(made.skipped[0].reason, SkipReason::TypeNotActive);
}

#[test]
fn what_breaks_ethrex_off_is_left_out() {
    // More wei than 256 bits can count, which no real chain has: ethrex gives up on the
    // transfer with an error that says nothing about the transaction.
    let hoard = GenesisAccount { balance: Word([0xff; 32]), ..funded(Address([0xee; 20])) };
    let net = Net::new(vec![hoard]);
    let overflow = Tx::new(2, 0, Address([0xee; 20])).sign(&Key::new(1));
    let good = transfer(2).sign(&Key::new(2));
    let made = net.build(&net.inputs(vec![good.clone(), overflow.clone(), overflow]));
    assert_eq!(made.skipped.len(), 2);
    assert_eq!(made.block, net.build(&net.inputs(vec![good])).block);
}
