// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Test} from "../lib/Test.sol";
import {Handler} from "./Handler.sol";

/// The promises, over any order of what anyone can do. Where a step knows of a promise, it looks
/// while it happens, and here is only asked whether it was ever broken.
///
/// forge-config: default.invariant.runs = 16
/// forge-config: default.invariant.depth = 120
/// forge-config: heavy.invariant.runs = 300
/// forge-config: heavy.invariant.depth = 256
/// forge-config: fast.invariant.runs = 4
/// forge-config: fast.invariant.depth = 120
contract SettlementInvariants is Test {
    Handler private handler;

    function setUp() public {
        handler = new Handler();
        targetContract(address(handler));
        targetSelector(FuzzSelector(address(handler), _steps()));
    }

    /// What happens often stands there more than once.
    function _steps() private view returns (bytes4[] memory all) {
        all = new bytes4[](36);
        for (uint256 i = 0; i < 8; ++i) {
            all[i] = handler.vote.selector;
        }
        all[8] = all[9] = all[10] = handler.propose.selector;
        all[11] = all[12] = all[13] = handler.stand.selector;
        all[14] = handler.openMatch.selector;
        all[15] = handler.closeMatch.selector;
        all[16] = handler.reclaim.selector;
        all[17] = handler.finalize.selector;
        all[18] = handler.contradict.selector;
        all[19] = handler.arbitrate.selector;
        all[20] = handler.quarrel.selector;
        all[21] = handler.installTee.selector;
        all[22] = handler.schedule.selector;
        all[23] = handler.cancel.selector;
        all[24] = handler.activate.selector;
        all[25] = handler.emergency.selector;
        all[26] = handler.decide.selector;
        all[27] = handler.execute.selector;
        all[28] = handler.retireTee.selector;
        all[29] = handler.batch.selector;
        all[30] = handler.deposit.selector;
        all[31] = handler.force.selector;
        all[32] = handler.withdraw.selector;
        all[33] = handler.withdrawCredit.selector;
        all[34] = handler.trespass.selector;
        all[35] = handler.pass.selector;
    }

    /// At the end of each run every proposal and every claim comes to its own end.
    function afterInvariant() public {
        handler.finish();
        _kept("every-proposal-ends");
        _kept("every-wei");
        _kept("every-claim-ends");
        assertEq(handler.lastBroken(), bytes32(0));
    }

    function invariant_noClaimIsFinalWithoutTheRuleOrArbitration() public {
        _kept("rule");
        _kept("head-moved");
        _kept("finalize-as-written");
        _kept("arbitrate-as-written");
        _kept("arbitrate-chosen");
        assertTrue(handler.verdictsAgree());
    }

    function invariant_everyFinalClaimHasATrustMinimisedVoteInGoodStanding() public view {
        _kept("trust-minimised");
    }

    function invariant_oneCorruptProofSystemMakesNothingWrongFinal() public view {
        _kept("zk<2");
        _kept("one-corrupt-lane");
    }

    function invariant_corruptHardwareAndCouncilMakeNothingWrongFinal() public view {
        _kept("tee+council<2");
    }

    function invariant_finalClaimsNeverConflictAndStayFinal() public view {
        _kept("conflicting-finals");
        _kept("skips-batches");
        _kept("head");
        _kept("head-advances");
        assertTrue(handler.finalsStand());
    }

    function invariant_whatTheRuleAllowsIsFinalAtOnce() public {
        _kept("final-at-once");
        assertTrue(handler.readyAreFinalizable());
    }

    function invariant_aFrozenVersionNeverCountsAndStaysFrozen() public view {
        _kept("frozen-counts");
        _kept("unfrozen");
        _kept("contradiction-freezes");
        _kept("contradict-as-written");
        _kept("not frozen");
    }

    function invariant_anHonestLaneIsNeverFrozen() public view {
        _kept("honest-frozen");
    }

    function invariant_theCouncilDoesNothingOutsideItsList() public view {
        _kept("council-list");
        _kept("council-as-written");
        _kept("trespass");
        _kept("seat");
        _kept("phase");
    }

    function invariant_delaysAreNeverShorterThanConfigured() public view {
        _kept("notice");
        _kept("timelock");
        _kept("probation");
        _kept("window");
        _kept("activate-as-written");
        _kept("emergency-as-written");
        _kept("retire-as-written");
        _kept("governance-as-written");
        _kept("tee-after-retirement");
    }

    function invariant_everyWeiIsAccountedFor() public view {
        _kept("credit-as-written");
        _kept("paid-once");
        _kept("withdraw-as-written");
        _kept("refund");
        assertTrue(handler.bondsAddUp());
        assertTrue(handler.vaultAddsUp());
    }

    function invariant_nobodyBlocksProposalsVotesOrBatches() public view {
        _kept("vote-as-written");
        _kept("propose-as-written");
        _kept("stand-as-written");
        _kept("match-as-written");
        _kept("reclaim-as-written");
        _kept("inbox-never-stuck");
        _kept("inbox-counts");
        _kept("deposit-as-written");
        // And every other promise that a step knows of.
        assertEq(handler.lastBroken(), bytes32(0));
    }

    function _kept(bytes32 name) private view {
        assertEq(handler.broken(name), 0, string(abi.encodePacked(name)));
    }
}
