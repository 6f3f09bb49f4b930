// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {IERC165, IERC7802} from "@openzeppelin/contracts/interfaces/draft-IERC7802.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {Kind, Message, Messages, TokenDeposit} from "../../src/bridge/Messages.sol";
import {Trie} from "../../src/bridge/Trie.sol";
import {AnchorCache} from "../../src/l2/AnchorCache.sol";
import {BridgedToken} from "../../src/l2/BridgedToken.sol";
import {L1Proofs} from "../../src/l2/L1Proofs.sol";
import {TokenBridge} from "../../src/l2/TokenBridge.sol";
import {PlainToken} from "../bridge/Fakes.sol";
import {L2Test} from "./L2Test.sol";

contract TokenBridgeTest is L2Test {
    address private constant L1_TOKEN = 0x7000000000000000000000000000000000000001;

    // Binding.

    function test_theInboxIsBoundOnceByTheAccountOfTheGenesis() public {
        vm.expectRevert(
            abi.encodeWithSelector(TokenBridge.NotBinder.selector, binder, address(this))
        );
        tokens.bind(address(inbox));
        vm.startPrank(binder);
        vm.expectRevert(TokenBridge.ZeroInbox.selector);
        tokens.bind(address(0));
        tokens.bind(address(inbox));
        vm.expectRevert(abi.encodeWithSelector(TokenBridge.AlreadyBound.selector, address(inbox)));
        tokens.bind(address(otherInbox));
        assertEq(tokens.inbox(), address(inbox));
    }

    function test_nothingIsClaimedBeforeTheInboxIsBound() public {
        TokenDeposit memory d = _deposit(0);
        (Proof memory p, uint256 time) = _recorded(d);
        vm.expectRevert(TokenBridge.NotBound.selector);
        tokens.claim(d, time, p.header, p.accountProof, p.storageProof);
    }

    // Claims.

    function test_depositsOfTheVectorsAreClaimed() public {
        _bind();
        string memory json = vm.readFile("../spec/vectors/bridge-proofs.json");
        for (uint256 i = 0; i < 3; ++i) {
            string memory path = string.concat(".claims[", vm.toString(i), "]");
            TokenDeposit memory d = _read(json, path);
            bytes memory header = vm.parseJsonBytes(json, string.concat(path, ".header"));
            bytes[] memory account =
                vm.parseJsonBytesArray(json, string.concat(path, ".accountProof"));
            bytes[] memory slot = vm.parseJsonBytesArray(json, string.concat(path, ".storageProof"));
            uint256 time = _anchor(keccak256(header));
            BridgedToken token = BridgedToken(tokens.claim(d, time, header, account, slot));
            assertEq(token.l1Token(), L1_TOKEN);
            // The first claim's words stay.
            assertEq(token.name(), "A Token");
            assertEq(token.symbol(), "TKN");
            assertEq(uint256(token.decimals()), 18);
        }
        assertEq(BridgedToken(tokens.tokenOf(L1_TOKEN)).totalSupply(), 2e21 + 1);
    }

    function test_aDepositIsClaimedOnce() public {
        _bind();
        TokenDeposit memory d = _deposit(0);
        (Proof memory p, uint256 time) = _recorded(d);
        tokens.claim(d, time, p.header, p.accountProof, p.storageProof);
        bytes32 hash = _depositHash(d);
        assertTrue(tokens.claimed(hash));
        vm.expectRevert(abi.encodeWithSelector(TokenBridge.AlreadyClaimed.selector, hash));
        tokens.claim(d, time, p.header, p.accountProof, p.storageProof);
        cache.keep(time, p.header);
        vm.expectRevert(abi.encodeWithSelector(TokenBridge.AlreadyClaimed.selector, hash));
        tokens.claimCached(d, keccak256(p.header), p.accountProof, p.storageProof);
    }

    function test_aDepositForAnotherChainIsRefused() public {
        _bind();
        TokenDeposit memory d = _deposit(0);
        d.inbox = address(otherInbox);
        (Proof memory p, uint256 time) = _recorded(d);
        vm.expectRevert(
            abi.encodeWithSelector(
                TokenBridge.WrongChain.selector, address(inbox), address(otherInbox)
            )
        );
        tokens.claim(d, time, p.header, p.accountProof, p.storageProof);
    }

    function testFuzz_everyFieldOfADepositIsBound(uint256 field, uint256 change) public {
        _bind();
        TokenDeposit memory d = _deposit(0);
        (Proof memory p, uint256 time) = _recorded(d);
        field %= 9;
        uint160 other = uint160(bound(change, 1, type(uint160).max));
        if (field == 0) d.nonce ^= uint64(bound(change, 1, type(uint64).max));
        if (field == 1) d.token = address(uint160(d.token) ^ other);
        if (field == 2) d.from = address(uint160(d.from) ^ other);
        if (field == 3) d.to = address(uint160(d.to) ^ other);
        if (field == 4) d.amount ^= bound(change, 1, type(uint256).max);
        if (field == 5) d.origin = bytes32(bound(change, 1, type(uint256).max));
        if (field == 6) d.decimals ^= uint8(bound(change, 1, 255));
        if (field == 7) d.name = string(abi.encode(change));
        if (field == 8) d.symbol = string(abi.encode(change));
        vm.expectPartialRevert(Trie.NotInTrie.selector);
        tokens.claim(d, time, p.header, p.accountProof, p.storageProof);
    }

    function test_onlyTheL1BridgeRecordsDeposits() public {
        _bind();
        TokenDeposit memory d = _deposit(0);
        Proof memory p = _stateOf(alice, Messages.sentSlot(_depositHash(d)), bytes32(uint256(1)));
        uint256 time = _anchor(keccak256(p.header));
        vm.expectPartialRevert(Trie.NotInTrie.selector);
        tokens.claim(d, time, p.header, p.accountProof, p.storageProof);
    }

    function test_anotherValueInTheSlotIsNoDeposit() public {
        _bind();
        TokenDeposit memory d = _deposit(0);
        bytes32 hash = _depositHash(d);
        Proof memory p = _stateOf(address(bridge), Messages.sentSlot(hash), bytes32(uint256(2)));
        uint256 time = _anchor(keccak256(p.header));
        vm.expectRevert(
            abi.encodeWithSelector(TokenBridge.NotDeposited.selector, hash, bytes32(uint256(2)))
        );
        tokens.claim(d, time, p.header, p.accountProof, p.storageProof);
    }

    function test_aMintThatFailsMayBeTriedAgain() public {
        _bind();
        TokenDeposit memory first = _deposit(0);
        first.amount = type(uint256).max;
        (Proof memory p, uint256 time) = _recorded(first);
        address token = tokens.claim(first, time, p.header, p.accountProof, p.storageProof);
        // One more does not fit into the supply.
        TokenDeposit memory d = _deposit(1);
        d.amount = 1;
        (p, time) = _recorded(d);
        vm.expectRevert();
        tokens.claim(d, time, p.header, p.accountProof, p.storageProof);
        assertFalse(tokens.claimed(_depositHash(d)));
        vm.prank(bob);
        tokens.withdraw(token, alice, 1);
        tokens.claim(d, time, p.header, p.accountProof, p.storageProof);
        assertEq(BridgedToken(token).totalSupply(), type(uint256).max);
    }

    // Anchors.

    function test_anAnchorIsReadUntilTheRingForgetsIt() public {
        _bind();
        TokenDeposit memory d = _deposit(0);
        (Proof memory p, uint256 time) = _recorded(d);
        vm.expectRevert(abi.encodeWithSelector(L1Proofs.UnknownAnchor.selector, time + 1));
        tokens.claim(d, time + 1, p.header, p.accountProof, p.storageProof);
        vm.expectRevert(abi.encodeWithSelector(L1Proofs.UnknownAnchor.selector, 0));
        tokens.claim(d, 0, p.header, p.accountProof, p.storageProof);

        vm.warp(time + 8191 - 2);
        _anchor(keccak256("a later L1 block"));
        vm.expectRevert(abi.encodeWithSelector(L1Proofs.UnknownAnchor.selector, time));
        tokens.claim(d, time, p.header, p.accountProof, p.storageProof);
    }

    function test_aKeptAnchorOutlivesTheRing() public {
        _bind();
        TokenDeposit memory d = _deposit(0);
        (Proof memory p, uint256 time) = _recorded(d);
        bytes32 anchor = keccak256(p.header);
        vm.expectRevert(abi.encodeWithSelector(AnchorCache.UnknownBlock.selector, anchor));
        tokens.claimCached(d, anchor, p.accountProof, p.storageProof);

        vm.expectEmit(address(cache));
        emit AnchorCache.AnchorKept(anchor, keccak256(p.accountProof[0]));
        assertEq(cache.keep(time, p.header), anchor);
        assertEq(cache.keep(time, p.header), anchor);
        vm.warp(time + 8191 - 2);
        _anchor(keccak256("a later L1 block"));
        tokens.claimCached(d, anchor, p.accountProof, p.storageProof);
        assertTrue(tokens.claimed(_depositHash(d)));
    }

    function test_onlyTheAnchorsHeaderIsKept() public {
        (Proof memory p, uint256 time) = _recorded(_deposit(0));
        bytes32 anchor = keccak256(p.header);
        p.header[100] ^= 0x01;
        vm.expectRevert(_error(Trie.WrongHeader.selector, anchor, keccak256(p.header)));
        cache.keep(time, p.header);
    }

    function test_anAnchorOfZeroIsNone() public {
        uint256 time = _anchor(0);
        vm.expectRevert(abi.encodeWithSelector(L1Proofs.UnknownAnchor.selector, time));
        cache.keep(time, "");
    }

    // The token.

    function test_theTokensAddressDependsOnTheL1TokenAlone() public {
        _bind();
        BridgedToken token = _claimed(_deposit(0));
        bytes32 code =
            keccak256(abi.encodePacked(type(BridgedToken).creationCode, abi.encode(L1_TOKEN)));
        bytes32 salt = bytes32(uint256(uint160(L1_TOKEN)));
        assertEq(address(token), vm.computeCreate2Address(salt, code, address(tokens)));
        assertEq(tokens.l1TokenOf(address(token)), L1_TOKEN);
    }

    function test_onlyTheBridgeMintsBurnsAndDescribes() public {
        _bind();
        BridgedToken token = _claimed(_deposit(0));
        bytes memory refusal =
            abi.encodeWithSelector(BridgedToken.NotBridge.selector, address(tokens), address(this));
        vm.expectRevert(refusal);
        token.crosschainMint(bob, 1);
        vm.expectRevert(refusal);
        token.crosschainBurn(bob, 1);
        vm.expectRevert(refusal);
        token.describe("x", "x", 1);
        vm.prank(address(tokens));
        vm.expectRevert(BridgedToken.AlreadyDescribed.selector);
        token.describe("x", "x", 1);
    }

    function test_theTokenSaysWhatItIs() public {
        _bind();
        BridgedToken token = _claimed(_deposit(0));
        assertTrue(token.supportsInterface(type(IERC7802).interfaceId));
        assertTrue(token.supportsInterface(type(IERC20).interfaceId));
        assertTrue(token.supportsInterface(type(IERC165).interfaceId));
        assertFalse(token.supportsInterface(0xffffffff));
    }

    // Back.

    function test_whatCannotGoBackIsRefused() public {
        _bind();
        BridgedToken token = _claimed(_deposit(0));
        vm.startPrank(bob);
        vm.expectRevert(abi.encodeWithSelector(TokenBridge.UnknownToken.selector, L1_TOKEN));
        tokens.withdraw(L1_TOKEN, alice, 1);
        vm.expectRevert(TokenBridge.ZeroReceiver.selector);
        tokens.withdraw(address(token), address(0), 1);
        vm.expectRevert(abi.encodeWithSelector(TokenBridge.BadReceiver.selector, address(bridge)));
        tokens.withdraw(address(token), address(bridge), 1);
        vm.expectRevert(TokenBridge.ZeroAmount.selector);
        tokens.withdraw(address(token), alice, 0);
        vm.expectRevert(TokenBridge.ZeroDestination.selector);
        tokens.relay(address(token), address(0), alice, 1);
        vm.expectRevert();
        tokens.withdraw(address(token), alice, 1e21 + 1);
    }

    /// L1, L2 and L1 again, with nothing passed on but what each side stores.
    function test_aTokenGoesToL2AndBack() public {
        _bind();
        vm.chainId(L1);
        PlainToken token = new PlainToken();
        token.mint(alice, 1000);
        vm.startPrank(alice);
        token.approve(address(bridge), 1000);
        TokenDeposit memory d = bridge.depositToken(address(inbox), address(token), bob, 1000);
        vm.stopPrank();
        bytes32 slot = Messages.sentSlot(_depositHash(d));

        vm.chainId(L2);
        Proof memory p = _stateOf(address(bridge), slot, vm.load(address(bridge), slot));
        uint256 time = _anchor(keccak256(p.header));
        address made = tokens.claim(d, time, p.header, p.accountProof, p.storageProof);
        assertEq(BridgedToken(made).balanceOf(bob), 1000);
        vm.prank(bob);
        (uint64 nonce, bytes32 hash) = tokens.withdraw(made, alice, 400);
        assertEq(BridgedToken(made).balanceOf(bob), 600);

        vm.chainId(L1);
        Message memory m = _eth(nonce, alice, 400);
        (m.kind, m.sender, m.token) = (Kind.Token, bob, address(token));
        assertEq(_hash(m), hash);
        slot = Messages.outboxSlot(nonce);
        p = _proofOf(slot, vm.load(address(outbox), slot));
        _finalize(p.claim);
        _withdrawWith(m, p);
        assertEq(token.balanceOf(alice), 400);
        assertEq(bridge.balance(address(inbox), address(token)), 600);
    }

    /// From one rollup to another: what L1 records at the relay is what the other one claims.
    function test_aTokenGoesFromOneRollupToAnother() public {
        _bind();
        vm.chainId(L1);
        PlainToken token = new PlainToken();
        token.mint(alice, 1000);
        vm.startPrank(alice);
        token.approve(address(bridge), 1000);
        bridge.depositToken(address(inbox), address(token), bob, 1000);
        vm.stopPrank();
        Message memory m = _eth(0, bob, 300);
        (m.kind, m.token, m.destination) = (Kind.TokenRelay, address(token), address(otherInbox));
        uint64 nonce = bridge.nextDeposit();
        _withdraw(m);

        TokenDeposit memory d = TokenDeposit({
            inbox: address(otherInbox),
            nonce: nonce,
            token: address(token),
            from: alice,
            to: bob,
            amount: 300,
            origin: _id(m),
            decimals: 18,
            name: "A Token",
            symbol: "TKN"
        });
        bytes32 slot = Messages.sentSlot(_depositHash(d));
        // On the other rollup.
        TokenBridge there = new TokenBridge(L1, address(bridge), binder);
        vm.prank(binder);
        there.bind(address(otherInbox));
        Proof memory p = _stateOf(address(bridge), slot, vm.load(address(bridge), slot));
        uint256 time = _anchor(keccak256(p.header));
        address made = there.claim(d, time, p.header, p.accountProof, p.storageProof);
        assertEq(BridgedToken(made).balanceOf(bob), 300);
    }

    function _bind() private {
        vm.prank(binder);
        tokens.bind(address(inbox));
    }

    function _claimed(TokenDeposit memory d) private returns (BridgedToken) {
        (Proof memory p, uint256 time) = _recorded(d);
        return BridgedToken(tokens.claim(d, time, p.header, p.accountProof, p.storageProof));
    }

    /// An L1 block with this deposit, as the anchor of the next L2 block.
    function _recorded(TokenDeposit memory d) private returns (Proof memory p, uint256 time) {
        p = _stateOf(address(bridge), Messages.sentSlot(_depositHash(d)), bytes32(uint256(1)));
        time = _anchor(keccak256(p.header));
    }

    function _depositHash(TokenDeposit memory d) private pure returns (bytes32) {
        return Messages.depositHash(d, L1, address(bridge));
    }

    function _deposit(uint64 nonce) private view returns (TokenDeposit memory d) {
        (d.inbox, d.nonce, d.token) = (address(inbox), nonce, L1_TOKEN);
        (d.from, d.to, d.amount) = (alice, bob, 1e21);
        (d.decimals, d.name, d.symbol) = (18, "A Token", "TKN");
    }

    function _read(string memory json, string memory path)
        private
        pure
        returns (TokenDeposit memory d)
    {
        d.inbox = vm.parseJsonAddress(json, string.concat(path, ".inbox"));
        d.nonce = uint64(vm.parseJsonUint(json, string.concat(path, ".nonce")));
        d.token = vm.parseJsonAddress(json, string.concat(path, ".token"));
        d.from = vm.parseJsonAddress(json, string.concat(path, ".from"));
        d.to = vm.parseJsonAddress(json, string.concat(path, ".to"));
        d.amount = vm.parseJsonUint(json, string.concat(path, ".amount"));
        d.origin = vm.parseJsonBytes32(json, string.concat(path, ".origin"));
        d.decimals = uint8(vm.parseJsonUint(json, string.concat(path, ".decimals")));
        d.name = vm.parseJsonString(json, string.concat(path, ".tokenName"));
        d.symbol = vm.parseJsonString(json, string.concat(path, ".symbol"));
    }
}
