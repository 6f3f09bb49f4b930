// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Governor} from "@openzeppelin/contracts/governance/Governor.sol";
import {
    GovernorCountingSimple
} from "@openzeppelin/contracts/governance/extensions/GovernorCountingSimple.sol";
import {GovernorSettings} from "@openzeppelin/contracts/governance/extensions/GovernorSettings.sol";
import {
    GovernorTimelockControl,
    TimelockController
} from "@openzeppelin/contracts/governance/extensions/GovernorTimelockControl.sol";
import {
    GovernorVotes,
    IVotes
} from "@openzeppelin/contracts/governance/extensions/GovernorVotes.sol";
import {
    GovernorVotesQuorumFraction
} from "@openzeppelin/contracts/governance/extensions/GovernorVotesQuorumFraction.sol";

import {Bounds} from "../factory/Bounds.sol";
import {RollupAddresses, RollupParams} from "../factory/Params.sol";

/// Token holders vote; what they decide passes through the timelock, which alone the other
/// contracts obey, in four things: who is the council, the terms of proposals within their
/// bounds, who is the sequencer, and the announcement that the TEE retires.
///
/// Of its own rules, a vote may only ask more time and more agreement than at the start: delay,
/// period and quorum never go below what the rollup was deployed with, and proposing never gets
/// dearer. The timelock cannot be exchanged, and nothing is called in the governor's own name.
contract Governance is
    Governor,
    GovernorSettings,
    GovernorCountingSimple,
    GovernorVotes,
    GovernorVotesQuorumFraction,
    GovernorTimelockControl
{
    error TimelockIsFixed(address timelock);
    error NoRelay();
    error VotingDelayOutOfBounds(uint48 value, uint48 least, uint256 most);
    error VotingPeriodOutOfBounds(uint32 value, uint32 least, uint256 most);
    error ThresholdTooLarge(uint256 value, uint256 most);
    error QuorumTooSmall(uint256 value, uint256 least);

    uint48 private immutable LEAST_DELAY;
    uint32 private immutable LEAST_PERIOD;
    uint256 private immutable MOST_THRESHOLD;
    uint256 private immutable LEAST_QUORUM;

    constructor(RollupParams memory p, RollupAddresses memory a)
        Governor("Tern Rollup Governance")
        GovernorSettings(
            p.governance.votingDelay, p.governance.votingPeriod, p.governance.proposalThreshold
        )
        GovernorVotes(IVotes(a.token))
        GovernorVotesQuorumFraction(p.governance.quorumPercent)
        GovernorTimelockControl(TimelockController(payable(a.timelock)))
    {
        LEAST_DELAY = p.governance.votingDelay;
        LEAST_PERIOD = p.governance.votingPeriod;
        MOST_THRESHOLD = p.governance.proposalThreshold;
        LEAST_QUORUM = p.governance.quorumPercent;
    }

    /// Always refused: another timelock could have another delay.
    function updateTimelock(TimelockController) public view override {
        revert TimelockIsFixed(timelock());
    }

    /// Always refused: the governor has no powers but through the timelock.
    function relay(address, uint256, bytes calldata) public payable override {
        revert NoRelay();
    }

    /// Not below the start's value, and not so long that nothing is ever decided.
    function setVotingDelay(uint48 value) public override {
        if (value < LEAST_DELAY || value > Bounds.MAX_VOTING_DELAY) {
            revert VotingDelayOutOfBounds(value, LEAST_DELAY, Bounds.MAX_VOTING_DELAY);
        }
        super.setVotingDelay(value);
    }

    /// Not below the start's value, and not so long that nothing is ever decided.
    function setVotingPeriod(uint32 value) public override {
        if (value < LEAST_PERIOD || value > Bounds.MAX_VOTING_PERIOD) {
            revert VotingPeriodOutOfBounds(value, LEAST_PERIOD, Bounds.MAX_VOTING_PERIOD);
        }
        super.setVotingPeriod(value);
    }

    /// Not above the start's value: no majority shuts others out of proposing.
    function setProposalThreshold(uint256 value) public override {
        if (value > MOST_THRESHOLD) revert ThresholdTooLarge(value, MOST_THRESHOLD);
        super.setProposalThreshold(value);
    }

    /// Not below the start's value.
    function updateQuorumNumerator(uint256 value) public override {
        if (value < LEAST_QUORUM) revert QuorumTooSmall(value, LEAST_QUORUM);
        super.updateQuorumNumerator(value);
    }

    /// Seconds, as the token's. Not asked of it: it may be deployed later than this.
    function clock() public view override(Governor, GovernorVotes) returns (uint48) {
        return uint48(block.timestamp);
    }

    // solhint-disable-next-line func-name-mixedcase
    function CLOCK_MODE() public pure override(Governor, GovernorVotes) returns (string memory) {
        return "mode=timestamp";
    }

    // What several of the bases answer.

    function state(uint256 proposalId)
        public
        view
        override(Governor, GovernorTimelockControl)
        returns (ProposalState)
    {
        return super.state(proposalId);
    }

    function proposalNeedsQueuing(uint256 proposalId)
        public
        view
        override(Governor, GovernorTimelockControl)
        returns (bool)
    {
        return super.proposalNeedsQueuing(proposalId);
    }

    function proposalThreshold()
        public
        view
        override(Governor, GovernorSettings)
        returns (uint256)
    {
        return super.proposalThreshold();
    }

    function _queueOperations(
        uint256 proposalId,
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockControl) returns (uint48) {
        return super._queueOperations(proposalId, targets, values, calldatas, descriptionHash);
    }

    function _executeOperations(
        uint256 proposalId,
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockControl) {
        super._executeOperations(proposalId, targets, values, calldatas, descriptionHash);
    }

    function _cancel(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockControl) returns (uint256) {
        return super._cancel(targets, values, calldatas, descriptionHash);
    }

    function _executor()
        internal
        view
        override(Governor, GovernorTimelockControl)
        returns (address)
    {
        return super._executor();
    }
}
