//! Blobs.

use proptest::prelude::*;
use tern_codec::{BLOB_BYTES, Blob, DataError, capacity, pack, unpack};

fn some_bytes(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at * 131 + at / 251) as u8 | 1).collect()
}

fn read(blobs: &[Blob]) -> Result<Vec<u8>, DataError> {
    unpack(&blobs.iter().map(<[u8; BLOB_BYTES]>::as_slice).collect::<Vec<_>>())
}

#[test]
fn blobs_hold_what_they_promise_and_no_byte_more() {
    for blobs in [1, 2, 6] {
        for (len, expected) in [(capacity(blobs), blobs), (capacity(blobs) + 1, blobs + 1)] {
            let bytes = some_bytes(len);
            let packed = pack(&bytes).expect("it fits");
            assert_eq!(packed.len(), expected);
            assert_eq!(read(&packed), Ok(bytes));
        }
    }
    assert!(capacity(1) >= 130_044);
    assert_eq!(capacity(0), 0);
    assert!(pack(&vec![0; capacity(255) + 1]).is_err());
}

#[test]
fn every_change_of_a_bit_that_carries_nothing_is_refused() {
    let packed = pack(&some_bytes(500)).expect("it fits");
    for (at, bit) in [(0, 0x40), (32, 0x80), (BLOB_BYTES - 32, 0x80), (BLOB_BYTES - 1, 1)] {
        let mut changed = packed.clone();
        changed[0][at] ^= bit;
        assert!(matches!(read(&changed), Err(DataError::Packing(_))), "{at} {bit}");
    }
}

#[test]
fn a_blob_too_many_and_a_length_too_long_are_refused() {
    let mut packed = pack(&some_bytes(500)).expect("it fits");
    packed.push([0; BLOB_BYTES]);
    assert!(matches!(read(&packed), Err(DataError::Packing(_))));
    packed.pop();
    packed[0][1] = 1;
    assert!(matches!(read(&packed), Err(DataError::Packing(_))));
    assert!(unpack(&[]).is_err() && unpack(&[&[0; 32]]).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn what_unpacks_packs_to_the_same_blobs(
        at in prop::collection::vec((0..BLOB_BYTES, any::<u8>()), 0..4),
        len in 0usize..3000,
    ) {
        let mut blobs = pack(&some_bytes(len)).expect("it fits");
        for (at, byte) in at {
            blobs[0][at] = byte;
        }
        if let Ok(bytes) = read(&blobs) {
            prop_assert_eq!(pack(&bytes), Ok(blobs));
        }
    }
}
