"""Tern's formats and rule once more, written from the text of spec/ and nothing else.

It shares no line with the Rust code, so that vectors made here are evidence for both.
Needs Python 3.11, pycryptodome (for keccak) and brotli.
"""

import itertools
import json
import string
from dataclasses import dataclass, field

from data_formats import BLOB_BYTES, decode_data, encode_data, unpack
from format_base import U64, ZERO, Bad, Reader, be, keccak, need, put_length, tag

__all__ = ["Bad", "decode_data", "encode_data", "put_length"]


# config.md

LIMIT_BITS = {
    "blocks": 16,
    "anchors": 8,
    "blobs": 8,
    "decodedBytes": 32,
    "transactions": 32,
    "deposits": 16,
    "forced": 16,
    "forcedBytes": 32,
    "forcedGas": 64,
}


@dataclass(frozen=True)
class Config:
    chainId: int
    l1ChainId: int
    inbox: bytes
    genesisHash: bytes
    gasLimit: int
    feeRecipient: bytes
    limits: dict
    extraData: bytes

    def encode(self):
        return b"".join(
            [
                be(self.chainId, 64),
                be(self.l1ChainId, 64),
                self.inbox,
                self.genesisHash,
                be(self.gasLimit, 64),
                self.feeRecipient,
                *(be(self.limits[name], bits) for name, bits in LIMIT_BITS.items()),
                be(len(self.extraData), 8),
                self.extraData,
            ]
        )

    def hash(self):
        return keccak(tag("tern.config.v1"), self.encode())

    def check(self):
        need(self.chainId != self.l1ChainId, "chainId and l1ChainId are the same")
        need(5000 <= self.gasLimit < 2**63, "gasLimit is out of range")
        for name, value in self.limits.items():
            need(value != 0, f"limits.{name} is zero")
        gas = self.limits["forcedGas"]
        need(21000 <= gas and 2 * gas <= self.gasLimit, "limits.forcedGas is out of range")
        need(len(self.extraData) <= 32, "extraData is longer than 32 bytes")


# batch.md: header

NO_DATA, BLOBS, CALLDATA = 0, 1, 2


@dataclass(frozen=True)
class Anchor:
    firstBlock: int
    number: int
    hash: bytes


@dataclass(frozen=True)
class Header:
    parent: bytes
    index: int
    blockCount: int
    firstTimestamp: int
    timeStep: int
    deposits: int
    forced: int
    anchors: tuple
    dataKind: int
    hashes: tuple
    version: int = 1

    def encode(self):
        out = [be(self.version, 8), self.parent, be(self.index, 64), be(self.blockCount, 16)]
        out += [be(self.firstTimestamp, 64), be(self.timeStep, 32)]
        out += [be(self.deposits, 16), be(self.forced, 16), be(len(self.anchors), 8)]
        for anchor in self.anchors:
            out += [be(anchor.firstBlock, 16), be(anchor.number, 64), anchor.hash]
        out += [be(self.dataKind, 8), be(len(self.hashes), 8), *self.hashes]
        return b"".join(out)

    def check(self, limits):
        need(self.version == 1, "unknown version")
        need(1 <= self.blockCount <= limits["blocks"], "blockCount is out of range")
        need(self.timeStep >= 1, "timeStep is zero")
        last = self.firstTimestamp + (self.blockCount - 1) * self.timeStep
        need(last < U64, "the last block's time does not fit u64")
        need(self.deposits <= limits["deposits"], "deposits above its limit")
        need(self.forced <= limits["forced"], "forced above its limit")
        need(self.forced == 0 or self.blockCount >= 2, "forced transactions need two blocks")
        need(1 <= len(self.anchors) <= limits["anchors"], "anchorCount is out of range")
        self.check_anchors()
        need(self.dataKind in (NO_DATA, BLOBS, CALLDATA), "unknown dataKind")
        low, high = {NO_DATA: (0, 0), BLOBS: (1, limits["blobs"]), CALLDATA: (1, 1)}[self.dataKind]
        need(low <= len(self.hashes) <= high, "hashCount is out of range")

    def check_anchors(self):
        need(self.anchors[0].firstBlock == 0, "the first anchor is not for block 0")
        for before, after in zip(self.anchors, self.anchors[1:]):
            need(before.firstBlock < after.firstBlock, "first blocks do not rise strictly")
            need(before.number < after.number, "L1 numbers do not rise strictly")
        need(self.anchors[-1].firstBlock < self.blockCount, "an anchor begins after the last block")


