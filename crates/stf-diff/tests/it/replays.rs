//! Disagreements are written down, made small, and seen again.

use std::time::Duration;

use tern_stf_diff::{
    Options, Verdict,
    dev_faults::{DevFault, faulty},
    replay, run,
};

use crate::lanes;

#[test]
fn a_replay_file_shows_the_same_with_the_fault_and_agreement_without() {
    let folder = std::env::temp_dir().join(format!("tern-diff-{}", std::process::id()));
    let mut wrong = lanes::honest();
    wrong.push(faulty(Box::new(lanes::evm()), DevFault::RefundCap));
    let options = Options {
        stop_after: 1,
        threads: 1,
        shrink_for: Duration::from_secs(30),
        replays: Some(folder.clone()),
        ..Options::new(5_000, 200)
    };
    let report = run(&lanes::borrowed(&wrong), &options, &|_| {});
    let failure = &report.failures[0];
    // One shows it; a sender's earlier ones may be needed for its nonce.
    assert!(failure.case.inputs.candidates.len() <= 3, "{:?}", failure.case.inputs);
    assert!(failure.case.inputs.withdrawals.is_empty());

    let file = failure
        .replay
        .as_ref()
        .expect("a replay file was asked for")
        .as_ref()
        .expect("it was written");
    match (replay(file, &lanes::borrowed(&wrong)), &failure.verdict) {
        (
            Ok(Verdict::Apart { disagreement: again, .. }),
            Verdict::Apart { disagreement: first, .. },
        ) => assert_eq!(again, *first),
        other => panic!("{other:?}"),
    }
    let right = lanes::all();
    let agreed = replay(file, &lanes::borrowed(&right));
    assert!(matches!(agreed, Ok(Verdict::Agreed(_))), "{agreed:?}");
    std::fs::remove_dir_all(folder).expect("the folder was just written");
}

#[test]
fn files_that_are_none_are_named() {
    let lanes = lanes::honest();
    let missing = replay("/no/such/file".as_ref(), &lanes::borrowed(&lanes));
    assert!(missing.is_err_and(|error| error.to_string().contains("/no/such/file")));
}
