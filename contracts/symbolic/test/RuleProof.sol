// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Phase, Rule, Verdict, Vote, Votes} from "tern/settlement/Rule.sol";

/// The rule's promises for all inputs at once: `tools/halmos` proves each `check_` function,
/// and fails if one can be violated. Not a fuzz test: nothing here is sampled.
contract RuleProof {
    function _votes(
        uint8 zk,
        uint8 second,
        bool op,
        bool opProbation,
        bool zkSecond,
        bool opZk,
        bool opSecond
    ) private pure returns (Votes memory) {
        return Votes({
            zk: Vote(zk % 3),
            second: Vote(second % 3),
            op: op,
            opProbation: opProbation,
            zkDiffersFromSecond: zkSecond,
            opDiffersFromZk: opZk,
            opDiffersFromSecond: opSecond
        });
    }

    /// zk + tee >= 2: a ZK vote in good standing and the TEE are enough.
    function check_zk_and_tee_are_enough(bool op, bool opProbation, bool a, bool b, bool c)
        external
        pure
    {
        Votes memory votes = _votes(2, 2, op, opProbation, a, b, c);
        assert(Rule.verdict(Phase.Three, votes) == Verdict.Final);
    }

    /// tee + council < 2: with the TEE, whatever the council installed by emergency adds nothing.
    function check_tee_and_council_are_not_enough(
        uint8 second,
        bool zk,
        bool op,
        bool a,
        bool b,
        bool c
    ) external pure {
        Votes memory votes = _votes(zk ? 1 : 0, second, op, true, a, b, c);
        assert(Rule.verdict(Phase.Three, votes) != Verdict.Final);
    }

    /// zk < 2: no lane alone finalises anything, in either phase.
    function check_one_lane_is_never_enough(
        bool retired,
        uint8 which,
        uint8 vote,
        bool opProbation,
        bool a,
        bool b,
        bool c
    ) external pure {
        uint8 lane = which % 3;
        Votes memory votes = _votes(
            lane == 0 ? vote : 0, lane == 1 ? vote : 0, lane == 2, opProbation, a, b, c
        );
        assert(Rule.verdict(_phase(retired), votes) != Verdict.Final);
    }

    /// Once the TEE is retired, ZK systems that share something count as one.
    function check_lanes_that_share_are_one(
        uint8 zk,
        uint8 second,
        bool op,
        bool opProbation
    ) external pure {
        Votes memory votes = _votes(zk, second, op, opProbation, false, false, false);
        assert(Rule.verdict(Phase.Retired, votes) != Verdict.Final);
    }

    /// A pair of ZK systems that differ is enough once the TEE is retired.
    function check_differing_zk_pair_is_enough(bool op, bool opProbation, bool b, bool c)
        external
        pure
    {
        Votes memory votes = _votes(2, 2, op, opProbation, true, b, c);
        assert(Rule.verdict(Phase.Retired, votes) == Verdict.Final);
    }

    /// Every final claim has a ZK or optimistic vote that is not on probation.
    function check_final_has_a_vote_in_good_standing(
        bool retired,
        uint8 zk,
        uint8 second,
        bool op,
        bool opProbation,
        bool a,
        bool b,
        bool c
    ) external pure {
        Votes memory votes = _votes(zk, second, op, opProbation, a, b, c);
        if (Rule.verdict(_phase(retired), votes) != Verdict.Final) return;
        bool good = votes.zk == Vote.Yes || (retired && votes.second == Vote.Yes)
            || (votes.op && !votes.opProbation);
        assert(good);
    }

    /// One more vote never takes finality away.
    function check_more_votes_never_hurt(
        bool retired,
        uint8 zk,
        uint8 second,
        bool op,
        bool opProbation,
        bool a,
        bool b,
        bool c,
        uint8 better
    ) external pure {
        Votes memory votes = _votes(zk, second, op, opProbation, a, b, c);
        Phase phase = _phase(retired);
        if (Rule.verdict(phase, votes) != Verdict.Final) return;
        if (better % 3 == 0) votes.zk = Vote.Yes;
        if (better % 3 == 1) votes.second = Vote.Yes;
        if (better % 3 == 2) votes.op = true;
        assert(Rule.verdict(phase, votes) == Verdict.Final);
    }

    /// Until the TEE is retired, nothing depends on what lanes share.
    function check_phase_three_ignores_what_lanes_share(
        uint8 zk,
        uint8 second,
        bool op,
        bool opProbation,
        bool a,
        bool b,
        bool c
    ) external pure {
        Votes memory votes = _votes(zk, second, op, opProbation, a, b, c);
        Verdict said = Rule.verdict(Phase.Three, votes);
        votes.zkDiffersFromSecond = true;
        votes.opDiffersFromZk = true;
        votes.opDiffersFromSecond = true;
        assert(said == Rule.verdict(Phase.Three, votes));
    }

    function _phase(bool retired) private pure returns (Phase) {
        return retired ? Phase.Retired : Phase.Three;
    }
}
