//! `spec/rule.md`.

use std::collections::HashSet;

use serde::Deserialize;
use tern_protocol::rule::{Phase, Verdict, Votes, verdict};

use crate::json::load;

#[derive(Deserialize)]
struct Vectors {
    all: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    phase: Phase,
    #[serde(flatten)]
    votes: Votes,
    verdict: Verdict,
}

#[test]
fn every_input_has_the_verdict_of_the_text() {
    let cases = load::<Vectors>("rule").all;
    let inputs: HashSet<_> = cases.iter().map(|case| (case.phase, case.votes)).collect();
    assert_eq!(inputs.len(), 2 * 3 * 3 * 2 * 2 * 2 * 2 * 2, "not all inputs are there");
    for case in cases {
        assert_eq!(verdict(case.phase, case.votes), case.verdict, "{}", case.name);
    }
}
