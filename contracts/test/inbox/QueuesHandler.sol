// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Inbox, Tip} from "../../src/inbox/Inbox.sol";
import {Batch, InboxFixture} from "./InboxFixture.sol";

/// Users, the sequencer, strangers and time, in any order, beside a model of the queues that
/// keeps every entry and looks at them one by one.
contract QueuesHandler is InboxFixture {
    struct Entry {
        uint256 time;
        uint256 size;
        uint256 gas;
        bytes32 acc;
    }

    uint256 private constant ROOM = 18_000_000;
    uint256 private constant MAX_DEPOSITS = 4;
    uint256 private constant MAX_FORCED = 5;
    uint256 private constant MAX_FORCED_BYTES = 1000;

    Entry[] private _deposits;
    Entry[] private _forced;
    uint256 public deposited;
    uint256 public fees;
    uint256 public depositsTaken;
    uint256 public forcedTaken;
    uint256 public accepted;
    uint256 public refusedForDuty;
    uint256 public refusedForBounds;

    constructor() {
        setUp();
    }

    function target() external view returns (Inbox) {
        return inbox;
    }

    // What people do.

    function deposit(uint256 count, uint256 amount) external {
        count = bound(count, 1, 6);
        amount = bound(amount, 1000, 1e12);
        for (uint256 i = 0; i < count; ++i) {
            uint64 index = _deposit(amount);
            vm.assertEq(index, _deposits.length);
            bytes32 acc = keccak256(
                abi.encodePacked(
                    keccak256("tern.deposit.v1"), _lastAcc(_deposits), stranger, uint64(amount)
                )
            );
            _deposits.push(Entry(vm.getBlockTimestamp(), 0, 0, acc));
            deposited += amount * 1 gwei;
        }
    }

    function force(uint256 size, uint256 gas) external {
        size = bound(size, 1, 600);
        gas = bound(gas, 21_000, 12_000_000);
        fees += inbox.forcedFee(size, gas);
        vm.assertEq(_force(size, uint64(gas)), _forced.length);
        bytes32 acc = keccak256(
            abi.encodePacked(
                keccak256("tern.forced.v1"),
                _lastAcc(_forced),
                uint64(gas),
                keccak256(new bytes(size))
            )
        );
        _forced.push(Entry(vm.getBlockTimestamp(), size, gas, acc));
    }

    function pass(uint256 time) external {
        _mine(bound(time, 1, 8 hours));
    }

    /// The sequencer, with as little as it must take.
    function sequence(uint256 blocks) external {
        _mine(12);
        (uint256 d, uint256 f) = inbox.nextDuty();
        Batch memory b = _next(uint16(bound(blocks, f == 0 ? 1 : 2, 8)));
        b.deposits = uint16(d);
        b.forced = uint16(f);
        _submit(b);
        _taken(b);
    }

    /// Anyone after a silence; before, nobody.
    function strangerSubmits() external {
        _mine(12);
        bool open = inbox.mayAnyoneSubmit();
        Batch memory b = dutiful();
        bytes[] memory headers = _l1Headers(b);
        bytes memory header = _encode(b);
        vm.prank(stranger);
        try inbox.submitBatch(header, headers, "") {
            vm.assertTrue(open);
            _taken(b);
        } catch (bytes memory why) {
            vm.assertFalse(open);
            vm.assertTrue(bytes4(why) == Inbox.NotYourTurn.selector);
        }
    }

    /// Any counts at all: accepted if, and only if, the model says so.
    function submitAnything(uint256 deposits, uint256 forced, uint256 blocks) external {
        _mine(12);
        Batch memory b = _next(uint16(bound(blocks, 1, 4)));
        b.deposits = uint16(bound(deposits, 0, MAX_DEPOSITS + 1));
        b.forced = uint16(bound(forced, 0, MAX_FORCED + 1));
        bool bounds = _fitsBounds(b);
        bool duty = _fulfilsDuty(b);
        bytes[] memory headers = _l1Headers(b);
        bytes memory header = _encode(b);
        vm.prank(sequencer);
        try inbox.submitBatch(header, headers, "") {
            vm.assertTrue(bounds && duty);
            _taken(b);
        } catch {
            vm.assertFalse(bounds && duty);
            if (!bounds) ++refusedForBounds;
            else ++refusedForDuty;
        }
    }

    // What the invariants ask.

    /// What anyone could submit now: no data, two blocks, the newest anchor, the duty.
    function dutiful() public view returns (Batch memory b) {
        (uint256 d, uint256 f) = inbox.nextDuty();
        b = _next(2);
        b.deposits = uint16(d);
        b.forced = uint16(f);
    }

    /// Lets a silence pass and strangers submit until nothing is left that is overdue; says how
    /// many batches that took.
    function drain() external returns (uint256 batches) {
        _mine(SILENCE + WAIT + 1);
        for (;; ++batches) {
            Batch memory b = dutiful();
            if (b.deposits == 0 && b.forced == 0) return batches;
            _submitAs(stranger, b, "");
            _mine(12);
        }
    }

    /// As `nextDuty`, one by one.
    function modelDuty() external view returns (uint256 d, uint256 f) {
        while (_depositDue(d)) ++d;
        uint256 size = 0;
        uint256 gas = 0;
        while (_forcedDue(f, size, gas)) {
            size += _forced[forcedTaken + f].size;
            gas += _forced[forcedTaken + f].gas;
            ++f;
        }
    }

    function depositAcc(uint256 index) external view returns (bytes32) {
        return index == 0 ? bytes32(0) : _deposits[index - 1].acc;
    }

    function forcedAcc(uint256 index) external view returns (bytes32) {
        return index == 0 ? bytes32(0) : _forced[index - 1].acc;
    }

    function ends() external view returns (uint256, uint256) {
        return (_deposits.length, _forced.length);
    }

    // The model.

    function _taken(Batch memory b) private {
        depositsTaken += b.deposits;
        forcedTaken += b.forced;
        ++accepted;
    }

    function _lastAcc(Entry[] storage entries) private view returns (bytes32) {
        return entries.length == 0 ? bytes32(0) : entries[entries.length - 1].acc;
    }

    function _fitsBounds(Batch memory b) private view returns (bool) {
        if (b.deposits > MAX_DEPOSITS || b.forced > MAX_FORCED) return false;
        if (b.forced > 0 && b.blockCount < 2) return false;
        if (depositsTaken + b.deposits > _deposits.length) return false;
        if (forcedTaken + b.forced > _forced.length) return false;
        (uint256 size, uint256 gas) = _sum(b.forced);
        return size <= MAX_FORCED_BYTES && gas <= ROOM * (b.blockCount - 1);
    }

    /// Only for counts within the bounds.
    function _fulfilsDuty(Batch memory b) private view returns (bool) {
        if (_depositDue(b.deposits)) return false;
        if (forcedTaken + b.forced > _forced.length) return false;
        (uint256 size, uint256 gas) = _sum(b.forced);
        return !_forcedDue(b.forced, size, gas);
    }

    function _sum(uint256 count) private view returns (uint256 size, uint256 gas) {
        for (uint256 i = 0; i < count; ++i) {
            size += _forced[forcedTaken + i].size;
            gas += _forced[forcedTaken + i].gas;
        }
    }

    /// Whether a batch that takes `taken` must take the next one too.
    function _depositDue(uint256 taken) private view returns (bool) {
        uint256 index = depositsTaken + taken;
        if (taken >= MAX_DEPOSITS || index >= _deposits.length) return false;
        return vm.getBlockTimestamp() > _deposits[index].time + WAIT;
    }

    function _forcedDue(uint256 taken, uint256 size, uint256 gas) private view returns (bool) {
        uint256 index = forcedTaken + taken;
        if (taken >= MAX_FORCED || index >= _forced.length) return false;
        Entry memory e = _forced[index];
        if (vm.getBlockTimestamp() <= e.time + WAIT) return false;
        return size + e.size <= MAX_FORCED_BYTES && gas + e.gas <= ROOM;
    }
}
