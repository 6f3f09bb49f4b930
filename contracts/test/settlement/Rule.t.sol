// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Phase, Rule, Verdict, Vote, Votes} from "../../src/settlement/Rule.sol";
import {Test} from "../lib/Test.sol";

/// The rule against the vectors that the Rust one reads too, and its three inequalities.
contract RuleTest is Test {
    function test_every_vector_gives_its_verdict() public view {
        string memory json = vm.readFile("../spec/vectors/rule.json");
        string[] memory phase = _strings(json, ".all[*].phase");
        string[] memory zk = _strings(json, ".all[*].zk");
        string[] memory second = _strings(json, ".all[*].second");
        string[] memory op = _strings(json, ".all[*].op");
        string[] memory verdict = _strings(json, ".all[*].verdict");
        bool[][4] memory flags = [
            _bools(json, ".all[*].opProbation"),
            _bools(json, ".all[*].zkDiffersFromSecond"),
            _bools(json, ".all[*].opDiffersFromZk"),
            _bools(json, ".all[*].opDiffersFromSecond")
        ];
        assertEq(phase.length, 576);
        for (uint256 i = 0; i < phase.length; ++i) {
            Votes memory votes = Votes({
                zk: _vote(zk[i]),
                second: _vote(second[i]),
                op: _is(op[i], "yes"),
                opProbation: flags[0][i],
                zkDiffersFromSecond: flags[1][i],
                opDiffersFromZk: flags[2][i],
                opDiffersFromSecond: flags[3][i]
            });
            Phase p = _is(phase[i], "three") ? Phase.Three : Phase.Retired;
            assertEq(uint256(Rule.verdict(p, votes)), uint256(_verdict(verdict[i])), verdict[i]);
        }
    }

    function testFuzz_zk_and_tee_are_enough(bool op, bool opProbation, uint8 flags) public pure {
        Votes memory votes = _votes(Vote.Yes, Vote.Yes, op, opProbation, flags);
        assertTrue(Rule.verdict(Phase.Three, votes) == Verdict.Final);
    }

    /// All that the council can put in place: the TEE, and versions on probation.
    function testFuzz_tee_and_council_are_not(uint8 zk, uint8 second, bool op, uint8 flags)
        public
        pure
    {
        Votes memory votes = _votes(Vote(zk % 2), Vote(second % 3), op, true, flags);
        assertTrue(Rule.verdict(Phase.Three, votes) != Verdict.Final);
        votes.second = Vote(second % 2);
        assertTrue(Rule.verdict(Phase.Retired, votes) != Verdict.Final);
    }

    function testFuzz_one_zk_is_not(uint8 zk, bool retired, bool opProbation, uint8 flags)
        public
        pure
    {
        Phase phase = retired ? Phase.Retired : Phase.Three;
        Votes memory votes = _votes(Vote(zk % 3), Vote.None, false, opProbation, flags);
        assertTrue(Rule.verdict(phase, votes) != Verdict.Final);
    }

    function testFuzz_one_more_vote_never_takes_finality_away(
        uint8 zk,
        uint8 second,
        bool retired,
        bool opProbation,
        uint8 flags
    ) public pure {
        Phase phase = retired ? Phase.Retired : Phase.Three;
        Votes memory votes = _votes(Vote(zk % 3), Vote(second % 3), false, opProbation, flags);
        if (Rule.verdict(phase, votes) != Verdict.Final) return;
        votes.op = true;
        assertTrue(Rule.verdict(phase, votes) == Verdict.Final);
    }

    function _votes(Vote zk, Vote second, bool op, bool opProbation, uint8 flags)
        private
        pure
        returns (Votes memory)
    {
        return Votes(zk, second, op, opProbation, flags & 1 != 0, flags & 2 != 0, flags & 4 != 0);
    }

    function _strings(string memory json, string memory path)
        private
        pure
        returns (string[] memory)
    {
        return abi.decode(vm.parseJson(json, path), (string[]));
    }

    function _bools(string memory json, string memory path) private pure returns (bool[] memory) {
        return abi.decode(vm.parseJson(json, path), (bool[]));
    }

    function _vote(string memory name) private pure returns (Vote) {
        if (_is(name, "none")) return Vote.None;
        if (_is(name, "probation")) return Vote.Probation;
        require(_is(name, "yes"), name);
        return Vote.Yes;
    }

    function _verdict(string memory name) private pure returns (Verdict) {
        if (_is(name, "no-vote")) return Verdict.NoVote;
        if (_is(name, "needs-second")) return Verdict.NeedsSecond;
        if (_is(name, "on-probation")) return Verdict.OnProbation;
        require(_is(name, "final"), name);
        return Verdict.Final;
    }

    function _is(string memory a, string memory b) private pure returns (bool) {
        return keccak256(bytes(a)) == keccak256(bytes(b));
    }
}
