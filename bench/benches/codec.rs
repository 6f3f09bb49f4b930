//! How fast batch data is written and read, in bytes of its plain form, beside brotli of the
//! plain form (what columns are there to beat) and the plain form itself (the limit).

// What the macros define needs no documentation.
#![allow(missing_docs)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use loads::Load;
use tern_codec::{Choice, decode, decompress, encode, encode_plain, pack, plain_bytes, unpack};
use tern_protocol::BatchLimits;

#[path = "../../crates/codec/tests/it/loads.rs"]
mod loads;

const TRANSACTIONS: usize = 1_000;
const BLOCKS: u16 = 60;
const LIMITS: BatchLimits = BatchLimits {
    blocks: BLOCKS,
    anchors: 1,
    blobs: 6,
    decoded_bytes: 1 << 21,
    transactions: 1 << 16,
    deposits: 1,
    forced: 1,
    forced_bytes: 1,
    forced_gas: 21_000,
};

fn benchmarks(criterion: &mut Criterion) {
    for load in Load::ALL {
        let data = load.batch(TRANSACTIONS, BLOCKS.into());
        let (plain, columns) = (encode_plain(&data), encode(&data, Choice::Columns));
        let squeezed = brotli_of(&plain);
        let mut group = criterion.benchmark_group(format!("codec, {}", load.name()));
        group.throughput(Throughput::Bytes(plain_bytes(&data) as u64));
        group.bench_function("encode/columns", |b| b.iter(|| encode(&data, Choice::Columns)));
        group.bench_function("encode/brotli of plain", |b| b.iter(|| brotli_of(&plain)));
        group.bench_function("encode/plain", |b| b.iter(|| encode_plain(&data)));
        group.bench_function("decode/columns", |b| b.iter(|| decode(&columns, BLOCKS, &LIMITS)));
        group.bench_function("decode/brotli of plain", |b| {
            b.iter(|| decode(&decompress(&squeezed, 1 << 21).expect("good"), BLOCKS, &LIMITS));
        });
        group.bench_function("decode/plain", |b| b.iter(|| decode(&plain, BLOCKS, &LIMITS)));
        group.finish();
    }
    blobs(criterion);
}

fn blobs(criterion: &mut Criterion) {
    let bytes = encode_plain(&Load::Mixed.batch(3_000, BLOCKS.into()));
    let blobs = pack(&bytes).expect("they fit");
    let held: Vec<&[u8]> = blobs.iter().map(<[u8; 131_072]>::as_slice).collect();
    let mut group = criterion.benchmark_group("blobs");
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    group.bench_function("pack", |b| b.iter(|| pack(&bytes)));
    group.bench_function("unpack", |b| b.iter(|| unpack(&held)));
    group.finish();
}

fn brotli_of(bytes: &[u8]) -> Vec<u8> {
    let params = brotli::enc::BrotliEncoderParams {
        quality: 11,
        lgwin: 18,
        size_hint: bytes.len(),
        ..Default::default()
    };
    let mut out = Vec::new();
    brotli::BrotliCompress(&mut &*bytes, &mut out, &params).expect("memory suffices");
    out
}

criterion_group! {
    name = codec;
    config = Criterion::default().sample_size(10).measurement_time(std::time::Duration::from_secs(3));
    targets = benchmarks
}
criterion_main!(codec);
