//! The binary as people and machines use it.

mod deploy;
mod folder;
#[path = "../../../../crates/l1/tests/it/program.rs"]
mod program;
mod up;

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;

fn tern(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tern"))
        .args(arguments)
        .env_remove("TERN_KEY")
        .output()
        .expect("the binary starts")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("results are text")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("progress is text")
}

fn lines(output: &Output) -> Vec<Value> {
    stdout(output).lines().map(|line| serde_json::from_str(line).expect("JSON lines")).collect()
}

/// The folder of the whole repository, asked when the test runs: clones share what they build.
fn repository() -> PathBuf {
    let here = std::env::var("CARGO_MANIFEST_DIR").expect("cargo runs the tests");
    Path::new(&here).join("../..")
}

fn vectors() -> PathBuf {
    repository().join("spec/vectors/prague")
}

#[test]
fn the_demo_agrees_and_sees_every_planted_fault() {
    let output = tern(&["demo", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let events = lines(&output);
    let end = events.last().expect("there are events");
    assert_eq!(
        (&end["agreed"], &end["planted"], &end["caught"]),
        (&true.into(), &3.into(), &3.into())
    );
    let of = |kind: &str| events.iter().filter(|event| event["event"] == kind).collect::<Vec<_>>();
    assert_eq!(of("rule").len(), 8);
    assert!(
        of("fault")
            .iter()
            .all(|fault| fault["executor"].as_str().is_some_and(|e| e.contains("dev")))
    );
    assert!(of("batch").iter().any(|batch| batch["dropped"].is_string()));
    let forced = of("block").iter().filter_map(|block| block["forced"].as_u64()).sum::<u64>();
    assert_eq!(forced, 3);
}

#[test]
fn the_demo_says_that_there_is_no_l1_and_no_proof() {
    let output = tern(&["demo"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(stdout(&output).contains("no L1 and no proof"));
    assert!(stderr(&output).contains("[1]"), "steps are numbered on stderr");
}

#[test]
fn ef_test_ends_with_one_object_of_counts() {
    let file = vectors().join("transactions.json");
    let file = file.to_str().expect("the path is text");
    for lane in ["revm", "ethrex", "evm", "all"] {
        let output = tern(&["ef-test", file, "--lane", lane, "--json"]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let last = lines(&output).pop().expect("there is a summary");
        assert_eq!((&last["failed"], &last["skipped"]), (&0.into(), &0.into()));
        assert!(last["passed"].as_u64().is_some_and(|passed| passed > 0));
    }
}

#[test]
fn ef_test_says_what_is_wrong_with_a_path() {
    let output = tern(&["ef-test", "/nowhere/at/all"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("/nowhere/at/all"), "{}", stderr(&output));
}

#[test]
fn stf_diff_agrees_on_random_blocks() {
    let folder = std::env::temp_dir().join(format!("tern-diff-{}", std::process::id()));
    let out = folder.to_str().expect("the path is text");
    let output = tern(&["stf", "diff", "--blocks", "20", "--seed", "3", "--json", "--out", out]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    let report = &lines(&output)[0];
    assert_eq!(report["blocks"], 20);
    assert!(report["failures"].as_array().is_some_and(Vec::is_empty));
    std::fs::remove_dir_all(folder).expect("the folder was made");
}

#[test]
fn stf_replay_says_what_is_wrong_with_a_file() {
    let output = tern(&["stf", "replay", "Cargo.toml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("not a replay file"), "{}", stderr(&output));
}

#[test]
fn nonsense_shows_how_to_use_it() {
    for arguments in [&["stf", "diff", "--blocks", "0"][..], &["ef-test"], &["fly"]] {
        let output = tern(arguments);
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains("--help"), "{}", stderr(&output));
    }
}
