//! Data.

use proptest::prelude::*;
use tern_codec::{BatchData, Choice, decode, encode};

use crate::LIMITS;

fn any_data() -> impl Strategy<Value = BatchData> {
    let transaction = prop::collection::vec(any::<u8>(), 0..300);
    prop::collection::vec(prop::collection::vec(transaction, 0..5), 1..5)
        .prop_map(|blocks| BatchData { blocks })
}

proptest! {
    #[test]
    fn what_encodes_decodes_to_the_same_transactions(data in any_data()) {
        let count = data.blocks.len() as u16;
        prop_assert_eq!(decode(&encode(&data, Choice::Plain), count, &LIMITS), Ok(data));
    }

    #[test]
    fn what_decodes_plainly_encodes_to_the_same_bytes(
        tail in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let bytes = [&[1, 0], tail.as_slice()].concat();
        if let Ok(data) = decode(&bytes, 2, &LIMITS) {
            prop_assert_eq!(encode(&data, Choice::Plain), bytes);
        }
    }
}
