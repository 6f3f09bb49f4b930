//! Answers of Ethereum's executable specification; `tools/vectors/precompiles.py`
//! remakes them.

use alloc::vec::Vec;

use serde_json::Value;

use super::{super::*, address};

fn text<'a>(case: &'a Value, key: &str) -> Option<&'a str> {
    case.get(key).and_then(Value::as_str)
}

fn bytes(case: &Value, key: &str) -> Option<Vec<u8>> {
    text(case, key).map(|digits| hex::decode(digits).expect("hexadecimal"))
}

fn check(contract: Precompile, case: &Value) {
    let name = text(case, "name").expect("a name");
    let input = bytes(case, "input").unwrap_or_else(|| {
        let zeros = case.get("zeros").and_then(Value::as_u64).expect("an input");
        alloc::vec![0; zeros as usize]
    });
    let Some(gas_used) = case.get("gas").and_then(Value::as_u64) else {
        let enough = 1_000_000_000_000;
        assert_eq!(contract.run(&input, enough), Err(Failure), "{contract:?}: {name}");
        return;
    };
    let bytes = bytes(case, "output").expect("an output");
    let expected = Output { gas_used, bytes };
    assert_eq!(contract.run(&input, gas_used), Ok(expected), "{contract:?}: {name}");
    if let Some(less) = gas_used.checked_sub(1) {
        assert_eq!(contract.run(&input, less), Err(Failure), "{contract:?}: {name}");
    }
}

macro_rules! vectors {
    ($($name:ident at $address:literal,)*) => {
        $(
            #[test]
            fn $name() {
                let text = include_str!(concat!("../vectors/", stringify!($name), ".json"));
                let cases: Vec<Value> = serde_json::from_str(text).expect("a list of cases");
                assert!(cases.len() >= 20);
                let contract = lookup(Fork::Prague, &address($address)).expect("a contract");
                for case in &cases {
                    check(contract, case);
                }
            }
        )*
    };
}

vectors! {
    ecrecover at 1,
    sha256 at 2,
    ripemd160 at 3,
    identity at 4,
    modexp at 5,
    bn254_add at 6,
    bn254_mul at 7,
    bn254_pairing at 8,
    blake2f at 9,
    point_evaluation at 10,
    bls_g1_add at 11,
    bls_g1_msm at 12,
    bls_g2_add at 13,
    bls_g2_msm at 14,
    bls_pairing at 15,
    bls_map_g1 at 16,
    bls_map_g2 at 17,
}
