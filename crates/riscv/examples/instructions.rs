//! Counts the instructions of the committed guests and rewrites the committed table.

use std::{collections::BTreeMap, fs, time::Instant};

use measure::{blocks, guests, table};
use serde_json::Value;

#[path = "../tests/it/measure/mod.rs"]
#[allow(dead_code)]
mod measure;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let chain = blocks::chain();
    let measured: Vec<_> =
        table::COUNTS.iter().map(|count| blocks::transfers(&chain, *count)).collect();
    let mut entries = BTreeMap::new();
    for guest in guests::GUESTS {
        let image = guests::image(guest);
        let mut costs = Vec::new();
        for (count, block) in table::COUNTS.iter().zip(&measured) {
            let begin = Instant::now();
            let cost = guests::run(guest, &image, block);
            let speed = cost.instructions as f64 / begin.elapsed().as_secs_f64() / 1e6;
            eprintln!(
                "{guest}, {count} transfers: {} instructions, {speed:.0} million a second, \
                 {} KiB of input",
                cost.instructions,
                block.input.len() / 1024,
            );
            costs.push(cost);
        }
        entries.insert(guest, table::guest_entry(&guests::sha256(&image), &costs));
    }
    let value: Value = serde_json::to_value(entries)?;
    fs::write(guests::root().join(table::FILE), format!("{value:#}\n"))?;
    fs::write(guests::root().join("bench/instructions.md"), table::markdown(&value))?;
    print!("{}", table::markdown(&value));
    Ok(())
}
