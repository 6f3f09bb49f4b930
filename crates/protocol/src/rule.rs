//! The rule: which votes make a claim final. Pure, total, and the same in Solidity.

use core::fmt;

use serde::{Deserialize, Serialize};

/// What the optimistic lane says of a content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Optimistic {
    /// One proposal stood its whole window and won every match.
    Yes,
    /// Not yet, or not any more.
    No,
}

/// A valid vote, and whether its lane version was installed by emergency and is still
/// on probation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Vote {
    /// No valid vote of the active version.
    None,
    /// A vote of a version on probation.
    Probation,
    /// A vote of a version in good standing.
    Yes,
}

/// Whether the trusted hardware still has a vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// ZK, TEE and optimistic lane.
    Three,
    /// The TEE is retired; its seat is taken by a second ZK lane.
    Retired,
}

/// The votes on one content.
///
/// `second` is the TEE in phase three, and the second ZK lane once the TEE is retired.
///
/// Two versions differ if both their proof systems and their executors do. In phase
/// [`Phase::Three`] every two lanes are taken to differ, whatever is said here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Votes {
    /// The ZK lane.
    pub zk: Vote,
    /// The TEE lane, or the second ZK lane in phase [`Phase::Retired`].
    pub second: Vote,
    /// The optimistic lane.
    pub op: Optimistic,
    /// Whether the optimistic lane's version is on probation.
    #[serde(rename = "opProbation")]
    pub op_probation: bool,
    /// Whether the versions of the ZK lane and the second lane differ.
    #[serde(rename = "zkDiffersFromSecond")]
    pub zk_differs_from_second: bool,
    /// Whether the versions of the optimistic lane and the ZK lane differ.
    #[serde(rename = "opDiffersFromZk")]
    pub op_differs_from_zk: bool,
    /// Whether the versions of the optimistic lane and the second lane differ.
    #[serde(rename = "opDiffersFromSecond")]
    pub op_differs_from_second: bool,
}

/// What the rule says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Final in the same transaction.
    Final,
    /// No vote that counts.
    NoVote,
    /// One lane agrees, or several of which no two differ; it takes one that does.
    NeedsSecond,
    /// Lanes that differ agree, but none of them is a ZK or optimistic version in good
    /// standing.
    OnProbation,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Final => "final",
            Self::NoVote => "no vote",
            Self::NeedsSecond => "one of two",
            Self::OnProbation => "two, but none in good standing",
        })
    }
}

