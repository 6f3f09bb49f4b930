"""Vectors of spec/batch.md: header, queues, record, data."""

from dataclasses import replace

from format_common import (
    LIMITS,
    hexed,
    hexes,
    limits_json,
    refused,
    some_address,
    some_hash,
    strings,
)
from formats import (
    BLOBS,
    CALLDATA,
    NO_DATA,
    ZERO,
    Anchor,
    Head,
    Header,
    batch_acc,
    decode_data,
    decode_header,
    deposit_acc,
    encode_data,
    forced_acc,
    keccak,
    put_length,
)

U64_MAX = 2**64 - 1


def anchors(*places):
    return tuple(Anchor(block, number, some_hash(f"anchor {number}")) for block, number in places)


def hashes(count):
    return tuple(b"\x01" + some_hash(f"blob {i}")[1:] for i in range(count))


HEADER = Header(
    parent=some_hash("parent"),
    index=9,
    blockCount=3,
    firstTimestamp=1_800_000_000,
    timeStep=2,
    deposits=0,
    forced=0,
    anchors=anchors((0, 77)),
    dataKind=CALLDATA,
    hashes=(some_hash("calldata"),),
)


def change(**fields):
    return replace(HEADER, **fields)


LAST_TIME = change(firstTimestamp=U64_MAX - 4)

HEADERS = {
    "one anchor, calldata": HEADER,
    "the first batch": change(parent=ZERO, index=0),
    "the last index": change(index=U64_MAX),
    "no data": change(dataKind=NO_DATA, hashes=()),
    "one blob": change(dataKind=BLOBS, hashes=hashes(1)),
    "blobs below their limit": change(dataKind=BLOBS, hashes=hashes(3)),
    "blobs at their limit": change(dataKind=BLOBS, hashes=hashes(4)),
    "one block": change(blockCount=1),
    "blocks below their limit": change(blockCount=4),
    "blocks at their limit": change(blockCount=5),
    "anchors below their limit": change(anchors=anchors((0, 77), (1, 78))),
    "anchors at their limit": change(anchors=anchors((0, 77), (1, 78), (2, 90))),
    "an anchor for the last block only": change(anchors=anchors((0, 77), (2, 78))),
    "anchors with the least and the most L1 number": change(anchors=anchors((0, 0), (1, U64_MAX))),
    "deposits below their limit": change(deposits=3),
    "deposits at their limit": change(deposits=4),
    "forced transactions below their limit": change(forced=4),
    "forced transactions at their limit": change(forced=5),
    "forced transactions in two blocks": change(forced=1, blockCount=2),
    "the longest time step": change(timeStep=2**32 - 1),
    "times from zero": change(firstTimestamp=0, timeStep=1),
    "the last block's time just fits": LAST_TIME,
    "one block at the last time, whatever the step": change(
        blockCount=1, firstTimestamp=U64_MAX, timeStep=2**32 - 1
    ),
}

BAD_HEADERS = {
    "no blocks": ("Header.Count", change(blockCount=0)),
    "blocks above their limit": ("Header.Count", change(blockCount=6)),
    "no anchors": ("Header.Count", change(anchors=())),
    "anchors above their limit": (
        "Header.Count",
        change(blockCount=4, anchors=anchors((0, 77), (1, 78), (2, 79), (3, 80))),
    ),
    "no blobs though it says blobs": ("Header.Count", change(dataKind=BLOBS, hashes=())),
    "blobs above their limit": ("Header.Count", change(dataKind=BLOBS, hashes=hashes(5))),
    "deposits above their limit": ("Header.Count", change(deposits=5)),
    "forced transactions above their limit": ("Header.Count", change(forced=6)),
    "forced transactions in one block": (
        "Header.ForcedNeedsTwoBlocks",
        change(forced=1, blockCount=1),
    ),
    "time step 0": ("Header.Time", change(timeStep=0)),
    "the last block's time just does not fit": (
        "Header.Time",
        replace(LAST_TIME, firstTimestamp=U64_MAX - 3),
    ),
    "a large step carries the last time too far": (
        "Header.Time",
        change(firstTimestamp=U64_MAX - 2**32, timeStep=2**32 - 1),
    ),
    "the first anchor is for block 1": ("Header.AnchorOrder", change(anchors=anchors((1, 77)))),
    "an anchor for a block behind the last": (
        "Header.AnchorOrder",
        change(anchors=anchors((0, 77), (3, 78))),
    ),
    "two anchors for one block": ("Header.AnchorOrder", change(anchors=anchors((0, 77), (0, 78)))),
    "anchors whose blocks fall": (
        "Header.AnchorOrder",
        change(anchors=anchors((0, 77), (2, 78), (1, 79))),
    ),
    "two anchors with one L1 number": (
        "Header.AnchorOrder",
        change(anchors=anchors((0, 77), (1, 77))),
    ),
    "anchors whose L1 numbers fall": (
        "Header.AnchorOrder",
        change(anchors=anchors((0, 77), (1, 76))),
    ),
    "version 0": ("Format.Unknown", change(version=0)),
    "version 2": ("Format.Unknown", change(version=2)),
    "data kind 3": ("Format.Unknown", change(dataKind=3)),
    "data kind 255 without hashes": ("Format.Unknown", change(dataKind=255, hashes=())),
    "no data but a hash": ("Format.Unknown", change(dataKind=NO_DATA)),
    "calldata without its hash": ("Format.Unknown", change(hashes=())),
    "calldata with two hashes": ("Format.Unknown", change(hashes=hashes(2))),
}

