// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

/// What decides the blocks of a rollup: `spec/config.md` without the two fields that L1 knows
/// better, its chain id and the inbox.
struct ChainParams {
    uint64 chainId;
    bytes32 genesisHash;
    uint64 gasLimit;
    address feeRecipient;
    bytes extraData;
    uint16 maxBlocks;
    uint8 maxAnchors;
    uint8 maxBlobs;
    uint32 maxDecodedBytes;
    uint32 maxTransactions;
    uint16 maxDeposits;
    uint16 maxForced;
    uint32 maxForcedBytes;
    uint64 maxForcedGas;
}

/// What the inbox adds.
struct InboxParams {
    /// Who may submit while it is not silent.
    address sequencer;
    /// Seconds without a batch of the sequencer after which anyone may submit.
    uint40 silence;
    /// Seconds after which a queue entry is overdue.
    uint40 forcedWait;
    /// L1 blocks that an anchor may be old, at most 8,191 (EIP-2935).
    uint16 maxAnchorAge;
    /// Bytes of one forced transaction, at most `maxForcedBytes`.
    uint32 maxForcedSize;
    /// Wei that forcing costs while nothing waits.
    uint96 forcedFee;
    /// The least deposit, in gwei.
    uint64 minDeposit;
}

/// Bonds and window of a proposal; a proposal keeps those of its day.
struct Terms {
    uint96 proposerBond;
    uint96 challengerBond;
    /// Seconds that a proposal must stand.
    uint40 window;
}

/// Delays in seconds, and the bounds within which governance may move.
struct DelayParams {
    /// From the announcement of a ZK or OP version until it is ready, before W is added.
    uint40 notice;
    /// How long a ready version may still be activated.
    uint40 lapse;
    /// Unfinished work this old counts as stalled finality.
    uint40 stallAfter;
    /// How much longer than its day a version waits for finality at most.
    uint40 stallMax;
    /// How long a contradiction lets the council replace the lane at once.
    uint40 emergencyWindow;
    /// How long an emergency version is on probation, before W is added.
    uint40 probation;
    /// A lane silent for this long is shown as off.
    uint40 heartbeat;
    /// How long both ZK lanes must have voted before the TEE may retire.
    uint40 retireStreak;
    /// The longest match of any optimistic version.
    uint40 longestGame;
    /// How long a withdrawal waits after its claim is final.
    uint40 bridgeDelay;
    /// The least and the longest window that governance may set.
    uint40 minWindow;
    uint40 maxWindow;
    /// The least and the largest bond that governance may set.
    uint96 minBond;
    uint96 maxBond;
}

/// The first versions of the lanes; zero leaves a seat empty.
struct LaneParams {
    address zk;
    address tee;
    address op;
    address zk2;
}

struct GovernanceParams {
    /// The council's Safe.
    address council;
    /// The timelock's delay in seconds.
    uint40 timelockDelay;
    /// Seconds.
    uint40 votingDelay;
    uint32 votingPeriod;
    /// Tokens that a proposal needs.
    uint256 proposalThreshold;
    /// Per cent of all tokens.
    uint8 quorumPercent;
    /// Who receives the governance token at the start, and how much.
    address[] holders;
    uint256[] amounts;
}

/// Everything about a rollup. Its hash decides all its addresses.
struct RollupParams {
    ChainParams chain;
    InboxParams inbox;
    Terms terms;
    DelayParams delays;
    LaneParams lanes;
    GovernanceParams governance;
    /// The bridge shared by the rollups of this L1.
    address bridge;
    /// Tells apart two rollups that are otherwise equal.
    bytes32 salt;
}

/// The contracts of a rollup. Each is a function of `RollupParams` alone, so they can know
/// each other from their first moment and nothing is left to wire.
struct RollupAddresses {
    address token;
    address timelock;
    address governance;
    address powers;
    address registry;
    address inbox;
    address settlement;
}
