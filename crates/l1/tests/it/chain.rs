//! A development node for a test.

use tern_l1::{Anvil, AnvilOptions, Key, KeySource, L1};

use crate::program;

pub(crate) async fn start(options: &AnvilOptions) -> (Anvil, L1) {
    let anvil = Anvil::with(program::anvil(), options).expect("a development node");
    let l1 = L1::connect(anvil.url()).await.expect("it answers");
    (anvil, l1)
}

pub(crate) async fn fresh(arguments: &[&str]) -> (Anvil, L1) {
    let arguments = arguments.iter().copied().map(Into::into).collect();
    start(&AnvilOptions { arguments, ..AnvilOptions::default() }).await
}

pub(crate) fn key() -> Key {
    Key::load(&KeySource::Dev).expect("the development key")
}

/// Makes blocks.
pub(crate) async fn mine(l1: &L1, count: u64) {
    l1.ask::<_, Option<()>>("anvil_mine", (format!("{count:#x}"),)).await.expect("blocks");
}
