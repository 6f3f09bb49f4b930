// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Claims} from "../../src/types/Claims.sol";
import {BatchAcc, Claim, ClaimId, ConfigHash} from "../../src/types/Types.sol";
import {Checkpoints} from "../doubles/Checkpoints.sol";
import {Test} from "../lib/Test.sol";

/// Claim ids and Merkle paths against the vectors that the Rust code reads too.
contract ClaimsTest is Test {
    string private _json;

    function setUp() public {
        _json = vm.readFile("../spec/vectors/claim.json");
    }

    function test_every_claim_has_its_id() public {
        uint256 count = _count(".claims[*].name");
        assertEq(count, 6);
        for (uint256 i = 0; i < count; ++i) {
            string memory place = string.concat(".claims[", vm.toString(i), "]");
            Claim memory claim = Claim({
                config: ConfigHash.wrap(_word(place, ".configHash")),
                parentBlock: _word(place, ".parentBlockHash"),
                firstBatch: BatchAcc.wrap(_word(place, ".firstBatchAcc")),
                lastBatch: BatchAcc.wrap(_word(place, ".lastBatchAcc")),
                blockHash: _word(place, ".blockHash"),
                blockNumber: uint64(_number(place, ".blockNumber")),
                checkpoints: _word(place, ".checkpointsRoot")
            });
            vm.chainId(_number(place, ".l1ChainId"));
            address settlement = vm.parseJsonAddress(_json, string.concat(place, ".settlement"));
            assertEq(ClaimId.unwrap(this.idOn(claim, settlement)), _word(place, ".id"));
        }
    }

    /// Called from outside, because with via_ir the compiler may read the chain's id once for
    /// the whole of a test.
    function idOn(Claim memory claim, address settlement) external view returns (ClaimId) {
        return Claims.id(claim, settlement);
    }

    function test_every_range_has_its_root() public view {
        uint256 count = _count(".checkpoints[*].name");
        assertEq(count, 16);
        for (uint256 i = 0; i < count; ++i) {
            string memory place = string.concat(".checkpoints[", vm.toString(i), "]");
            bytes32[] memory hashes = _blocks(_number(place, ".count"));
            bytes32 root = _word(place, ".root");
            assertEq(Checkpoints.root(hashes), root);
            uint256 last = hashes.length - 1;
            assertTrue(
                Claims.isCheckpoint(
                    root, hashes.length, last, hashes[last], Checkpoints.path(hashes, last)
                )
            );
        }
    }

    function test_every_path_proves_what_it_should_and_nothing_else() public view {
        assertEq(_paths(".proofs", true), 11);
        assertEq(_paths(".proofsInvalid", false), 20);
    }

    function testFuzz_a_path_proves_one_block_at_one_place(
        uint256 count,
        uint256 index,
        uint256 other,
        bytes32 another
    ) public view {
        count = bound(count, 1, 70);
        index = bound(index, 0, count - 1);
        other = bound(other, 0, 2 * count);
        bytes32[] memory hashes = _blocks(count);
        bytes32 root = Checkpoints.root(hashes);
        bytes32[] memory path = Checkpoints.path(hashes, index);
        assertTrue(Claims.isCheckpoint(root, count, index, hashes[index], path));
        assertFalse(Claims.isCheckpoint(root, count, index, another, path));
        assertFalse(other != index && Claims.isCheckpoint(root, count, other, hashes[index], path));
        assertFalse(Claims.isCheckpoint(root, count + 1, index, hashes[index], path));
    }

    function _paths(string memory list, bool valid) private view returns (uint256 count) {
        count = _count(string.concat(list, "[*].name"));
        for (uint256 i = 0; i < count; ++i) {
            string memory place = string.concat(list, "[", vm.toString(i), "]");
            bytes32[] memory path = vm.parseJsonBytes32Array(_json, string.concat(place, ".proof"));
            bool proven = Claims.isCheckpoint(
                _word(place, ".root"),
                _number(place, ".count"),
                _number(place, ".index"),
                _word(place, ".block"),
                path
            );
            assertEq(proven, valid, vm.parseJsonString(_json, string.concat(place, ".name")));
        }
    }

    /// As the vectors say of their blocks.
    function _blocks(uint256 count) private view returns (bytes32[] memory hashes) {
        bytes32 seed = vm.parseJsonBytes32(_json, ".seed");
        hashes = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            hashes[i] = keccak256(abi.encode(seed, i));
        }
    }

    function _count(string memory names) private view returns (uint256) {
        return abi.decode(vm.parseJson(_json, names), (string[])).length;
    }

    function _word(string memory place, string memory field) private view returns (bytes32) {
        return vm.parseJsonBytes32(_json, string.concat(place, field));
    }

    function _number(string memory place, string memory field) private view returns (uint256) {
        return vm.parseJsonUint(_json, string.concat(place, field));
    }
}
