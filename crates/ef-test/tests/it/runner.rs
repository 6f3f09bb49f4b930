//! What the runner makes of executors that are right, wrong or broken.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    sync::Mutex,
};

use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use tern_ef_test::{Error, Options, Outcome, Report, Summary, run_path};
use tern_stf::Executor;

use crate::{
    fixtures::workspace,
    recorded::{Fault, Recorded},
};

const CASE: &str = "siblings";

fn vectors() -> PathBuf {
    workspace().join("spec/vectors/prague/blocks.json")
}

/// A committed case: six blocks on two branches, one of them wrong.
fn case() -> Value {
    let text = fs::read_to_string(vectors()).expect("the vectors are committed");
    let all: Value = serde_json::from_str(&text).expect("the vectors are JSON");
    all[CASE].clone()
}

/// A folder of its own for a test.
fn folder(test: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("tern-ef-test-{}-{test}", std::process::id()));
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).expect("the temporary folder is writable");
    path
}

fn file(test: &str, content: &Value) -> PathBuf {
    let path = folder(test).join("test.json");
    fs::write(&path, content.to_string()).expect("the temporary folder is writable");
    path
}

fn run(path: &Path, executors: &[&dyn Executor]) -> Report {
    run_path(path, executors, Options::default()).expect("there is something to run")
}

/// Runs the case through one executor with a fault and gives the reasons of its failures.
fn reasons(fault: Fault) -> Vec<String> {
    let path = file(&format!("{fault:?}"), &json!({ CASE: case() }));
    let report = run(&path, &[&Recorded::new("fake", &case(), fault)]);
    assert_eq!(report.summary, Summary { passed: 0, failed: 1, skipped: 0 });
    report.failures.into_iter().map(|failure| failure.reason).collect()
}

#[test]
fn a_right_executor_passes() {
    let path = file("right", &json!({ CASE: case() }));
    let seen = Mutex::new(Vec::new());
    let progress = |result: &tern_ef_test::CaseResult| {
        seen.lock().expect("no test panics here").push(result.clone());
    };
    let options = Options { progress: Some(&progress), ..Options::default() };
    let right = Recorded::new("fake", &case(), Fault::None);
    let report = run_path(&path, &[&right], options).expect("there is a case");
    assert_eq!(report.summary, Summary { passed: 1, failed: 0, skipped: 0 });
    let seen = seen.into_inner().expect("no test panics here");
    assert!(matches!(seen[0].outcome, Outcome::Passed));
    assert_eq!(seen[0].rejections.len(), 1);
    assert_eq!(seen[0].rejections[0].reason, "the block's inputs are impossible: not recorded");
}

#[test]
fn every_fault_fails_with_its_reason() {
    let expected = [
        (Fault::AcceptsWrong, "but must be rejected: TransactionException.NONCE_MISMATCH_TOO_LOW"),
        (Fault::RejectsRight, "rejected: the block's inputs are impossible"),
        (Fault::PanicsOnRight, "panicked: on purpose"),
        (Fault::PanicsOnWrong, "panicked: on purpose"),
        (Fault::MissesNodeOnWrong, "the witness lacks the trie node"),
        (Fault::WrongHash, "the block hash is"),
        (Fault::WrongHeaderRlp, "the hash of the returned header is"),
        (Fault::WrongField, "the returned header's fields are not the block's"),
        (Fault::WrongBlock, "the returned block is not the one that was given"),
        (Fault::WrongGenesis, "the genesis state root is"),
    ];
    for (fault, part) in expected {
        let reasons = reasons(fault);
        assert!(reasons.iter().all(|reason| reason.contains(part)), "{fault:?}: {reasons:?}");
        assert!(!reasons.is_empty());
    }
}

#[test]
fn executors_that_disagree_are_named() {
    let path = file("disagree", &json!({ CASE: case() }));
    let right = Recorded::new("right", &case(), Fault::None);
    let wrong = Recorded::new("wrong", &case(), Fault::AcceptsWrong);
    let report = run(&path, &[&right, &wrong]);
    assert_eq!(report.summary.failed, 1);
    assert_eq!(report.failures.len(), 2);
    assert!(report.failures.iter().any(|failure| failure.lane == "wrong+right"));
}

#[test]
fn the_end_of_the_chain_is_checked() {
    let right = Recorded::new("fake", &case(), Fault::None);
    let zero = format!("0x{}", "00".repeat(32));
    for (key, part) in
        [("lastblockhash", "is not among the accepted"), ("postStateHash", "after the last block")]
    {
        let mut changed = case();
        changed[key] = json!(zero);
        let report = run(&file(key, &json!({ CASE: changed })), &[&right]);
        assert!(report.failures[0].reason.contains(part), "{:?}", report.failures);
    }
}

#[test]
fn exceptions_count_for_their_network_only() {
    let right = Recorded::new("fake", &case(), Fault::None);
    let outcome = |key: &str| {
        let mut changed = case();
        changed["blocks"][0][key] = json!("BlockException.ANY");
        run(&file(key, &json!({ CASE: changed })), &[&right]).summary.passed
    };
    assert_eq!(outcome("expectExceptionIstanbul"), 1);
    assert_eq!(outcome("expectExceptionPrague"), 0);
    assert_eq!(outcome("expectExceptionALL"), 0);
    assert_eq!(outcome("expectException"), 0);
}

#[test]
fn numbers_are_read_however_they_are_written() {
    let right = Recorded::new("fake", &case(), Fault::None);
    let mut changed = case();
    for (field, text) in
        [("difficulty", "0x"), ("blobGasUsed", "0x00"), ("number", "0x0"), ("gasUsed", "0x000")]
    {
        changed["genesisBlockHeader"][field] = json!(text);
    }
    assert_eq!(run(&file("numbers", &json!({ CASE: changed })), &[&right]).summary.passed, 1);
}

