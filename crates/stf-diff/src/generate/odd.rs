//! Candidates that must be skipped, and some that only look as if.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::{
    dice::Dice,
    key::Key,
    tx::{Field, Kind, Tx, integer},
};
use crate::rlp::Item;

/// The longest initcode of a transaction (EIP-3860).
const MAX_INITCODE: usize = 49_152;

/// Makes a candidate out of a good transaction by spoiling one thing.
pub(crate) fn spoiled(rng: &mut ChaCha8Rng, tx: Tx, key: &Key, base_fee: u128) -> Vec<u8> {
    match rng.weighted(&[3, 8, 5, 4, 2]) {
        0 => bad_bytes(rng, &tx, key),
        1 => bad_values(rng, tx, key, base_fee),
        2 => bad_fields(rng, &tx, key),
        3 => bad_signature(rng, &tx, key),
        _ => bad_type(rng, &tx, key),
    }
}

/// Right content, wrong bytes around it.
fn bad_bytes(rng: &mut ChaCha8Rng, tx: &Tx, key: &Key) -> Vec<u8> {
    let mut raw = tx.signed(key);
    match rng.random_range(0..7) {
        0 => {
            let len = rng.random_range(0..100);
            raw = rng.bytes(len);
        }
        1 => raw.truncate(rng.random_range(0..raw.len())),
        2 => raw.push(rng.random()),
        3 => raw = Item::bytes(raw).encode(),
        4 => {
            let at = rng.random_range(0..raw.len());
            raw[at] ^= 1 << rng.random_range(0..8);
        }
        5 => {
            // The list's length, with a zero byte before it.
            let (kind, list) = raw.split_at(usize::from(tx.kind.type_byte().is_some()));
            if let [head @ 0xf8..=0xfe, rest @ ..] = list {
                raw = [kind, &[head + 1, 0], rest].concat();
            }
        }
        _ => raw.clear(),
    }
    raw
}

/// Well-formed, but refused where it lands.
fn bad_values(rng: &mut ChaCha8Rng, mut tx: Tx, key: &Key, base_fee: u128) -> Vec<u8> {
    let (intrinsic, floor) = tx.least_gas();
    match rng.random_range(0..13) {
        0 => tx.chain_id = rng.pick(&[0, 1, tx.chain_id + 1, u64::from(u32::MAX)]),
        1 => tx.nonce = tx.nonce.wrapping_sub(1),
        2 => tx.nonce = tx.nonce.wrapping_add(rng.pick(&[1, 2, 1000])),
        3 => tx.nonce = rng.pick(&[u64::MAX, u64::MAX - 1]),
        4 => tx.gas = rng.pick(&[0, 20_999, intrinsic - 1, floor - 1]),
        5 => tx.gas = rng.pick(&[u64::MAX, u64::MAX / 2, 30_000_001, 1 << 40]),
        6 => tx.max_fee = rng.pick(&[0, base_fee.saturating_sub(1)]),
        7 => tx.tip = tx.max_fee + 1,
        8 => {
            let huge = rng.pick(&[(1 << 64) - 1, 1 << 64, u128::MAX]);
            tx.max_fee = huge;
            tx.tip = rng.pick(&[0, 1, huge, huge - 1]);
        }
        9 => tx.value = rng.pick(&[1 << 81, 1 << 127, u128::MAX]),
        10 => {
            tx.kind = Kind::SetCode;
            tx.authorizations.clear();
        }
        11 => {
            tx.kind = Kind::SetCode;
            tx.to = None;
        }
        _ => {
            tx.to = None;
            let len = MAX_INITCODE + rng.pick(&[0, 1, 1000]);
            // Cheap, and not executed for long.
            tx.data = vec![0; len];
            let (intrinsic, floor) = tx.least_gas();
            tx.gas = intrinsic.max(floor) + 10_000;
            if tx.kind == Kind::SetCode {
                tx.kind = Kind::DynamicFee;
            }
        }
    }
    tx.signed(key)
}

