// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Kind, Message, Messages} from "../../src/bridge/Messages.sol";
import {Outbox} from "../../src/l2/Outbox.sol";
import {L2Test} from "./L2Test.sol";

contract OutboxTest is L2Test {
    function test_aMessagesHashLiesWhereL1LooksForIt() public {
        Message memory m = _eth(0, bob, 1 ether);
        (m.gas, m.data) = (70_000, hex"c0ffee");
        vm.expectEmit(address(outbox));
        emit Outbox.MessageSent(0, _hash(m), m);
        hoax(alice, 1 ether);
        (uint64 nonce, bytes32 hash) = outbox.withdraw{value: 1 ether}(bob, 70_000, hex"c0ffee");
        assertEq(uint256(nonce), 0);
        assertEq(hash, _hash(m));
        assertEq(outbox.messages(0), hash);
        assertEq(vm.load(address(outbox), Messages.outboxSlot(0)), hash);
        assertEq(address(outbox).balance, 1 ether);
    }

    function test_equalMessagesHaveTwoNonces() public {
        (uint64 a, bytes32 first) = outbox.withdraw(bob, 0, hex"01");
        (uint64 b, bytes32 second) = outbox.withdraw(bob, 0, hex"01");
        assertEq(uint256(a) + 1, b);
        assertNotEq(first, second);
        assertEq(uint256(outbox.nextNonce()), 2);
    }

    function test_whatL1CouldNotCarryOutIsRefused() public {
        vm.expectRevert(Outbox.ZeroReceiver.selector);
        outbox.withdraw{value: 1}(address(0), 0, "");
        vm.expectRevert(Outbox.EmptyMessage.selector);
        outbox.withdraw(bob, 0, "");
        vm.expectRevert(abi.encodeWithSelector(Outbox.TooMuchGas.selector, 8_000_000, 8_000_001));
        outbox.withdraw{value: 1}(bob, 8_000_001, "");
        vm.expectRevert(abi.encodeWithSelector(Outbox.TooMuchData.selector, 16_384, 16_385));
        outbox.withdraw(bob, 0, new bytes(16_385));
        outbox.withdraw(bob, 8_000_000, new bytes(16_384));
    }

    function test_relayedEthIsWholeGwei() public {
        vm.expectRevert(Outbox.ZeroReceiver.selector);
        outbox.relay{value: 1 gwei}(address(otherInbox), address(0));
        vm.expectRevert(Outbox.ZeroDestination.selector);
        outbox.relay{value: 1 gwei}(address(0), bob);
        vm.expectRevert(abi.encodeWithSelector(Outbox.NotWholeGwei.selector, 1 gwei - 1));
        outbox.relay{value: 1 gwei - 1}(address(otherInbox), bob);
        vm.expectRevert(abi.encodeWithSelector(Outbox.NotWholeGwei.selector, 0));
        outbox.relay(address(otherInbox), bob);

        Message memory m = _eth(0, bob, 1 gwei);
        (m.kind, m.destination, m.sender) = (Kind.EthRelay, address(otherInbox), address(this));
        (, bytes32 hash) = outbox.relay{value: 1 gwei}(address(otherInbox), bob);
        assertEq(hash, _hash(m));
    }

    function test_onlyTheTokenBridgeSendsTokens() public {
        vm.expectRevert(
            abi.encodeWithSelector(Outbox.NotTokenBridge.selector, address(tokens), address(this))
        );
        outbox.sendToken(Kind.Token, alice, bob, alice, 1, address(0));
        vm.startPrank(address(tokens));
        vm.expectRevert(abi.encodeWithSelector(Outbox.WrongKind.selector, Kind.Eth));
        outbox.sendToken(Kind.Eth, alice, bob, alice, 1, address(0));
        vm.expectRevert(abi.encodeWithSelector(Outbox.WrongKind.selector, Kind.EthRelay));
        outbox.sendToken(Kind.EthRelay, alice, bob, alice, 1, address(0));
    }
}
