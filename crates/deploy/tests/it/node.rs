//! A development node for one test.

use std::{path::PathBuf, process::Command, sync::OnceLock};

use alloy_primitives::B256;
use tern_deploy::Config;
use tern_l1::{Anvil, Key, KeySource, L1};

/// Where the node program is. The tests cannot run without it, and do not pretend to.
fn program() -> &'static PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let tool = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tools/contracts");
        let output = Command::new(tool).args(["path", "anvil"]).output().expect("a shell");
        assert!(
            output.status.success(),
            "anvil is missing: run tools/contracts path anvil ({})",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).expect("a path").trim().into()
    })
}

pub(crate) fn anvil(arguments: &[&str]) -> Anvil {
    Anvil::start(program(), arguments).expect("the development node starts")
}

pub(crate) async fn connect(anvil: &Anvil) -> L1 {
    L1::connect(anvil.url()).await.expect("it answers")
}

/// The development configuration, for a block 0 of which nothing but the hash matters.
pub(crate) fn dev_config() -> Config {
    Config::dev(31_337).expect("a development chain").with_genesis(B256::repeat_byte(0x61))
}

pub(crate) fn dev_key() -> Key {
    Key::load(&KeySource::Dev).expect("everybody knows it")
}

/// Runs a future to its end.
pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(future)
}
