// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.30;

import {InboxParams, RollupAddresses, RollupParams} from "../factory/Params.sol";
import {BatchAcc, ConfigHash} from "../types/Types.sol";
import {Anchors} from "./Anchors.sol";
import {Config} from "./Config.sol";
import {Header, HeaderLimits, Headers} from "./Headers.sol";
import {InboxQueues} from "./InboxQueues.sol";
import {QueueHeads, Records} from "./Records.sol";

/// Where the chain of batches ends.
struct Tip {
    uint48 batches;
    /// The number of the last block: block 0 is the genesis, which no batch derives.
    uint56 blocks;
    /// The last block's time.
    uint40 timestamp;
    /// When the sequencer last submitted a batch that left nothing overdue, or when this contract
    /// was deployed.
    uint40 sequencedAt;
    /// The L1 number of the last anchor.
    uint64 anchor;
}

/// The order of everything that happens on a rollup, and the vault that holds its ETH.
///
/// A batch is accepted or refused by its header alone; whatever its data, it then derives exactly
/// as many blocks as the header says. Of each accepted batch one hash is kept, which commits to the
/// header and to the queue entries that it takes: `spec/batch.md`.
///
/// After the sequencer's silence anyone may submit, and can: a batch without data of two blocks, the
/// newest L1 block as its anchor, and the queue entries of `nextDuty` is accepted in every state, as
/// soon as two seconds have passed since the last block's time. See `InboxQueues` for the queues. The
/// newest L1 block is not older than any anchor so far, and its time is not after the second before
/// this one.
///
/// Cautions: ETH that is sent here by force, burned base fees of L2 and fees for forcing stay for
/// ever. Releases call from this address whatever a withdrawal names, so nothing may ever trust this
/// address, and no tokens or approvals may be given to it.
contract Inbox is InboxQueues {
    error WrongParent(BatchAcc expected, BatchAcc got);
    error WrongIndex(uint64 expected, uint64 got);
    /// Not after the last block of the batch before.
    error FirstTimestamp(uint256 got, uint256 least);
    /// In L1's future.
    error LastTimestamp(uint256 got, uint256 most);
    /// The header says that there are no such data.
    error UnexpectedData(uint256 size);
    error UnexpectedBlob(uint256 blob, bytes32 versionedHash);
    /// Zero is what the transaction has behind its last blob.
    error WrongBlob(uint256 blob, bytes32 got, bytes32 expected);
    error WrongDataHash(bytes32 got, bytes32 expected);
    /// Only the sequencer may submit until, with its silence, `opensAfter` has passed.
    error NotYourTurn(address caller, address sequencer, uint256 opensAfter);
    error UnknownBatch(BatchAcc acc);
    error EmptyRange(uint64 fromBatches, uint64 toBatches);
    error NotBridge(address caller, address bridge);
    error NotEnoughEther(uint256 amount, uint256 balance);
    /// Less gas was given than the call was promised: a failure would not be the receiver's.
    error NotEnoughGas(uint256 got, uint256 gasLimit);
    error MayNotSetSequencer(address caller, address sequencer, address timelock);
    error NoSequencer();

    /// The batch's record, in full: with it, the queues' entries and the data, nodes derive.
    event BatchSubmitted(
        uint64 indexed index,
        BatchAcc indexed acc,
        uint64 firstBlock,
        QueueHeads queues,
        bytes header
    );
    /// The data of a batch that brings them as calldata. EIP-7623 makes it cost nothing: a transaction
    /// of that much data pays for each byte more than reading and logging it.
    event BatchData(uint64 indexed index, bytes data);
    event SequencerSet(address indexed before, address indexed sequencer);

    /// What a call with value may cost besides the gas that it hands over: a cold account,
    /// a transfer, a new account, and the lines around it.
    uint256 private constant CALL_COST = 40_000;

    ConfigHash public immutable configHash;
    bytes32 public immutable genesisHash;
    address public immutable settlement;
    address public immutable bridge;
    address public immutable timelock;

    uint40 private immutable SILENCE;
    uint16 private immutable MAX_ANCHOR_AGE;
    uint16 private immutable MAX_BLOCKS;
    uint8 private immutable MAX_ANCHORS;
    uint8 private immutable MAX_BLOBS;

    /// Who may submit while it is not silent.
    address public sequencer;
    BatchAcc private _acc;
    Tip private _tip;
    /// Batches and blocks up to an accumulator: `batches << 64 | blocks`.
    mapping(BatchAcc => uint256) private _counts;

    constructor(RollupParams memory p, RollupAddresses memory a) InboxQueues(p) {
        configHash = Config.hash(p.chain, uint64(block.chainid), address(this));
        genesisHash = p.chain.genesisHash;
        settlement = a.settlement;
        bridge = p.bridge;
        timelock = a.timelock;
        SILENCE = p.inbox.silence;
        MAX_ANCHOR_AGE = p.inbox.maxAnchorAge;
        MAX_BLOCKS = p.chain.maxBlocks;
        MAX_ANCHORS = p.chain.maxAnchors;
        MAX_BLOBS = p.chain.maxBlobs;

        sequencer = p.inbox.sequencer;
        emit SequencerSet(address(0), p.inbox.sequencer);
        // L1 does not know the genesis block's time, and a first block that is not after it could
        // not be derived: it must not be later than this moment.
        _tip.timestamp = _tip.sequencedAt = uint40(block.timestamp);
    }

    /// Appends a batch. `anchorHeaders` are the RLP headers of the L1 blocks that the header
    /// names as anchors; `data` is empty unless the header says calldata.
    function submitBatch(bytes calldata header, bytes[] calldata anchorHeaders, bytes calldata data)
        external
        whenUnlocked
        returns (BatchAcc acc)
    {
        Tip memory t = _tip;
        bool isOwn = _takeTurn(t);

        Header memory h = Headers.parse(header);
        BatchAcc parent = _acc;
        if (BatchAcc.wrap(h.parent) != parent) revert WrongParent(parent, BatchAcc.wrap(h.parent));
        if (h.index != t.batches) revert WrongIndex(t.batches, h.index);
        Headers.check(h, header, _limits());
        _checkTimes(h, t);
        _checkData(h, header, data);
        t.anchor = Anchors.check(h, header, anchorHeaders, t.anchor, MAX_ANCHOR_AGE);

        acc = _record(h, header, t.blocks + 1);
        // A sequencer that leaves overdue entries behind, because one batch cannot hold them, may
        // go on, but its silence goes on too: otherwise a batch of spam each silence would be
        // enough to delay the others for ever.
        if (isOwn && !_isOverdue()) t.sequencedAt = uint40(block.timestamp);
        ++t.batches;
        t.blocks += h.blockCount;
        _tip = t;
        _acc = acc;
        _counts[acc] = uint256(t.batches) << 64 | t.blocks;
        if (h.dataKind == Headers.CALLDATA) emit BatchData(h.index, data);
    }

    /// Hands the turn to another. A sequencer's silence is not ended by it, only by its batch.
    function setSequencer(address to) external whenUnlocked {
        address before = sequencer;
        if (msg.sender != timelock && msg.sender != before) {
            revert MayNotSetSequencer(msg.sender, before, timelock);
        }
        if (to == address(0)) revert NoSequencer();
        sequencer = to;
        emit SequencerSet(before, to);
    }

    /// Calls `to` with ETH from the vault and exactly `gasLimit` gas (and the stipend of 2,300).
    /// Nobody can come back in meanwhile, and what `to` returns is not read.
    function release(address to, uint256 amount, uint256 gasLimit, bytes calldata data)
        external
        lock
        returns (bool done)
    {
        if (msg.sender != bridge) revert NotBridge(msg.sender, bridge);
        if (amount > address(this).balance) revert NotEnoughEther(amount, address(this).balance);
        bytes memory input = data;
        // A call hands over at most 63 of 64 parts of what is left after its own cost.
        uint256 left = gasleft();
        if (left < CALL_COST || (left - CALL_COST) / 64 * 63 < gasLimit) {
            revert NotEnoughGas(left, gasLimit);
        }
        assembly ("memory-safe") {
            done := call(gasLimit, to, amount, add(input, 32), mload(input), 0, 0)
        }
    }

    function tip() external view returns (uint64 batches, BatchAcc acc) {
        return (_tip.batches, _acc);
    }

    /// What the next batch is measured by.
    function tipDetails() external view returns (Tip memory) {
        return _tip;
    }

    function range(BatchAcc from, BatchAcc to)
        external
        view
        returns (uint64 fromBatches, uint64 fromBlock, uint64 toBatches, uint64 toBlock)
    {
        (fromBatches, fromBlock) = _count(from);
        (toBatches, toBlock) = _count(to);
        if (fromBatches >= toBatches) revert EmptyRange(fromBatches, toBatches);
    }

    /// Whether the sequencer has been silent for so long that anyone may submit now.
    function mayAnyoneSubmit() external view returns (bool) {
        return block.timestamp > _opensAfter(_tip);
    }

    /// What bounds a batch's header.
    function limits() external view returns (HeaderLimits memory) {
        return _limits();
    }

    /// The inbox's parameters, with the sequencer of now.
    function params() external view returns (InboxParams memory p) {
        p = _queueParams();
        p.sequencer = sequencer;
        p.silence = SILENCE;
        p.maxAnchorAge = MAX_ANCHOR_AGE;
    }

    /// Whether the sequencer submits: only its own batches renew its turn.
    function _takeTurn(Tip memory t) private view returns (bool isOwn) {
        address own = sequencer;
        isOwn = msg.sender == own;
        if (!isOwn && block.timestamp <= _opensAfter(t)) {
            revert NotYourTurn(msg.sender, own, _opensAfter(t));
        }
    }

    function _checkTimes(Header memory h, Tip memory t) private view {
        if (h.firstTimestamp <= t.timestamp) {
            revert FirstTimestamp(h.firstTimestamp, uint256(t.timestamp) + 1);
        }
        uint256 last = Headers.lastTimestamp(h);
        if (last > block.timestamp) revert LastTimestamp(last, block.timestamp);
        t.timestamp = uint40(last);
    }

    function _checkData(Header memory h, bytes calldata header, bytes calldata data) private view {
        if (h.dataKind == Headers.CALLDATA) {
            bytes32 expected = Headers.dataHash(h, header, 0);
            bytes32 got = keccak256(data);
            if (got != expected) revert WrongDataHash(got, expected);
        } else if (data.length != 0) {
            revert UnexpectedData(data.length);
        }

        uint256 blobs = h.dataKind == Headers.BLOBS ? h.hashes : 0;
        for (uint256 i = 0; i < blobs; ++i) {
            bytes32 expected = Headers.dataHash(h, header, i);
            if (blobhash(i) != expected || expected == 0) {
                revert WrongBlob(i, blobhash(i), expected);
            }
        }
        if (blobhash(blobs) != 0) revert UnexpectedBlob(blobs, blobhash(blobs));
    }

    /// Takes the queues' entries and names the batch.
    function _record(Header memory h, bytes calldata header, uint64 firstBlock)
        private
        returns (BatchAcc acc)
    {
        QueueHeads memory q;
        (q.depositsBefore, q.depositsAfter) = _takeDeposits(h.deposits);
        (q.forcedBefore, q.forcedAfter) = _takeForced(h.forced, h.blockCount);
        acc = Records.acc(h.parent, keccak256(header), firstBlock, q);
        emit BatchSubmitted(h.index, acc, firstBlock, q, header);
    }

    function _count(BatchAcc acc) private view returns (uint64 batches, uint64 blocks) {
        uint256 counts = _counts[acc];
        if (counts == 0 && BatchAcc.unwrap(acc) != 0) revert UnknownBatch(acc);
        return (uint64(counts >> 64), uint64(counts));
    }

    function _opensAfter(Tip memory t) private view returns (uint256) {
        return uint256(t.sequencedAt) + SILENCE;
    }

    function _limits() private view returns (HeaderLimits memory) {
        return HeaderLimits(MAX_BLOCKS, MAX_ANCHORS, MAX_BLOBS, MOST_DEPOSITS, MOST_FORCED);
    }
}