def decode_header(data, limits):
    reader = Reader(data)
    version = reader.uint(8)
    need(version == 1, "unknown version")
    head = dict(
        parent=reader.take(32),
        index=reader.uint(64),
        blockCount=reader.uint(16),
        firstTimestamp=reader.uint(64),
        timeStep=reader.uint(32),
        deposits=reader.uint(16),
        forced=reader.uint(16),
    )
    count = reader.uint(8)
    anchors = tuple(Anchor(reader.uint(16), reader.uint(64), reader.take(32)) for _ in range(count))
    kind = reader.uint(8)
    hashes = tuple(reader.take(32) for _ in range(reader.uint(8)))
    reader.done()
    header = Header(**head, anchors=anchors, dataKind=kind, hashes=hashes)
    header.check(limits)
    return header


# batch.md: queues and record


def deposit_acc(acc, to, amount):
    need(amount != 0, "a deposit's amount is not zero")
    return keccak(tag("tern.deposit.v1"), acc, to, be(amount, 64))


def forced_acc(acc, gas, raw):
    return keccak(tag("tern.forced.v1"), acc, be(gas, 64), keccak(raw))


@dataclass(frozen=True)
class Head:
    """A queue head: the index of the next entry and the accumulator before it."""

    index: int
    acc: bytes

    def encode(self):
        return be(self.index, 64) + self.acc


def batch_acc(
    parent, header_bytes, first_block, deposit_before, deposit_after, forced_before, forced_after
):
    heads = (deposit_before, deposit_after, forced_before, forced_after)
    return keccak(
        tag("tern.batch.v1"),
        parent,
        keccak(header_bytes),
        be(first_block, 64),
        *(head.encode() for head in heads),
    )


# derivation.md


@dataclass(frozen=True)
class Batch:
    header: Header
    firstBlock: int
    data: bytes
    firstDeposit: int
    deposits: tuple  # of (address, amount)
    forced: tuple  # of (gas, raw)


@dataclass
class Block:
    number: int
    timestamp: int
    gasLimit: int
    beneficiary: bytes
    extraData: bytes
    parentBeaconBlockRoot: bytes
    prevRandao: bytes
    withdrawals: list = field(default_factory=list)  # of (index, validatorIndex, address, amount)
    candidates: list = field(default_factory=list)  # of (raw, gas or None)


def derive(config, batch):
    """The blocks, and why the sequencer's transactions were dropped, or an empty string."""
    check_batch(config, batch)
    blocks = [_empty_block(config, batch, i) for i in range(batch.header.blockCount)]
    for offset, (to, amount) in enumerate(batch.deposits):
        blocks[0].withdrawals.append((batch.firstDeposit + offset, 0, to, amount))
    at, left = 1, config.gasLimit
    for gas, raw in batch.forced:
        while gas > left:
            at, left = at + 1, config.gasLimit
        blocks[at].candidates.append((raw, gas))
        left -= gas
    if batch.header.dataKind == NO_DATA:
        return blocks, ""
    try:
        data = batch.data
        if batch.header.dataKind == BLOBS:
            # Written without the zeros at the blobs' end.
            data = unpack(data.ljust(len(batch.header.hashes) * BLOB_BYTES, b"\x00"))
        sequenced = decode_data(data, batch.header.blockCount, config.limits)
    except Bad as why:
        return blocks, str(why)
    for block, transactions in zip(blocks, sequenced):
        block.candidates += [(raw, None) for raw in transactions]
    return blocks, ""


def check_batch(config, batch):
    header, limits = batch.header, config.limits
    header.check(limits)
    need(len(batch.deposits) == header.deposits, "not the deposits that the header consumes")
    need(len(batch.forced) == header.forced, "not the forced transactions that the header consumes")
    for gas, _ in batch.forced:
        need(gas <= limits["forcedGas"], "a forced transaction above limits.forcedGas")
    size = sum(len(raw) for _, raw in batch.forced)
    need(size <= limits["forcedBytes"], "forced transactions above limits.forcedBytes")
    need(all(amount != 0 for _, amount in batch.deposits), "a deposit of nothing")
    need(batch.firstBlock + header.blockCount <= U64, "a block number does not fit u64")
    need(batch.firstDeposit + header.deposits <= U64, "a deposit index does not fit u64")
    capacity = (header.blockCount - 1) * (config.gasLimit - limits["forcedGas"])
    need(
        sum(gas for gas, _ in batch.forced) <= capacity,
        "forced transactions above the batch's capacity",
    )


def _empty_block(config, batch, i):
    header, number = batch.header, batch.firstBlock + i
    anchor = [anchor for anchor in header.anchors if anchor.firstBlock <= i][-1]
    return Block(
        number=number,
        timestamp=header.firstTimestamp + i * header.timeStep,
        gasLimit=config.gasLimit,
        beneficiary=config.feeRecipient,
        extraData=config.extraData,
        parentBeaconBlockRoot=anchor.hash,
        prevRandao=keccak(tag("tern.prevrandao.v1"), anchor.hash, be(number, 64)),
    )


