//! No disagreement between the lanes.

use tern_stf_diff::{Options, Report, run};

use crate::lanes;

fn report(options: &Options) -> Report {
    let lanes = lanes::all();
    run(&lanes::borrowed(&lanes), options, &|_| {})
}

#[test]
fn the_lanes_agree_on_500_random_blocks() {
    let report = report(&Options::new(1, 500));
    let found: Vec<String> = report
        .failures
        .iter()
        .map(|f| format!("seed {}, block {}: {}", f.seed, f.block, f.verdict))
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert_eq!(report.blocks, 500);
    // The blocks must be worth the name: much that runs, much that fails, all reasons to skip.
    assert!(report.succeeded > 1_000 && report.reverted > 300, "{report:?}");
    assert!(report.skipped.len() >= 10, "{:?}", report.skipped);
}

#[test]
fn the_same_seed_gives_the_same_chain() {
    let options = Options { witness_every: 0, ..Options::new(7_000, 10) };
    let (first, second) = (report(&options), report(&options));
    assert_eq!(first.gas, second.gas);
    assert_eq!(first.skipped, second.skipped);
    assert_eq!((first.succeeded, first.reverted), (second.succeeded, second.reverted));
}
