// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IProofLane} from "../../src/lanes/ILane.sol";
import {Claim, ClaimId} from "../../src/types/Types.sol";

/// A lane that accepts what it is told to, and can misbehave in every way a lane could.
contract MockLane is IProofLane {
    error ProofRefused(ClaimId id);
    error AsTold(bytes data);

    /// How `upholds` answers.
    enum Answer {
        Right,
        Reverts,
        BurnsAllGas,
        /// As much return data as its gas pays for, and the call succeeds.
        ReturnsBomb,
        RevertsWithBomb,
        /// A word that is no bool.
        Two,
        Short,
        Nothing
    }

    bytes32 public override proofSystemId;
    bytes32 public override executorId;

    bool public refuses;
    Answer public answer;
    /// What `verify` calls before it accepts; nothing if zero.
    address public hook;
    bytes public hookCall;
    bool public hookMustFail;
    /// The return data of the last hook.
    bytes public hookResult;

    mapping(address => mapping(ClaimId => bool)) public takenBack;

    constructor(bytes32 system, bytes32 executor) {
        proofSystemId = system;
        executorId = executor;
    }

    function setRefuses(bool yes) external {
        refuses = yes;
    }

    function setAnswer(Answer a) external {
        answer = a;
    }

    function setHook(address target, bytes calldata data, bool mustFail) external {
        hook = target;
        hookCall = data;
        hookMustFail = mustFail;
    }

    function takeBack(address settlement, ClaimId id) external {
        takenBack[settlement][id] = true;
    }

    function verify(ClaimId id, Claim calldata, bytes calldata proof) external override {
        if (refuses) revert ProofRefused(id);
        if (hook != address(0)) {
            (bool ok, bytes memory result) = hook.call(hookCall);
            hookResult = result;
            if (ok == hookMustFail) revert AsTold(result);
        }
        _accept(id, proof);
    }

    function upholds(address settlement, ClaimId id) external view override returns (bool) {
        if (answer == Answer.Right) return _upholds(settlement, id);
        if (answer == Answer.Reverts) revert AsTold("");
        if (answer == Answer.BurnsAllGas) {
            assembly {
                invalid()
            }
        }
        Answer a = answer;
        uint256 bomb = _bomb();
        assembly {
            mstore(0, 2)
            switch a
            case 3 { return(0, bomb) }
            case 4 { revert(0, bomb) }
            case 5 { return(0, 32) }
            case 6 { return(0, 31) }
            default { return(0, 0) }
        }
    }

    function _accept(ClaimId, bytes calldata) internal virtual {}

    function _upholds(address settlement, ClaimId id) internal view virtual returns (bool) {
        return !takenBack[settlement][id];
    }

    /// How many bytes of memory most of the gas left pays for: c(w) = 3 w + w * w / 512.
    function _bomb() private view returns (uint256 size) {
        uint256 gasLeft = gasleft() * 9 / 10;
        uint256 words = 1;
        while (3 * (words + 64) + (words + 64) * (words + 64) / 512 < gasLeft && words < 5000) {
            words += 64;
            gasLeft = gasleft() * 9 / 10;
        }
        return words * 32;
    }
}
