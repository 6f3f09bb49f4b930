// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {Message, Messages} from "../../src/bridge/Messages.sol";
import {Content, Head} from "../../src/settlement/ISettlement.sol";
import {Claims} from "../../src/types/Claims.sol";
import {BatchAcc, Claim, ClaimId, Lane} from "../../src/types/Types.sol";
import {Checkpoints} from "../doubles/Checkpoints.sol";
import {L2Blocks} from "./L2Blocks.sol";
import {World} from "./World.sol";

/// Who is corrupt in a run. A corrupt lane votes for anything; an honest one only for what
/// follows from the claim's parent.
enum Mode {
    Honest,
    CorruptZk,
    /// The hardware and the council.
    CorruptTee,
    CorruptOp,
    /// ZK contradicted itself; the hardware, the council and the emergency version of its choice
    /// are corrupt, until probation ends.
    CorruptEmergency,
    /// Nobody keeps to anything.
    Chaos,
    RetiredCorruptZk2,
    RetiredChaos
}

/// What really happened, kept apart from the contracts: the tree of right and wrong blocks, every
/// content with its votes, what was promised and broken, and how often each thing was done.
abstract contract Ghost is World {
    /// A history that leaves its parent at a block; the first is the right one.
    struct Branch {
        uint256 parent;
        uint64 forkAt;
    }

    struct Item {
        Claim claim;
        ClaimId id;
        uint256 branch;
        /// Batches before the parent block, before the range, and up to its end. The first two
        /// are equal but for a claim that skips batches.
        uint256 parentAt;
        uint256 first;
        uint256 last;
        /// It follows from its parent.
        bool sound;
        /// It and everything before it is right.
        bool right;
    }

    Mode public mode;
    BatchAcc[] internal accs;
    uint64[] internal blocksAt;
    Branch[] internal branches;
    Item[] internal items;
    mapping(ClaimId => uint256) internal placeOf;
    mapping(ClaimId => mapping(Lane => uint16)) internal votes;
    mapping(ClaimId => uint40) internal firstVoteAt;
    mapping(ClaimId => bool) internal known;
    mapping(ClaimId => uint40) internal finalAt;
    uint256[] internal finals;

    // The head as the ghost has it.
    bytes32 internal headPoint;
    uint256 internal headBatches;
    uint40 internal lastFinalAt;
    uint40 internal stallEndedAt;

    /// How often a promise was broken, and how often a thing was done.
    mapping(bytes32 => uint256) public broken;
    mapping(bytes32 => uint256) public done;
    bytes32 public lastBroken;

    function _startGhost() internal {
        accs.push(BatchAcc.wrap(0));
        blocksAt.push(0);
        branches.push(Branch(0, 0));
        headPoint = Claims.point(keccak256("genesis"), BatchAcc.wrap(0));
        lastFinalAt = uint40(time);
    }

    function _check(bool kept, bytes32 name) internal {
        if (kept) return;
        ++broken[name];
        lastBroken = name;
    }

    function _count(bytes32 what) internal {
        ++done[what];
    }

    // Blocks.

    function _branchAt(uint256 branch, uint64 number) internal view returns (uint256) {
        while (number < branches[branch].forkAt) branch = branches[branch].parent;
        return branch;
    }

    function _message(uint256 branch, uint64 number) internal view returns (Message memory) {
        bool right = _branchAt(branch, number) == 0;
        return L2Blocks.message(
            number, right ? address(0x0DD) : address(0xBAD), right ? 1 gwei * number : 3 gwei
        );
    }

    function _header(uint256 branch, uint64 number) internal view returns (bytes memory) {
        uint256 own = _branchAt(branch, number);
        bytes32 message =
            Messages.hash(_message(own, number), uint64(block.chainid), address(bridge));
        return L2Blocks.header(own << 64 | number, message, number);
    }

    function _blockHash(uint256 branch, uint64 number) internal view returns (bytes32) {
        return number == 0 ? keccak256("genesis") : keccak256(_header(branch, number));
    }

    function _hashes(Item memory item) internal view returns (bytes32[] memory hashes) {
        uint64 before = blocksAt[item.first];
        hashes = new bytes32[](blocksAt[item.last] - before);
        for (uint256 i = 0; i < hashes.length; ++i) {
            hashes[i] = _blockHash(item.branch, before + 1 + uint64(i));
        }
    }

    // Contents.

    /// The content of a branch over a range; `skips` leaves out its first batch.
    function _item(uint256 branch, uint256 from, uint256 to, bool skips)
        internal
        returns (uint256 place)
    {
        Item memory item;
        item.branch = branch;
        (item.parentAt, item.first, item.last) = (from, skips ? from + 1 : from, to);
        uint64 end = blocksAt[to];
        bytes32[] memory hashes = _hashes(item);
        item.claim = Claim({
            config: inbox.configHash(),
            parentBlock: _blockHash(branch, blocksAt[from]),
            firstBatch: accs[item.first],
            lastBatch: accs[to],
            blockHash: hashes[hashes.length - 1],
            blockNumber: end,
            checkpoints: Checkpoints.root(hashes)
        });
        item.id = Claims.id(item.claim, address(settlement));
        if (placeOf[item.id] != 0) return placeOf[item.id] - 1;

        item.sound = !skips && _branchAt(branch, end) == _branchAt(branch, blocksAt[from]);
        item.right = !skips && _branchAt(branch, end) == 0;
        place = items.length;
        items.push(item);
        placeOf[item.id] = place + 1;
    }

    function _startOf(Item memory item) internal pure returns (bytes32) {
        return Claims.point(item.claim.parentBlock, item.claim.firstBatch);
    }

    function _endOf(Item memory item) internal pure returns (bytes32) {
        return Claims.point(item.claim.blockHash, item.claim.lastBatch);
    }

    function _isDead(Item memory item) internal view returns (bool) {
        if (finalAt[item.id] != 0 || _startOf(item) == headPoint) return false;
        return item.first <= headBatches;
    }

    function _areRivals(Item memory a, Item memory b) internal pure returns (bool) {
        return a.id != b.id && Claims.inputs(a.claim) == Claims.inputs(b.claim);
    }

    function _contentOf(Item memory item) internal view returns (Content memory) {
        return settlement.content(item.id);
    }

    function _head() internal view returns (Head memory) {
        return settlement.head();
    }

    // Randomness.

    function _mix(uint256 seed, bytes32 what) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, what)));
    }

    function _chance(uint256 seed, bytes32 what, uint256 percent) internal pure returns (bool) {
        return _mix(seed, what) % 100 < percent;
    }
}
