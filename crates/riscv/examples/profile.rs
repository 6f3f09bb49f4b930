//! Tells which functions a guest's instructions go to.
//!
//! `tools/guests --symbols FOLDER` makes the images, then
//! `cargo run -p tern-riscv --example profile -- FOLDER op-batch 10`.

use std::{collections::BTreeMap, env, fs, path::Path};

use measure::{blocks, guests};

#[path = "../tests/it/measure/mod.rs"]
#[allow(dead_code)]
mod measure;

const SHOWN: usize = 40;
const SYMBOL_TABLE: u32 = 2;
const FUNCTION: u8 = 2;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [folder, guest, transfers] = arguments.as_slice() else {
        return Err("usage: profile FOLDER GUEST TRANSFERS".into());
    };
    let image = fs::read(Path::new(folder).join(format!("{guest}.elf")))?;
    let functions = functions(&image);
    if functions.is_empty() {
        return Err("the image has no symbols: make it with `tools/guests --symbols`".into());
    }
    let measured = blocks::transfers(&blocks::chain(), transfers.parse()?);
    let mut machine = guests::loaded(guest, &image, &measured);
    let mut counts = Vec::new();
    let halt = machine.run_observed(u64::MAX, |pc| {
        let place = pc as usize / 4;
        if place >= counts.len() {
            counts.resize(place + 1, 0u64);
        }
        counts[place] += 1;
    });
    let halt = halt.ok_or("it does not end")?;
    println!("{:?} after {} instructions", halt.exit, halt.steps);
    print(&functions, &counts, halt.steps);
    Ok(())
}

fn print(functions: &BTreeMap<u32, String>, counts: &[u64], steps: u64) {
    let at = |address: u32| counts.get(address as usize / 4).copied().unwrap_or(0);
    let mut rows: Vec<(u64, u64, &str)> = Vec::new();
    let mut known = functions.iter().peekable();
    while let Some((start, name)) = known.next() {
        let end = known.peek().map_or(4 * counts.len() as u32, |(next, _)| **next);
        let sum = (*start..end).step_by(4).map(at).sum();
        rows.push((sum, at(*start), name));
    }
    rows.sort_unstable_by(|one, other| other.cmp(one));
    println!("   share  instructions     calls  a call  function");
    for (sum, calls, name) in rows.into_iter().take(SHOWN) {
        // A loop back to the first instruction counts as a call.
        let each = sum.checked_div(calls).unwrap_or(0);
        let share = sum as f64 / steps as f64 * 100.0;
        println!("{share:6.2} % {sum:>13} {calls:>9} {each:>7}  {name}");
    }
}

/// The functions of an image by their address.
fn functions(image: &[u8]) -> BTreeMap<u32, String> {
    let half = |at: usize| u32::from(u16::from_le_bytes([image[at], image[at + 1]]));
    let word = |at: usize| half(at) | half(at + 2) << 16;
    let (sections, count) = (word(32) as usize, half(48) as usize);
    let section = |index: usize| sections + 40 * index;
    let tables = (0..count).map(section).filter(|at| word(at + 4) == SYMBOL_TABLE);
    let mut functions = BTreeMap::new();
    for table in tables {
        let names = word(section(word(table + 24) as usize) + 16) as usize;
        let (start, size) = (word(table + 16) as usize, word(table + 20) as usize);
        for symbol in (start..start + size).step_by(16) {
            if image[symbol + 12] & 15 != FUNCTION {
                continue;
            }
            let name = &image[names + word(symbol) as usize..];
            let end = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
            let name = String::from_utf8_lossy(&name[..end]);
            functions.insert(word(symbol + 4), format!("{:#}", rustc_demangle::demangle(&name)));
        }
    }
    functions
}
