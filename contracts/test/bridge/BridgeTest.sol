// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";

import {Bridge} from "../../src/bridge/Bridge.sol";
import {Kind, Message, Messages, TokenDeposit} from "../../src/bridge/Messages.sol";
import {Predeploys} from "../../src/l2/Predeploys.sol";
import {Claims} from "../../src/types/Claims.sol";
import {BatchAcc, Claim, ClaimId, ConfigHash} from "../../src/types/Types.sol";
import {Test} from "../lib/Test.sol";
import {FakeInbox, FakeSettlement} from "./Fakes.sol";

/// Two honest chains and the bridge at the addresses that the vectors name, and states of one
/// account with one slot, whose proofs are one node.
abstract contract BridgeTest is Test {
    using RLP for *;

    /// Everything that a withdrawal is proven with.
    struct Proof {
        Claim claim;
        bytes header;
        bytes[] accountProof;
        bytes[] storageProof;
    }

    Bridge internal constant bridge = Bridge(0xb000000000000000000000000000000000000001);
    FakeInbox internal constant inbox =
        FakeInbox(payable(0x1B00000000000000000000000000000000000001));
    FakeInbox internal constant otherInbox =
        FakeInbox(payable(0x1B00000000000000000000000000000000000002));
    FakeSettlement internal settlement;
    FakeSettlement internal otherSettlement;

    uint64 internal constant L1 = 31_337;
    uint64 internal constant L2 = 7077;
    uint40 internal constant DELAY = 1 hours;

    address internal alice = makeAddr("alice");
    address internal bob = makeAddr("bob");
    address internal relayer = makeAddr("relayer");

    function setUp() public virtual {
        vm.chainId(L1);
        vm.warp(1_760_000_000);
        vm.etch(address(bridge), type(Bridge).runtimeCode);
        settlement = _chain(inbox);
        otherSettlement = _chain(otherInbox);
    }

    function _chain(FakeInbox where) internal returns (FakeSettlement made) {
        vm.etch(address(where), type(FakeInbox).runtimeCode);
        made = new FakeSettlement(address(where), DELAY);
        where.set(address(made), address(bridge));
        bridge.register(address(where));
    }

    function _eth(uint64 nonce, address to, uint256 amount)
        internal
        view
        returns (Message memory m)
    {
        m = Message({
            chainId: L2,
            nonce: nonce,
            kind: Kind.Eth,
            sender: alice,
            to: to,
            token: address(0),
            amount: amount,
            destination: address(0),
            gas: 0,
            data: ""
        });
    }

    function _hash(Message memory m) internal pure returns (bytes32) {
        return Messages.hash(m, L1, address(bridge));
    }

    function _id(Message memory m) internal pure returns (bytes32) {
        return Messages.id(address(inbox), _hash(m));
    }

    /// A final claim (its delay over) whose outbox holds just this message.
    function _final(Message memory m) internal returns (Proof memory p) {
        p = _proof(m);
        _finalize(p.claim);
    }

    function _finalize(Claim memory claim) internal {
        settlement.setFinal(
            Claims.id(claim, address(settlement)), uint40(vm.getBlockTimestamp() - DELAY)
        );
    }

    function _proof(Message memory m) internal pure returns (Proof memory) {
        return _proofOf(Messages.outboxSlot(m.nonce), _hash(m));
    }

    function _proofOf(bytes32 slot, bytes32 value) internal pure returns (Proof memory p) {
        return _stateOf(Predeploys.OUTBOX, slot, value);
    }

    function _stateOf(address account, bytes32 slot, bytes32 value)
        internal
        pure
        returns (Proof memory p)
    {
        p.storageProof = _leaf(abi.encodePacked(slot), uint256(value).encode());
        bytes[] memory fields = new bytes[](4);
        fields[0] = uint256(1).encode();
        fields[1] = uint256(10 ether).encode();
        fields[2] = keccak256(p.storageProof[0]).encode();
        fields[3] = keccak256("code").encode();
        p.accountProof = _leaf(abi.encodePacked(account), fields.encode());
        p.header = _header(keccak256(p.accountProof[0]));
        p.claim = _claim(keccak256(p.header));
    }

    function _claim(bytes32 blockHash) internal pure returns (Claim memory) {
        return Claim({
            config: ConfigHash.wrap(keccak256("config")),
            parentBlock: keccak256("parent"),
            firstBatch: BatchAcc.wrap(0),
            lastBatch: BatchAcc.wrap(keccak256("batch")),
            blockHash: blockHash,
            blockNumber: 100,
            checkpoints: keccak256("checkpoints")
        });
    }

    function _leaf(bytes memory key, bytes memory value)
        internal
        pure
        returns (bytes[] memory proof)
    {
        bytes[] memory parts = new bytes[](2);
        parts[0] = abi.encodePacked(hex"20", keccak256(key)).encode();
        parts[1] = value.encode();
        proof = new bytes[](1);
        proof[0] = parts.encode();
    }

    function _header(bytes32 stateRoot) internal pure returns (bytes memory) {
        bytes[] memory fields = new bytes[](21);
        for (uint256 i = 0; i < 21; ++i) {
            fields[i] = keccak256(abi.encode("field", i)).encode();
        }
        fields[2] = address(0xC0FFEE).encode();
        fields[3] = stateRoot.encode();
        fields[6] = new bytes(256).encode();
        return fields.encode();
    }

    function _withdraw(Message memory m) internal {
        Proof memory p = _final(m);
        _withdrawWith(m, p);
    }

    function _withdrawWith(Message memory m, Proof memory p) internal {
        vm.prank(relayer);
        bridge.withdrawWithClaim(
            address(inbox), p.claim, p.header, p.accountProof, m, p.storageProof
        );
    }

    function _error(bytes4 selector, bytes32 a, bytes32 b) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(selector, a, b);
    }
}