GOOD_BYTES = HEADER.encode()

BAD_HEADER_BYTES = {
    "nothing at all": ("Format.Truncated", b""),
    "only the version": ("Format.Truncated", GOOD_BYTES[:1]),
    "cut inside the parent": ("Format.Truncated", GOOD_BYTES[:20]),
    "cut inside the anchor": ("Format.Truncated", GOOD_BYTES[:70]),
    "cut before the data kind": ("Format.Truncated", GOOD_BYTES[:-34]),
    "cut before the hash count": ("Format.Truncated", GOOD_BYTES[:-33]),
    "cut inside the last hash": ("Format.Truncated", GOOD_BYTES[:-1]),
    "a byte follows": ("Format.Trailing", GOOD_BYTES + b"\x00"),
    "a hash follows": ("Format.Trailing", GOOD_BYTES + ZERO),
}


def header_case(name, header):
    encoding = header.encode()
    assert decode_header(encoding, LIMITS) == header
    return {
        "name": name,
        "parent": hexed(header.parent),
        "index": str(header.index),
        "blockCount": header.blockCount,
        "firstTimestamp": str(header.firstTimestamp),
        "timeStep": header.timeStep,
        "deposits": header.deposits,
        "forced": header.forced,
        "anchorFirstBlocks": [anchor.firstBlock for anchor in header.anchors],
        "anchorNumbers": strings(anchor.number for anchor in header.anchors),
        "anchorHashes": hexes(anchor.hash for anchor in header.anchors),
        "dataKind": header.dataKind,
        "hashes": hexes(header.hashes),
        "encoding": hexed(encoding),
        "hash": hexed(keccak(encoding)),
    }


def bad_header_case(name, kind, encoding):
    reason = refused(decode_header, encoding, LIMITS)
    return {"name": name, "encoding": hexed(encoding), "kind": kind, "reason": reason}


# Queues: the entries of a list follow each other, each beginning where the one before ended.

DEPOSITS = {
    "the first deposit": (some_address("alice"), 1),
    "one ether": (some_address("bob"), 10**9),
    "the most gwei to the zero address": (bytes(20), U64_MAX),
}

FORCED = {
    "the first forced transaction": (21_000, bytes.fromhex("02c0")),
    "an empty one with no gas": (0, b""),
    "32 bytes, so that its hash could be confused with it": (U64_MAX, some_hash("raw")),
    "a long one": (12_000_000, b"\xf8" * 300),
}


def queue_cases(entries, step, describe):
    acc, out = ZERO, []
    for index, (name, entry) in enumerate(entries.items()):
        after = step(acc, *entry)
        place = {"name": name, "index": str(index), "before": hexed(acc), "after": hexed(after)}
        out.append(place | describe(*entry))
        acc = after
    return out


def deposit_json(to, amount):
    return {"to": hexed(to), "amount": str(amount)}


def forced_json(gas, raw):
    return {"gas": str(gas), "raw": hexed(raw)}


def heads(name, index, consumed):
    return (
        Head(index, some_hash(f"{name} before")),
        Head(index + consumed, some_hash(f"{name} after" if consumed else f"{name} before")),
    )


EMPTY = (Head(0, ZERO), Head(0, ZERO))

RECORDS = {
    "the first batch, empty queues": (change(parent=ZERO, index=0), 1, EMPTY, EMPTY),
    "queues that are not consumed": (HEADER, 100, heads("deposits", 7, 0), heads("forced", 3, 0)),
    "both queues consumed": (
        change(deposits=4, forced=5),
        2**33,
        heads("deposits", 2**40, 4),
        heads("forced", 3, 5),
    ),
    "deposits and forced heads are not interchangeable": (
        change(deposits=4, forced=5),
        2**33,
        heads("forced", 3, 5),
        heads("deposits", 2**40, 4),
    ),
    "the last block number": (HEADER, U64_MAX, EMPTY, EMPTY),
}


def record_case(name, header, first_block, deposits, forced):
    encoding = header.encode()
    acc = batch_acc(header.parent, encoding, first_block, *deposits, *forced)
    places = {
        "depositBefore": deposits[0],
        "depositAfter": deposits[1],
        "forcedBefore": forced[0],
        "forcedAfter": forced[1],
    }
    case = {"name": name, "header": hexed(encoding), "firstBlock": str(first_block)}
    for place, head in places.items():
        case |= {f"{place}Index": str(head.index), f"{place}Acc": hexed(head.acc)}
    return case | {"acc": hexed(acc)}


# Data. LIMITS allow 300 decoded bytes and 6 transactions.

