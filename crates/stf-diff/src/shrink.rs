//! Cutting away what a disagreement does not need.

use std::time::{Duration, Instant};

use tern_protocol::{Hash, keccak256};
use tern_stf::{Executor, PreimageSet, Preimages, Subject};

use crate::{Case, Verdict, header, judge, trie};

/// Makes a failing case smaller while it goes on failing in the same way, and drops the
/// preimages that nobody asks for. Returns what is left, and what is wrong with that.
pub fn shrink(
    executors: &[&dyn Executor],
    case: Case,
    verdict: Verdict,
    time: Duration,
) -> (Case, Verdict) {
    let mut search = Search { executors, best: case, verdict, deadline: Instant::now() + time };
    search.drop_items(|case| &mut case.inputs.candidates);
    search.drop_items(|case| &mut case.inputs.withdrawals);
    search.cut_codes();
    search.drop_items(|case| &mut case.inputs.candidates);
    search.slim();
    (search.best, search.verdict)
}

struct Search<'a> {
    executors: &'a [&'a dyn Executor],
    best: Case,
    verdict: Verdict,
    deadline: Instant,
}

impl Search<'_> {
    /// Takes the case over if it fails like the best one so far.
    fn try_case(&mut self, case: Case) -> bool {
        if Instant::now() >= self.deadline {
            return false;
        }
        let verdict = judge(self.executors, &case, true);
        let fails = alike(&self.verdict, &verdict);
        if fails {
            self.best = case;
            self.verdict = verdict;
        }
        fails
    }

    /// Delta debugging: drops runs of items, long ones first.
    fn drop_items<T>(&mut self, items: impl Fn(&mut Case) -> &mut Vec<T>) {
        let mut size = items(&mut self.best).len();
        while size > 0 {
            let before = items(&mut self.best).len();
            // From the end: earlier items set the stage for later ones.
            let mut end = items(&mut self.best).len();
            while end > 0 {
                let start = end.saturating_sub(size);
                let mut case = self.best.clone();
                drop(items(&mut case).drain(start..end));
                self.try_case(case);
                end = start;
            }
            // Single items again and again, until each is needed.
            if size > 1 || items(&mut self.best).len() == before {
                size /= 2;
            }
        }
    }

    /// Replaces codes of the state before the block by nothing, or by a beginning of
    /// themselves.
    fn cut_codes(&mut self) {
        let touched = self.best.slim(self.executors);
        let Some(root) = header::state_root(&touched.parent) else {
            return;
        };
        let empty = keccak256(&[]);
        for (address, account) in trie::accounts(root, &touched.preimages) {
            if account.code_hash == empty {
                continue;
            }
            let Some(mut code) = self.best.preimages.get(&account.code_hash).map(<[u8]>::to_vec)
            else {
                continue;
            };
            let mut cut = code.len();
            while cut > 0 {
                let shorter = code[..code.len() - cut.min(code.len())].to_vec();
                let case = with_code(&self.best, address, shorter.clone());
                if case.is_some_and(|case| self.try_case(case)) {
                    code = shorter;
                    cut = cut.min(code.len());
                } else {
                    cut /= 2;
                }
            }
        }
    }

    fn slim(&mut self) {
        let slim = self.best.slim(self.executors);
        // Always worth its time, and it must not fail differently.
        self.deadline += Duration::from_secs(60);
        self.try_case(slim);
    }
}

/// Whether two verdicts are about the same kind of thing.
fn alike(first: &Verdict, second: &Verdict) -> bool {
    match (first, second) {
        (Verdict::Apart { disagreement: a, .. }, Verdict::Apart { disagreement: b, .. }) => {
            let outcome = |subject: &Subject| *subject == Subject::Outcome;
            outcome(&a.subject) == outcome(&b.subject)
        }
        (Verdict::Refused(..), Verdict::Refused(..)) => true,
        _ => false,
    }
}

/// The case with another code at one account before the block.
fn with_code(case: &Case, hashed_address: Hash, code: Vec<u8>) -> Option<Case> {
    let mut preimages: PreimageSet = case.preimages.clone();
    let root = header::state_root(&case.parent)?;
    let root = trie::replace_code(root, hashed_address, code, &mut preimages)?;
    let parent = header::with_state_root(&case.parent, root)?;
    preimages.insert(parent.clone());
    Some(Case { parent, preimages, ..case.clone() })
}
