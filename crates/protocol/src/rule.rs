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
    /// The TEE is retired; its seat is taken by a second ZK lane of another proof system
    /// and another executor.
    Retired,
}

/// The votes on one content.
///
/// `second` is the TEE in phase three, and the second ZK lane once the TEE is retired.
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
    /// In phase [`Phase::Retired`]: whether the optimistic lane's executor is another one
    /// than that of each ZK lane that votes. Always true in phase three.
    #[serde(rename = "opDistinct")]
    pub op_distinct: bool,
}

/// What the rule says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Final in the same transaction.
    Final,
    /// No vote that counts.
    NoVote,
    /// One lane agrees; it takes a second.
    NeedsSecond,
    /// Two lanes agree, but none of them is a ZK or optimistic version in good standing.
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

/// Any two of three independent lanes, one of them a ZK or optimistic version in good
/// standing. Nothing else is final.
pub fn verdict(phase: Phase, votes: Votes) -> Verdict {
    let zk = votes.zk != Vote::None;
    let second = votes.second != Vote::None;
    let op = votes.op == Optimistic::Yes && (phase == Phase::Three || votes.op_distinct);

    let agreeing = u8::from(zk) + u8::from(second) + u8::from(op);
    let zk_in_good_standing = votes.zk == Vote::Yes;
    // The hardware lane never vouches for another: only a second ZK lane does.
    let second_in_good_standing = phase == Phase::Retired && votes.second == Vote::Yes;
    let op_in_good_standing = op && !votes.op_probation;

    match agreeing {
        0 => Verdict::NoVote,
        1 => Verdict::NeedsSecond,
        _ if zk_in_good_standing || second_in_good_standing || op_in_good_standing => {
            Verdict::Final
        }
        _ => Verdict::OnProbation,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VOTES: [Vote; 3] = [Vote::None, Vote::Probation, Vote::Yes];

    fn all() -> impl Iterator<Item = (Phase, Votes)> {
        let phases = [Phase::Three, Phase::Retired].into_iter();
        phases.flat_map(|phase| {
            (0..72).map(move |n| {
                let votes = Votes {
                    zk: VOTES[n % 3],
                    second: VOTES[n / 3 % 3],
                    op: if n / 9 % 2 == 0 { Optimistic::No } else { Optimistic::Yes },
                    op_probation: n / 18 % 2 == 1,
                    op_distinct: n / 36 % 2 == 1,
                };
                (phase, votes)
            })
        })
    }

    #[test]
    fn zk_plus_tee_is_at_least_two() {
        for (phase, votes) in all() {
            if votes.zk == Vote::Yes && votes.second == Vote::Yes {
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
