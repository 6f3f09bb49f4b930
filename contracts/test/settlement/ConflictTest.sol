// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Conflict} from "../../src/settlement/ISettlement.sol";
import {BatchAcc, Claim} from "../../src/types/Types.sol";
import {Checkpoints} from "../doubles/Checkpoints.sol";
import {SettlementTest} from "./SettlementTest.sol";

/// Makes claims that cannot all be right, with the proof of it.
abstract contract ConflictTest is SettlementTest {
    function rivals(Claim memory a, Claim memory b) internal pure returns (Conflict memory c) {
        (c.a, c.b) = (_one(a), _one(b));
    }

    /// From genesis, one over ten blocks or more and one over ten more, which differ at block 7.
    function overlapping() internal returns (Claim memory a, Claim memory b, Conflict memory c) {
        a = first("a");
        b = first("b");
        c = rivals(a, b);
        c.common = GENESIS;
        bytes32[] memory hashes = blocks(0, a.blockNumber, "a");
        (c.differNumber, c.hashA) = (7, hashes[6]);
        c.pathA = Checkpoints.path(hashes, 6);
        hashes = blocks(0, b.blockNumber, "b");
        (c.hashB, c.pathB) = (hashes[6], Checkpoints.path(hashes, 6));
    }

    /// Two chains of `length` claims each, over ranges that are all different, which have
    /// block 5 in common and differ in their last claims. The claims of A come first.
    function forked(uint256 length) internal returns (Claim[] memory claims, Conflict memory c) {
        uint256 batches = 2 * length;
        BatchAcc[] memory ends = new BatchAcc[](batches);
        for (uint256 i = 0; i < batches; ++i) {
            ends[i] = inbox.push(10);
        }
        c.a = new Claim[](length);
        c.b = new Claim[](length);
        claims = new Claim[](2 * length);
        for (uint256 i = 0; i < length; ++i) {
            // A ends after each second batch, B after those between.
            c.a[i] = _link(c.a, i, ends[2 * i + 1], uint64(20 * i + 20), "A");
            c.b[i] = _link(c.b, i, ends[2 * i], uint64(20 * i + 10), "B");
            claims[i] = c.a[i];
            claims[length + i] = c.b[i];
        }
        _prove(c);
    }

    function _link(Claim[] memory chain, uint256 i, BatchAcc end, uint64 number, bytes32 side)
        private
        view
        returns (Claim memory claim)
    {
        uint64 from = _from(chain, i);
        claim = Claim({
            config: inbox.configHash(),
            parentBlock: i == 0 ? GENESIS : chain[i - 1].blockHash,
            firstBatch: i == 0 ? BatchAcc.wrap(0) : chain[i - 1].lastBatch,
            lastBatch: end,
            blockHash: 0,
            blockNumber: number,
            checkpoints: 0
        });
        bytes32[] memory hashes = _shared(from, number, side);
        claim.blockHash = hashes[hashes.length - 1];
        claim.checkpoints = Checkpoints.root(hashes);
    }

    /// Blocks up to 5 are the same on both sides.
    function _shared(uint64 from, uint64 last, bytes32 side)
        private
        pure
        returns (bytes32[] memory hashes)
    {
        hashes = blocks(from, last, side);
        bytes32[] memory same = blocks(from, last, "same");
        for (uint64 i = 0; i < hashes.length && from + i < 5; ++i) {
            hashes[i] = same[i];
        }
    }

    /// Common at 5, different at the third last block of B's last claim.
    function _prove(Conflict memory c) private pure {
        bytes32[] memory hashes = _shared(0, c.a[0].blockNumber, "A");
        (c.common, c.commonNumber) = (hashes[4], 5);
        c.commonPathA = Checkpoints.path(hashes, 4);
        c.commonPathB = Checkpoints.path(_shared(0, c.b[0].blockNumber, "B"), 4);

        uint256 last = c.a.length - 1;
        uint64 number = c.b[last].blockNumber - 2;
        c.differNumber = number;
        (c.hashA, c.pathA) = _at(c.a, number, "A");
        (c.hashB, c.pathB) = _at(c.b, number, "B");
    }

    /// The block of that number in the chain's last claim, and its path.
    function _at(Claim[] memory chain, uint64 number, bytes32 side)
        private
        pure
        returns (bytes32, bytes32[] memory)
    {
        uint256 last = chain.length - 1;
        uint64 from = _from(chain, last);
        bytes32[] memory hashes = _shared(from, chain[last].blockNumber, side);
        uint64 index = number - from - 1;
        return (hashes[index], Checkpoints.path(hashes, index));
    }

    function _from(Claim[] memory chain, uint256 i) private pure returns (uint64) {
        return i == 0 ? 0 : chain[i - 1].blockNumber;
    }

    function _one(Claim memory claim) private pure returns (Claim[] memory chain) {
        chain = new Claim[](1);
        chain[0] = claim;
    }
}
