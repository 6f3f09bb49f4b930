//! The committed images and the committed table of what they cost.

use std::collections::BTreeSet;

use serde_json::Value;
use tern_workload::Kind;

use crate::measure::{
    blocks::{block, chain, transfers},
    guests::{GUESTS, image, images, read, run, sha256, source_hash},
    table::{COUNTS, FILE, committed, markdown},
};

/// Instruction counts may move so far, in percent, before someone has to say so.
const TOLERANCE: f64 = 3.0;

#[test]
fn images_are_those_of_the_sources() {
    let images = images();
    for guest in GUESTS {
        let entry = &images[guest];
        assert_eq!(entry["image"], sha256(&image(guest)), "{guest}.elf is not the recorded one");
        let now = source_hash(&sources(entry));
        let recorded = &entry["sources"];
        assert_eq!(
            recorded, &now,
            "{guest} was made from other sources: run `make guests` and commit what it changes",
        );
    }
}

#[test]
fn the_recorded_sources_are_all_there_are() {
    let images = images();
    for guest in GUESTS {
        let files = sources(&images[guest]);
        let lock = String::from_utf8(read(format!("guests/{guest}/Cargo.lock"))).expect("text");
        let local: BTreeSet<&str> = lock
            .split("[[package]]")
            .skip(1)
            .filter(|package| !package.contains("\nsource = "))
            .filter_map(name)
            .collect();
        let manifests: Vec<String> = files
            .iter()
            .filter(|file| file.ends_with("Cargo.toml"))
            .map(|file| String::from_utf8(read(file)).expect("text"))
            .collect();
        let recorded: BTreeSet<&str> = manifests.iter().filter_map(|text| name(text)).collect();
        assert_eq!(recorded, local, "{guest}: list its crates in tools/guests");
    }
}

#[test]
fn guests_have_the_versions_that_the_tests_run_with() {
    let packages = |path: &str| -> BTreeSet<String> {
        let lock = String::from_utf8(read(path)).expect("text");
        let packages =
            lock.split("[[package]]\n").filter(|package| package.contains("checksum = "));
        packages
            .filter_map(|package| package.split("dependencies = ").next())
            .map(str::trim)
            .map(String::from)
            .collect()
    };
    let tested = packages("Cargo.lock");
    for guest in GUESTS {
        let others: Vec<_> =
            packages(&format!("guests/{guest}/Cargo.lock")).difference(&tested).cloned().collect();
        assert!(others.is_empty(), "{guest}: run `make guests`: {others:#?}");
    }
}

#[test]
fn images_are_small() {
    for guest in GUESTS {
        assert!(image(guest).len() < 5_000_000, "{guest}.elf");
    }
}

#[test]
fn instruction_counts_stay_where_they_were() {
    let table: Value = serde_json::from_slice(&read(FILE)).expect("the example writes JSON");
    let chain = chain();
    for count in COUNTS.into_iter().filter(|count| *count <= 10) {
        let measured = transfers(&chain, count);
        for guest in GUESTS {
            let before = committed(&table, guest, count).expect("the table has this row") as f64;
            let now = run(guest, &image(guest), &measured).instructions as f64;
            let moved = (now / before - 1.0) * 100.0;
            assert!(
                moved.abs() <= TOLERANCE,
                "{guest} needs {now} instructions for {count} transfers, {moved:+.1} % against \
                 {FILE}; if that is meant, run `cargo run -p tern-riscv --example instructions`",
            );
        }
    }
}

#[test]
fn calls_that_carry_much_memory_give_it_back() {
    let measured = block(&chain(), Kind::Carrying, 1);
    for guest in GUESTS {
        // 300 calls of 490,000 bytes would take 150 MB if none came back.
        let mib = run(guest, &image(guest), &measured).memory >> 20;
        assert!(mib < 16, "{guest} took {mib} MiB");
    }
}

#[test]
fn the_table_is_that_of_the_images() {
    let table: Value = serde_json::from_slice(&read(FILE)).expect("the example writes JSON");
    for guest in GUESTS {
        assert_eq!(
            table[guest]["image"],
            sha256(&image(guest)),
            "{FILE} counts another {guest}.elf; run `cargo run -p tern-riscv --example instructions`",
        );
    }
    let text = String::from_utf8(read("bench/instructions.md")).expect("text");
    assert_eq!(text, markdown(&table), "bench/instructions.md is not that of {FILE}");
}

fn sources(entry: &Value) -> Vec<String> {
    let listed = entry["files"].as_array().expect("images.json lists the files of each guest");
    listed.iter().map(|path| path.as_str().expect("paths are text").to_owned()).collect()
}

/// The first `name = "..."` of a text.
fn name(text: &str) -> Option<&str> {
    text.split("\nname = \"").nth(1)?.split('"').next()
}
