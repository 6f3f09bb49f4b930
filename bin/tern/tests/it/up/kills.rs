//! Processes that are killed at any moment.

use std::{collections::BTreeMap, env, fs};

use super::{
    load::{Load, batches_are_contiguous},
    rpc::wait,
    stack::{PARTS, Stack, runs},
};
use crate::folder::Folder;

/// How often a part is killed; each once, unless TERN_KILLS says otherwise.
fn kills() -> usize {
    env::var("TERN_KILLS").ok().map_or(PARTS.len(), |text| text.parse().expect("a number"))
}

/// Parts and moments: the first round has each part, what follows is drawn.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

#[test]
fn whatever_is_killed_the_rollup_goes_on_and_what_is_on_l1_stays() {
    let folder = Folder::new("kills");
    let at = folder.0.join("up");
    let mut stack = Stack::up(&at, &["--l1-block-time", "1"]);
    let processes = stack.processes();
    let load = Load::start(&stack, 501);
    let count = load.end(&stack);
    assert!(count > 0);

    // Asked to stop, it stops everything; the next run goes on.
    let (endpoints, first) = (stack.endpoints.clone(), stack.sequencer.hash(1));
    let before = stack.sequencer.head("safe").expect("it answers");
    assert!(stack.end("INT").success());
    nothing_runs(&processes);
    let mut stack = Stack::up(&at, &["--l1-block-time", "1"]);
    assert_eq!(without_times(&stack.endpoints), without_times(&endpoints));
    assert_eq!(stack.sequencer.hash(1), first);
    stack.follower.reaches("safe", before + 1);

    // Killed, it takes everything with it; the next run goes on as well.
    let processes = stack.processes();
    let before = stack.follower.head("safe").expect("it answers");
    assert!(!stack.end("KILL").success());
    nothing_runs(&processes);
    let stack = Stack::up(&at, &["--l1-block-time", "1"]);
    assert_eq!(without_times(&stack.endpoints), without_times(&endpoints));
    stack.follower.reaches("safe", before + 1);

    parts_are_killed(&stack);
}

fn without_times(endpoints: &serde_json::Value) -> serde_json::Value {
    let mut endpoints = endpoints.clone();
    endpoints["firstBlockAfter"] = serde_json::Value::Null;
    endpoints
}

fn nothing_runs(processes: &[u32]) {
    wait("nothing is left running", 30, || {
        processes.iter().all(|process| !runs(*process)).then_some(())
    });
}

fn parts_are_killed(stack: &Stack) {
    let load = Load::start(stack, 502);
    let seed = fs::read("/proc/sys/kernel/random/uuid").expect("chance");
    let seed = env::var("TERN_SEED").ok().map_or_else(
        || {
            seed.iter()
                .fold(1, |seed: u64, byte| seed.wrapping_mul(31).wrapping_add((*byte).into()))
        },
        |text| text.parse().expect("a number"),
    );
    eprintln!("TERN_SEED={seed}");
    let mut dice = Dice(seed | 1);
    for round in 0..kills() {
        // The first five are each of them, and the L1 last.
        let part = match round {
            0..=4 => ["sequencer", "batcher", "follower", "voter", "l1"][round],
            _ => PARTS[usize::try_from(dice.below(5)).expect("it is small")],
        };
        std::thread::sleep(std::time::Duration::from_millis(dice.below(1_000)));
        let seen = safe_blocks(stack);
        let head = stack.sequencer.number().unwrap_or_default();
        eprintln!("round {round}: the {part} is killed at block {head}");
        stack.kill(part);
        // An L1 that lost blocks takes batches back: the rollup has to come as far again.
        stack.follower.reaches("safe", head + 1);
        stack.sequencer.reaches("safe", head + 1);
        if part != "l1" {
            for (number, hash) in seen {
                assert_eq!(stack.sequencer.hash(number), Some(hash), "block {number} stays");
            }
        }
    }
    let finalized = stack.follower.head("safe").expect("it answers");
    let count = load.end(stack);
    stack.follower.reaches("finalized", finalized);
    eprintln!("{count} transactions, {} batches", batches_are_contiguous(stack));
}

/// The last blocks that are on L1.
fn safe_blocks(stack: &Stack) -> BTreeMap<u64, String> {
    let safe = stack.follower.head("safe").unwrap_or_default();
    let blocks = safe.saturating_sub(40)..=safe;
    blocks.filter_map(|number| Some((number, stack.follower.hash(number)?))).collect()
}
