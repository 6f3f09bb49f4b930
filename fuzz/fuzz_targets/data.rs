#![no_main]
//! Batch data of every codec: no panic, nothing above its bounds, and what is read is written
//! to the same transactions again. The first byte says which part is asked.

use libfuzzer_sys::fuzz_target;
use tern_codec::{BLOB_BYTES, Columns, decode, decompress, encode_plain, pack, plain_bytes, unpack};
use tern_protocol::BatchLimits;

const BLOCKS: u16 = 3;
const LIMITS: BatchLimits = BatchLimits {
    blocks: 64,
    anchors: 4,
    blobs: 6,
    decoded_bytes: 1 << 16,
    transactions: 256,
    deposits: 64,
    forced: 64,
    forced_bytes: 1 << 16,
    forced_gas: 1 << 20,
};

fuzz_target!(|input: &[u8]| {
    let Some((part, input)) = input.split_first() else { return };
    match part {
        0 => whole(input),
        1 => columns(input),
        2 => {
            if let Ok(bytes) = decompress(input, LIMITS.decoded_bytes) {
                assert!(bytes.len() <= LIMITS.decoded_bytes as usize);
            }
        }
        _ => blobs(usize::from(part % 3), input),
    }
});

fn whole(input: &[u8]) {
    let Ok(data) = decode(input, BLOCKS, &LIMITS) else { return };
    assert!(plain_bytes(&data) <= LIMITS.decoded_bytes as usize);
    assert!(data.blocks.iter().map(Vec::len).sum::<usize>() <= LIMITS.transactions as usize);
    let plain = encode_plain(&data);
    if input[1] == 0 {
        assert_eq!(plain, input);
    }
    assert_eq!(decode(&plain, BLOCKS, &LIMITS).as_ref(), Ok(&data));
    assert_eq!(Columns::new(&data).read(BLOCKS, &LIMITS), Ok(data));
}

/// Columns behind a length of two bytes, then what stands apart.
fn columns(input: &[u8]) {
    let Some((length, rest)) = input.split_first_chunk::<2>() else { return };
    let length = usize::from(u16::from_le_bytes(*length));
    let Some((packed, loose)) = rest.split_at_checked(length) else { return };
    let columns = Columns { packed: packed.to_vec(), loose: loose.to_vec() };
    let Ok(data) = columns.read(BLOCKS, &LIMITS) else { return };
    assert!(plain_bytes(&data) <= LIMITS.decoded_bytes as usize);
    assert_eq!(Columns::new(&data).read(BLOCKS, &LIMITS), Ok(data));
}

/// The input at the front of so many blobs.
fn blobs(count: usize, input: &[u8]) {
    let mut bytes = input.to_vec();
    bytes.resize(count * BLOB_BYTES, 0);
    let blobs: Vec<&[u8]> = bytes.chunks(BLOB_BYTES).collect();
    if let Ok(held) = unpack(&blobs) {
        assert_eq!(pack(&held).expect("it came from blobs").concat(), bytes);
    }
}
