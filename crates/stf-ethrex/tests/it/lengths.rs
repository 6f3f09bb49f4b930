//! MODEXP (address 5) with lengths that no gas pays for: the call fails, and only it.

use tern_protocol::Address;
use tern_stf::GenesisAccount;

use crate::{
    rlp::{number, string},
    sign::{Key, Tx},
    support::{Net, funded},
};

const MODEXP: Address = {
    let mut address = [0; 20];
    address[19] = 5;
    Address(address)
};

/// Calls MODEXP with its own calldata and stores whether that failed under 0, and how many
/// bytes came back under 1.
const CALLER: Address = Address([0xca; 20]);

fn caller() -> GenesisAccount {
    let code = [
        // calldatacopy(0, 0, calldatasize)
        &[0x36, 0x5f, 0x5f, 0x37][..],
        // staticcall(gas / 2, 5, 0, calldatasize, 0, 0)
        &[0x5f, 0x5f, 0x36, 0x5f, 0x60, 5, 0x60, 2, 0x5a, 0x04, 0xfa],
        // sstore(0, iszero(it)), sstore(1, returndatasize + 1)
        &[0x15, 0x5f, 0x55, 0x60, 1, 0x3d, 0x01, 0x60, 1, 0x55, 0x00],
    ];
    GenesisAccount { code: code.concat(), nonce: 1, ..funded(CALLER) }
}

fn operands(base: [u8; 32], exponent: [u8; 32], modulus: [u8; 32], rest: usize) -> Vec<u8> {
    [&base[..], &exponent, &modulus, &vec![1; rest]].concat()
}

fn length(bytes: &[u8]) -> [u8; 32] {
    let mut word = [0; 32];
    word[32 - bytes.len()..].copy_from_slice(bytes);
    word
}

fn absurd() -> Vec<Vec<u8>> {
    let one = length(&[1]);
    let most = length(&[0xff; 8]);
    let mut all = Vec::new();
    for size in [
        length(&[0x7f, 0, 0, 0]),
        length(&[0x20, 0, 0, 0, 0, 0]),
        length(&[0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
        length(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xa0]),
        most,
        length(&[1, 0, 0, 0, 0, 0, 0, 0, 0]),
        [0xff; 32],
    ] {
        for rest in [0, 1, 200] {
            all.push(operands(size, one, one, rest));
            all.push(operands(one, size, one, rest));
            all.push(operands(one, one, size, rest));
            all.push(operands(size, size, size, rest));
        }
    }
    all
}

fn send(net: &Net, to: Address, data: &[u8]) -> tern_stf::Receipt {
    let transaction = Tx::new(2, 0, to).with(|tx| {
        tx.value = number(0);
        tx.gas = number(1_000_000);
        tx.data = string(data);
    });
    let made = net.build(&net.inputs(vec![transaction.sign(&Key::new(1))]));
    assert!(made.skipped.is_empty());
    net.check(&made.block).expect("what was built is valid");
    made.receipts[0].clone()
}

#[test]
fn at_the_top_they_cost_all_gas() {
    let net = Net::new(Vec::new());
    for data in absurd() {
        let receipt = send(&net, MODEXP, &data);
        assert!(!receipt.success, "{data:?}");
        assert_eq!(receipt.cumulative_gas_used, 1_000_000);
    }
}

#[test]
fn below_the_top_they_cost_what_was_given() {
    let net = Net::new(vec![caller()]);
    for data in absurd() {
        let receipt = send(&net, CALLER, &data);
        assert!(receipt.success, "{data:?}");
        // Half of what was left at the call, and two new slots.
        assert!((500_000..560_000).contains(&receipt.cumulative_gas_used), "{data:?}");
    }
}

#[test]
fn without_a_base_and_a_modulus_the_exponent_is_free() {
    let net = Net::new(vec![caller()]);
    let data = operands([0; 32], [0xff; 32], [0; 32], 100);
    assert!(send(&net, MODEXP, &data).success);
    assert!(send(&net, CALLER, &data).cumulative_gas_used < 100_000);
}
