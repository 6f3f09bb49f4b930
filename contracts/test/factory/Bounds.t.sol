// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Bounds} from "../../src/factory/Bounds.sol";
import {LaneParams, RollupParams} from "../../src/factory/Params.sol";
import {Test} from "../lib/Test.sol";
import {Example, Something} from "./Example.sol";

contract Checker {
    function check(RollupParams memory p) external view {
        Bounds.check(p);
    }

    function exitTime(RollupParams memory p) external pure returns (uint40) {
        return Bounds.exitTime(p);
    }
}

/// Every bound, at it and beside it. The example keeps Ethereum's.
contract BoundsTest is Test {
    uint256 private constant TEN_YEARS = 3650 days;

    Checker private checker = new Checker();
    RollupParams private p;
    bytes32 private what;
    bool private ethereum;

    function setUp() public {
        LaneParams memory none;
        p = Example.params(address(new Something()), address(new Something()), none);
    }

    function test_the_example_holds_everywhere() public {
        checker.check(p);
        vm.chainId(1);
        checker.check(p);
    }

    function test_exit_time_is_the_sum_of_the_way_out() public view {
        assertEq(checker.exitTime(p), 1 days + 1 days + 14 days + 7 days + 1 days);
    }

    function test_exit_time_of_the_longest_delays_fits() public {
        (p.inbox.forcedWait, p.inbox.silence) = (uint40(TEN_YEARS), uint40(TEN_YEARS));
        (p.delays.maxWindow, p.delays.longestGame) = (uint40(TEN_YEARS), uint40(TEN_YEARS));
        p.delays.bridgeDelay = uint40(TEN_YEARS);
        checker.check(p);
        assertEq(checker.exitTime(p), 5 * TEN_YEARS);
    }

    function test_chain() public {
        what = "chain.chainId";
        p.chain.chainId = 0;
        small(0, 1);
        p.chain.chainId = uint64(block.chainid);
        refused(abi.encodeWithSelector(Bounds.ChainIdTaken.selector, block.chainid));
        p.chain.chainId = 1; // Ethereum's own is free where Ethereum is not the L1
        fine();

        p.chain.genesisHash = 0;
        refused(abi.encodeWithSelector(Bounds.Missing.selector, bytes32("chain.genesisHash")));
        p.chain.genesisHash = "genesis";

        what = "chain.extraData";
        p.chain.extraData = new bytes(33);
        large(33, 32);
        p.chain.extraData = new bytes(32);
        fine();
        p.chain.extraData = "";
        fine();
    }

    function test_gas_limits() public {
        what = "chain.gasLimit";
        p.chain.gasLimit = 4999;
        small(4999, 5000);
        p.chain.gasLimit = 1 << 63;
        large(1 << 63, (1 << 63) - 1);
        p.chain.gasLimit = (1 << 63) - 1;
        fine();

        what = "chain.maxForcedGas";
        p.chain.gasLimit = 42_000;
        p.chain.maxForcedGas = 21_000;
        fine();
        p.chain.maxForcedGas = 20_999;
        small(20_999, 21_000);
        p.chain.maxForcedGas = 21_001;
        large(21_001, 21_000);
        p.chain.gasLimit = 41_999;
        p.chain.maxForcedGas = 21_000;
        large(21_000, 20_999);
    }

    function test_a_batch_fits_a_claim_and_can_take_a_forced_transaction() public {
        what = "chain.maxBlocks";
        p.chain.maxBlocks = 1;
        small(1, 2);
        p.chain.maxBlocks = 2;
        fine();
        p.chain.maxBlocks = 1024;
        fine();
        p.chain.maxBlocks = 1025;
        large(1025, 1024);
    }

    function test_no_limit_is_zero() public {
        p.chain.maxAnchors = 0;
        zero("chain.maxAnchors");
        p.chain.maxAnchors = 1;
        p.chain.maxBlobs = 0;
        zero("chain.maxBlobs");
        p.chain.maxBlobs = 1;
        p.chain.maxDecodedBytes = 0;
        zero("chain.maxDecodedBytes");
        p.chain.maxDecodedBytes = 1;
        p.chain.maxTransactions = 0;
        zero("chain.maxTransactions");
        p.chain.maxTransactions = 1;
        p.chain.maxDeposits = 0;
        zero("chain.maxDeposits");
        p.chain.maxDeposits = 1;
        p.chain.maxForced = 0;
        zero("chain.maxForced");
        p.chain.maxForced = 1;
        p.chain.maxForcedBytes = 0;
        zero("chain.maxForcedBytes");
        (p.chain.maxForcedBytes, p.inbox.maxForcedSize) = (1, 1);
        fine();
    }

    function test_inbox() public {
        p.inbox.sequencer = address(0);
        refused(abi.encodeWithSelector(Bounds.Missing.selector, bytes32("inbox.sequencer")));
        p.inbox.sequencer = address(1);

        what = "inbox.maxAnchorAge";
        p.inbox.maxAnchorAge = 0;
        small(0, 1);
        p.inbox.maxAnchorAge = 1;
        fine();
        p.inbox.maxAnchorAge = 8192;
        large(8192, 8191);
        p.inbox.maxAnchorAge = 8191;

        what = "inbox.maxForcedSize";
        p.inbox.maxForcedSize = 0;
        small(0, 1);
        p.inbox.maxForcedSize = p.chain.maxForcedBytes;
        fine();
        ++p.inbox.maxForcedSize;
        large(p.inbox.maxForcedSize, p.chain.maxForcedBytes);
        p.inbox.maxForcedSize = 1;

        p.inbox.forcedFee = 0;
        zero("inbox.forcedFee");
        p.inbox.forcedFee = 1;
        p.inbox.minDeposit = 0;
        zero("inbox.minDeposit");
        p.inbox.minDeposit = 1;
        fine();
    }

    function test_bonds_and_windows_lie_within_their_bounds() public {
        what = "terms.window";
        p.terms.window = p.delays.minWindow - 1;
        small(p.terms.window, p.delays.minWindow);
        p.terms.window = p.delays.maxWindow;
        fine();
        p.terms.window = p.delays.maxWindow + 1;
        large(p.terms.window, p.delays.maxWindow);
        p.terms.window = p.delays.minWindow;

        what = "terms.challengerBond";
        p.terms.challengerBond = p.delays.minBond - 1;
        small(p.terms.challengerBond, p.delays.minBond);
        p.terms.challengerBond = p.delays.maxBond + 1;
        large(p.terms.challengerBond, p.delays.maxBond);
        p.terms.challengerBond = p.delays.minBond;

        what = "terms.proposerBond";
        p.terms.challengerBond = p.delays.minBond + 1;
        p.terms.proposerBond = p.delays.minBond; // enough, were it not below the other
        small(p.terms.proposerBond, p.terms.challengerBond);
        p.terms.challengerBond = p.delays.minBond;
        p.terms.proposerBond = p.delays.minBond;
        fine();
        p.terms.proposerBond = p.delays.maxBond + 1;
        large(p.terms.proposerBond, p.delays.maxBond);
        p.terms.proposerBond = p.delays.maxBond;
        p.terms.challengerBond = p.delays.maxBond;
        fine();
    }

    function test_bounds_lie_within_bounds() public {
        what = "delays.minBond";
        (p.delays.minBond, p.terms.challengerBond) = (1, 1);
        small(1, 2);
        (p.delays.minBond, p.terms.challengerBond) = (2, 2);
        fine();
        p.delays.minBond = p.delays.maxBond + 1;
        large(p.delays.minBond, p.delays.maxBond);
        p.delays.minBond = 2;

        what = "delays.minWindow";
        p.delays.minWindow = 0;
        small(0, 1);
        p.delays.minWindow = p.delays.maxWindow + 1;
        large(p.delays.minWindow, p.delays.maxWindow);
        p.delays.minWindow = 1;
        what = "delays.maxWindow";
        p.delays.maxWindow = 0;
        small(0, 1);
    }

    function test_what_must_last_lasts() public {
        p.delays.lapse = 0;
        zero("delays.lapse");
        p.delays.lapse = 1;
        p.delays.heartbeat = 0;
        zero("delays.heartbeat");
        p.delays.heartbeat = 1;
        p.delays.longestGame = 0;
        zero("delays.longestGame");
        p.delays.longestGame = 1;
        p.governance.votingPeriod = 0;
        zero("governance.votingPeriod");
        p.governance.votingPeriod = 1;
        fine();
    }

    function test_no_duration_overflows() public {
        uint40 most = uint40(TEN_YEARS);
        uint40 above = most + 1;
        (p.inbox.silence, what) = (above, "inbox.silence");
        long();
        (p.inbox.silence, p.inbox.forcedWait, what) = (most, above, "inbox.forcedWait");
        long();
        (p.inbox.forcedWait, p.delays.notice, what) = (most, above, "delays.notice");
        long();
        (p.delays.notice, p.delays.lapse, what) = (most, above, "delays.lapse");
        long();
        (p.delays.lapse, p.delays.stallAfter, what) = (most, above, "delays.stallAfter");
        long();
        (p.delays.stallAfter, p.delays.stallMax, what) = (most, above, "delays.stallMax");
        long();
        (p.delays.stallMax, p.delays.emergencyWindow) = (most, above);
        what = "delays.emergencyWindow";
        long();
        (p.delays.emergencyWindow, p.delays.probation, what) = (most, above, "delays.probation");
        long();
        (p.delays.probation, p.delays.heartbeat, what) = (most, above, "delays.heartbeat");
        long();
        (p.delays.heartbeat, p.delays.retireStreak, what) = (most, above, "delays.retireStreak");
        long();
        (p.delays.retireStreak, p.delays.longestGame, what) = (most, above, "delays.longestGame");
        long();
        (p.delays.longestGame, p.delays.bridgeDelay, what) = (most, above, "delays.bridgeDelay");
        long();
        (p.delays.bridgeDelay, p.delays.maxWindow, what) = (most, above, "delays.maxWindow");
        long();
        (p.delays.maxWindow, p.governance.timelockDelay) = (most, above);
        what = "governance.timelockDelay";
        long();
        p.governance.timelockDelay = most;
        fine();
    }

    function test_governance_can_decide() public {
        what = "governance.quorumPercent";
        p.governance.quorumPercent = 0;
        small(0, 1);
        p.governance.quorumPercent = 101;
        large(101, 100);
        p.governance.quorumPercent = 100;
        fine();
        p.governance.quorumPercent = 1;

        what = "governance.votingDelay";
        p.governance.votingDelay = 30 days + 1;
        large(30 days + 1, 30 days);
        p.governance.votingDelay = 30 days;
        fine();
        what = "governance.votingPeriod";
        p.governance.votingPeriod = 90 days + 1;
        large(90 days + 1, 90 days);
        p.governance.votingPeriod = 90 days;
        fine();

        what = "governance.proposalThreshold";
        p.governance.proposalThreshold = 1_000_000 ether + 1;
        large(1_000_000 ether + 1, 1_000_000 ether);
        p.governance.proposalThreshold = 1_000_000 ether;
        fine();
    }

    function test_somebody_holds_the_token() public {
        what = "governance.holders";
        (p.governance.holders, p.governance.amounts) = (new address[](0), new uint256[](0));
        small(0, 1);
        (p.governance.holders, p.governance.amounts) = (new address[](65), new uint256[](65));
        large(65, 64);
        p.governance.amounts = new uint256[](64);
        refused(abi.encodeWithSelector(Bounds.HoldersAndAmounts.selector, 65, 64));

        (p.governance.holders, p.governance.amounts) = (new address[](64), new uint256[](64));
        p.governance.proposalThreshold = 64;
        for (uint256 i = 0; i < 64; ++i) {
            (p.governance.holders[i], p.governance.amounts[i]) = (address(1), 1);
        }
        fine();
        p.governance.holders[63] = address(0);
        refused(abi.encodeWithSelector(Bounds.ZeroHolder.selector, 63));
        p.governance.holders[63] = address(1);

        what = "governance.amounts";
        p.governance.amounts[2] = 0;
        small(0, 1);
        p.governance.amounts[2] = type(uint208).max - 63;
        fine();
        p.governance.amounts[2] += 1;
        large(1, 0); // the last holder's
    }

    function test_council_and_bridge_are_contracts() public {
        address contract_ = p.bridge;
        address key = makeAddr("key");
        p.bridge = key;
        refused(abi.encodeWithSelector(Bounds.NotAContract.selector, bytes32("bridge"), key));
        p.bridge = contract_;
        p.governance.council = key;
        bytes32 council = "governance.council";
        refused(abi.encodeWithSelector(Bounds.NotAContract.selector, council, key));
        vm.etch(key, abi.encodePacked(hex"ef0100", contract_));
        refused(abi.encodeWithSelector(Bounds.NotAContract.selector, council, key));
        vm.etch(key, new bytes(23)); // as long as a delegation, and none
        fine();
    }

    function test_ethereum_least_delays() public {
        ethereum = true;
        p.delays.notice = 30 days - 1;
        short("delays.notice", 30 days);
        p.delays.notice = 31 days;
        p.delays.probation = 30 days - 1;
        short("delays.probation", 30 days);
        p.delays.probation = 30 days;
        p.delays.retireStreak = 30 days - 1;
        short("delays.retireStreak", 30 days);
        p.delays.retireStreak = 30 days;
        p.delays.longestGame = 7 days - 1;
        short("delays.longestGame", 7 days);
        p.delays.longestGame = 7 days;
        p.delays.minWindow = 7 days - 1;
        short("delays.minWindow", 7 days);
        p.delays.minWindow = 7 days;
        p.delays.lapse = 1 days - 1;
        short("delays.lapse", 1 days);
        p.delays.lapse = 1 days;
        p.delays.stallAfter = 1 hours - 1;
        short("delays.stallAfter", 1 hours);
        p.delays.stallAfter = 1 hours;
        p.delays.emergencyWindow = 1 days - 1;
        short("delays.emergencyWindow", 1 days);
        p.delays.emergencyWindow = 1 days;
        p.delays.heartbeat = 7 days - 1;
        short("delays.heartbeat", 7 days);
        p.delays.heartbeat = 7 days;
        p.governance.timelockDelay = 30 days - 1;
        short("governance.timelockDelay", 30 days);
        p.governance.timelockDelay = 30 days;
        p.governance.votingDelay = 1 days - 1;
        short("governance.votingDelay", 1 days);
        p.governance.votingDelay = 1 days;
        p.governance.votingPeriod = 3 days - 1;
        short("governance.votingPeriod", 3 days);
        p.governance.votingPeriod = 3 days;
        p.delays.stallMax = 30 days - 1;
        short("delays.stallMax", 30 days);
        p.delays.stallMax = 30 days;
        p.inbox.maxAnchorAge = 63;
        short("inbox.maxAnchorAge", 64);
        p.inbox.maxAnchorAge = 64;
        p.delays.minBond = 0.05 ether - 1;
        short("delays.minBond", 0.05 ether);
        p.delays.minBond = 0.05 ether;
        fine();
    }

    function test_ethereum_longest_delays() public {
        ethereum = true;
        (p.delays.lapse, what) = (7 days + 1, "delays.lapse");
        over(7 days);
        (p.delays.lapse, p.delays.stallAfter, what) = (7 days, 7 days + 1, "delays.stallAfter");
        over(7 days);
        (p.delays.stallAfter, p.delays.stallMax, what) = (7 days, 30 days + 1, "delays.stallMax");
        over(30 days);
        (p.delays.stallMax, p.delays.emergencyWindow) = (30 days, 30 days + 1);
        what = "delays.emergencyWindow";
        over(30 days);
        (p.delays.emergencyWindow, p.delays.heartbeat) = (30 days, 7 days + 1);
        what = "delays.heartbeat";
        over(7 days);
        (p.delays.heartbeat, p.delays.longestGame) = (7 days, 30 days + 1);
        what = "delays.longestGame";
        over(30 days);
        (p.delays.longestGame, p.delays.bridgeDelay) = (30 days, 7 days + 1);
        what = "delays.bridgeDelay";
        over(7 days);
        (p.delays.bridgeDelay, p.delays.maxWindow, what) = (7 days, 30 days + 1, "delays.maxWindow");
        over(30 days);
        p.delays.maxWindow = 30 days;
        (p.inbox.silence, what) = (1 days + 1, "inbox.silence");
        over(1 days);
        (p.inbox.silence, p.inbox.forcedWait, what) = (1 days, 1 days + 1, "inbox.forcedWait");
        over(1 days);
        p.inbox.forcedWait = 1 days;
        fine();
    }

    function test_ethereum_most_money() public {
        ethereum = true;
        (p.delays.maxBond, what) = (10 ether + 1, "delays.maxBond");
        over(10 ether, 10 ether + 1);
        (p.delays.maxBond, p.inbox.forcedFee, what) = (10 ether, 0.1 ether + 1, "inbox.forcedFee");
        over(0.1 ether, 0.1 ether + 1);
        (p.inbox.forcedFee, p.inbox.minDeposit, what) = (0.1 ether, 1e9 + 1, "inbox.minDeposit");
        over(1e9, 1e9 + 1);
        p.inbox.minDeposit = 1e9;
        fine();
    }

    function test_a_test_chain_may_be_fast() public {
        (p.delays.notice, p.delays.lapse, p.delays.stallAfter, p.delays.stallMax) = (0, 1, 0, 0);
        (p.delays.emergencyWindow, p.delays.probation, p.delays.heartbeat) = (0, 0, 1);
        (p.delays.retireStreak, p.delays.longestGame, p.delays.bridgeDelay) = (0, 1, 0);
        (p.delays.minWindow, p.delays.maxWindow, p.terms.window) = (1, 1, 1);
        (p.inbox.silence, p.inbox.forcedWait) = (0, 0);
        (p.governance.timelockDelay, p.governance.votingDelay) = (0, 0);
        p.governance.votingPeriod = 1;
        checker.check(p);
    }

    function fine() private {
        vm.chainId(ethereum ? 1 : 31_337);
        checker.check(p);
    }

    function small(uint256 value, uint256 least) private {
        refused(abi.encodeWithSelector(Bounds.TooSmall.selector, what, value, least));
    }

    function large(uint256 value, uint256 most) private {
        refused(abi.encodeWithSelector(Bounds.TooLarge.selector, what, value, most));
    }

    function zero(bytes32 name) private {
        what = name;
        small(0, 1);
    }

    function long() private {
        large(TEN_YEARS + 1, TEN_YEARS);
    }

    /// A second shorter than Ethereum allows: refused there only.
    function short(bytes32 name, uint256 least) private {
        what = name;
        vm.chainId(31_337);
        checker.check(p);
        small(least - 1, least);
    }

    function over(uint256 most) private {
        over(most, most + 1);
    }

    /// More than Ethereum allows: refused there only.
    function over(uint256 most, uint256 value) private {
        vm.chainId(31_337);
        checker.check(p);
        large(value, most);
    }

    function refused(bytes memory reason) private {
        vm.chainId(ethereum ? 1 : 31_337);
        vm.expectRevert(reason);
        checker.check(p);
    }
}
