// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Bounds} from "../../src/factory/Bounds.sol";
import {RollupParams} from "../../src/factory/Params.sol";
import {Config} from "../../src/inbox/Config.sol";
import {Inbox} from "../../src/inbox/Inbox.sol";
import {ConfigHash} from "../../src/types/Types.sol";
import {Batch, InboxFixture} from "./InboxFixture.sol";

/// The queues cannot deadlock under any parameters that an inbox accepts.
contract InboxBoundsTest is InboxFixture {
    function test_TheConfigurationNamesThisInboxOnThisChain() public view {
        ConfigHash hash = Config.hash(_params().chain, uint64(block.chainid), address(inbox));
        assertTrue(inbox.configHash() == hash);
    }

    function test_ParametersThatWouldDeadlockAreRefused() public {
        RollupParams memory p = _params();
        p.chain.maxBlocks = 1; // no block for forced transactions
        _refused(p, "chain.maxBlocks", false, 1, 2);
        p = _params();
        p.chain.maxBlocks = 1025; // no claim could hold such a batch
        _refused(p, "chain.maxBlocks", true, 1025, 1024);
        p = _params();
        p.inbox.maxForcedSize = 1001; // no batch could take it
        _refused(p, "inbox.maxForcedSize", true, 1001, 1000);
        p = _params();
        p.chain.maxForcedGas = 15_000_001; // nor this
        _refused(p, "chain.maxForcedGas", true, 15_000_001, 15_000_000);
        p = _params();
        p.chain.maxForced = 0;
        _refused(p, "chain.maxForced", false, 0, 1);
        p = _params();
        p.chain.maxDeposits = 0;
        _refused(p, "chain.maxDeposits", false, 0, 1);
        p = _params();
        p.inbox.maxAnchorAge = 8192; // L1 would not know it
        _refused(p, "inbox.maxAnchorAge", true, 8192, 8191);
    }

    function _refused(
        RollupParams memory p,
        bytes32 what,
        bool large,
        uint256 value,
        uint256 bound_
    ) private {
        bytes4 error_ = large ? Bounds.TooLarge.selector : Bounds.TooSmall.selector;
        vm.expectRevert(abi.encodeWithSelector(error_, what, value, bound_));
        new Inbox(p, _addresses());
    }

    /// Whatever the bounds and whatever waits, batches of `nextDuty` in two blocks empty the
    /// queues, each by one entry at least.
    function testFuzz_QueuesNeverDeadlockWhateverTheBounds(uint256 seed) public {
        RollupParams memory p = _params();
        p.chain.gasLimit = uint64(bound(_roll(seed, 1), 42_000, 100_000_000));
        uint64 half = p.chain.gasLimit / 2;
        p.chain.maxForcedGas = uint64(bound(_roll(seed, 2), 21_000, half));
        p.chain.maxForced = uint16(bound(_roll(seed, 3) % 6, 1, 5));
        p.chain.maxDeposits = uint16(bound(_roll(seed, 4) % 5, 1, 4));
        p.chain.maxForcedBytes = uint32(bound(_roll(seed, 5) % 1500, 1, 1500));
        p.inbox.maxForcedSize = uint32(bound(_roll(seed, 6), 1, p.chain.maxForcedBytes));
        p.chain.maxBlocks = 2;
        p.inbox.forcedFee = 1;
        p.inbox.forcedWait = uint40(_roll(seed, 7) % 3 * 600);
        inbox = new Inbox(p, _addresses());
        uint256 entries = _roll(seed, 8) % 24;
        for (uint256 i = 0; i < entries; ++i) {
            if (_roll(seed, 100 + i) % 3 == 0) {
                _deposit(1000);
            } else {
                uint256 size = bound(_roll(seed, 200 + i), 1, p.inbox.maxForcedSize);
                _force(size, uint64(bound(_roll(seed, 300 + i), 21_000, p.chain.maxForcedGas)));
            }
        }
        _mine(SILENCE + 2000);
        uint256 batches = 0;
        for (;; ++batches) {
            (uint256 d, uint256 f) = inbox.nextDuty();
            if (d + f == 0) break;
            Batch memory b = _next(2);
            (b.deposits, b.forced) = (uint16(d), uint16(f));
            _submitAs(stranger, b, "");
            _mine(2); // two blocks need no more
        }
        assertLe(batches, entries);
        assertEq(inbox.depositQueue().next + inbox.forcedQueue().next, entries);
    }

    function _roll(uint256 seed, uint256 salt) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, salt)));
    }
}