/// Fields that no decoder may accept; the signature is over exactly these.
fn bad_fields(rng: &mut ChaCha8Rng, tx: &Tx, key: &Key) -> Vec<u8> {
    const NUMBERS: [Field; 6] =
        [Field::ChainId, Field::Nonce, Field::MaxFee, Field::Tip, Field::Gas, Field::Value];
    let mut fields = tx.fields();
    let number = tx.place(rng.pick(&NUMBERS)).unwrap_or(0);
    let plain = fields[number].as_bytes().unwrap_or_default().to_vec();
    match rng.random_range(0..11) {
        // A leading zero.
        0 => fields[number] = Item::Bytes([&[0], plain.as_slice()].concat()),
        // Zero as a byte; a small number with a length.
        1 => fields[number] = Item::Raw(vec![0]),
        2 => fields[number] = Item::Raw(vec![0x81, rng.random_range(0..0x80)]),
        // A length with a length.
        3 => fields[number] = Item::Raw([&[0xb8, plain.len() as u8], plain.as_slice()].concat()),
        4 => fields[number] = Item::List(Vec::new()),
        // At and above the bounds of the skip rule.
        5 => {
            let len = rng.pick(&[9, 16, 17, 32, 33]);
            let mut big = vec![0; len];
            big[0] = 1;
            fields[number] = Item::Bytes(big);
        }
        6 => fields[number] = Item::Bytes(vec![0xff; rng.pick(&[8, 9, 32])]),
        7 => drop(fields.pop()),
        8 => fields.push(Item::number(rng.random_range(0..2))),
        9 => {
            if let Some(to) = tx.place(Field::To) {
                let len = rng.pick(&[1, 19, 21, 32]);
                fields[to] = Item::Bytes(vec![1; len]);
            }
        }
        _ => {
            if let Some(access) = tx.place(Field::Access) {
                fields[access] = bad_access_list(rng);
            }
        }
    }
    let signature = key.sign(&tx.hash(&fields));
    tx.sealed(fields, tx.signature_items(signature))
}

fn bad_access_list(rng: &mut ChaCha8Rng) -> Item {
    let entry = |address: usize, keys: Vec<Item>, more: Vec<Item>| {
        let mut items = vec![Item::Bytes(vec![1; address]), Item::List(keys)];
        items.extend(more);
        Item::List(vec![Item::List(items)])
    };
    match rng.random_range(0..6) {
        0 => Item::number(0),
        1 => entry(19, vec![], vec![]),
        2 => entry(20, vec![Item::Bytes(vec![1; 31])], vec![]),
        3 => entry(20, vec![Item::Bytes(vec![1; 33])], vec![]),
        4 => entry(20, vec![], vec![Item::number(1)]),
        _ => Item::List(vec![Item::List(vec![Item::Bytes(vec![1; 20])])]),
    }
}

fn bad_signature(rng: &mut ChaCha8Rng, tx: &Tx, key: &Key) -> Vec<u8> {
    let fields = tx.fields();
    let signature = key.sign(&tx.hash(&fields));
    let mut items = tx.signature_items(signature);
    match rng.random_range(0..9) {
        0 | 1 => items = tx.signature_items(signature.with_high_s()),
        2 => items[1] = Item::number(0),
        3 => items[2] = Item::number(0),
        4 => items[rng.random_range(1..3)] = Item::bytes([0xff; 32]),
        5 => items[0] = Item::number(rng.pick(&[0, 1, 2, 26, 29, 34, 35, 36, 255, 256, 1 << 64])),
        6 => items[1] = integer(&rng.word()),
        7 => items[rng.random_range(1..3)] = Item::bytes([1; 33]),
        _ => {
            // Unprotected `v` over a protected hash: another sender.
            items[0] = Item::number(27 + u128::from(signature.parity));
        }
    }
    tx.sealed(fields, items)
}

fn bad_type(rng: &mut ChaCha8Rng, tx: &Tx, key: &Key) -> Vec<u8> {
    let mut raw = tx.signed(key);
    let list = usize::from(tx.kind.type_byte().is_some());
    match rng.random_range(0..4) {
        0 => {
            let byte = rng.pick(&[0, 1, 2, 4, 5, 6, 0x7e, 0x7f, 0x80, 0xbf, 0xff]);
            raw.splice(..list, [byte]);
        }
        1 => {
            raw.splice(..list, [3]);
        }
        2 => {
            let tail = rng.random_range(0..40);
            raw = [vec![3], rng.bytes(tail)].concat();
        }
        _ => raw = blob(tx, key),
    }
    raw
}

/// A well-formed blob transaction (EIP-4844).
fn blob(tx: &Tx, key: &Key) -> Vec<u8> {
    let mut dynamic = tx.clone();
    dynamic.kind = Kind::DynamicFee;
    dynamic.to = Some(tx.to.unwrap_or_default());
    let mut fields = dynamic.fields();
    let mut versioned_hash = [7; 32];
    versioned_hash[0] = 1;
    fields.extend([Item::number(1_000), Item::List(vec![Item::bytes(versioned_hash)])]);
    let hash = |fields: &[Item]| {
        let list = Item::List(fields.to_vec()).encode();
        tern_protocol::keccak256(&[&[3], list.as_slice()].concat()).0
    };
    let signature = key.sign(&hash(&fields));
    fields.extend(dynamic.signature_items(signature));
    [&[3], Item::List(fields).encode().as_slice()].concat()
}
