//! Compares codecs: bytes on L1 against instructions to read them. `tools/codecs` runs it.

use std::{env, error::Error, fmt::Write as _, fs};

use loads::Load;
use tern_codec::{BatchData, Columns, best, decode, encode_plain};
use tern_protocol::BatchLimits;
use tern_riscv::{Exit, Machine};

#[path = "../tests/it/loads.rs"]
mod loads;
#[path = "../tests/it/span_batch.rs"]
mod span_batch;

const TRANSACTIONS: usize = 1_000;
const BLOCKS: usize = 60;
const MOST_STEPS: u64 = 10_000_000_000;
const LIBRARIES: [&str; 5] = ["none", "deflate", "zstd", "brotli", "lz4"];
const LAYOUTS: [&str; 3] = ["plain", "columns", "columns, signatures apart"];
/// What each blob of ours holds beside the data.
const LENGTH: usize = 4;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [image, table] = arguments.as_slice() else {
        return Err("usage: table IMAGE TABLE (tools/codecs knows both)".into());
    };
    let image = fs::read(image)?;
    let mut out = HEAD.to_owned();
    for load in Load::ALL {
        let data = load.batch(TRANSACTIONS, BLOCKS);
        for (layout, layout_name) in LAYOUTS.iter().enumerate() {
            for (library, library_name) in LIBRARIES.iter().enumerate() {
                let (stream, apart) = posted(&data, library, layout);
                let bytes = stream.len() + apart.len();
                let steps = measure(&image, &data, library, layout, &stream, &apart)?;
                let (bytes, steps) =
                    (bytes as f64 / TRANSACTIONS as f64, steps / TRANSACTIONS as u64);
                let name = load.name();
                writeln!(
                    out,
                    "| {name} | {layout_name} | {library_name} | {bytes:.1} | {steps} |"
                )?;
            }
        }
    }
    out += PEER;
    for load in Load::ALL {
        for (transactions, blocks) in [(50, 6), (1_000, 60), (5_000, 60)] {
            writeln!(out, "{}", beside(load, transactions, blocks))?;
        }
    }
    fs::write(table, &out)?;
    print!("{out}");
    Ok(())
}

/// Our bytes beside those of the OP stack's batcher.
fn beside(load: Load, transactions: usize, blocks: usize) -> String {
    let data = load.batch(transactions, blocks);
    let limits = BatchLimits { decoded_bytes: 1 << 24, ..LIMITS };
    let ours = best(&data, &limits);
    assert_eq!(decode(&ours, blocks as u16, &limits), Ok(data.clone()));
    let each = |bytes: usize| bytes as f64 / transactions as f64;
    let (ours, theirs) = (each(ours.len() + LENGTH), each(span_batch::posted(&data)));
    let (name, ratio) = (load.name(), ours / theirs);
    format!("| {name} | {transactions} | {ours:.1} | {theirs:.1} | {ratio:.3} |")
}

const LIMITS: BatchLimits = BatchLimits {
    blocks: u16::MAX,
    anchors: 1,
    blobs: 255,
    decoded_bytes: 1 << 24,
    transactions: 1 << 20,
    deposits: 1,
    forced: 1,
    forced_bytes: 1,
    forced_gas: 21_000,
};

fn posted(data: &BatchData, library: usize, layout: usize) -> (Vec<u8>, Vec<u8>) {
    let columns = || Columns::new(data);
    match layout {
        0 => (compress(library, &encode_plain(data)), vec![]),
        1 => {
            let Columns { packed, loose } = columns();
            let length = (packed.len() as u32).to_le_bytes();
            (compress(library, &[length.as_slice(), &packed, &loose].concat()), vec![])
        }
        _ => {
            let Columns { packed, loose } = columns();
            (compress(library, &packed), loose)
        }
    }
}

fn compress(library: usize, bytes: &[u8]) -> Vec<u8> {
    match library {
        0 => bytes.to_vec(),
        1 => miniz_oxide::deflate::compress_to_vec(bytes, 10),
        2 => zstd::bulk::compress(bytes, 22).expect("memory suffices"),
        3 => {
            let params = brotli::enc::BrotliEncoderParams {
                quality: 11,
                lgwin: 20,
                size_hint: bytes.len(),
                ..Default::default()
            };
            let mut out = Vec::new();
            brotli::BrotliCompress(&mut &*bytes, &mut out, &params).expect("memory suffices");
            out
        }
        _ => lz4_flex::block::compress_prepend_size(bytes),
    }
}

fn measure(
    image: &[u8],
    data: &BatchData,
    library: usize,
    layout: usize,
    stream: &[u8],
    apart: &[u8],
) -> Result<u64, Box<dyn Error>> {
    let mut input = vec![library as u8, layout as u8];
    input.extend((data.blocks.len() as u16).to_le_bytes());
    input.extend((stream.len() as u32).to_le_bytes());
    input.extend_from_slice(stream);
    input.extend_from_slice(apart);
    let mut machine = Machine::load_elf(image)?;
    machine.set_input(&input)?;
    let halt = machine.run(MOST_STEPS).ok_or("it does not end")?;
    if halt.exit != Exit::Program(0) {
        return Err(format!("{} {}: {:?}", LIBRARIES[library], LAYOUTS[layout], halt.exit).into());
    }
    let bytes: usize = data.blocks.iter().flatten().map(Vec::len).sum();
    let mut expected = [0; 32];
    expected[..4].copy_from_slice(&(TRANSACTIONS as u32).to_le_bytes());
    expected[4..8].copy_from_slice(&(bytes as u32).to_le_bytes());
    assert_eq!(machine.output(), Some(expected), "the program reads something else");
    Ok(halt.steps)
}

const HEAD: &str = "# Codecs of batch data

What a codec costs on L1 against what it costs to read where it is proven: RV32IM
instructions to decompress and to make transactions of it, a transaction. 1,000 transactions in
60 blocks. `tools/codecs` rewrites this file; everything in it is the same in every run.
Loads and layouts are in `crates/codec` (`tests/it/loads.rs`, `src/columns.rs`); libraries are
miniz_oxide (level 10), zstd 22 read by ruzstd, brotli 11 read by brotli-decompressor, lz4_flex.
For comparison: executing an ETH transfer costs about 5,000,000 instructions
(`bench/instructions.md`).

| load | layout | compression | bytes a transaction | instructions a transaction |
|---|---|---|---:|---:|
";

const PEER: &str = "
## Beside the OP stack's batcher

The same transactions as a span batch in a channel compressed with brotli 11, with its frames
(`tests/it/span_batch.rs`, written from the public specification), and as the batcher here
posts them. Bytes a transaction in blobs.

| load | transactions | Tern | span batch | ratio |
|---|---:|---:|---:|---:|
";
