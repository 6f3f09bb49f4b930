//! The guests' input, both ways.

use proptest::prelude::*;
use tern_guest::{InputError, Task};
use tern_protocol::{Address, ChainId, Timestamp};
use tern_stf::{BlobParams, ChainSpec};

fn start() -> impl Strategy<Value = Option<Timestamp>> {
    prop::option::of(any::<u64>().prop_map(Timestamp))
}

fn blobs() -> impl Strategy<Value = BlobParams> {
    any::<[u64; 3]>().prop_map(|[target, max, update_fraction]| BlobParams {
        target,
        max,
        update_fraction,
    })
}

fn spec() -> impl Strategy<Value = ChainSpec> {
    (any::<u64>(), start(), start(), start(), blobs(), blobs(), any::<[u8; 20]>()).prop_map(
        |(chain_id, shanghai, cancun, prague, cancun_blobs, prague_blobs, deposit)| ChainSpec {
            chain_id: ChainId(chain_id),
            shanghai,
            cancun,
            prague,
            cancun_blobs,
            prague_blobs,
            deposit_contract: Address(deposit),
        },
    )
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..40)
}

proptest! {
    #[test]
    fn tasks_come_back(
        spec in spec(),
        block in bytes(),
        witness in bytes(),
    ) {
        let task = Task { spec, block: &block, witness: &witness };
        let encoded = task.encode();
        prop_assert_eq!(Task::decode(&encoded), Ok(task));
        for length in 0..encoded.len() {
            prop_assert_eq!(Task::decode(&encoded[..length]), Err(InputError::TooShort));
        }
        let longer = [encoded.as_slice(), &[0]].concat();
        prop_assert_eq!(Task::decode(&longer), Err(InputError::Trailing(1)));
    }

    #[test]
    fn what_decodes_is_canonical(
        mut encoded in spec().prop_map(|spec| {
            Task { spec, block: &[1], witness: &[2, 3] }.encode()
        }),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let at = at.index(encoded.len());
        encoded[at] = byte;
        if let Ok(task) = Task::decode(&encoded) {
            prop_assert_eq!(task.encode(), encoded);
        }
    }
}
