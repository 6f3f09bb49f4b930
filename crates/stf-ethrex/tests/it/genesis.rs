//! The first state.

use tern_protocol::{Address, Word};
use tern_stf::{Error, Executor, GenesisAccount};
use tern_stf_ethrex::{EthrexExecutor, keccak};

use crate::support::funded;

/// Sepolia's genesis: who holds how much.
const SEPOLIA: [(&str, &str); 15] = [
    ("a2a6d93439144ffe4d27c9e088dcd8b783946263", "d3c21bcecceda1000000"),
    ("bc11295936aa79d594139de1b2e12629414f3bdb", "d3c21bcecceda1000000"),
    ("7cf5b79bfe291a67ab02b393e456ccc4c266f753", "d3c21bcecceda1000000"),
    ("aaec86394441f915bce3e6ab399977e9906f3b69", "d3c21bcecceda1000000"),
    ("f47cae1cf79ca6758bfc787dbd21e6bdbe7112b8", "d3c21bcecceda1000000"),
    ("d7eddb78ed295b3c9629240e8924fb8d8874ddd8", "d3c21bcecceda1000000"),
    ("8b7f0977bb4f0fbe7076fa22bc24aca043583f5e", "d3c21bcecceda1000000"),
    ("e2e2659028143784d557bcec6ff3a0721048880a", "d3c21bcecceda1000000"),
    ("d9a5179f091d85051d3c982785efd1455cec8699", "d3c21bcecceda1000000"),
    ("beef32ca5b9a198d27b4e02f4c70439fe60356cf", "d3c21bcecceda1000000"),
    ("0000006916a87b82333f4245046623b23794c65c", "84595161401484a000000"),
    ("b21c33de1fab3fa15499c62b59fe0cc3250020d1", "52b7d2dcc80cd2e4000000"),
    ("10f5d45854e038071485ac9e402308cf80d2d2fe", "52b7d2dcc80cd2e4000000"),
    ("d7d76c58b3a519e9fa6cc4d22dc017259bc49f1e", "52b7d2dcc80cd2e4000000"),
    ("799d329e5f583419167cd722962485926e338f4a", "de0b6b3a7640000"),
];

#[test]
fn sepolias_genesis_has_its_root() {
    let accounts = SEPOLIA.map(|(address, balance)| GenesisAccount {
        address: address.parse().expect("it is an address"),
        balance: format!("{balance:0>64}").parse().expect("it is a number"),
        ..GenesisAccount::default()
    });
    let state = EthrexExecutor.genesis_state(&accounts).expect("the accounts differ");
    let root = "5eb6e371a698b8d68f665192350ffcecbbbf322916f4b51bd79bb6887da3f494";
    assert_eq!(state.root, root.parse().expect("it is a hash"));
    assert!(state.created.iter().any(|node| keccak(node) == state.root));
}

#[test]
fn no_accounts_are_the_empty_trie() {
    let state = EthrexExecutor.genesis_state(&[]).expect("nothing is in the way");
    assert_eq!(state.root, keccak(&[0x80]));
    assert!(state.created.is_empty());
}

#[test]
fn an_account_stands_once() {
    let twice = [funded(Address([1; 20])), funded(Address([1; 20]))];
    assert!(matches!(EthrexExecutor.genesis_state(&twice), Err(Error::Inputs(_))));
}

#[test]
fn a_zero_slot_is_an_absent_slot() {
    let with = |storage| [GenesisAccount { storage, ..funded(Address([1; 20])) }];
    let root = |accounts: [GenesisAccount; 1]| {
        EthrexExecutor.genesis_state(&accounts).expect("there is one account").root
    };
    assert_eq!(root(with(vec![(Word::from_u64(5), Word::ZERO)])), root(with(Vec::new())));
    assert_ne!(root(with(vec![(Word::from_u64(5), Word::from_u64(1))])), root(with(Vec::new())));
}
