// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IBridge, Outcome} from "../../src/bridge/IBridge.sol";
import {Kind, Message, Messages, TokenDeposit} from "../../src/bridge/Messages.sol";
import {TokenFacts} from "../../src/bridge/TokenFacts.sol";
import {BridgeTest} from "./BridgeTest.sol";
import {OddToken, PlainToken} from "./Fakes.sol";

/// Tokens into a chain, out of it, and from one to another.
contract BridgeTokensTest is BridgeTest {
    PlainToken private token;
    OddToken private odd;

    function setUp() public override {
        super.setUp();
        token = new PlainToken();
        odd = new OddToken();
        token.mint(alice, 1000);
        odd.mint(alice, 1000);
        vm.startPrank(alice);
        token.approve(address(bridge), type(uint256).max);
        odd.approve(address(bridge), type(uint256).max);
        vm.stopPrank();
    }

    function test_aDepositIsCountedForItsChainAndRecorded() public {
        TokenDeposit memory d = _deposit(address(token), 400);
        assertEq(bridge.balance(address(inbox), address(token)), 400);
        assertEq(bridge.balance(address(otherInbox), address(token)), 0);
        assertEq(token.balanceOf(address(bridge)), 400);
        assertEq(d.inbox, address(inbox));
        assertEq(d.from, alice);
        assertEq(d.to, bob);
        assertEq(d.amount, 400);
        assertEq(d.name, "A Token");
        assertEq(d.symbol, "TKN");
        assertEq(uint256(d.decimals), 18);
        bytes32 hash = Messages.depositHash(d, L1, address(bridge));
        assertEq(bridge.sent(hash), 1);
        // Where L2 looks for it.
        assertEq(vm.load(address(bridge), Messages.sentSlot(hash)), bytes32(uint256(1)));
    }

    function test_equalDepositsAreTwo() public {
        TokenDeposit memory a = _deposit(address(token), 1);
        TokenDeposit memory b = _deposit(address(token), 1);
        assertEq(uint256(a.nonce + 1), b.nonce);
        assertNotEq(
            Messages.depositHash(a, L1, address(bridge)),
            Messages.depositHash(b, L1, address(bridge))
        );
    }

    function test_depositsForNobodyOrAnUnknownChainAreRefused() public {
        vm.startPrank(alice);
        vm.expectRevert(IBridge.ZeroReceiver.selector);
        bridge.depositToken(address(inbox), address(token), address(0), 1);
        vm.expectRevert(abi.encodeWithSelector(IBridge.UnknownChain.selector, bob));
        bridge.depositToken(bob, address(token), bob, 1);
        vm.expectRevert(abi.encodeWithSelector(IBridge.NothingArrived.selector, address(token)));
        bridge.depositToken(address(inbox), address(token), bob, 0);
    }

    function test_whatArrivesCounts() public {
        odd.set(OddToken.Way.Fee);
        TokenDeposit memory d = _deposit(address(odd), 1000);
        assertEq(d.amount, 990);
        assertEq(bridge.balance(address(inbox), address(odd)), 990);
    }

    function test_aTokenThatMovesNothingIsNotCredited() public {
        odd.set(OddToken.Way.Lies);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IBridge.NothingArrived.selector, address(odd)));
        bridge.depositToken(address(inbox), address(odd), bob, 10);
        odd.set(OddToken.Way.ReturnsFalse);
        vm.prank(alice);
        vm.expectRevert(
            abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(odd))
        );
        bridge.depositToken(address(inbox), address(odd), bob, 10);
    }

    function test_aTokenThatReturnsNothingIsTakenAndPaid() public {
        odd.set(OddToken.Way.ReturnsNothing);
        _deposit(address(odd), 10);
        _withdraw(_token(0, address(odd), 10));
        assertEq(odd.balanceOf(bob), 10);
    }

    function test_aTokenThatCallsBackDuringADepositIsRefused() public {
        odd.setHook(
            address(bridge),
            abi.encodeCall(IBridge.depositToken, (address(inbox), address(odd), bob, 10))
        );
        _deposit(address(odd), 10);
        assertFalse(odd.hookOk());
        assertEq(bridge.balance(address(inbox), address(odd)), 10);
    }

    function test_aTokenThatCallsBackDuringAWithdrawalIsRefused() public {
        _deposit(address(odd), 20);
        Message memory m = _token(0, address(odd), 10);
        odd.setHook(address(bridge), abi.encodeCall(IBridge.retry, (address(inbox), m, 0)));
        _withdraw(m);
        assertFalse(odd.hookOk());
        assertEq(odd.balanceOf(bob), 10);
        assertEq(bridge.balance(address(inbox), address(odd)), 10);
    }

    function test_tokensAreWithdrawnOnce() public {
        _deposit(address(token), 400);
        Message memory m = _token(0, address(token), 150);
        _withdraw(m);
        assertEq(token.balanceOf(bob), 150);
        assertEq(bridge.balance(address(inbox), address(token)), 250);
        Proof memory p = _final(m);
        vm.expectRevert(abi.encodeWithSelector(IBridge.AlreadyDone.selector, _id(m), Outcome.Done));
        _withdrawWith(m, p);
    }

    function test_aChainCannotTakeAnothersTokens() public {
        vm.prank(alice);
        bridge.depositToken(address(otherInbox), address(token), bob, 500);
        _deposit(address(token), 100);
        Message memory m = _token(0, address(token), 101);
        Proof memory p = _final(m);
        vm.expectRevert(
            abi.encodeWithSelector(
                IBridge.InsufficientBalance.selector, address(inbox), address(token), 101, 100
            )
        );
        _withdrawWith(m, p);
        assertEq(uint256(bridge.outcome(_id(m))), uint256(Outcome.None));
    }

    function test_aTransferThatFailsLosesNothing() public {
        OddToken.Way[3] memory ways =
            [OddToken.Way.ReturnsFalse, OddToken.Way.Reverts, OddToken.Way.BurnsGas];
        _deposit(address(odd), 30);
        for (uint64 i = 0; i < 3; ++i) {
            odd.set(ways[i]);
            Message memory m = _token(i, address(odd), 10);
            Proof memory p = _final(m);
            vm.prank(relayer);
            bridge.withdrawWithClaim{gas: 700_000}(
                address(inbox), p.claim, p.header, p.accountProof, m, p.storageProof
            );
            assertEq(uint256(bridge.outcome(_id(m))), uint256(Outcome.Failed));
            assertEq(bridge.balance(address(inbox), address(odd)), 30 - i * 10);
            odd.set(OddToken.Way.Plain);
            bridge.retry(address(inbox), m, 0);
            assertEq(odd.balanceOf(bob), (i + 1) * 10);
        }
    }

    function testFuzz_aRelayerCannotStarveATransfer(uint256 gas) public {
        _deposit(address(token), 30);
        Message memory m = _token(0, address(token), 10);
        Proof memory p = _final(m);
        (bool ok,) = address(bridge).call{gas: bound(gas, 30_000, 700_000)}(
            abi.encodeCall(
                IBridge.withdrawWithClaim,
                (address(inbox), p.claim, p.header, p.accountProof, m, p.storageProof)
            )
        );
        Outcome expected = ok ? Outcome.Done : Outcome.None;
        assertEq(uint256(bridge.outcome(_id(m))), uint256(expected));
    }

    function test_tooLittleGasForATransferIsNamed() public {
        _deposit(address(token), 30);
        Message memory m = _token(0, address(token), 10);
        Proof memory p = _final(m);
        vm.expectPartialRevert(IBridge.TooLittleGas.selector);
        bridge.withdrawWithClaim{gas: 400_000}(
            address(inbox), p.claim, p.header, p.accountProof, m, p.storageProof
        );
    }

    /// A token deposited and withdrawn in one transaction, the dearest case to write down.
    function test_aFailureIsWrittenDownWhateverTheTokenLeaves() public {
        _deposit(address(odd), 10);
        odd.set(OddToken.Way.BurnsGas);
        Message memory m = _token(0, address(odd), 10);
        Proof memory p = _final(m);
        for (uint256 gas = 440_000; gas < 500_000; gas += 2000) {
            uint256 before = vm.snapshotState();
            (bool ok,) = address(bridge).call{gas: gas}(
                abi.encodeCall(
                    IBridge.withdrawWithClaim,
                    (address(inbox), p.claim, p.header, p.accountProof, m, p.storageProof)
                )
            );
            assertEq(uint256(bridge.outcome(_id(m))), uint256(ok ? Outcome.Failed : Outcome.None));
            if (gas > 480_000) assertTrue(ok, "too little was left to write the failure down");
            vm.revertToState(before);
        }
    }

    function test_theReceiverMayHaveTokensPaidElsewhere() public {
        _deposit(address(odd), 30);
        odd.set(OddToken.Way.Reverts);
        Message memory m = _token(0, address(odd), 10);
        _withdraw(m);
        odd.set(OddToken.Way.Plain);
        vm.prank(bob);
        bridge.redirect(address(inbox), m, relayer);
        assertEq(odd.balanceOf(relayer), 10);
        assertEq(bridge.balance(address(inbox), address(odd)), 20);
    }

    // To another rollup.

    function test_tokensMoveToAnotherRollupInOneCall() public {
        _deposit(address(token), 100);
        Message memory m = _token(0, address(token), 60);
        (m.kind, m.destination) = (Kind.TokenRelay, address(otherInbox));
        Proof memory p = _final(m);
        TokenDeposit memory d = TokenDeposit({
            inbox: address(otherInbox),
            nonce: bridge.nextDeposit(),
            token: address(token),
            from: alice,
            to: bob,
            amount: 60,
            origin: _id(m),
            decimals: 18,
            name: "A Token",
            symbol: "TKN"
        });
        bytes32 hash = Messages.depositHash(d, L1, address(bridge));
        vm.expectEmit(address(bridge));
        emit IBridge.TokenDeposited(hash, address(otherInbox), d);
        _withdrawWith(m, p);
        assertEq(bridge.sent(hash), 1);
        assertEq(bridge.balance(address(inbox), address(token)), 40);
        assertEq(bridge.balance(address(otherInbox), address(token)), 60);
        assertEq(token.balanceOf(address(bridge)), 100);
    }

    function test_tokensForAnUnknownRollupCanBeHadOnL1() public {
        _deposit(address(token), 100);
        Message memory m = _token(0, address(token), 60);
        (m.kind, m.destination) = (Kind.TokenRelay, relayer);
        _withdraw(m);
        assertEq(uint256(bridge.outcome(_id(m))), uint256(Outcome.Failed));
        assertEq(bridge.balance(address(inbox), address(token)), 100);
        vm.prank(bob);
        bridge.redirect(address(inbox), m, bob);
        assertEq(token.balanceOf(bob), 60);
    }

    function test_aRelayBeyondTheChainsBalanceIsRefused() public {
        _deposit(address(token), 100);
        Message memory m = _token(0, address(token), 101);
        (m.kind, m.destination) = (Kind.TokenRelay, address(otherInbox));
        Proof memory p = _final(m);
        vm.expectPartialRevert(IBridge.InsufficientBalance.selector);
        _withdrawWith(m, p);
    }

    // What tokens say of themselves.

    function test_textsAreReadInBothForms() public {
        _answer(abi.encode("A long name"));
        assertEq(this.name(), "A long name");
        _answer(abi.encode(bytes32("Maker")));
        assertEq(this.name(), "Maker");
        _answer(abi.encode(bytes32("exactly thirty-two bytes of text")));
        assertEq(this.name(), "exactly thirty-two bytes of text");
    }

    function test_longTextsAreCutAndMalformedOnesEmpty() public {
        string memory long =
            "0123456789012345678901234567890123456789012345678901234567890123456789";
        _answer(abi.encode(long));
        assertEq(bytes(this.name()).length, 64);
        _answer("");
        assertEq(this.name(), "");
        _answer(abi.encode(uint256(64), uint256(3), bytes32("abc")));
        assertEq(this.name(), "");
        _answer(abi.encode(uint256(32), type(uint256).max, bytes32("abc")));
        assertEq(this.name(), "");
        vm.mockCallRevert(address(token), abi.encodeWithSignature("name()"), "no");
        assertEq(this.name(), "");
    }

    function test_decimalsBeyondAByteAreNone() public {
        bytes memory call = abi.encodeWithSignature("decimals()");
        vm.mockCall(address(token), call, abi.encode(uint256(256)));
        assertEq(uint256(TokenFacts.decimals(address(token))), 0);
        vm.mockCall(address(token), call, hex"01");
        assertEq(uint256(TokenFacts.decimals(address(token))), 0);
    }

    function testFuzz_aDepositorCannotSilenceATokenByWantOfGas(uint256 gas) public {
        vm.prank(alice);
        (bool ok, bytes memory back) = address(bridge).call{gas: bound(gas, 30_000, 400_000)}(
            abi.encodeCall(IBridge.depositToken, (address(inbox), address(token), bob, 1))
        );
        if (ok) assertEq(abi.decode(back, (TokenDeposit)).name, "A Token");
    }

    function test_tooLittleGasToAskIsNamed() public {
        vm.expectPartialRevert(TokenFacts.TooLittleGasToAsk.selector);
        this.name{gas: 50_000}();
    }

    function name() external view returns (string memory) {
        return TokenFacts.name(address(token));
    }

    function _answer(bytes memory answer) private {
        vm.mockCall(address(token), abi.encodeWithSignature("name()"), answer);
    }

    function _deposit(address which, uint256 amount) private returns (TokenDeposit memory) {
        vm.prank(alice);
        return bridge.depositToken(address(inbox), which, bob, amount);
    }

    function _token(uint64 nonce, address which, uint256 amount)
        private
        view
        returns (Message memory m)
    {
        m = _eth(nonce, bob, amount);
        (m.kind, m.token) = (Kind.Token, which);
    }
}
