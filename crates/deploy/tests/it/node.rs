//! A development node for one test.

use alloy_primitives::B256;
use tern_deploy::Config;
use tern_l1::{Anvil, Key, KeySource, L1};

use crate::program;

pub(crate) fn anvil(arguments: &[&str]) -> Anvil {
    Anvil::start(program::anvil(), arguments).expect("the development node starts")
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
