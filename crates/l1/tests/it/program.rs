//! Where the development node's program is, for the tests of every crate.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

/// The tests cannot run without it, and do not pretend to.
pub(crate) fn anvil() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        // Every crate lies two folders below the repository. Which one is asked when the test runs:
        // clones share what they build.
        let here = std::env::var("CARGO_MANIFEST_DIR").expect("cargo runs the tests");
        let tool = Path::new(&here).join("../../tools/contracts");
        let output = Command::new(tool).args(["path", "anvil"]).output().expect("a shell");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "anvil is missing: run tools/contracts path anvil ({said})"
        );
        String::from_utf8(output.stdout).expect("a path").trim().into()
    })
}
