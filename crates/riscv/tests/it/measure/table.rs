//! The committed table of instruction counts.

use std::fmt::Write;

use serde_json::{Value, json};

use super::guests::{Cost, GUESTS};

/// Transfers a block, in the table's order.
pub(crate) const COUNTS: [usize; 4] = [0, 1, 10, 100];
/// Where it lies, below the repository.
pub(crate) const FILE: &str = "bench/instructions.json";

/// What an earlier prototype needed for the same workload, in millions of instructions.
const PROTOTYPE: [(&str, [Option<f64>; 4]); 2] = [
    ("zk-batch", [Some(4.37), Some(17.59), Some(131.2), Some(1236.6)]),
    ("op-batch", [None, Some(11.05), Some(62.2), Some(542.6)]),
];

/// The table's rows for one guest.
pub(crate) fn guest_entry(image_hash: &str, costs: &[Cost]) -> Value {
    let rows: Vec<Value> = COUNTS
        .iter()
        .zip(costs)
        .map(|(transfers, cost)| {
            json!({
                "transfers": transfers,
                "instructions": cost.instructions,
                "memory": cost.memory,
            })
        })
        .collect();
    json!({ "image": image_hash, "rows": rows })
}

/// The instructions that a parsed table gives a guest for so many transfers.
pub(crate) fn committed(table: &Value, guest: &str, transfers: usize) -> Option<u64> {
    let rows = table[guest]["rows"].as_array()?;
    rows.iter().find(|row| row["transfers"] == transfers)?["instructions"].as_u64()
}

/// The table for people.
pub(crate) fn markdown(table: &Value) -> String {
    let mut out = String::from(
        "# Instructions of the provable executors\n\n\
         RV32IM instructions to check one block of ETH transfers (type 2, each from another\n\
         sender to another receiver) over 4,096 accounts and Prague's four system contracts:\n\
         reading the input, hashing a minimal witness, signatures, execution, every root and\n\
         the header. The images are those of `artifacts/guests`; no proving machine's\n\
         extensions (keccak, elliptic curves) are used. Each run gave the native block hash.\n\n\
         `cargo run -p tern-riscv --example instructions` rewrites this file and\n\
         `instructions.json`; a test fails when a count moves by more than 3 %.\n\n\
         | guest | transfers | instructions | a transfer | memory, KiB | prototype | against it |\n\
         |---|---:|---:|---:|---:|---:|---:|\n",
    );
    for guest in GUESTS {
        rows(&mut out, table, guest);
    }
    out.push_str(
        "\n\"A transfer\" is what each one more than in the row above costs. \"Prototype\" is a\n\
         throw-away executor measured before, on blocks of the same kind but not the same ones\n\
         (zk-batch: revm with k256; op-batch: the `evm` crate with libsecp256k1; neither with\n\
         extensions).\n",
    );
    out
}

fn rows(out: &mut String, table: &Value, guest: &str) {
    let prototype = PROTOTYPE.iter().find(|(name, _)| *name == guest);
    let mut above: Option<(usize, u64)> = None;
    for (index, transfers) in COUNTS.into_iter().enumerate() {
        let instructions = committed(table, guest, transfers).unwrap_or_default();
        let marginal = above.map_or("".into(), |(fewer, before)| {
            grouped(instructions.saturating_sub(before) / (transfers - fewer) as u64)
        });
        let memory = table[guest]["rows"][index]["memory"].as_u64().unwrap_or_default() / 1024;
        let peer = prototype.and_then(|(_, millions)| millions[index]);
        let shown = peer.map_or("".into(), |millions| format!("{millions} M"));
        let against =
            peer.map_or("".into(), |peer| format!("{:.2}", instructions as f64 / (peer * 1e6)));
        writeln!(
            out,
            "| {guest} | {transfers} | {} | {marginal} | {} | {shown} | {against} |",
            grouped(instructions),
            grouped(memory),
        )
        .expect("a string takes all text");
        above = Some((transfers, instructions));
    }
}

/// A number with commas between its thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
