// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {ChainParams} from "../../src/factory/Params.sol";
import {Config} from "../../src/inbox/Config.sol";
import {Anchor, Header, HeaderLimits, Headers} from "../../src/inbox/Headers.sol";
import {
    Cursor,
    DepositQueue,
    DepositQueues,
    ForcedQueue,
    ForcedQueues
} from "../../src/inbox/Queues.sol";
import {QueueHeads, Records} from "../../src/inbox/Records.sol";
import {BatchAcc, ConfigHash} from "../../src/types/Types.sol";
import {Test} from "../lib/Test.sol";

/// The vectors that Rust reads too.
contract InboxVectorsTest is Test {
    using DepositQueues for DepositQueue;
    using ForcedQueues for ForcedQueue;

    string private constant CONFIG = "../spec/vectors/config.json";
    string private constant BATCH = "../spec/vectors/batch.json";

    DepositQueue private _deposits;
    ForcedQueue private _forced;

    /// Calldata is what a library reads: the test calls itself.
    function read(bytes calldata header, HeaderLimits memory most)
        external
        pure
        returns (Header memory h)
    {
        h = Headers.parse(header);
        Headers.check(h, header, most);
    }

    function anchorOf(bytes calldata header, uint256 i) external pure returns (Anchor memory) {
        return Headers.anchor(header, i);
    }

    function hashOf(bytes calldata header, uint256 i) external pure returns (bytes32) {
        return Headers.dataHash(Headers.parse(header), header, i);
    }

    function test_ConfigHashIsTheOneOfTheSpec() public view {
        string memory json = vm.readFile(CONFIG);
        uint256 n = 0;
        for (;; ++n) {
            string memory path = _entry("valid", n);
            if (!vm.keyExistsJson(json, path)) break;
            ChainParams memory c = _chain(json, path);
            uint64 l1 = uint64(_uint(json, path, ".l1ChainId"));
            address inbox = vm.parseJsonAddress(json, string.concat(path, ".inbox"));
            bytes memory encoding = vm.parseJsonBytes(json, string.concat(path, ".encoding"));
            assertEq(Config.encode(c, l1, inbox), encoding, path);
            bytes32 hash = vm.parseJsonBytes32(json, string.concat(path, ".hash"));
            assertEq(ConfigHash.unwrap(Config.hash(c, l1, inbox)), hash, path);
        }
        assertGt(n, 10);
    }

    function test_ValidHeadersReadAsWritten() public view {
        string memory json = vm.readFile(BATCH);
        uint256 n = 0;
        for (;; ++n) {
            string memory path = _entry("headers", n);
            if (!vm.keyExistsJson(json, path)) break;
            bytes memory encoding = vm.parseJsonBytes(json, string.concat(path, ".encoding"));
            Header memory h = this.read(encoding, _limits(json));
            assertEq(h.parent, vm.parseJsonBytes32(json, string.concat(path, ".parent")), path);
            assertEq(h.index, _uint(json, path, ".index"), path);
            assertEq(h.blockCount, _uint(json, path, ".blockCount"), path);
            assertEq(h.firstTimestamp, _uint(json, path, ".firstTimestamp"), path);
            assertEq(h.timeStep, _uint(json, path, ".timeStep"), path);
            assertEq(h.deposits, _uint(json, path, ".deposits"), path);
            assertEq(h.forced, _uint(json, path, ".forced"), path);
            assertEq(h.dataKind, _uint(json, path, ".dataKind"), path);
            _checkLists(json, path, encoding, h);
            bytes32 hash = vm.parseJsonBytes32(json, string.concat(path, ".hash"));
            assertEq(keccak256(encoding), hash, path);
        }
        assertGt(n, 20);
    }

    function _checkLists(
        string memory json,
        string memory path,
        bytes memory encoding,
        Header memory h
    ) private view {
        uint256[] memory blocks = vm.parseJsonUintArray(
            json, string.concat(path, ".anchorFirstBlocks")
        );
        uint256[] memory numbers =
            vm.parseJsonUintArray(json, string.concat(path, ".anchorNumbers"));
        bytes32[] memory anchors =
            vm.parseJsonBytes32Array(json, string.concat(path, ".anchorHashes"));
        assertEq(h.anchors, anchors.length, path);
        for (uint256 i = 0; i < anchors.length; ++i) {
            Anchor memory a = this.anchorOf(encoding, i);
            assertEq(a.fromBlock, blocks[i], path);
            assertEq(a.number, numbers[i], path);
            assertEq(a.hash, anchors[i], path);
        }
        bytes32[] memory hashes = vm.parseJsonBytes32Array(json, string.concat(path, ".hashes"));
        assertEq(h.hashes, hashes.length, path);
        for (uint256 i = 0; i < hashes.length; ++i) {
            assertEq(this.hashOf(encoding, i), hashes[i], path);
        }
    }

    function test_InvalidHeadersAreRefusedForTheirReason() public view {
        string memory json = vm.readFile(BATCH);
        uint256 n = 0;
        for (;; ++n) {
            string memory path = _entry("headersInvalid", n);
            if (!vm.keyExistsJson(json, path)) break;
            bytes memory encoding = vm.parseJsonBytes(json, string.concat(path, ".encoding"));
            string memory kind = vm.parseJsonString(json, string.concat(path, ".kind"));
            string memory name = vm.parseJsonString(json, string.concat(path, ".name"));
            try this.read(encoding, _limits(json)) {
                assertTrue(false, string.concat("accepted: ", name));
            } catch (bytes memory why) {
                assertTrue(_isOfKind(bytes4(why), keccak256(bytes(kind))), name);
            }
        }
        assertGt(n, 30);
    }

    function test_QueuesAccumulateAsTheSpecSays() public {
        string memory json = vm.readFile(BATCH);
        uint256 n = 0;
        for (;; ++n) {
            string memory path = _entry("deposits", n);
            if (!vm.keyExistsJson(json, path)) break;
            address to = vm.parseJsonAddress(json, string.concat(path, ".to"));
            (uint64 index, bytes32 acc) = _deposits.push(to, uint64(_uint(json, path, ".amount")));
            assertEq(index, _uint(json, path, ".index"), path);
            assertEq(acc, vm.parseJsonBytes32(json, string.concat(path, ".after")), path);
        }
        assertEq(n, 3);
        for (n = 0;; ++n) {
            string memory path = _entry("forced", n);
            if (!vm.keyExistsJson(json, path)) break;
            bytes memory raw = vm.parseJsonBytes(json, string.concat(path, ".raw"));
            uint64 gas = uint64(_uint(json, path, ".gas"));
            (uint64 index, bytes32 acc) = _forced.push(keccak256(raw), raw.length, gas);
            assertEq(index, _uint(json, path, ".index"), path);
            assertEq(acc, vm.parseJsonBytes32(json, string.concat(path, ".after")), path);
        }
        assertEq(n, 4);
    }

    function test_RecordsHashAsTheSpecSays() public view {
        string memory json = vm.readFile(BATCH);
        uint256 n = 0;
        for (;; ++n) {
            string memory path = _entry("records", n);
            if (!vm.keyExistsJson(json, path)) break;
            bytes memory header = vm.parseJsonBytes(json, string.concat(path, ".header"));
            QueueHeads memory q;
            q.depositsBefore.next = uint64(_uint(json, path, ".depositBeforeIndex"));
            q.depositsAfter.next = uint64(_uint(json, path, ".depositAfterIndex"));
            q.forcedBefore.next = uint64(_uint(json, path, ".forcedBeforeIndex"));
            q.forcedAfter.next = uint64(_uint(json, path, ".forcedAfterIndex"));
            q.depositsBefore.acc =
                vm.parseJsonBytes32(json, string.concat(path, ".depositBeforeAcc"));
            q.depositsAfter.acc = vm.parseJsonBytes32(json, string.concat(path, ".depositAfterAcc"));
            q.forcedBefore.acc = vm.parseJsonBytes32(json, string.concat(path, ".forcedBeforeAcc"));
            q.forcedAfter.acc = vm.parseJsonBytes32(json, string.concat(path, ".forcedAfterAcc"));
            bytes32 parent = this.read(header, _limits(json)).parent;
            uint64 firstBlock = uint64(_uint(json, path, ".firstBlock"));
            BatchAcc got = Records.acc(parent, keccak256(header), firstBlock, q);
            bytes32 acc = vm.parseJsonBytes32(json, string.concat(path, ".acc"));
            assertEq(BatchAcc.unwrap(got), acc, path);
        }
        assertEq(n, 5);
    }

    function _entry(string memory list, uint256 n) private pure returns (string memory) {
        return string.concat(".", list, "[", vm.toString(n), "]");
    }

    function _uint(string memory json, string memory path, string memory key)
        private
        pure
        returns (uint256)
    {
        return vm.parseJsonUint(json, string.concat(path, key));
    }

    function _limits(string memory json) private pure returns (HeaderLimits memory) {
        return HeaderLimits(
            uint16(_uint(json, ".limits", ".blocks")),
            uint8(_uint(json, ".limits", ".anchors")),
            uint8(_uint(json, ".limits", ".blobs")),
            uint16(_uint(json, ".limits", ".deposits")),
            uint16(_uint(json, ".limits", ".forced"))
        );
    }

    function _chain(string memory json, string memory path)
        private
        pure
        returns (ChainParams memory c)
    {
        c.chainId = uint64(_uint(json, path, ".chainId"));
        c.genesisHash = vm.parseJsonBytes32(json, string.concat(path, ".genesisHash"));
        c.gasLimit = uint64(_uint(json, path, ".gasLimit"));
        c.feeRecipient = vm.parseJsonAddress(json, string.concat(path, ".feeRecipient"));
        c.extraData = vm.parseJsonBytes(json, string.concat(path, ".extraData"));
        c.maxBlocks = uint16(_uint(json, path, ".blocks"));
        c.maxAnchors = uint8(_uint(json, path, ".anchors"));
        c.maxBlobs = uint8(_uint(json, path, ".blobs"));
        c.maxDecodedBytes = uint32(_uint(json, path, ".decodedBytes"));
        c.maxTransactions = uint32(_uint(json, path, ".transactions"));
        c.maxDeposits = uint16(_uint(json, path, ".deposits"));
        c.maxForced = uint16(_uint(json, path, ".forced"));
        c.maxForcedBytes = uint32(_uint(json, path, ".forcedBytes"));
        c.maxForcedGas = uint64(_uint(json, path, ".forcedGas"));
    }

    function _isOfKind(bytes4 why, bytes32 kind) private pure returns (bool) {
        if (kind == keccak256("Header.Count")) {
            return why == Headers.BlockCount.selector || why == Headers.AnchorCount.selector
                || why == Headers.BlobCount.selector || why == Headers.DepositCount.selector
                || why == Headers.ForcedCount.selector;
        }
        if (kind == keccak256("Header.Time")) {
            return why == Headers.TimeStepZero.selector || why == Headers.TimeOverflow.selector;
        }
        if (kind == keccak256("Header.ForcedNeedsTwoBlocks")) {
            return why == Headers.ForcedNeedsTwoBlocks.selector;
        }
        if (kind == keccak256("Header.AnchorOrder")) return why == Headers.AnchorOrder.selector;
        if (kind == keccak256("Format.Unknown")) {
            return
                why == Headers.UnknownHeaderVersion.selector || why == Headers.UnknownData.selector;
        }
        bool length = kind == keccak256("Format.Truncated") || kind == keccak256("Format.Trailing");
        return length && why == Headers.HeaderLength.selector;
    }
}
