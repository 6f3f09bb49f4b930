//! Every lane that was compiled in, on the public tests and on this repository's own.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use tern_ef_test::{Options, Summary, run_path};
use tern_stf::Executor;

fn lanes() -> Vec<Box<dyn Executor>> {
    vec![
        #[cfg(feature = "revm")]
        Box::new(tern_stf_revm::RevmExecutor),
        #[cfg(feature = "ethrex")]
        Box::new(tern_stf_ethrex::EthrexExecutor),
        #[cfg(feature = "evm")]
        Box::new(tern_stf_evm::EvmExecutor::default()),
    ]
}

/// The folder of the whole repository, asked when the test runs: clones share what they build.
pub(crate) fn workspace() -> PathBuf {
    let here = std::env::var("CARGO_MANIFEST_DIR").expect("cargo runs the tests");
    Path::new(&here).join("../..")
}

fn shared() -> PathBuf {
    std::env::var_os("TERN_SHARED").map_or_else(|| workspace().join("../shared"), PathBuf::from)
}

/// Runs a path through every lane and expects no failure.
fn all_pass(path: &Path) -> Summary {
    let lanes = lanes();
    assert!(!lanes.is_empty(), "compile at least one lane in, with --features");
    let lanes: Vec<&dyn Executor> = lanes.iter().map(AsRef::as_ref).collect();
    let report = run_path(path, &lanes, Options::default()).expect("the path holds tests");
    assert!(report.failures.is_empty(), "{:#?}", report.failures);
    report.summary
}

#[test]
fn public_tests_pass() {
    let archive = shared().join("fixtures/ethereum-tests-subset.tar.gz");
    if !archive.exists() {
        // Past the test runner, which keeps what passing tests print to itself.
        writeln!(std::io::stderr(), "SKIPPED: {} is not there", archive.display())
            .expect("stderr can be written to");
        return;
    }
    let summary = all_pass(&archive);
    assert_eq!(summary, Summary { passed: 1198, failed: 0, skipped: 20 });
}

#[test]
fn prague_vectors_pass() {
    let summary = all_pass(&workspace().join("spec/vectors/prague"));
    assert_eq!(summary.skipped, 0);
}
