// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Inbox} from "../../src/inbox/Inbox.sol";
import {Lock} from "../../src/inbox/Lock.sol";
import {Batch, InboxFixture} from "./InboxFixture.sol";

/// Calls back into the inbox when it is paid, and remembers the answer.
contract Returner {
    address private immutable INBOX;
    bytes private _call;
    bool public entered;
    bytes public answer;

    constructor(address inbox, bytes memory call_) {
        INBOX = inbox;
        _call = call_;
    }

    receive() external payable {
        (entered, answer) = INBOX.call{value: msg.value}(_call);
    }
}

/// Answers with a megabyte.
contract Shouter {
    receive() external payable {
        assembly ("memory-safe") {
            return(0, 1000000)
        }
    }
}

/// Remembers what it was called with.
contract Listener {
    uint256 public gasSeen;
    bytes public dataSeen;
    address public caller;

    receive() external payable {
        _listen();
    }

    fallback() external payable {
        _listen();
    }

    function _listen() private {
        gasSeen = gasleft();
        dataSeen = msg.data;
        caller = msg.sender;
        require(msg.value != 13, "unlucky");
    }
}

/// The vault: only the bridge pays out, and a payment is nobody's way back in.
contract VaultTest is InboxFixture {
    function setUp() public override {
        super.setUp();
        _deposit(10 ether / 1 gwei);
    }

    function _release(address to, uint256 amount, uint256 gas, bytes memory data)
        private
        returns (bool)
    {
        vm.prank(bridge);
        return inbox.release(to, amount, gas, data);
    }

    function test_OnlyTheBridgeReleases() public {
        vm.expectRevert(abi.encodeWithSelector(Inbox.NotBridge.selector, stranger, bridge));
        vm.prank(stranger);
        inbox.release(stranger, 1, 21_000, "");
        uint256 before = stranger.balance;
        assertTrue(_release(stranger, 1 ether, 0, ""));
        assertEq(stranger.balance, before + 1 ether);
        assertEq(address(inbox).balance, 9 ether);
    }

    function test_NoMoreThanThereIsIsReleased() public {
        vm.expectRevert(
            abi.encodeWithSelector(Inbox.NotEnoughEther.selector, 10 ether + 1, 10 ether)
        );
        _release(stranger, 10 ether + 1, 0, "");
        assertTrue(_release(stranger, 10 ether, 0, ""));
        assertEq(address(inbox).balance, 0);
    }

    function test_AFailedCallKeepsTheEther() public {
        Listener to = new Listener();
        assertFalse(_release(address(to), 13, 200_000, ""));
        assertEq(address(inbox).balance, 10 ether);
    }

    function test_TheReceiverGetsTheGasTheDataAndTheEther() public {
        Listener to = new Listener();
        assertTrue(_release(address(to), 1 ether, 300_000, hex"c0ffee"));
        assertEq(to.dataSeen(), hex"c0ffee");
        assertEq(to.caller(), address(inbox));
        assertEq(address(to).balance, 1 ether);
        assertGt(to.gasSeen(), 300_000);
        assertLt(to.gasSeen(), 302_301);
    }

    /// Whoever calls the bridge with too little gas must not make a withdrawal fail.
    function testFuzz_WithLessGasThanPromisedNothingHappens(uint256 given) public {
        Listener to = new Listener();
        given = bound(given, 60_000, 400_000);
        vm.prank(bridge);
        try inbox.release{gas: given}(address(to), 1 ether, 200_000, hex"01") returns (bool done) {
            assertTrue(done);
            assertGt(to.gasSeen(), 200_000);
        } catch (bytes memory why) {
            assertTrue(why.length == 0 || bytes4(why) == Inbox.NotEnoughGas.selector);
            assertEq(address(to).balance, 0);
        }
    }

    function test_NobodyCanBePromisedMoreGasThanThereIs() public {
        vm.expectPartialRevert(Inbox.NotEnoughGas.selector);
        _release(stranger, 1, type(uint256).max, "");
    }

    function test_WhatTheReceiverAnswersIsNotRead() public {
        Shouter to = new Shouter();
        assertTrue(_release(address(to), 1, 3_000_000, ""));
        // Its memory of a megabyte is its own cost: 2.1M gas. Copying it would double that.
        assertLt(vm.lastCallGas().gasTotalUsed, 2_500_000);
    }

    function test_APaymentIsNoWayBackIn() public {
        Batch memory b = _next(1);
        _noWay(abi.encodeCall(inbox.deposit, (stranger)));
        _noWay(abi.encodeCall(inbox.force, (hex"01", 21_000)));
        _noWay(abi.encodeCall(inbox.setSequencer, (stranger)));
        _noWay(abi.encodeCall(inbox.release, (stranger, 1, 0, "")));
        _noWay(abi.encodeCall(inbox.submitBatch, (_encode(b), _l1Headers(b), "")));
        // The next call finds the door open.
        _submit(b);
    }

    function _noWay(bytes memory call_) private {
        Returner to = new Returner(address(inbox), call_);
        // Not payable functions refuse the value before the lock does.
        assertTrue(_release(address(to), 0, 1_000_000, ""));
        assertFalse(to.entered());
        assertEq(to.answer(), abi.encodeWithSelector(Lock.Locked.selector));
    }

    function test_TheInboxCannotBePaidByItself() public {
        assertFalse(_release(address(inbox), 1 ether, 200_000, ""));
        bytes memory again = abi.encodeCall(inbox.deposit, (stranger));
        assertFalse(_release(address(inbox), 1 ether, 200_000, again));
        assertEq(inbox.depositQueue().end, 1);
    }
}