# claim.md


def claim_id(
    l1_chain_id,
    settlement,
    config_hash,
    parent_hash,
    first_acc,
    last_acc,
    block_hash,
    number,
    checkpoints,
):
    return keccak(
        tag("tern.claim.v1"),
        be(l1_chain_id, 64),
        settlement,
        config_hash,
        parent_hash,
        first_acc,
        last_acc,
        block_hash,
        be(number, 64),
        checkpoints,
    )


def _levels(hashes):
    """The tree's levels, leaves first."""
    need(1 <= len(hashes) <= 1024, "a range has 1 to 1,024 checkpoints")
    level = [keccak(b"\x00", one) for one in hashes]
    while len(level) & (len(level) - 1):
        level.append(ZERO)
    levels = [level]
    while len(level) > 1:
        level = [keccak(b"\x01", *level[i : i + 2]) for i in range(0, len(level), 2)]
        levels.append(level)
    return levels


def _bind_count(count, top):
    return keccak(tag("tern.checkpoints.v1"), count.to_bytes(32, "big"), top)


def checkpoints_root(hashes):
    return _bind_count(len(hashes), _levels(hashes)[-1][0])


def checkpoint_proof(hashes, index):
    return [level[(index >> depth) ^ 1] for depth, level in enumerate(_levels(hashes)[:-1])]


def check_checkpoint(root, count, index, block_hash, proof):
    need(1 <= count <= 1024, "a range has 1 to 1,024 checkpoints")
    need(0 <= index < count, "the index is not below the count")
    need(len(proof) == (count - 1).bit_length(), "not log2 of the filled count siblings")
    node = keccak(b"\x00", block_hash)
    for depth, sibling in enumerate(proof):
        pair = (sibling, node) if index >> depth & 1 else (node, sibling)
        node = keccak(b"\x01", *pair)
    need(_bind_count(count, node) == root, "the proof leads to another root")


def statement_id(system, verifier_version, vk_hash, public_inputs):
    return keccak(
        tag("tern.statement.v1"),
        be(system, 32),
        be(verifier_version, 32),
        vk_hash,
        keccak(public_inputs),
    )


# witness.md


def encode_witness(nodes, codes, headers):
    out = [b"TWIT", be(1, 8)]
    for entries in (nodes, codes, headers):
        out.append(put_length(len(entries)))
        for entry in entries:
            out += [put_length(len(entry)), entry]
    return b"".join(out)


def decode_witness(data):
    reader = Reader(data)
    need(reader.take(4) == b"TWIT", "not a witness")
    need(reader.uint(8) == 1, "unknown version")
    lists = [[reader.counted_bytes() for _ in range(reader.length())] for _ in range(3)]
    reader.done()
    return lists


def decode_json_witness(text):
    try:
        answer = json.loads(text)
    except ValueError as why:
        raise Bad("not JSON") from why
    need(isinstance(answer, dict), "not an object")
    if "state" not in answer:
        answer = answer.get("result")
    need(isinstance(answer, dict) and "state" in answer, "no list of trie nodes")
    return [_hex_list(answer.get(name, [])) for name in ("state", "codes", "headers")]


def _hex_list(entries):
    need(isinstance(entries, list), "not a list")
    return [_hex_string(entry) for entry in entries]


def _hex_string(text):
    need(isinstance(text, str) and text.startswith("0x"), "an entry does not begin with 0x")
    digits = text[2:]
    need(len(digits) % 2 == 0, "an entry has an odd number of digits")
    need(all(one in string.hexdigits for one in digits), "an entry is not hexadecimal")
    return bytes.fromhex(digits)


# rule.md

NO_VOTE, PROBATION, GOOD = "none", "probation", "yes"


def verdict(tee_retired, zk, second, op_yes, op_probation, differ):
    """`differ` holds the pairs of lanes that the input says differ, each a frozenset."""
    agree = {lane for lane, vote in (("zk", zk), ("second", second)) if vote != NO_VOTE}
    vouchers = {"zk"} if zk == GOOD else set()
    if tee_retired and second == GOOD:
        vouchers.add("second")
    if op_yes:
        agree.add("op")
        if not op_probation:
            vouchers.add("op")
    if not agree:
        return "no-vote"
    pairs = [frozenset(pair) for pair in itertools.combinations(sorted(agree), 2)]
    pairs = [pair for pair in pairs if not tee_retired or pair in differ]
    if not pairs:
        return "needs-second"
    return "final" if any(pair & vouchers for pair in pairs) else "on-probation"
