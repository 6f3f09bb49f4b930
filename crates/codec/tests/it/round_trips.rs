//! Data.

use proptest::prelude::*;
use tern_codec::{
    BatchData, Choice, Columns, DataError, best, decode, decompress, encode, encode_plain,
    estimate, plain_bytes,
};
use tern_protocol::BatchLimits;

use crate::{LIMITS, loads::Load, span_batch};

fn any_data() -> impl Strategy<Value = BatchData> {
    let transaction = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..300),
        // Real ones, and real ones with a byte that is not theirs.
        (0usize..200).prop_map(known),
        (0usize..200, any::<prop::sample::Index>(), any::<u8>()).prop_map(|(which, at, byte)| {
            let mut raw = known(which);
            let at = at.index(raw.len());
            raw[at] = byte;
            raw
        }),
    ];
    prop::collection::vec(prop::collection::vec(transaction, 0..5), 1..5)
        .prop_map(|blocks| BatchData { blocks })
}

fn known(which: usize) -> Vec<u8> {
    static KNOWN: std::sync::OnceLock<Vec<Vec<u8>>> = std::sync::OnceLock::new();
    KNOWN.get_or_init(|| Load::Mixed.batch(200, 1).blocks.remove(0))[which].clone()
}

#[test]
fn a_batch_takes_no_more_bytes_than_a_span_batch() {
    for load in Load::ALL {
        for transactions in [50, 600] {
            let data = load.batch(transactions, 6);
            let bytes = best(&data, &LIMITS);
            assert_eq!(decode(&bytes, 6, &LIMITS), Ok(data.clone()));
            assert!(bytes.len() + 4 <= span_batch::posted(&data), "{load:?} {transactions}");
        }
    }
}

#[test]
fn every_transaction_of_the_loads_has_columns() {
    for load in Load::ALL {
        let data = load.batch(300, 1);
        let signed = 64 * data.blocks[0].len();
        assert!(Columns::new(&data).loose.len() >= signed, "{load:?}");
    }
}

#[test]
fn the_estimate_is_near_what_a_transaction_takes() {
    for load in Load::ALL {
        let data = load.batch(600, 6);
        let estimated: usize = data.blocks.iter().flatten().map(|raw| estimate(raw)).sum();
        let ratio = estimated as f64 / best(&data, &LIMITS).len() as f64;
        assert!((0.95..1.35).contains(&ratio), "{load:?}: {ratio}");
    }
}

#[test]
fn decoded_bytes_are_those_of_the_plain_form_in_every_codec() {
    let data = Load::Transfers.batch(40, 2);
    let bytes = plain_bytes(&data);
    for encoded in [encode(&data, Choice::Plain), encode(&data, Choice::Columns)] {
        for (limit, fits) in [(bytes, true), (bytes - 1, false)] {
            let limits = BatchLimits { decoded_bytes: limit as u32, ..LIMITS };
            let expected =
                if fits { Ok(data.clone()) } else { Err(DataError::Bytes { limit: limit as u32 }) };
            assert_eq!(decode(&encoded, 2, &limits), expected);
        }
        let limits = BatchLimits { transactions: 39, ..LIMITS };
        assert_eq!(decode(&encoded, 2, &limits), Err(DataError::Transactions { limit: 39 }));
    }
}

#[test]
fn encoding_is_the_same_every_time() {
    let data = Load::Mixed.batch(100, 3);
    assert_eq!(best(&data, &LIMITS), best(&data.clone(), &LIMITS));
}

proptest! {
    #[test]
    fn what_encodes_decodes_to_the_same_transactions(data in any_data()) {
        let count = data.blocks.len() as u16;
        prop_assert_eq!(decode(&encode_plain(&data), count, &LIMITS), Ok(data.clone()));
        prop_assert_eq!(Columns::new(&data).read(count, &LIMITS), Ok(data));
    }

    #[test]
    fn what_decodes_plainly_encodes_to_the_same_bytes(
        tail in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let bytes = [&[1, 0], tail.as_slice()].concat();
        if let Ok(data) = decode(&bytes, 2, &LIMITS) {
            prop_assert_eq!(encode_plain(&data), bytes);
        }
    }

    #[test]
    fn spoiled_columns_never_panic_and_keep_the_bounds(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let data = Load::Mixed.batch(12, 2);
        let mut columns = Columns::new(&data);
        for (at, byte) in changes {
            let at = at.index(columns.packed.len());
            columns.packed[at] = byte;
        }
        let limits = BatchLimits { decoded_bytes: plain_bytes(&data) as u32, ..LIMITS };
        if let Ok(read) = columns.read(2, &limits) {
            prop_assert!(plain_bytes(&read) <= plain_bytes(&data));
        }
    }

    #[test]
    fn spoiled_streams_never_panic_and_keep_the_bounds(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        limit in 0u32..6_000,
    ) {
        static STREAM: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
        let stream = STREAM.get_or_init(|| encode(&Load::Mixed.batch(40, 2), Choice::Columns));
        let mut stream = stream[4..].to_vec();
        for (at, byte) in changes {
            let at = at.index(stream.len());
            stream[at] = byte;
        }
        if let Ok(out) = decompress(&stream, limit) {
            prop_assert!(out.len() <= limit as usize);
        }
    }
}

#[test]
fn what_is_written_reads_back_also_where_columns_are_longer_than_the_limit() {
    // Calldata of full words takes a byte more a word in columns.
    let raw = |at: u8| {
        let word = [at | 1; 32];
        let input = alloy_primitives::Bytes::from(word.repeat(1_000));
        tern_workload::Transaction {
            input: input.to_vec(),
            ..tern_workload::Transaction::transfer(7_357, at.into(), [at; 20].into(), 1)
        }
        .sign(&tern_workload::Key::dev(1 + u64::from(at)))
    };
    let data = BatchData { blocks: vec![(0..15).map(raw).collect()] };
    let exact = plain_bytes(&data);
    for decoded_bytes in [exact, exact + exact / 64] {
        let limits = BatchLimits { decoded_bytes: decoded_bytes as u32, ..LIMITS };
        assert!(decode(&encode(&data, Choice::Columns), 1, &limits).is_err(), "the case is made");
        assert_eq!(decode(&best(&data, &limits), 1, &limits).as_ref(), Ok(&data));
    }
}
