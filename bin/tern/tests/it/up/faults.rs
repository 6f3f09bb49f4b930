//! What the world does to a rollup that nobody kills.

use std::{
    env,
    process::{Command, Stdio},
    thread::sleep,
    time::Duration,
};

use serde_json::json;

use super::{
    load::{Load, batches_are_contiguous},
    rpc::{number, same_blocks, wait},
    stack::{Beside, Stack, follower, signal},
};
use crate::{folder::Folder, stderr};

/// Nobody's account.
const NOBODY: &str = "0x00000000000000000000000000000000000000d7";

/// Seconds for which L1 does not answer.
fn away() -> u64 {
    env::var("TERN_L1_AWAY").ok().map_or(8, |text| text.parse().expect("a number"))
}

#[test]
fn l1_away_clocks_that_jump_silent_sequencers_and_full_disks_are_survived() {
    let folder = Folder::new("faults");
    let stack = Stack::up(&folder.0.join("up"), &["--l1-block-time", "1"]);
    let load = Load::start(&stack, 504);
    l1_is_away(&stack);
    l1_jumps_ahead(&stack);
    let count = load.end(&stack);
    sequencer_is_silent(&stack);
    disk_is_full(&stack, &folder);
    eprintln!("{count} transactions, {} batches", batches_are_contiguous(&stack));
}

/// It hangs rather than refuses, which is worse.
fn l1_is_away(stack: &Stack) {
    let l1 = stack.process("l1").expect("it runs");
    let before = stack.follower.reaches("safe", 1);
    signal(l1, "STOP");
    sleep(Duration::from_secs(away()));
    let made = stack.sequencer.number().expect("the rollup answers without L1");
    signal(l1, "CONT");
    stack.follower.reaches("safe", made.max(before) + 2);
    eprintln!("L1 was away for {} s at block {made}", away());
}

/// The rollup's time is never behind L1's.
fn l1_jumps_ahead(stack: &Stack) {
    stack.l1.get("evm_increaseTime", json!([3_600]));
    stack.l1.get("evm_mine", json!([]));
    let block =
        |node: &super::rpc::Node| node.get("eth_getBlockByNumber", json!(["latest", false]));
    let time = number(&block(&stack.l1)["timestamp"]).expect("a time");
    let at = wait("the rollup's time is L1's", 90, || {
        let block = block(&stack.sequencer);
        number(&block["timestamp"]).filter(|at| *at >= time)?;
        number(&block["number"])
    });
    stack.follower.reaches("safe", at + 1);
}

/// Anybody takes the queues then, and the sequencer goes on afterwards.
fn sequencer_is_silent(stack: &Stack) {
    let (user, _) = stack.key("user", 1);
    let parts = ["batcher", "sequencer"].map(|part| stack.process(part).expect("it runs"));
    parts.iter().for_each(|part| signal(*part, "STOP"));
    let early = stack.run(&user, &["relieve", "--l2", stack.follower.url()]);
    assert_eq!(early.status.code(), Some(2), "{}", stderr(&early));
    assert!(stderr(&early).contains("may not submit"), "{}", stderr(&early));
    let alone = ["--l2", stack.follower.url()];
    let deposit = ["deposit", "--amount", "3", "--to", NOBODY, "--no-wait"];
    stack.result(&user, &[&deposit[..], &alone].concat());
    stack.l1.get("evm_increaseTime", json!([660]));
    stack.l1.get("evm_mine", json!([]));
    let done = stack.result(&user, &[&["relieve"][..], &alone].concat());
    assert_eq!(done["deposits"], 1, "{done}");
    let paid = || {
        let paid = stack.follower.get("eth_getBalance", json!([NOBODY, "latest"]));
        (paid == "0x29a2241af62c0000").then_some(())
    };
    wait("the deposit is credited without the sequencer", 60, paid);
    let safe = stack.follower.head("safe").expect("it answers");
    parts.iter().rev().for_each(|part| signal(*part, "CONT"));
    stack.follower.reaches("safe", safe + 3);
    stack.sequencer.reaches("safe", safe + 3);
    same_blocks(&stack.sequencer, &stack.follower, 0..=safe + 3);
}

/// A limit of the length of files stands for the end of the disk.
fn disk_is_full(stack: &Stack, folder: &Folder) {
    let data = folder.0.join("small");
    let command = follower(stack, &data);
    let limited = "trap '' XFSZ; ulimit -f 1200; exec \"$0\" \"$@\"";
    let mut child = Command::new("sh")
        .args(["-c", limited])
        .arg(command.get_program())
        .args(command.get_args())
        .envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))))
        .env("RUST_LOG", "error")
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a shell");
    let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        wait("the node ends", 90, || child.try_wait().expect("it is ours"))
    }));
    let _ = child.kill();
    let said = stderr(&child.wait_with_output().expect("it is ours"));
    let status = ended.unwrap_or_else(|_| panic!("it does not end: {said}"));
    assert_eq!(status.code(), Some(2), "{said}");
    let error = said.lines().rfind(|line| line.starts_with("error: ")).expect("a sentence");
    assert!(error.contains("space"), "{error}");
    let safe = stack.follower.head("safe").expect("it answers");
    let again = Beside::follow(stack, &data);
    again.node.reaches("safe", safe);
    same_blocks(&stack.sequencer, &again.node, 0..=safe);
    again.stop();
}
