// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";
import {TrieProof} from "@openzeppelin/contracts/utils/cryptography/TrieProof.sol";

import {Trie} from "../../src/bridge/Trie.sol";
import {Test} from "../lib/Test.sol";

/// The trie reader on nodes that hashed keys seldom meet, and beside OpenZeppelin's.
contract TrieTest is Test {
    using RLP for *;

    bytes32 private constant SLOT = bytes32(uint256(7));
    bytes32 private key = keccak256(abi.encodePacked(SLOT));

    function test_nodesInsideOthersAreRead() public view {
        (bytes memory leaf, bytes memory branch, bytes memory root) = _nested(hex"01");
        bytes[] memory proof = _list(root);
        assertEq(this.slot(keccak256(root), proof), bytes32(uint256(1)));
        assertEq(this.oz(keccak256(root), proof), hex"01");
        proof = _list(root, branch);
        assertEq(this.slot(keccak256(root), proof), bytes32(uint256(1)));
        proof = _list(root, branch, leaf);
        assertEq(this.slot(keccak256(root), proof), bytes32(uint256(1)));
        assertEq(this.oz(keccak256(root), proof), hex"01");
    }

    function test_aNodeInsideAnotherMustBeThatOne() public {
        (bytes memory leaf, bytes memory branch, bytes memory root) = _nested(hex"01");
        branch[branch.length - 1] = 0x01;
        bytes[] memory proof = _list(root, branch);
        vm.expectRevert(abi.encodeWithSelector(Trie.ProofGoesOn.selector, 1, 2));
        this.slot(keccak256(root), proof);
        proof = _list(root, leaf, leaf);
        vm.expectRevert(abi.encodeWithSelector(Trie.ProofGoesOn.selector, 2, 3));
        this.slot(keccak256(root), proof);
    }

    function test_anEmptyChildIsNoValue() public {
        bytes[] memory items = new bytes[](17);
        for (uint256 i = 0; i < 17; ++i) {
            items[i] = bytes("").encode();
        }
        bytes[] memory proof = _list(items.encode());
        vm.expectRevert(abi.encodeWithSelector(Trie.NotInTrie.selector, 0));
        this.slot(keccak256(proof[0]), proof);
    }

    function test_anEmptyTrieAndAnEmptyProofAreRefused() public {
        bytes[] memory proof = _list(hex"80");
        vm.expectRevert(abi.encodeWithSelector(Trie.MalformedNode.selector, 0));
        this.slot(keccak256(proof[0]), proof);
        vm.expectRevert(abi.encodeWithSelector(Trie.ProofEnds.selector, 0));
        this.slot(keccak256(hex"80"), new bytes[](0));
        proof = _list("");
        vm.expectRevert(abi.encodeWithSelector(Trie.MalformedNode.selector, 0));
        this.slot(keccak256(""), proof);
    }

    function test_pathsWithUnknownFlagsAreRefused() public {
        bytes1[3] memory flags = [bytes1(0x40), bytes1(0xf0), bytes1(0x2f)];
        for (uint256 i = 0; i < 3; ++i) {
            bytes[] memory pair = new bytes[](2);
            pair[0] = abi.encodePacked(flags[i], key).encode();
            pair[1] = uint256(1).encode();
            bytes[] memory proof = _list(pair.encode());
            vm.expectRevert(abi.encodeWithSelector(Trie.MalformedNode.selector, 0));
            this.slot(keccak256(proof[0]), proof);
        }
    }

    function test_anExtensionWithoutAPathLeadsNowhere() public {
        bytes[] memory pair = new bytes[](2);
        pair[0] = bytes(hex"00").encode();
        pair[1] = keccak256("itself").encode();
        bytes[] memory proof = _list(pair.encode());
        vm.expectRevert(abi.encodeWithSelector(Trie.NotInTrie.selector, 0));
        this.slot(keccak256(proof[0]), proof);
    }

    function test_onlyCanonicalValuesAreAnswered() public {
        bytes[6] memory bad =
            [bytes(hex"00"), hex"80", hex"8100", hex"817f", hex"820001", hex"8201"];
        for (uint256 i = 0; i < bad.length; ++i) {
            bytes[] memory proof = _list(_leaf(bad[i]));
            vm.expectRevert(Trie.NotASlotValue.selector);
            this.slot(keccak256(proof[0]), proof);
        }
        bytes memory long = abi.encodePacked(hex"a101", bytes32(uint256(1)));
        bytes[] memory longProof = _list(_leaf(long));
        vm.expectRevert(Trie.NotASlotValue.selector);
        this.slot(keccak256(longProof[0]), longProof);
    }

    function test_whatIsNoAccountIsRefused() public {
        bytes memory good = _account(bytes32(uint256(5)));
        bytes[] memory proof = _list(_leafAt(keccak256(abi.encodePacked(address(9))), good));
        assertEq(this.account(keccak256(proof[0]), proof), bytes32(uint256(5)));
        for (uint256 i = 0; i < 3; ++i) {
            bytes memory bad = _account(bytes32(uint256(5)));
            if (i == 0) bad[1] = bytes1(uint8(bad[1]) + 1);
            if (i == 1) bad[2] = 0xc1;
            if (i == 2) bad = hex"01";
            proof = _list(_leafAt(keccak256(abi.encodePacked(address(9))), bad));
            vm.expectRevert(Trie.NotAnAccount.selector);
            this.account(keccak256(proof[0]), proof);
        }
    }

    function testFuzz_everyValueIsReadAsOpenZeppelinReadsIt(uint256 value) public view {
        vm.assume(value != 0);
        bytes[] memory proof = _list(_leaf(value.encode()));
        assertEq(this.slot(keccak256(proof[0]), proof), bytes32(value));
        assertEq(this.oz(keccak256(proof[0]), proof), value.encode());
    }

    /// The root is made up to fit whatever the node is: so the parser itself is tried. Beside the
    /// path, where nothing is read, only one of the two may care for the form.
    function testFuzz_fromAMadeUpNodeNothingElseIsReadThanByOpenZeppelin(
        uint256 shape,
        uint256 place,
        bytes1 to
    ) public view {
        (,, bytes memory nested) = _nested(hex"01");
        bytes memory node = shape % 2 == 0 ? nested : _leaf(uint256(shape | 1).encode());
        node[place % node.length] = to;
        bytes[] memory proof = _list(node);
        try this.slot(keccak256(node), proof) returns (bytes32 value) {
            try this.oz(keccak256(node), proof) returns (bytes memory other) {
                assertEq(other, uint256(value).encode());
            } catch {}
        } catch {}
    }

    function slot(bytes32 root, bytes[] calldata proof) external pure returns (bytes32) {
        return Trie.slotValue(root, SLOT, proof);
    }

    function account(bytes32 root, bytes[] calldata proof) external pure returns (bytes32) {
        return Trie.storageRoot(root, address(9), proof);
    }

    function oz(bytes32 root, bytes[] memory proof) external view returns (bytes memory) {
        return TrieProof.traverse(root, abi.encodePacked(key), proof);
    }

    /// An extension over 61 nibbles, a branch inside it and a leaf inside that.
    function _nested(bytes memory value)
        private
        view
        returns (bytes memory leaf, bytes memory branch, bytes memory root)
    {
        bytes[] memory pair = new bytes[](2);
        pair[0] = abi.encodePacked(uint8(0x20), uint8(uint256(key))).encode();
        pair[1] = value.encode();
        leaf = pair.encode();

        bytes[] memory items = new bytes[](17);
        for (uint256 i = 0; i < 17; ++i) {
            items[i] = i == (uint256(key) >> 8) & 15 ? leaf : bytes("").encode();
        }
        branch = items.encode();

        bytes memory path = new bytes(31);
        for (uint256 i = 0; i < 31; ++i) {
            path[i] = bytes1(uint8(uint256(key) >> (252 - 8 * i)));
        }
        path[0] = bytes1(0x10 | uint8(uint256(key) >> 252));
        pair[0] = path.encode();
        pair[1] = branch;
        root = pair.encode();
    }

    function _leaf(bytes memory value) private view returns (bytes memory) {
        return _leafAt(key, value);
    }

    function _leafAt(bytes32 where, bytes memory value) private pure returns (bytes memory) {
        bytes[] memory pair = new bytes[](2);
        pair[0] = abi.encodePacked(uint8(0x20), where).encode();
        pair[1] = value.encode();
        return pair.encode();
    }

    function _account(bytes32 root) private pure returns (bytes memory) {
        bytes[] memory fields = new bytes[](4);
        fields[0] = uint256(1).encode();
        fields[1] = uint256(1000).encode();
        fields[2] = root.encode();
        fields[3] = bytes32(uint256(6)).encode();
        return fields.encode();
    }

    function _list(bytes memory a) private pure returns (bytes[] memory l) {
        l = new bytes[](1);
        l[0] = a;
    }

    function _list(bytes memory a, bytes memory b) private pure returns (bytes[] memory l) {
        l = new bytes[](2);
        (l[0], l[1]) = (a, b);
    }

    function _list(bytes memory a, bytes memory b, bytes memory c)
        private
        pure
        returns (bytes[] memory l)
    {
        l = new bytes[](3);
        (l[0], l[1], l[2]) = (a, b, c);
    }
}
