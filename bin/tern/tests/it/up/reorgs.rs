//! L1 takes blocks back.

use serde_json::json;

use super::{
    load::{Load, batches_are_contiguous},
    rpc::wait,
    stack::Stack,
};
use crate::folder::Folder;

#[test]
fn when_l1_takes_blocks_back_the_rollup_goes_on_with_every_transaction() {
    let folder = Folder::new("reorgs");
    let stack = Stack::up(&folder.0.join("up"), &["--l1-block-time", "1"]);
    let load = Load::start(&stack, 503);
    let deployed = stack.l1.number().expect("it answers");
    for depth in [1, 8, 32] {
        // What is taken back must lie after the rollup's own beginning.
        wait("L1 has blocks to take back", 120, || {
            stack.l1.number().filter(|number| *number > deployed + depth + 2)
        });
        let before = stack.sequencer.number().expect("it answers");
        stack.l1.get("anvil_reorg", json!([depth, []]));
        eprintln!("{depth} blocks are taken back at block {before}");
        stack.follower.reaches("safe", before + 2);
        stack.sequencer.reaches("safe", before + 2);
    }
    let goal = stack.sequencer.head("safe").expect("it answers");
    let count = load.end(&stack);
    stack.follower.reaches("finalized", goal);
    eprintln!("{count} transactions, {} batches", batches_are_contiguous(&stack));
}
