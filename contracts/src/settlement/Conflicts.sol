// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IInbox} from "../inbox/IInbox.sol";
import {Claims} from "../types/Claims.sol";
import {Claim} from "../types/Types.sol";
import {Conflict} from "./ISettlement.sol";

/// Whether two chains of claims exclude each other. Says nothing of votes, nor of whether the
/// claims are known: the caller asks that of every one of them.
library Conflicts {
    /// The chain named by `sideB` has no claim.
    error EmptyChain(bool sideB);
    /// Claim `index` does not start at the point where the one before ends.
    error ChainBroken(bool sideB, uint256 index);
    /// The block on which the two agree is neither the first claim's parent nor a checkpoint.
    error CommonNotProven(bool sideB, uint64 number, bytes32 blockHash);
    error DifferNotAfterCommon(uint64 commonNumber, uint64 differNumber);
    error NoDifference(bytes32 blockHash);
    /// The block in which the two differ is no checkpoint of the last claim.
    error DifferNotProven(bool sideB, uint64 number, bytes32 blockHash);

    /// Reverts unless the conflict holds.
    function check(Conflict calldata conflict, IInbox inbox) internal view {
        if (conflict.a.length == 0) revert EmptyChain(false);
        if (conflict.b.length == 0) revert EmptyChain(true);
        if (areRivals(conflict)) return;

        if (conflict.differNumber <= conflict.commonNumber) {
            revert DifferNotAfterCommon(conflict.commonNumber, conflict.differNumber);
        }
        if (conflict.hashA == conflict.hashB) revert NoDifference(conflict.hashA);

        _checkSide(conflict, inbox, false);
        _checkSide(conflict, inbox, true);
    }

    /// One claim each, equal inputs, different outcomes.
    function areRivals(Conflict calldata conflict) internal pure returns (bool) {
        if (conflict.a.length != 1 || conflict.b.length != 1) return false;
        Claim memory a = conflict.a[0];
        Claim memory b = conflict.b[0];
        // Everything that is in an id and not in the inputs.
        return a.config == b.config && Claims.inputs(a) == Claims.inputs(b)
            && (a.blockHash != b.blockHash
                || a.blockNumber != b.blockNumber
                || a.checkpoints != b.checkpoints);
    }

    function _checkSide(Conflict calldata conflict, IInbox inbox, bool sideB) private view {
        Claim[] calldata chain = sideB ? conflict.b : conflict.a;
        for (uint256 i = 1; i < chain.length; ++i) {
            if (
                chain[i].parentBlock != chain[i - 1].blockHash
                    || chain[i].firstBatch != chain[i - 1].lastBatch
            ) revert ChainBroken(sideB, i);
        }

        bytes32[] calldata path = sideB ? conflict.commonPathB : conflict.commonPathA;
        Claim calldata first = chain[0];
        (, uint64 before,,) = inbox.range(first.firstBatch, first.lastBatch);
        bool agrees = conflict.commonNumber == before
            ? first.parentBlock == conflict.common
            : _isCheckpoint(first, before, conflict.commonNumber, conflict.common, path);
        if (!agrees) revert CommonNotProven(sideB, conflict.commonNumber, conflict.common);

        bytes32 blockHash = sideB ? conflict.hashB : conflict.hashA;
        path = sideB ? conflict.pathB : conflict.pathA;
        Claim calldata last = chain[chain.length - 1];
        (, before,,) = inbox.range(last.firstBatch, last.lastBatch);
        if (!_isCheckpoint(last, before, conflict.differNumber, blockHash, path)) {
            revert DifferNotProven(sideB, conflict.differNumber, blockHash);
        }
    }

    /// Whether the claim, whose parent has the number `before`, has `blockHash` at `number`.
    function _isCheckpoint(
        Claim calldata claim,
        uint64 before,
        uint64 number,
        bytes32 blockHash,
        bytes32[] calldata path
    ) private pure returns (bool) {
        if (number <= before || number > claim.blockNumber) return false;
        return Claims.isCheckpoint(
            claim.checkpoints, claim.blockNumber - before, number - before - 1, blockHash, path
        );
    }
}
