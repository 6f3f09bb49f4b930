// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {
    ChainParams,
    DelayParams,
    GovernanceParams,
    InboxParams,
    LaneParams,
    RollupParams,
    Terms
} from "../../src/factory/Params.sol";

/// Stands where only a contract is asked for.
contract Something {}

/// A rollup that Ethereum itself would take: every delay at the least or most it allows.
library Example {
    function params(address council, address bridge, LaneParams memory lanes)
        internal
        pure
        returns (RollupParams memory p)
    {
        p.chain = chain();
        p.inbox = InboxParams({
            sequencer: address(0x5E9),
            silence: 1 days,
            forcedWait: 1 days,
            maxAnchorAge: 8191,
            maxForcedSize: 32_768,
            forcedFee: 0.001 ether,
            minDeposit: 1
        });
        p.terms = Terms({proposerBond: 2 ether, challengerBond: 1 ether, window: 7 days});
        p.delays = delays();
        p.lanes = lanes;
        p.governance = governance(council);
        p.bridge = bridge;
        p.salt = keccak256("example");
    }

    function chain() internal pure returns (ChainParams memory) {
        return ChainParams({
            chainId: 7_777_777,
            genesisHash: keccak256("genesis"),
            gasLimit: 30_000_000,
            feeRecipient: address(0xFEE),
            extraData: "tern",
            maxBlocks: 512,
            maxAnchors: 8,
            maxBlobs: 6,
            maxDecodedBytes: 2_000_000,
            maxTransactions: 20_000,
            maxDeposits: 256,
            maxForced: 64,
            maxForcedBytes: 131_072,
            maxForcedGas: 10_000_000
        });
    }

    function delays() internal pure returns (DelayParams memory) {
        return DelayParams({
            notice: 30 days,
            lapse: 7 days,
            stallAfter: 1 days,
            stallMax: 30 days,
            emergencyWindow: 14 days,
            probation: 30 days,
            heartbeat: 7 days,
            retireStreak: 30 days,
            longestGame: 7 days,
            bridgeDelay: 1 days,
            minWindow: 7 days,
            maxWindow: 14 days,
            minBond: 0.1 ether,
            maxBond: 10 ether
        });
    }

    function governance(address council) internal pure returns (GovernanceParams memory g) {
        g.council = council;
        g.timelockDelay = 30 days;
        g.votingDelay = 1 days;
        g.votingPeriod = 3 days;
        g.proposalThreshold = 1000 ether;
        g.quorumPercent = 10;
        g.holders = new address[](2);
        g.amounts = new uint256[](2);
        (g.holders[0], g.amounts[0]) = (address(0xA11CE), 600_000 ether);
        (g.holders[1], g.amounts[1]) = (address(0xB0B), 400_000 ether);
    }
}
