// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IGames} from "../../src/lanes/ILane.sol";
import {ISettlement} from "../../src/settlement/ISettlement.sol";
import {Claim, ClaimId} from "../../src/types/Types.sol";

/// Games that open and end as the test says.
contract MockGames is IGames {
    bytes32 public override proofSystemId;
    bytes32 public override executorId;
    uint64 public override longestGame;

    constructor(bytes32 system, bytes32 executor, uint64 longest) {
        proofSystemId = system;
        executorId = executor;
        longestGame = longest;
    }

    function open(ISettlement settlement, Claim calldata claim, uint32 number) external {
        settlement.matchOpened(claim, number);
    }

    function close(
        ISettlement settlement,
        ClaimId id,
        uint32 number,
        bool defended,
        address challenger
    ) external {
        settlement.matchClosed(id, number, defended, challenger);
    }
}