/// Any two lanes that agree and differ, one of them a ZK or optimistic version in good
/// standing. Nothing else is final.
///
/// It looks at each pair by itself: what a third lane shares with one of the two is no
/// reason to doubt the two, so one more vote never takes finality away.
pub fn verdict(phase: Phase, votes: Votes) -> Verdict {
    let zk = votes.zk != Vote::None;
    let second = votes.second != Vote::None;
    let op = votes.op == Optimistic::Yes;
    if !(zk || second || op) {
        return Verdict::NoVote;
    }

    let three = phase == Phase::Three;
    let zk_second = zk && second && (three || votes.zk_differs_from_second);
    let op_zk = op && zk && (three || votes.op_differs_from_zk);
    let op_second = op && second && (three || votes.op_differs_from_second);
    if !(zk_second || op_zk || op_second) {
        return Verdict::NeedsSecond;
    }

    let zk_vouches = votes.zk == Vote::Yes;
    // The hardware lane never vouches for another: only a second ZK lane does.
    let second_vouches = phase == Phase::Retired && votes.second == Vote::Yes;
    let op_vouches = !votes.op_probation;
    if zk_second && (zk_vouches || second_vouches)
        || op_zk && (op_vouches || zk_vouches)
        || op_second && (op_vouches || second_vouches)
    {
        Verdict::Final
    } else {
        Verdict::OnProbation
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::collections::HashSet;

    use super::*;

    const VOTES: [Vote; 3] = [Vote::None, Vote::Probation, Vote::Yes];

    fn all() -> impl Iterator<Item = (Phase, Votes)> {
        let phases = [Phase::Three, Phase::Retired].into_iter();
        phases.flat_map(|phase| {
            (0..288).map(move |n| {
                let votes = Votes {
                    zk: VOTES[n % 3],
                    second: VOTES[n / 3 % 3],
                    op: if n / 9 % 2 == 0 { Optimistic::No } else { Optimistic::Yes },
                    op_probation: n / 18 % 2 == 1,
                    zk_differs_from_second: n / 36 % 2 == 1,
                    op_differs_from_zk: n / 72 % 2 == 1,
                    op_differs_from_second: n / 144 % 2 == 1,
                };
                (phase, votes)
            })
        })
    }

    #[test]
    fn all_inputs_are_tried() {
        let inputs: HashSet<_> = all().collect();
        assert_eq!(inputs.len(), 2 * 3 * 3 * 2 * 2 * 2 * 2 * 2);
    }

    #[test]
    fn zk_plus_tee_is_at_least_two() {
        for (phase, votes) in all() {
            let differ = phase == Phase::Three || votes.zk_differs_from_second;
            if votes.zk == Vote::Yes && votes.second == Vote::Yes && differ {
                assert_eq!(verdict(phase, votes), Verdict::Final, "{phase:?} {votes:?}");
            }
        }
    }

    #[test]
    fn tee_plus_council_is_below_two() {
        // What the council can install at once is at best a version on probation. So with
        // a TEE vote and any number of those, nothing is final.
        for (_, votes) in all() {
            let op_good = votes.op == Optimistic::Yes && !votes.op_probation;
            if votes.zk != Vote::Yes && !op_good {
                assert_ne!(verdict(Phase::Three, votes), Verdict::Final, "{votes:?}");
            }
        }
    }

    #[test]
    fn zk_is_below_two() {
        for (phase, votes) in all() {
            if votes.second == Vote::None && votes.op == Optimistic::No {
                assert_ne!(verdict(phase, votes), Verdict::Final, "{phase:?} {votes:?}");
            }
        }
    }

    #[test]
    fn no_lane_alone_is_final() {
        for (phase, votes) in all() {
            let lanes = [votes.zk != Vote::None, votes.second != Vote::None];
            let op = votes.op == Optimistic::Yes;
            let agreeing = lanes.iter().filter(|vote| **vote).count() + usize::from(op);
            if agreeing < 2 {
                assert_ne!(verdict(phase, votes), Verdict::Final, "{phase:?} {votes:?}");
            }
        }
    }

    #[test]
    fn every_final_claim_has_a_zk_or_op_vote_in_good_standing() {
        for (phase, votes) in all() {
            if verdict(phase, votes) == Verdict::Final {
                let second = phase == Phase::Retired && votes.second == Vote::Yes;
                let op = votes.op == Optimistic::Yes && !votes.op_probation;
                assert!(votes.zk == Vote::Yes || second || op, "{phase:?} {votes:?}");
            }
        }
    }

    #[test]
    fn lanes_that_do_not_differ_count_as_one() {
        for (_, votes) in all() {
            let votes = Votes {
                zk_differs_from_second: false,
                op_differs_from_zk: false,
                op_differs_from_second: false,
                ..votes
            };
            let said = verdict(Phase::Retired, votes);
            assert!(matches!(said, Verdict::NoVote | Verdict::NeedsSecond), "{votes:?}");
        }
    }

    #[test]
    fn in_phase_three_all_lanes_differ() {
        for (_, votes) in all() {
            let differing = Votes {
                zk_differs_from_second: true,
                op_differs_from_zk: true,
                op_differs_from_second: true,
                ..votes
            };
            let said = verdict(Phase::Three, votes);
            assert_eq!(said, verdict(Phase::Three, differing), "{votes:?}");
        }
    }

    #[test]
    fn nobody_vouches_for_a_pair_from_outside_it() {
        // Both ZK lanes are on probation and differ; the optimistic lane is in good standing
        // but shares something with each of them.
        let votes = Votes {
            zk: Vote::Probation,
            second: Vote::Probation,
            op: Optimistic::Yes,
            op_probation: false,
            zk_differs_from_second: true,
            op_differs_from_zk: false,
            op_differs_from_second: false,
        };
        assert_eq!(verdict(Phase::Retired, votes), Verdict::OnProbation);
    }

    #[test]
    fn one_more_vote_never_takes_finality_away() {
        for (phase, votes) in all() {
            if verdict(phase, votes) != Verdict::Final {
                continue;
            }
            for better in [
                Votes { zk: Vote::Yes, ..votes },
                Votes { second: Vote::Yes, ..votes },
                Votes { op: Optimistic::Yes, ..votes },
            ] {
                assert_eq!(verdict(phase, better), Verdict::Final, "{phase:?} {better:?}");
            }
        }
    }
}
