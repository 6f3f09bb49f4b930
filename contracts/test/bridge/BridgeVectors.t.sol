// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {BlockHeader} from "@openzeppelin/contracts/utils/BlockHeader.sol";

import {IBridge, Outcome} from "../../src/bridge/IBridge.sol";
import {Kind, Message, Messages, TokenDeposit} from "../../src/bridge/Messages.sol";
import {Trie} from "../../src/bridge/Trie.sol";
import {Predeploys} from "../../src/l2/Predeploys.sol";
import {BridgeTest} from "./BridgeTest.sol";

/// Hashes and proofs against those that a second implementation made from `spec/bridge.md`.
contract BridgeVectorsTest is BridgeTest {
    string private _proofs;
    string private _hashes;
    uint256 private constant WITHDRAWALS = 7;

    function setUp() public override {
        super.setUp();
        _proofs = vm.readFile("../spec/vectors/bridge-proofs.json");
        _hashes = vm.readFile("../spec/vectors/bridge.json");
        vm.deal(address(inbox), 100 ether);
    }

    function test_messageHashesAreThoseOfTheVectors() public view {
        for (uint256 i = 0; i < 7; ++i) {
            string memory path = string.concat(".messages[", vm.toString(i), "]");
            Message memory m = _message(_hashes, path);
            bytes32 hash = _bytes32(_hashes, path, ".hash");
            assertEq(Messages.hash(m, L1, address(bridge)), hash);
            assertEq(Messages.id(address(inbox), hash), _bytes32(_hashes, path, ".id"));
            assertEq(Messages.outboxSlot(m.nonce), _bytes32(_hashes, path, ".slot"));
        }
    }

    function test_depositHashesAreThoseOfTheVectors() public view {
        for (uint256 i = 0; i < 4; ++i) {
            string memory path = string.concat(".deposits[", vm.toString(i), "]");
            bytes32 hash = Messages.depositHash(_deposit(_hashes, path), L1, address(bridge));
            assertEq(hash, _bytes32(_hashes, path, ".hash"));
            assertEq(Messages.sentSlot(hash), _bytes32(_hashes, path, ".slot"));
        }
    }

    function test_everyKindIsProvenAmongManyAccountsAndMessages() public view {
        for (uint256 i = 0; i < WITHDRAWALS; ++i) {
            (Message memory m, Proof memory p) = _load(i);
            assertEq(this.read(p, m.nonce), _hash(m));
        }
    }

    function test_stateRootIsTheOneThatTheHeaderLibraryReads() public view {
        (, Proof memory p) = _load(0);
        assertEq(this.stateRoot(p.header, p.claim.blockHash), BlockHeader.getStateRoot(p.header));
    }

    // The figures that people pay, as whole transactions: 21,000, calldata with EIP-7623's floor,
    // execution on cold state. The receiver has an account; a new one costs 25,000 more.

    function test_aWithdrawalOfEthAtFourThousandAccountsCostsAtMost160k() public {
        (Message memory m, Proof memory p) = _payable();
        uint256 proving = _transaction(
            abi.encodeCall(IBridge.proveOutbox, (address(inbox), p.claim, p.header, p.accountProof))
        );
        uint256 withdrawing = _transaction(
            abi.encodeCall(IBridge.withdraw, (address(inbox), p.claim.blockHash, m, p.storageProof))
        );
        assertEq(m.to.balance, 1 ether + 1);
        emit Gas("proveOutbox", proving);
        emit Gas("withdraw", withdrawing);
        assertLe(withdrawing, 160_000);
        assertLe(proving, 160_000);
    }

    function test_aWithdrawalOfEthInOneCallCostsAtMost200k() public {
        (Message memory m, Proof memory p) = _payable();
        uint256 all = _transaction(
            abi.encodeCall(
                IBridge.withdrawWithClaim,
                (address(inbox), p.claim, p.header, p.accountProof, m, p.storageProof)
            )
        );
        assertEq(m.to.balance, 1 ether + 1);
        assertEq(bridge.outboxRoot(address(inbox), p.claim.blockHash), 0);
        emit Gas("withdrawWithClaim", all);
        assertLe(all, 200_000);
    }

    event Gas(string what, uint256 gas);

    function _payable() private returns (Message memory m, Proof memory p) {
        (m, p) = _load(0);
        _finalize(p.claim);
        vm.deal(m.to, 1);
    }

    function _transaction(bytes memory data) private returns (uint256) {
        vm.cool(address(bridge));
        vm.cool(address(inbox));
        vm.cool(address(settlement));
        uint256 before = gasleft();
        (bool ok,) = address(bridge).call(data);
        uint256 execution = before - gasleft();
        assertTrue(ok);
        uint256 zeros = 0;
        for (uint256 i = 0; i < data.length; ++i) {
            if (data[i] == 0) ++zeros;
        }
        uint256 tokens = 4 * (data.length - zeros) + zeros;
        uint256 floor = 21_000 + 10 * tokens;
        uint256 cost = 21_000 + 4 * tokens + execution;
        return cost > floor ? cost : floor;
    }

    function test_aSlotOfAnotherMessageIsRefused() public {
        (Message memory m, Proof memory p) = _load(0);
        (Message memory other, Proof memory q) = _load(1);
        _finalize(p.claim);
        // Its own message, another's proof: the path leads elsewhere.
        vm.expectPartialRevert(Trie.WrongNode.selector);
        bridge.withdrawWithClaim(
            address(inbox), p.claim, p.header, p.accountProof, m, q.storageProof
        );
        // Another's nonce: the slot holds another hash.
        m.nonce = other.nonce;
        vm.expectRevert(_error(IBridge.WrongMessage.selector, _hash(m), _hash(other)));
        bridge.withdrawWithClaim(
            address(inbox), p.claim, p.header, p.accountProof, m, q.storageProof
        );
    }

    function test_anotherAccountIsRefused() public {
        (, Proof memory p) = _load(0);
        vm.expectPartialRevert(Trie.WrongNode.selector);
        this.account(p, address(bridge));
    }

    function testFuzz_aChangedByteNeverProvesAnything(uint256 which, uint256 place, uint8 to)
        public
        view
    {
        (Message memory m, Proof memory p) = _load(which % WITHDRAWALS);
        bytes memory part = _part(p, place);
        uint256 byteAt = (place >> 16) % part.length;
        if (uint8(part[byteAt]) == to) to = to ^ 1;
        part[byteAt] = bytes1(to);
        (bool ok,) = address(this).staticcall(abi.encodeCall(this.read, (p, m.nonce)));
        assertFalse(ok, "a changed proof was accepted");
    }

    function testFuzz_aCutOrLengthenedProofNeverProvesAnything(
        uint256 which,
        uint256 place,
        uint256 count,
        bool longer
    ) public view {
        (Message memory m, Proof memory p) = _load(which % WITHDRAWALS);
        bytes[] memory nodes = place % 2 == 0 ? p.accountProof : p.storageProof;
        uint256 i = (place >> 1) % nodes.length;
        count = 1 + count % nodes[i].length;
        bytes memory node = nodes[i];
        nodes[i] = longer ? bytes.concat(node, new bytes(count)) : _head(node, node.length - count);
        (bool ok,) = address(this).staticcall(abi.encodeCall(this.read, (p, m.nonce)));
        assertFalse(ok, "a proof of other length was accepted");
    }

    function testFuzz_anotherSlotIsNeverProven(uint256 which, uint64 nonce) public view {
        (Message memory m, Proof memory p) = _load(which % WITHDRAWALS);
        vm.assume(nonce != m.nonce);
        (bool ok,) = address(this).staticcall(abi.encodeCall(this.read, (p, nonce)));
        assertFalse(ok, "a proof served two slots");
    }

    function test_nodesLeftOutOrAddedAreRefused() public {
        (Message memory m, Proof memory p) = _load(0);
        bytes[] memory whole = p.storageProof;
        for (uint256 cut = 0; cut < whole.length; ++cut) {
            p.storageProof = _first(whole, cut);
            vm.expectRevert(abi.encodeWithSelector(Trie.ProofEnds.selector, cut));
            this.read(p, m.nonce);
        }
        p.storageProof = _first(whole, whole.length + 1);
        p.storageProof[whole.length] = whole[whole.length - 1];
        vm.expectRevert(
            abi.encodeWithSelector(Trie.ProofGoesOn.selector, whole.length, whole.length + 1)
        );
        this.read(p, m.nonce);
        p.storageProof = _first(whole, whole.length);
        p.storageProof[1] = whole[0];
        vm.expectPartialRevert(Trie.WrongNode.selector);
        this.read(p, m.nonce);
    }

    function test_aHeaderOfAnotherBlockIsRefused() public {
        (, Proof memory p) = _load(0);
        (, Proof memory q) = _load(6);
        vm.expectRevert(_error(Trie.WrongHeader.selector, p.claim.blockHash, keccak256(q.header)));
        this.stateRoot(q.header, p.claim.blockHash);
    }

    function test_whatIsNoHeaderIsRefused() public {
        bytes memory short = hex"c0";
        vm.expectRevert(Trie.NotAHeader.selector);
        this.stateRoot(short, keccak256(short));
        bytes memory long = new bytes(600);
        vm.expectRevert(Trie.NotAHeader.selector);
        this.stateRoot(long, keccak256(long));
    }

    // What the library is called through, so that its refusals can be seen.

    function read(Proof calldata p, uint64 nonce) external pure returns (bytes32) {
        bytes32 root = Trie.storageRoot(
            Trie.stateRoot(p.header, p.claim.blockHash), Predeploys.OUTBOX, p.accountProof
        );
        return Trie.slotValue(root, Messages.outboxSlot(nonce), p.storageProof);
    }

    function account(Proof calldata p, address who) external pure returns (bytes32) {
        return Trie.storageRoot(Trie.stateRoot(p.header, p.claim.blockHash), who, p.accountProof);
    }

    function stateRoot(bytes calldata header, bytes32 hash) external pure returns (bytes32) {
        return Trie.stateRoot(header, hash);
    }

    function _part(Proof memory p, uint256 place) private pure returns (bytes memory) {
        uint256 kind = place % 8;
        if (kind == 0) return p.header;
        if (kind < 4) return p.accountProof[(place >> 3) % p.accountProof.length];
        return p.storageProof[(place >> 3) % p.storageProof.length];
    }

    function _head(bytes memory data, uint256 length) private pure returns (bytes memory part) {
        part = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            part[i] = data[i];
        }
    }

    function _first(bytes[] memory all, uint256 count) private pure returns (bytes[] memory some) {
        some = new bytes[](count);
        for (uint256 i = 0; i < count && i < all.length; ++i) {
            some[i] = all[i];
        }
    }

    function _load(uint256 i) private view returns (Message memory m, Proof memory p) {
        string memory path = string.concat(".withdrawals[", vm.toString(i), "]");
        m = _message(_proofs, path);
        p.header = vm.parseJsonBytes(_proofs, string.concat(path, ".header"));
        p.accountProof = vm.parseJsonBytesArray(_proofs, string.concat(path, ".accountProof"));
        p.storageProof = vm.parseJsonBytesArray(_proofs, string.concat(path, ".storageProof"));
        p.claim = _claim(_bytes32(_proofs, path, ".blockHash"));
    }

    function _message(string memory json, string memory path)
        private
        pure
        returns (Message memory m)
    {
        m.chainId = uint64(_uint(json, path, ".chainId"));
        m.nonce = uint64(_uint(json, path, ".nonce"));
        m.kind = Kind(_uint(json, path, ".kind"));
        m.sender = _address(json, path, ".sender");
        m.to = _address(json, path, ".to");
        m.token = _address(json, path, ".token");
        m.amount = _uint(json, path, ".amount");
        m.destination = _address(json, path, ".destination");
        m.gas = uint64(_uint(json, path, ".gas"));
        m.data = vm.parseJsonBytes(json, string.concat(path, ".data"));
    }

    function _deposit(string memory json, string memory path)
        private
        pure
        returns (TokenDeposit memory d)
    {
        d.inbox = _address(json, path, ".inbox");
        d.nonce = uint64(_uint(json, path, ".nonce"));
        d.token = _address(json, path, ".token");
        d.from = _address(json, path, ".from");
        d.to = _address(json, path, ".to");
        d.amount = _uint(json, path, ".amount");
        d.origin = _bytes32(json, path, ".origin");
        d.decimals = uint8(_uint(json, path, ".decimals"));
        d.name = vm.parseJsonString(json, string.concat(path, ".tokenName"));
        d.symbol = vm.parseJsonString(json, string.concat(path, ".symbol"));
    }

    function _uint(string memory json, string memory path, string memory key)
        private
        pure
        returns (uint256)
    {
        return vm.parseJsonUint(json, string.concat(path, key));
    }

    function _bytes32(string memory json, string memory path, string memory key)
        private
        pure
        returns (bytes32)
    {
        return vm.parseJsonBytes32(json, string.concat(path, key));
    }

    function _address(string memory json, string memory path, string memory key)
        private
        pure
        returns (address)
    {
        return vm.parseJsonAddress(json, string.concat(path, key));
    }
}
