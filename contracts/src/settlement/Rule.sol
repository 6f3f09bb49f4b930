// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

/// A valid vote, and whether its version is on probation.
enum Vote {
    None,
    Probation,
    Yes
}

/// Whether the trusted hardware still has a vote.
enum Phase {
    Three,
    Retired
}

enum Verdict {
    NoVote,
    NeedsSecond,
    OnProbation,
    Final
}

/// The votes on one content. `second` is the TEE in phase three, the second ZK lane after.
struct Votes {
    Vote zk;
    Vote second;
    bool op;
    bool opProbation;
    bool zkDiffersFromSecond;
    bool opDiffersFromZk;
    bool opDiffersFromSecond;
}

/// Which votes make a claim final: `spec/rule.md`, once more in Rust as `protocol::rule`.
library Rule {
    /// Any two lanes that agree and differ, one of them trust-minimised and in good standing.
    /// Pairs are looked at one by one, so that one more vote never takes finality away.
    function verdict(Phase phase, Votes memory votes) internal pure returns (Verdict) {
        bool zk = votes.zk != Vote.None;
        bool second = votes.second != Vote.None;
        if (!(zk || second || votes.op)) return Verdict.NoVote;

        bool three = phase == Phase.Three;
        bool zkSecond = zk && second && (three || votes.zkDiffersFromSecond);
        bool opZk = votes.op && zk && (three || votes.opDiffersFromZk);
        bool opSecond = votes.op && second && (three || votes.opDiffersFromSecond);
        if (!(zkSecond || opZk || opSecond)) return Verdict.NeedsSecond;

        bool zkVouches = votes.zk == Vote.Yes;
        // The hardware lane never vouches for another: only a second ZK lane does.
        bool secondVouches = !three && votes.second == Vote.Yes;
        bool opVouches = !votes.opProbation;
        bool vouched = (zkSecond && (zkVouches || secondVouches))
            || (opZk && (opVouches || zkVouches)) || (opSecond && (opVouches || secondVouches));
        return vouched ? Verdict.Final : Verdict.OnProbation;
    }
}