T = b"\xaa\xbb\xcc"

DATA = {
    "one empty block": [[]],
    "three empty blocks": [[], [], []],
    "one transaction": [[T]],
    "an empty transaction": [[b""]],
    "transactions in every block, also twice the same": [[T], [T, T], [b"\x01", T]],
    "transactions only in the last block": [[], [], [T]],
    "transactions below their limit": [[T] * 2, [T] * 3],
    "transactions at their limit": [[T] * 4, [T] * 2],
    "a length of 127, one byte": [[b"\x7f" * 127]],
    "a length of 128, two bytes": [[b"\x80" * 128]],
    "decoded bytes below their limit": [[b"\x01" * 296]],
    "decoded bytes at their limit": [[b"\x01" * 297]],
}


def raw(body, version=1, codec=0):
    return bytes([version, codec]) + bytes.fromhex(body)


BAD_DATA = {
    "nothing at all": ("Format.Truncated", 1, b""),
    "only the version": ("Format.Truncated", 1, b"\x01"),
    "no body": ("Format.Truncated", 1, raw("")),
    "version 0": ("Format.Unknown", 1, raw("00", version=0)),
    "version 2": ("Format.Unknown", 1, raw("00", version=2)),
    "codec 2": ("Format.Unknown", 1, raw("00", codec=2)),
    "codec 255": ("Format.Unknown", 1, raw("00", codec=255)),
    "one block too few": ("Format.Truncated", 3, encode_data([[T], [T]])),
    "one block too many": ("Format.Trailing", 1, encode_data([[T], []])),
    "a byte follows": ("Format.Trailing", 1, encode_data([[T]]) + b"\x00"),
    "cut inside a transaction": ("Format.Truncated", 1, encode_data([[T]])[:-1]),
    "cut before a transaction's length": ("Format.Truncated", 1, raw("02 01 aa")),
    "cut inside a length": ("Format.Truncated", 1, raw("01 80")),
    "a count of 0 in two bytes": ("Format.Length", 1, raw("80 00")),
    "a count of 1 in two bytes": ("Format.Length", 1, raw("81 00 00")),
    "a transaction's length of 1 in two bytes": ("Format.Length", 1, raw("01 81 00 aa")),
    "a transaction's length of 127 in two bytes": (
        "Format.Length",
        1,
        raw("01 ff 00" + "aa" * 127),
    ),
    "a length with a zero byte at its end": ("Format.Length", 1, raw("01 81 80 80 00 aa")),
    "a length of 2^32 - 1 is well formed": ("Format.Truncated", 1, raw("01 ff ff ff ff 0f aa")),
    "a length of 2^32": ("Format.Length", 1, raw("01 80 80 80 80 10 aa")),
    "a length of 2^35 - 1": ("Format.Length", 1, raw("01 ff ff ff ff 7f aa")),
    "a length of six bytes": ("Format.Length", 1, raw("01 81 80 80 80 80 00 aa")),
    "a length of six bytes, more than 32 bits": (
        "Format.Length",
        1,
        raw("01 ff ff ff ff ff 01 aa"),
    ),
    "decoded bytes above their limit": ("Bytes", 1, encode_data([[b"\x01" * 298]])),
    "far too many decoded bytes that are no data": ("Bytes", 1, raw("ff" * 600)),
    "transactions above their limit in one block": ("Transactions", 1, encode_data([[T] * 7])),
    "transactions above their limit together": (
        "Transactions",
        3,
        encode_data([[T] * 4, [], [T] * 3]),
    ),
    "2^32 - 1 transactions announced": ("Transactions", 1, raw("ff ff ff ff 0f")),
}


def data_case(name, blocks):
    encoding = encode_data(blocks)
    assert decode_data(encoding, len(blocks), LIMITS) == blocks
    return {
        "name": name,
        "blockCount": len(blocks),
        "data": hexed(encoding),
        "counts": [len(block) for block in blocks],
        "transactions": hexes(one for block in blocks for one in block),
    }


def bad_data_case(name, kind, block_count, data):
    reason = refused(decode_data, data, block_count, LIMITS)
    return {
        "name": name,
        "blockCount": block_count,
        "data": hexed(data),
        "kind": kind,
        "reason": reason,
    }


def cases():
    bad_headers = {name: (kind, header.encode()) for name, (kind, header) in BAD_HEADERS.items()}
    assert put_length(300) == bytes.fromhex("ac02")
    return {
        "limits": limits_json(LIMITS),
        "headers": [header_case(name, header) for name, header in HEADERS.items()],
        "headersInvalid": [
            bad_header_case(name, *case) for name, case in (bad_headers | BAD_HEADER_BYTES).items()
        ],
        "deposits": queue_cases(DEPOSITS, deposit_acc, deposit_json),
        "forced": queue_cases(FORCED, forced_acc, forced_json),
        "records": [record_case(name, *case) for name, case in RECORDS.items()],
        "data": [data_case(name, blocks) for name, blocks in DATA.items()],
        "dataInvalid": [bad_data_case(name, *case) for name, case in BAD_DATA.items()],
    }
