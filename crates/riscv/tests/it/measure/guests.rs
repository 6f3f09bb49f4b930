//! The committed images, what they were made from, and what they cost to run.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;
use sha2::{Digest, Sha256};
use tern_riscv::{Exit, Machine};

use super::blocks::Measured;

/// A guest's name and its folder under `guests`.
pub(crate) const GUESTS: [&str; 2] = ["zk-batch", "op-batch"];

/// More than any measured block needs.
const MOST_STEPS: u64 = 20_000_000_000;

/// What one run cost.
pub(crate) struct Cost {
    pub(crate) instructions: u64,
    pub(crate) memory: usize,
}

/// The folder of the whole repository.
pub(crate) fn root() -> PathBuf {
    let here = std::env::var("CARGO_MANIFEST_DIR").expect("cargo runs the tests");
    Path::new(&here).join("../..")
}

pub(crate) fn read(path: impl AsRef<Path>) -> Vec<u8> {
    let path = root().join(path);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}; run `make guests`", path.display()))
}

pub(crate) fn image(guest: &str) -> Vec<u8> {
    read(format!("artifacts/guests/{guest}.elf"))
}

/// `artifacts/guests/images.json`.
pub(crate) fn images() -> Value {
    serde_json::from_slice(&read("artifacts/guests/images.json")).expect("the script writes JSON")
}

/// Runs an image over a block and makes sure that it gives the block's hash.
pub(crate) fn run(guest: &str, image: &[u8], measured: &Measured) -> Cost {
    let mut machine = loaded(guest, image, measured);
    let halt = machine.run(MOST_STEPS).unwrap_or_else(|| panic!("{guest} does not end"));
    assert_eq!(halt.exit, Exit::Program(0), "{guest} at pc {:#x}", machine.hart().pc);
    assert_eq!(machine.output(), Some(measured.hash.0), "{guest} gives another hash");
    Cost { instructions: halt.steps, memory: machine.memory().resident() }
}

/// A machine that is about to check a block.
pub(crate) fn loaded(guest: &str, image: &[u8], measured: &Measured) -> Machine {
    let mut machine =
        Machine::load_elf(image).unwrap_or_else(|error| panic!("{guest} does not load: {error}"));
    machine.set_input(&measured.input).expect("a witness is far below the limit");
    machine
}

/// SHA-256 over the files that a guest is made from, as `tools/guests` computes it: that of
/// the lines `<sha256>  <path>`, in the order of their paths.
pub(crate) fn source_hash(folders: &[String]) -> String {
    let mut files = Vec::new();
    for folder in folders {
        collect(&root().join(folder), &mut files);
    }
    let mut paths: Vec<String> = files.iter().map(|file| relative(file)).collect();
    paths.sort_unstable();
    let lines: String =
        paths.iter().map(|path| format!("{}  {path}\n", sha256(&read(path)))).collect();
    sha256(lines.as_bytes())
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn relative(file: &Path) -> String {
    let path = file.strip_prefix(root()).expect("it was found below the root");
    path.to_str().expect("the repository's names are plain").into()
}

fn collect(at: &Path, files: &mut Vec<PathBuf>) {
    if at.is_file() {
        files.push(at.into());
        return;
    }
    let entries = fs::read_dir(at).unwrap_or_else(|error| panic!("{}: {error}", at.display()));
    for entry in entries {
        collect(&entry.expect("the folder can be read").path(), files);
    }
}
