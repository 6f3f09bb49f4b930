// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Pulse} from "../../src/settlement/ISettlement.sol";

/// A lane's version that says what it is told to say.
contract StubLane {
    bytes32 public proofSystemId;
    bytes32 public executorId;
    uint64 public longestGame;

    constructor(bytes32 proofSystem, bytes32 executor, uint64 longest) {
        proofSystemId = proofSystem;
        executorId = executor;
        longestGame = longest;
    }

    function change(bytes32 proofSystem, bytes32 executor, uint64 longest) external {
        proofSystemId = proofSystem;
        executorId = executor;
        longestGame = longest;
    }
}

/// Answers one call of a lane with so many bytes, and all others with one word.
contract OddLane {
    bytes4 private immutable ODD;
    uint256 private immutable SIZE;

    constructor(bytes4 odd, uint256 size) {
        ODD = odd;
        SIZE = size;
    }

    fallback() external {
        uint256 size = msg.sig == ODD ? SIZE : 32;
        assembly {
            return(0, size)
        }
    }
}

/// What the registry reads of settlement.
contract StubSettlement {
    bool private _stalled;
    uint40 private _endedAt;
    Pulse private _pulse;

    function setStall(bool stalled, uint40 endedAt) external {
        (_stalled, _endedAt) = (stalled, endedAt);
    }

    function setPulse(Pulse calldata pulse_) external {
        _pulse = pulse_;
    }

    function stall() external view returns (bool, uint40) {
        return (_stalled, _endedAt);
    }

    function pulse() external view returns (Pulse memory) {
        return _pulse;
    }
}
