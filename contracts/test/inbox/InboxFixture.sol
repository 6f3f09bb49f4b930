// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";

import {RollupAddresses, RollupParams} from "../../src/factory/Params.sol";
import {Headers} from "../../src/inbox/Headers.sol";
import {Inbox, Tip} from "../../src/inbox/Inbox.sol";
import {BatchAcc} from "../../src/types/Types.sol";
import {Test} from "../lib/Test.sol";

/// A batch as a test writes it; `bytes` of it are what L1 reads.
struct Batch {
    bytes32 parent;
    uint64 index;
    uint16 blockCount;
    uint64 firstTimestamp;
    uint32 timeStep;
    uint16 deposits;
    uint16 forced;
    uint16[] anchorBlocks;
    uint64[] anchorNumbers;
    bytes32[] anchorHashes;
    uint8 dataKind;
    bytes32[] hashes;
}

/// An inbox on an L1 whose blocks, headers and history a test makes.
abstract contract InboxFixture is Test {
    using RLP for RLP.Encoder;

    address internal constant HISTORY = 0x0000F90827F1C53a10cb7A02335B175320002935;
    bytes internal constant HISTORY_CODE =
        hex"3373fffffffffffffffffffffffffffffffffffffffe14604657602036036042575f35600143038111604257611fff81430311604257611fff9006545f5260205ff35b5f5ffd5b5f35611fff60014303065500";
    uint40 internal constant SILENCE = 1 hours;
    uint40 internal constant WAIT = 12 hours;
    uint96 internal constant FEE = 0.001 ether;

    address internal sequencer = makeAddr("sequencer");
    address internal stranger = makeAddr("stranger");
    address internal bridge = makeAddr("bridge");
    address internal timelock = makeAddr("timelock");
    Inbox internal inbox;

    /// The times of the L1 blocks so far.
    mapping(uint256 number => uint256) internal l1Times;

    function setUp() public virtual {
        vm.etch(HISTORY, HISTORY_CODE);
        vm.etch(bridge, hex"00");
        vm.etch(address(0xC0), hex"00");
        vm.roll(20_000);
        vm.warp(1_800_000_000);
        l1Times[20_000] = 1_800_000_000;
        inbox = new Inbox(_params(), _addresses());
        _mine(12);
    }

    function _params() internal view virtual returns (RollupParams memory p) {
        p.chain.chainId = 7357;
        p.chain.genesisHash = keccak256("genesis");
        p.chain.gasLimit = 30_000_000;
        p.chain.extraData = "tern";
        p.chain.maxBlocks = 64;
        p.chain.maxAnchors = 3;
        p.chain.maxBlobs = 6;
        p.chain.maxDecodedBytes = 1 << 20;
        p.chain.maxTransactions = 10_000;
        p.chain.maxDeposits = 4;
        p.chain.maxForced = 5;
        p.chain.maxForcedBytes = 1000;
        p.chain.maxForcedGas = 12_000_000;
        p.inbox.sequencer = sequencer;
        p.inbox.silence = SILENCE;
        p.inbox.forcedWait = WAIT;
        p.inbox.maxAnchorAge = 1000;
        p.inbox.maxForcedSize = 600;
        p.inbox.forcedFee = FEE;
        p.inbox.minDeposit = 1000;
        p.terms.proposerBond = p.terms.challengerBond = 1 ether;
        p.terms.window = p.delays.minWindow = p.delays.maxWindow = 7 days;
        p.delays.minBond = p.delays.maxBond = 1 ether;
        p.delays.lapse = p.delays.heartbeat = p.delays.longestGame = 7 days;
        p.governance.council = address(0xC0);
        p.governance.votingPeriod = 1 days;
        p.governance.quorumPercent = 4;
        p.governance.holders = new address[](1);
        p.governance.holders[0] = address(0xA0);
        p.governance.amounts = new uint256[](1);
        p.governance.amounts[0] = 1 ether;
        p.bridge = bridge;
    }

    function _addresses() internal view returns (RollupAddresses memory a) {
        a.timelock = timelock;
        a.settlement = address(0x5E);
    }

    // L1.

    /// The RLP header of an L1 block, with everything that a block of Prague has.
    function _l1Header(uint256 number, uint256 time) internal pure returns (bytes memory) {
        RLP.Encoder memory e = RLP.encoder();
        for (uint256 i = 0; i < 2; ++i) {
            e.push(keccak256(abi.encode(number, i)));
        }
        e.push(address(uint160(number)));
        for (uint256 i = 0; i < 3; ++i) {
            e.push(keccak256(abi.encode(number, i + 2)));
        }
        e.push(new bytes(256)).push(uint256(0)).push(number).push(uint256(45_000_000));
        e.push(number * 1000 % 30_000_000).push(time).push(bytes("extra")).push(bytes32(number));
        e.push(new bytes(8)).push(uint256(7)).push(bytes32(number)).push(uint256(0));
        e.push(uint256(131_072)).push(bytes32(number)).push(bytes32(number));
        return e.encode();
    }

    /// Seals this block and opens the next one `time` seconds later.
    function _mine(uint256 time) internal {
        uint256 number = vm.getBlockNumber();
        bytes32 hash = keccak256(_l1Header(number, l1Times[number]));
        vm.roll(number + 1);
        skip(time);
        vm.setBlockhash(number, hash);
        vm.store(HISTORY, bytes32(number % 8191), hash);
        l1Times[number + 1] = vm.getBlockTimestamp();
    }

    function _l1Hash(uint256 number) internal view returns (bytes32) {
        return keccak256(_l1Header(number, l1Times[number]));
    }

    function _l1Headers(Batch memory b) internal view returns (bytes[] memory headers) {
        headers = new bytes[](b.anchorNumbers.length);
        for (uint256 i = 0; i < headers.length; ++i) {
            uint256 number = b.anchorNumbers[i];
            headers[i] = _l1Header(number, l1Times[number]);
        }
    }

    // Batches.

    /// The next batch as anyone could submit it now: no data, the newest anchor, as many of its
    /// blocks as asked for, of which the last is of this second.
    function _next(uint16 blocks) internal view returns (Batch memory b) {
        (uint64 batches, BatchAcc acc) = inbox.tip();
        b.parent = BatchAcc.unwrap(acc);
        b.index = batches;
        b.blockCount = blocks;
        b.timeStep = 1;
        b.firstTimestamp = uint64(vm.getBlockTimestamp() - blocks + 1);
        _anchor(b, 0, uint64(vm.getBlockNumber() - 1));
    }

    /// Adds an anchor.
    function _anchor(Batch memory b, uint16 fromBlock, uint64 number) internal view {
        uint256 n = b.anchorNumbers.length;
        uint16[] memory blocks = new uint16[](n + 1);
        uint64[] memory numbers = new uint64[](n + 1);
        bytes32[] memory hashes = new bytes32[](n + 1);
        for (uint256 i = 0; i < n; ++i) {
            (blocks[i], numbers[i], hashes[i]) =
            (b.anchorBlocks[i], b.anchorNumbers[i], b.anchorHashes[i]);
        }
        (blocks[n], numbers[n], hashes[n]) = (fromBlock, number, _l1Hash(number));
        (b.anchorBlocks, b.anchorNumbers, b.anchorHashes) = (blocks, numbers, hashes);
    }

    /// Replaces the anchors by one.
    function _onlyAnchor(Batch memory b, uint64 number) internal view {
        b.anchorBlocks = new uint16[](0);
        b.anchorNumbers = new uint64[](0);
        b.anchorHashes = new bytes32[](0);
        _anchor(b, 0, number);
    }

    /// The packed form of `spec/batch.md`.
    function _encode(Batch memory b) internal pure returns (bytes memory out) {
        out = abi.encodePacked(
            uint8(1), b.parent, b.index, b.blockCount, b.firstTimestamp, b.timeStep
        );
        out = abi.encodePacked(out, b.deposits, b.forced, uint8(b.anchorBlocks.length));
        for (uint256 i = 0; i < b.anchorBlocks.length; ++i) {
            out = abi.encodePacked(out, b.anchorBlocks[i], b.anchorNumbers[i], b.anchorHashes[i]);
        }
        out = abi.encodePacked(out, b.dataKind, uint8(b.hashes.length));
        for (uint256 i = 0; i < b.hashes.length; ++i) {
            out = abi.encodePacked(out, b.hashes[i]);
        }
    }

    function _submit(Batch memory b) internal returns (BatchAcc) {
        return _submitAs(sequencer, b, "");
    }

    function _submitAs(address who, Batch memory b, bytes memory data) internal returns (BatchAcc) {
        bytes[] memory headers = _l1Headers(b);
        vm.prank(who);
        return inbox.submitBatch(_encode(b), headers, data);
    }

    /// The sequencer's submission is refused with exactly this error.
    function _refused(Batch memory b, bytes memory data, bytes memory why) internal {
        bytes[] memory headers = _l1Headers(b);
        bytes memory header = _encode(b);
        vm.expectRevert(why);
        vm.prank(sequencer);
        inbox.submitBatch(header, headers, data);
    }

    function _refused(Batch memory b, bytes memory why) internal {
        _refused(b, "", why);
    }

    // Queues.

    function _deposit(uint256 gweiAmount) internal returns (uint64) {
        hoax(stranger);
        return inbox.deposit{value: gweiAmount * 1 gwei}(stranger);
    }

    function _force(uint256 size, uint64 gas) internal returns (uint64) {
        uint256 fee = inbox.forcedFee(size, gas);
        hoax(stranger, fee);
        return inbox.force{value: fee}(new bytes(size), gas);
    }
}
