// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Bridge} from "../../src/bridge/Bridge.sol";
import {CouncilPowers} from "../../src/council/CouncilPowers.sol";
import {Governance} from "../../src/council/Governance.sol";
import {Timelock} from "../../src/council/Timelock.sol";
import {Token} from "../../src/council/Token.sol";
import {
    DelayParams,
    LaneParams,
    RollupAddresses,
    RollupParams,
    Terms
} from "../../src/factory/Params.sol";
import {Part, RollupFactory} from "../../src/factory/RollupFactory.sol";
import {Inbox} from "../../src/inbox/Inbox.sol";
import {LaneRegistry} from "../../src/settlement/LaneRegistry.sol";
import {Settlement} from "../../src/settlement/Settlement.sol";
import {MockGames} from "../doubles/MockGames.sol";
import {MockLane} from "../doubles/MockLane.sol";
import {MockPlatformLane} from "../doubles/MockPlatformLane.sol";
import {Test} from "../lib/Test.sol";

/// Stands where the council's Safe does: its address is all that counts.
contract Safe {}

/// One rollup, every contract of it real and deployed as `tern deploy` would, beside a bridge.
/// Only what stands behind the lanes is a double. Its delays are of hours, so that whole lives of
/// versions pass in one run; no two sums of them are equal.
abstract contract World is Test {
    uint40 internal constant START = 1_900_000_000;
    uint40 internal constant NOTICE = 3600;
    uint40 internal constant LAPSE = 20_000;
    uint40 internal constant STALL_AFTER = 7000;
    uint40 internal constant STALL_MAX = 7300;
    uint40 internal constant EMERGENCY = 7100;
    uint40 internal constant PROBATION = 3700;
    uint40 internal constant HEARTBEAT = 14_400;
    uint40 internal constant STREAK = 3650;
    uint40 internal constant LONGEST_GAME = 1800;
    uint40 internal constant BRIDGE_DELAY = 610;
    uint40 internal constant FORCED_WAIT = 620;
    uint40 internal constant SILENCE = 930;
    uint40 internal constant MIN_WINDOW = 1500;
    uint40 internal constant MAX_WINDOW = 4000;
    uint40 internal constant W = FORCED_WAIT + SILENCE + MAX_WINDOW + LONGEST_GAME + BRIDGE_DELAY;
    uint40 internal constant TIMELOCK = 2300;
    uint96 internal constant MIN_BOND = 0.1 ether;
    uint96 internal constant MAX_BOND = 10 ether;
    uint64 internal constant MAX_FORCED_GAS = 30_000;
    uint32 internal constant MAX_FORCED_SIZE = 64;

    address internal sequencer = makeAddr("sequencer");
    address internal council;
    Bridge internal bridge;
    RollupAddresses internal rollup;
    Settlement internal settlement;
    LaneRegistry internal registry;
    Inbox internal inbox;
    CouncilPowers internal powers;
    Timelock internal timelock;
    /// The time and the height of L1, since what a cheatcode sets may not outlive a call.
    uint256 internal time = START;
    uint256 internal height = 1000;

    function _deployWorld() internal {
        vm.warp(time);
        vm.roll(height);
        council = address(new Safe());
        bridge = new Bridge();
        bytes[7] memory codes = _codes();
        bytes32[7] memory hashes;
        for (uint256 i = 0; i < 7; ++i) {
            hashes[i] = keccak256(codes[i]);
        }
        RollupFactory factory = new RollupFactory(hashes);
        RollupParams memory p = _params();
        rollup = factory.addresses(p);
        for (uint256 i = 0; i < 7; ++i) {
            factory.deploy(Part(i), p, codes[i]);
        }
        settlement = Settlement(rollup.settlement);
        registry = LaneRegistry(rollup.registry);
        inbox = Inbox(rollup.inbox);
        powers = CouncilPowers(rollup.powers);
        timelock = Timelock(payable(rollup.timelock));
        bridge.register(rollup.inbox);
    }

    function _codes() private pure returns (bytes[7] memory codes) {
        codes[0] = type(Token).creationCode;
        codes[1] = type(Timelock).creationCode;
        codes[2] = type(Governance).creationCode;
        codes[3] = type(CouncilPowers).creationCode;
        codes[4] = type(LaneRegistry).creationCode;
        codes[5] = type(Inbox).creationCode;
        codes[6] = type(Settlement).creationCode;
    }

    function _params() private returns (RollupParams memory p) {
        _chainAndInbox(p);
        p.terms = Terms({proposerBond: 2 ether, challengerBond: 1 ether, window: 3600});
        p.delays = _delays();
        p.lanes = LaneParams({
            zk: address(new MockLane("openvm", "revm")),
            tee: address(new MockPlatformLane("tdx", "levm")),
            op: address(new MockGames("rv32", "evm", LONGEST_GAME)),
            zk2: address(new MockLane("other-vm", "geth"))
        });
        p.governance.council = council;
        p.governance.timelockDelay = TIMELOCK;
        p.governance.votingPeriod = 1000;
        p.governance.quorumPercent = 10;
        p.governance.holders = new address[](1);
        p.governance.amounts = new uint256[](1);
        (p.governance.holders[0], p.governance.amounts[0]) = (makeAddr("holder"), 1 ether);
        p.bridge = address(bridge);
    }

    /// Caps so small that queues of a few entries fill several batches.
    function _chainAndInbox(RollupParams memory p) private view {
        p.chain.chainId = 7_777_777;
        p.chain.genesisHash = keccak256("genesis");
        p.chain.gasLimit = 2 * MAX_FORCED_GAS;
        p.chain.maxBlocks = 4;
        p.chain.maxAnchors = 2;
        p.chain.maxBlobs = 6;
        p.chain.maxDecodedBytes = 1000;
        p.chain.maxTransactions = 100;
        p.chain.maxDeposits = 3;
        p.chain.maxForced = 3;
        p.chain.maxForcedBytes = 96;
        p.chain.maxForcedGas = MAX_FORCED_GAS;
        p.inbox.sequencer = sequencer;
        p.inbox.silence = SILENCE;
        p.inbox.forcedWait = FORCED_WAIT;
        p.inbox.maxAnchorAge = 8191;
        p.inbox.maxForcedSize = MAX_FORCED_SIZE;
        p.inbox.forcedFee = 1000;
        p.inbox.minDeposit = 1;
    }

    function _delays() private pure returns (DelayParams memory d) {
        d.notice = NOTICE;
        d.lapse = LAPSE;
        d.stallAfter = STALL_AFTER;
        d.stallMax = STALL_MAX;
        d.emergencyWindow = EMERGENCY;
        d.probation = PROBATION;
        d.heartbeat = HEARTBEAT;
        d.retireStreak = STREAK;
        d.longestGame = LONGEST_GAME;
        d.bridgeDelay = BRIDGE_DELAY;
        d.minWindow = MIN_WINDOW;
        d.maxWindow = MAX_WINDOW;
        d.minBond = MIN_BOND;
        d.maxBond = MAX_BOND;
    }

    function _sync() internal {
        vm.warp(time);
        vm.roll(height);
    }

    function _pass(uint256 duration) internal {
        time += duration;
        height += 1 + duration / 12;
        _sync();
    }
}
