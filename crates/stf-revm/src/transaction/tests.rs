use alloc::{vec, vec::Vec};

use alloy_consensus::{SignableTransaction, TxEip1559, TxEip2930, TxEip4844, TxEip7702, TxLegacy};
use alloy_eips::{
    Encodable2718,
    eip2930::{AccessList, AccessListItem},
    eip7702::{Authorization, SignedAuthorization},
};
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256};
use proptest::{prelude::*, sample::Index};

use super::{Signed, decode, is_blob};

fn signed<T: SignableTransaction<Signature>>(tx: T) -> alloy_consensus::Signed<T> {
    tx.into_signed(Signature::new(U256::from(1 << 20), U256::MAX >> 1, true))
}

/// One of each type, with lists that are not empty.
fn samples() -> Vec<Vec<u8>> {
    let access_list = AccessList(vec![
        AccessListItem { address: Address::ZERO, storage_keys: vec![B256::ZERO] },
        AccessListItem { address: Address::repeat_byte(1), storage_keys: vec![] },
    ]);
    let authorization = SignedAuthorization::new_unchecked(
        Authorization { chain_id: U256::MAX, address: Address::ZERO, nonce: u64::MAX },
        255,
        U256::MAX,
        U256::ZERO,
    );
    let (input, to) = (Bytes::from_static(&[1, 0, 200]), Address::repeat_byte(7));
    let legacy = TxLegacy { chain_id: Some(300), nonce: 128, ..TxLegacy::default() };
    let unprotected = TxLegacy { to: TxKind::Call(to), input: input.clone(), ..legacy.clone() };
    let all = [
        Signed::Legacy(signed(legacy)),
        Signed::Legacy(signed(TxLegacy { chain_id: None, ..unprotected })),
        Signed::Eip2930(signed(TxEip2930 {
            access_list: access_list.clone(),
            to: TxKind::Create,
            ..TxEip2930::default()
        })),
        Signed::Eip1559(signed(TxEip1559 { to: to.into(), input, ..TxEip1559::default() })),
        Signed::Eip4844(signed(TxEip4844 {
            blob_versioned_hashes: vec![B256::repeat_byte(1)],
            ..TxEip4844::default()
        })),
        Signed::Eip7702(signed(TxEip7702 {
            access_list,
            authorization_list: vec![authorization.clone(), authorization],
            ..TxEip7702::default()
        })),
    ];
    all.iter().map(Encodable2718::encoded_2718).collect()
}

#[test]
fn samples_decode_to_themselves() {
    for raw in samples() {
        assert_eq!(decode(&raw).unwrap().encoded_2718(), raw);
        assert_eq!(is_blob(&raw), raw[0] == 3);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    /// Bytes that decode are the one encoding of what they decode to.
    #[test]
    fn what_decodes_is_canonical(
        kind in any::<Index>(),
        edits in prop::collection::vec((any::<Index>(), 0u8..3, any::<u8>()), 1..4),
    ) {
        let samples = samples();
        let mut raw = kind.get(&samples).clone();
        for (at, edit, byte) in edits {
            let at = at.index(raw.len());
            match edit {
                0 => raw[at] = byte,
                1 => raw.insert(at, byte),
                _ => { raw.remove(at); }
            }
            if raw.is_empty() {
                break;
            }
        }
        if let Ok(transaction) = decode(&raw) {
            prop_assert_eq!(transaction.encoded_2718(), raw);
        }
    }
}
