// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Content, ISettlement} from "../settlement/ISettlement.sol";
import {Claims} from "../types/Claims.sol";
import {Claim} from "../types/Types.sol";
import {
    Outcome,
    WithdrawalAction,
    WithdrawalReason,
    WithdrawalState,
    WithdrawalStatus
} from "./IBridge.sol";

/// What a person who waits for a withdrawal is told.
library BridgeStatus {
    /// `proven` is the outbox root kept for the claim's block, zero if none. Whether the block
    /// holds the message only a proof can tell.
    function read(
        Outcome outcome,
        address settlement,
        uint40 delay,
        bytes32 proven,
        Claim calldata claim
    ) internal view returns (WithdrawalStatus memory s) {
        if (outcome == Outcome.Done) {
            s.state = WithdrawalState.Done;
            return s;
        }
        if (outcome == Outcome.Failed) {
            s.state = WithdrawalState.Failed;
            s.earliestTime = uint64(block.timestamp);
            (s.reason, s.action) = (WithdrawalReason.CallFailed, WithdrawalAction.Retry);
            return s;
        }
        if (settlement == address(0)) {
            (s.reason, s.action) = (WithdrawalReason.UnknownChain, WithdrawalAction.Register);
            s.earliestTime = uint64(block.timestamp);
            return s;
        }
        if (proven != 0) {
            (s.state, s.action) = (WithdrawalState.Ready, WithdrawalAction.Withdraw);
            s.earliestTime = uint64(block.timestamp);
            return s;
        }
        return _ofClaim(ISettlement(settlement), delay, claim);
    }

    function _ofClaim(ISettlement settlement, uint40 delay, Claim calldata claim)
        private
        view
        returns (WithdrawalStatus memory s)
    {
        Content memory content = settlement.content(Claims.id(claim, address(settlement)));
        if (!content.known) {
            (s.reason, s.action) =
            (WithdrawalReason.UnknownClaim, WithdrawalAction.NameAnotherClaim);
        } else if (content.finalAt == 0) {
            (s.reason, s.action) = settlement.isDead(claim)
                ? (WithdrawalReason.ClaimDead, WithdrawalAction.NameAnotherClaim)
                : (WithdrawalReason.ClaimNotFinal, WithdrawalAction.AwaitFinality);
        } else {
            uint256 earliest = uint256(content.finalAt) + delay;
            s.earliestTime = uint64(earliest);
            if (block.timestamp < earliest) {
                (s.reason, s.action) = (WithdrawalReason.DelayNotOver, WithdrawalAction.AwaitDelay);
            } else {
                s.state = WithdrawalState.Ready;
                (s.reason, s.action) = (WithdrawalReason.NotProven, WithdrawalAction.Withdraw);
            }
        }
    }
}