#[test]
fn what_is_no_block_test_is_skipped() {
    let right = Recorded::new("fake", &case(), Fault::None);
    let mut berlin = case();
    berlin["network"] = json!("Berlin");
    let mut engine = case();
    engine["engineNewPayloads"] = json!([]);
    let content = json!({
        "state test": { "env": {}, "pre": {}, "transaction": {}, "post": {} },
        "_info": "text", "root_hash": "0x00", "test_cases": [1, 2],
        "berlin": berlin, "engine": engine,
    });
    let report = run(&file("skipped", &content), &[&right]);
    assert_eq!(report.summary, Summary { passed: 0, failed: 0, skipped: 6 });
    assert_eq!(report.skip_reasons["network Berlin"], 1);
    assert_eq!(report.skip_reasons["not a block test"], 4);
}

#[test]
fn malformed_files_and_cases_fail() {
    let right = Recorded::new("fake", &case(), Fault::None);
    for (name, content) in
        [("cut", "{\"a\": {"), ("list", "[1]"), ("empty", ""), ("binary", "\u{1}\u{fffd}")]
    {
        let path = folder(name).join("test.json");
        fs::write(&path, content).expect("the temporary folder is writable");
        let report = run(&path, &[&right]);
        assert_eq!(report.summary, Summary { passed: 0, failed: 1, skipped: 0 });
        assert!(report.failures[0].reason.contains("not an object of tests"));
    }
    for (key, value) in
        [("pre", json!({ "0x12": {} })), ("lastblockhash", json!(5)), ("blocks", json!([{}]))]
    {
        let mut changed = case();
        changed[key] = value;
        let report = run(&file(&format!("malformed-{key}"), &json!({ CASE: changed })), &[&right]);
        assert!(report.failures[0].reason.contains("not well-formed"), "{:?}", report.failures);
    }
}

#[test]
fn nothing_to_run_is_an_error() {
    let right = Recorded::new("fake", &case(), Fault::None);
    let empty = folder("nothing");
    let options = Options { filter: Some("no such case"), ..Options::default() };
    assert!(matches!(
        run_path(&empty, &[&right], Options::default()),
        Err(Error::NothingToRun { .. })
    ));
    assert!(matches!(run_path(&vectors(), &[&right], options), Err(Error::NothingToRun { .. })));
    assert!(matches!(
        run_path(&empty.join("no"), &[&right], Options::default()),
        Err(Error::Read { .. })
    ));
    assert!(matches!(run_path(&vectors(), &[], Options::default()), Err(Error::NoExecutor)));
}

#[test]
fn archives_and_folders_are_read_alike() {
    let right = Recorded::new("fake", &case(), Fault::None);
    let folder = folder("archive");
    let content = json!({ CASE: case() }).to_string();
    fs::create_dir_all(folder.join("a/.meta")).expect("the temporary folder is writable");
    for name in ["a/one.json", "two.json", "a/.meta/index.json", "notes.txt"] {
        fs::write(folder.join(name), &content).expect("the temporary folder is writable");
    }
    let archive = folder.with_extension("tar.gz");
    let out = fs::File::create(&archive).expect("the temporary folder is writable");
    let mut tar = tar::Builder::new(GzEncoder::new(out, Compression::fast()));
    tar.append_dir_all("tests", &folder).expect("the folder was just written");
    tar.into_inner().and_then(GzEncoder::finish).expect("the archive can be finished");
    for path in [&folder, &archive] {
        assert_eq!(run(path, &[&right]).summary, Summary { passed: 2, failed: 0, skipped: 0 });
    }
}

#[test]
fn a_broken_archive_fails() {
    let right = Recorded::new("fake", &case(), Fault::None);
    let path = folder("broken").join("tests.tar.gz");
    fs::write(&path, b"\x1f\x8b\x08 not really").expect("the temporary folder is writable");
    let report = run(&path, &[&right]);
    assert!(report.failures[0].reason.contains("cannot read it"), "{:?}", report.failures);
}

#[test]
fn the_json_report_ends_with_the_summary() {
    let path = file("json", &json!({ CASE: case() }));
    let wrong = Recorded::new("fake", &case(), Fault::AcceptsWrong);
    let mut out = Vec::new();
    run(&path, &[&wrong]).write_json(&mut out).expect("memory is writable");
    let text = String::from_utf8(out).expect("JSON is text");
    let lines: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["case"], CASE);
    assert_eq!(lines[0]["lane"], "fake");
    assert_eq!(lines[1], json!({ "passed": 0, "failed": 1, "skipped": 0 }));
}

#[test]
fn blob_schedules_and_chain_ids_come_from_the_test() {
    let recorded = HashMap::from([("0x2a", 42), ("0x01", 1)]);
    for (text, id) in recorded {
        let mut changed = case();
        changed["config"] = json!({
            "chainid": text,
            "blobSchedule": {
                "Prague": { "target": "0x03", "max": "0x04", "baseFeeUpdateFraction": "0x05" },
                "BPO1": { "target": "0x1", "max": "0x2", "baseFeeUpdateFraction": "0x3" },
            },
        });
        let executor = Recorded::new("fake", &case(), Fault::None);
        run(&file(text, &json!({ CASE: changed })), &[&executor]);
        let spec = executor.last_spec().expect("it was asked");
        assert_eq!(spec.chain_id.0, id);
        assert_eq!(
            (spec.prague_blobs.target, spec.prague_blobs.max, spec.prague_blobs.update_fraction),
            (3, 4, 5)
        );
        assert_eq!(spec.cancun_blobs, tern_stf::BlobParams::CANCUN);
    }
}
