// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Code} from "../types/Code.sol";
import {
    ChainParams,
    DelayParams,
    GovernanceParams,
    InboxParams,
    RollupParams,
    Terms
} from "./Params.sol";

/// What a rollup's parameters must keep. On every L1: no value contradicts another, none
/// overflows later, none leaves a queue or a claim without an end. On Ethereum itself also the
/// least and longest delays that users were promised: a test chain may be faster, Ethereum not.
///
/// Errors name the parameter as `Params.sol` does, in ASCII.
library Bounds {
    /// Below what the other values or the promises to users allow.
    error TooSmall(bytes32 what, uint256 value, uint256 least);
    /// Above what the other values or the promises to users allow.
    error TooLarge(bytes32 what, uint256 value, uint256 most);
    /// It must be a contract, and not a key that has delegated to one.
    error NotAContract(bytes32 what, address account);
    /// A rollup cannot have the id of the chain it settles on.
    error ChainIdTaken(uint64 chainId);
    error Missing(bytes32 what);
    error HoldersAndAmounts(uint256 holders, uint256 amounts);
    error ZeroHolder(uint256 index);

    uint256 internal constant ETHEREUM = 1;
    /// Ten years. Sums of a few durations and the time now stay far below 2^40.
    uint256 internal constant MAX_DURATION = 3650 days;
    /// A claim holds whole batches and at most this many blocks.
    uint256 internal constant MAX_BLOCKS = 1024;
    /// What EIP-2935 remembers.
    uint256 internal constant MAX_ANCHOR_AGE = 8191;
    /// The token is deployed in one transaction that pays for each.
    uint256 internal constant MAX_HOLDERS = 64;
    uint256 internal constant MAX_VOTING_DELAY = 30 days;
    uint256 internal constant MAX_VOTING_PERIOD = 90 days;
    /// What checkpoints of votes can hold.
    uint256 internal constant MAX_SUPPLY = type(uint208).max;

    /// W: how long a user may need to leave by force.
    function exitTime(RollupParams memory p) internal pure returns (uint40) {
        return p.inbox.forcedWait + p.inbox.silence + p.delays.maxWindow + p.delays.longestGame
            + p.delays.bridgeDelay;
    }

    /// Reverts, naming the first value that is wrong and its bound.
    function check(RollupParams memory p) internal view {
        _chain(p.chain);
        _inbox(p.inbox, p.chain.maxForcedBytes);
        _delays(p.delays);
        checkTerms(p.terms, p.delays);
        _governance(p.governance);
        if (!Code.isContract(p.bridge)) revert NotAContract("bridge", p.bridge);
        if (block.chainid == ETHEREUM) _promises(p);
    }

    /// What governance's terms must keep, at the start and ever after.
    function checkTerms(Terms memory t, DelayParams memory d) internal pure {
        _within("terms.window", t.window, d.minWindow, d.maxWindow);
        _within("terms.challengerBond", t.challengerBond, d.minBond, d.maxBond);
        _within("terms.proposerBond", t.proposerBond, t.challengerBond, d.maxBond);
    }

    /// As `spec/config.md`, and: a batch fits a claim, and can take a forced transaction, for
    /// which it needs two blocks.
    function _chain(ChainParams memory c) private view {
        _atLeast("chain.chainId", c.chainId, 1);
        if (c.chainId == block.chainid) revert ChainIdTaken(c.chainId);
        if (c.genesisHash == 0) revert Missing("chain.genesisHash");
        _within("chain.gasLimit", c.gasLimit, 5000, uint64(type(int64).max));
        _atMost("chain.extraData", c.extraData.length, 32);
        _within("chain.maxBlocks", c.maxBlocks, 2, MAX_BLOCKS);
        _atLeast("chain.maxAnchors", c.maxAnchors, 1);
        _atLeast("chain.maxBlobs", c.maxBlobs, 1);
        _atLeast("chain.maxDecodedBytes", c.maxDecodedBytes, 1);
        _atLeast("chain.maxTransactions", c.maxTransactions, 1);
        _atLeast("chain.maxDeposits", c.maxDeposits, 1);
        _atLeast("chain.maxForced", c.maxForced, 1);
        _atLeast("chain.maxForcedBytes", c.maxForcedBytes, 1);
        _within("chain.maxForcedGas", c.maxForcedGas, 21_000, c.gasLimit / 2);
    }

    function _inbox(InboxParams memory i, uint32 maxForcedBytes) private pure {
        if (i.sequencer == address(0)) revert Missing("inbox.sequencer");
        _atMost("inbox.silence", i.silence, MAX_DURATION);
        _atMost("inbox.forcedWait", i.forcedWait, MAX_DURATION);
        _within("inbox.maxAnchorAge", i.maxAnchorAge, 1, MAX_ANCHOR_AGE);
        // A longer one could never leave the queue, nor anything behind it.
        _within("inbox.maxForcedSize", i.maxForcedSize, 1, maxForcedBytes);
        // The fee rises in proportion: from zero it would not.
        _atLeast("inbox.forcedFee", i.forcedFee, 1);
        _atLeast("inbox.minDeposit", i.minDeposit, 1);
    }

    function _delays(DelayParams memory d) private pure {
        _atMost("delays.notice", d.notice, MAX_DURATION);
        _within("delays.lapse", d.lapse, 1, MAX_DURATION);
        _atMost("delays.stallAfter", d.stallAfter, MAX_DURATION);
        _atMost("delays.stallMax", d.stallMax, MAX_DURATION);
        _atMost("delays.emergencyWindow", d.emergencyWindow, MAX_DURATION);
        _atMost("delays.probation", d.probation, MAX_DURATION);
        _within("delays.heartbeat", d.heartbeat, 1, MAX_DURATION);
        _atMost("delays.retireStreak", d.retireStreak, MAX_DURATION);
        _within("delays.longestGame", d.longestGame, 1, MAX_DURATION);
        _atMost("delays.bridgeDelay", d.bridgeDelay, MAX_DURATION);
        _within("delays.maxWindow", d.maxWindow, 1, MAX_DURATION);
        _within("delays.minWindow", d.minWindow, 1, d.maxWindow);
        // Half of a lost bond is paid and half burned: neither may be nothing.
        _within("delays.minBond", d.minBond, 2, d.maxBond);
    }

    function _governance(GovernanceParams memory g) private view {
        if (!Code.isContract(g.council)) revert NotAContract("governance.council", g.council);
        _atMost("governance.timelockDelay", g.timelockDelay, MAX_DURATION);
        _atMost("governance.votingDelay", g.votingDelay, MAX_VOTING_DELAY);
        _within("governance.votingPeriod", g.votingPeriod, 1, MAX_VOTING_PERIOD);
        _within("governance.quorumPercent", g.quorumPercent, 1, 100);

        uint256 holders = g.holders.length;
        if (holders != g.amounts.length) revert HoldersAndAmounts(holders, g.amounts.length);
        _within("governance.holders", holders, 1, MAX_HOLDERS);
        uint256 supply = 0;
        for (uint256 i = 0; i < holders; ++i) {
            if (g.holders[i] == address(0)) revert ZeroHolder(i);
            _within("governance.amounts", g.amounts[i], 1, MAX_SUPPLY - supply);
            supply += g.amounts[i];
        }
        // Nobody could propose otherwise.
        _atMost("governance.proposalThreshold", g.proposalThreshold, supply);
    }

    /// On Ethereum. Least delays give users time to leave; longest ones keep the guards from
    /// being set so that they guard nothing.
    function _promises(RollupParams memory p) private pure {
        DelayParams memory d = p.delays;
        _atLeast("delays.notice", d.notice, 30 days);
        _within("delays.lapse", d.lapse, 1 days, 7 days);
        _within("delays.stallAfter", d.stallAfter, 1 hours, 7 days);
        _within("delays.stallMax", d.stallMax, 30 days, 30 days);
        _within("delays.emergencyWindow", d.emergencyWindow, 1 days, 30 days);
        _atLeast("delays.probation", d.probation, 30 days);
        _within("delays.heartbeat", d.heartbeat, 7 days, 7 days);
        _atLeast("delays.retireStreak", d.retireStreak, 30 days);
        _within("delays.longestGame", d.longestGame, 7 days, 30 days);
        _atMost("delays.bridgeDelay", d.bridgeDelay, 7 days);
        _atLeast("delays.minWindow", d.minWindow, 7 days);
        _atMost("delays.maxWindow", d.maxWindow, 30 days);
        // Below it, a proposer could fill his own proposal's matches for little; above, governance
        // could make challenging too dear within one notice.
        _atLeast("delays.minBond", d.minBond, 0.05 ether);
        _atMost("delays.maxBond", d.maxBond, 10 ether);

        // A batch may take some blocks to get in.
        _atLeast("inbox.maxAnchorAge", p.inbox.maxAnchorAge, 64);
        _atMost("inbox.silence", p.inbox.silence, 1 days);
        _atMost("inbox.forcedWait", p.inbox.forcedWait, 1 days);
        _atMost("inbox.forcedFee", p.inbox.forcedFee, 0.1 ether);
        _atMost("inbox.minDeposit", p.inbox.minDeposit, 1 ether / 1 gwei);

        _atLeast("governance.timelockDelay", p.governance.timelockDelay, 30 days);
        _atLeast("governance.votingDelay", p.governance.votingDelay, 1 days);
        _atLeast("governance.votingPeriod", p.governance.votingPeriod, 3 days);
    }

    function _within(bytes32 what, uint256 value, uint256 least, uint256 most) private pure {
        _atLeast(what, value, least);
        _atMost(what, value, most);
    }

    function _atLeast(bytes32 what, uint256 value, uint256 least) private pure {
        if (value < least) revert TooSmall(what, value, least);
    }

    function _atMost(bytes32 what, uint256 value, uint256 most) private pure {
        if (value > most) revert TooLarge(what, value, most);
    }
}
