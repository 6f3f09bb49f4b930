// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IBridge, Outcome} from "../../src/bridge/IBridge.sol";
import {Kind, Message, Messages} from "../../src/bridge/Messages.sol";
import {Claims} from "../../src/types/Claims.sol";
import {BridgeTest} from "./BridgeTest.sol";
import {FakeInbox, FakeSettlement, OddReceiver, OddToken} from "./Fakes.sol";

/// Two chains, people who deposit, and chains that send any message they like.
contract BridgeActors is BridgeTest {
    OddToken public token = new OddToken();
    OddReceiver public receiver = new OddReceiver();
    uint64 public nonce;
    Message[] private _failed;
    address[] private _failedOf;

    // What each chain was given and gave, counted here.
    mapping(address inbox => uint256) public tokensIn;
    mapping(address inbox => uint256) public tokensOut;
    mapping(address inbox => uint256) public ethIn;
    mapping(address inbox => uint256) public ethOut;

    function start(FakeSettlement a, FakeSettlement b) external {
        (settlement, otherSettlement) = (a, b);
        vm.chainId(L1);
        token.mint(alice, type(uint128).max);
        vm.prank(alice);
        token.approve(address(bridge), type(uint256).max);
    }

    function depositToken(bool which, uint256 amount, bool fee) external {
        token.set(fee ? OddToken.Way.Fee : OddToken.Way.Plain);
        amount = bound(amount, 1, 1e24);
        vm.prank(alice);
        uint256 got = bridge.depositToken(_of(which), address(token), bob, amount).amount;
        tokensIn[_of(which)] += got;
    }

    function depositEth(bool which, uint256 amount) external {
        amount = bound(amount, 1, 1e9) * 1 gwei;
        hoax(alice, amount);
        FakeInbox(payable(_of(which))).deposit{value: amount}(bob);
        ethIn[_of(which)] += amount;
    }

    function send(bool which, uint8 kind, uint256 amount, uint8 way, bool toContract) external {
        token.set(OddToken.Way(way % 7));
        receiver.set(OddReceiver.Way(way % 4));
        Message memory m = _eth(nonce++, toContract ? address(receiver) : bob, 0);
        m.kind = Kind(kind % 4);
        bool ofToken = m.kind == Kind.Token || m.kind == Kind.TokenRelay;
        // Now and then more than there is.
        uint256 most = ofToken ? bridge.balance(_of(which), address(token)) : _of(which).balance;
        m.amount = bound(amount, 0, most + 1);
        m.gas = 50_000;
        if (ofToken) m.token = address(token);
        if (uint8(m.kind) > 1) m.destination = _of(!which);
        Proof memory p = _proof(m);
        FakeSettlement s = which ? settlement : otherSettlement;
        s.setFinal(Claims.id(p.claim, address(s)), uint40(vm.getBlockTimestamp() - DELAY));
        try bridge.withdrawWithClaim{gas: 3_000_000}(
            _of(which), p.claim, p.header, p.accountProof, m, p.storageProof
        ) {
            _count(which, m, Messages.id(_of(which), _hash(m)));
        } catch {
            assertGt(m.amount, most, "a message that its chain could pay was refused");
        }
    }

    function retry(uint256 which) external {
        if (_failed.length == 0) return;
        which %= _failed.length;
        (Message memory m, address of_) = (_failed[which], _failedOf[which]);
        token.set(OddToken.Way.Plain);
        receiver.set(OddReceiver.Way.Takes);
        try bridge.retry(of_, m, 200_000) {
            if (bridge.outcome(Messages.id(of_, _hash(m))) != Outcome.Done) return;
            _drop(which);
            _paid(of_ == address(inbox), m);
        } catch {}
    }

    function redirect(uint256 which) external {
        if (_failed.length == 0) return;
        which %= _failed.length;
        (Message memory m, address of_) = (_failed[which], _failedOf[which]);
        token.set(OddToken.Way.Plain);
        vm.prank(m.to);
        try bridge.redirect(of_, m, relayer) {
            if (bridge.outcome(Messages.id(of_, _hash(m))) != Outcome.Done) return;
            _drop(which);
            if (m.kind == Kind.Eth || m.kind == Kind.EthRelay) ethOut[of_] += m.amount;
            else tokensOut[of_] += m.amount;
        } catch {}
    }

    function _count(bool which, Message memory m, bytes32 id) private {
        if (bridge.outcome(id) == Outcome.Done) {
            _paid(which, m);
        } else {
            _failed.push(m);
            _failedOf.push(_of(which));
        }
    }

    function _paid(bool which, Message memory m) private {
        if (m.kind == Kind.Eth || m.kind == Kind.EthRelay) ethOut[_of(which)] += m.amount;
        else tokensOut[_of(which)] += m.amount;
        if (m.kind == Kind.EthRelay) ethIn[_of(!which)] += m.amount;
        if (m.kind == Kind.TokenRelay) tokensIn[_of(!which)] += m.amount;
    }

    function _drop(uint256 which) private {
        uint256 last = _failed.length - 1;
        (_failed[which], _failedOf[which]) = (_failed[last], _failedOf[last]);
        _failed.pop();
        _failedOf.pop();
    }

    function _of(bool which) private pure returns (address) {
        return which ? address(inbox) : address(otherInbox);
    }
}

contract BridgeInvariantTest is BridgeTest {
    BridgeActors private actors;

    function setUp() public override {
        super.setUp();
        actors = new BridgeActors();
        actors.start(settlement, otherSettlement);
        targetContract(address(actors));
        bytes4[] memory calls = new bytes4[](5);
        calls[0] = BridgeActors.depositToken.selector;
        calls[1] = BridgeActors.depositEth.selector;
        calls[2] = BridgeActors.send.selector;
        calls[3] = BridgeActors.retry.selector;
        calls[4] = BridgeActors.redirect.selector;
        targetSelector(FuzzSelector(address(actors), calls));
    }

    function invariant_aChainHasWhatCameLessWhatWent() public view {
        address[2] memory chains = [address(inbox), address(otherInbox)];
        for (uint256 i = 0; i < 2; ++i) {
            assertEq(
                bridge.balance(chains[i], address(actors.token())),
                actors.tokensIn(chains[i]) - actors.tokensOut(chains[i])
            );
            assertEq(chains[i].balance, actors.ethIn(chains[i]) - actors.ethOut(chains[i]));
        }
    }

    function invariant_theBridgeHoldsWhatAllChainsHave() public view {
        address token = address(actors.token());
        assertGe(
            actors.token().balanceOf(address(bridge)),
            bridge.balance(address(inbox), token) + bridge.balance(address(otherInbox), token)
        );
        assertEq(address(bridge).balance, 0);
    }
}
