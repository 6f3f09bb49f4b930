"""Vectors of spec/batch.md: blobs and columns. The plain form's are in batch_cases.py."""

from data_formats import (
    BLOB_BYTES,
    BLOB_HOLDS,
    ColumnWriter,
    body,
    compress,
    decode_data,
    pack,
    rlp,
    transaction,
    unpack,
)
from format_base import be, keccak, put_length
from format_common import LIMITS, hexed, hexes, limits_json, refused, some_address, some_hash

BOUNDS = {**LIMITS, "decodedBytes": 4000, "transactions": 40}
CHAIN = 7357
ETHER = 10**18


# Packing. Long data is told by its length: byte i is (31 i + 7) mod 256.


def some_data(length):
    return bytes((31 * i + 7) % 256 for i in range(length))


PACKING = {
    "nothing": 0,
    "one byte": 1,
    "the first element full": 27,
    "all but the first group's last byte": 122,
    "a group full": 123,
    "a byte in the second group": 124,
    "one blob full": BLOB_HOLDS - 4,
    "a byte in the second blob": BLOB_HOLDS - 3,
    "two blobs full": 2 * BLOB_HOLDS - 4,
    "a byte in the third blob": 2 * BLOB_HOLDS - 3,
}


def packing_case(name, length):
    blobs = pack(some_data(length))
    assert unpack(blobs) == some_data(length)
    shown = blobs if length < 200 else b""
    # The blobs' hash stands for those that are too long to write.
    return {
        "name": name,
        "length": length,
        "count": len(blobs) // BLOB_BYTES,
        "blobs": hexed(shown.rstrip(b"\x00")),
        "hash": hexed(keccak(blobs)),
    }


# What is refused: blobs, then one of their bytes changed.


def bad_packing():
    good, last = pack(some_data(100)), BLOB_BYTES - 1
    length_one_too_long = bytearray(pack(b""))
    length_one_too_long[1:5] = be(BLOB_HOLDS - 3, 32)
    modulus = "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001"
    return {
        "no blob": (0, b"", 0, 0),
        "the highest bit of the first element": (1, good, 0, 0x80),
        "the second highest bit of the last element": (1, good, last - 31, 0x40),
        "the modulus": (1, bytes.fromhex(modulus), 0, 0x73),
        "a length far too long": (1, good, 1, 1),
        "a length one too long": (1, bytes(length_one_too_long), 0, 0),
        "a bit behind the data": (1, good, last, 1),
        "a bit behind the data, at the top of an element": (1, good, 224, 1),
        "a blob more than the data needs": (2, good, 0, 0),
    }


def bad_packing_case(name, count, blobs, at, byte):
    spoiled = bytearray(blobs.ljust(count * BLOB_BYTES, b"\x00"))
    if count:
        spoiled[at] = byte
    reason = refused(unpack, bytes(spoiled))
    shown = hexed(blobs.rstrip(b"\x00"))
    return {"name": name, "count": count, "blobs": shown, "at": at, "byte": byte, "reason": reason}


# Columns


def fields(**changes):
    return {
        "nonce": 0,
        "gas": 21_000,
        "fee": 2 * 10**9 + 1,
        "tip": 10**9,
        "value": ETHER // 10,
        "to": some_address("receiver"),
        "data": b"",
        "lists": [b"", b""],
        "parity": 0,
        "r": int.from_bytes(some_hash("r"), "big"),
        "s": int.from_bytes(some_hash("s"), "big") >> 1,
    } | changes


TOKEN = bytes.fromhex("a9059cbb") + bytes(12) + some_address("holder") + be(25 * 10**6, 256)
ACCESS = rlp([some_address("accessed"), [some_hash("slot"), bytes(32)]])
AUTHORIZATION = rlp([CHAIN, some_address("delegate"), 3, 1, 2**255 + 1, 7])

COLUMNS = {
    "no transaction": [[], []],
    "a transaction as it is": [[(0, b"\xaa\xbb\xcc")], [(0, b"")]],
    "a transfer": [[(4, fields())]],
    "an odd y-parity": [[(4, fields(parity=1))]],
    "legacy without a chain id": [[(1, fields()), (1, fields(parity=1))]],
    "legacy with a chain id": [[(2, fields()), (2, fields(parity=1))]],
    "EIP-2930": [[(3, fields(lists=[ACCESS, b""]))]],
    "EIP-7702": [[(5, fields(lists=[ACCESS, AUTHORIZATION]))]],
    "every kind": [
        [(kind, fields(lists=[ACCESS, AUTHORIZATION], nonce=kind)) for kind in (1, 2, 3)],
        [(kind, fields(lists=[ACCESS, AUTHORIZATION], nonce=kind)) for kind in (4, 5)],
    ],
    "a contract is made": [[(kind, fields(to=b"", data=b"\x60\x00" * 40)) for kind in (1, 2, 3, 4)]],
    "receivers that come back": [
        [(4, fields(to=some_address(name), nonce=i)) for i, name in enumerate("ababc")],
        [(4, fields(to=some_address(name), nonce=i)) for i, name in enumerate("cbad")],
    ],
    "a token's transfer": [[(4, fields(data=TOKEN, value=0))]],
    "calldata of 1, 31, 32, 33 and 300 bytes": [
        [(4, fields(data=some_data(length))) for length in (1, 31, 32, 33, 300)]
    ],
    "calldata of zeros": [[(4, fields(data=bytes(32 * 9)))]],
    "one byte of calldata below 128": [[(4, fields(data=b"\x7f")), (4, fields(data=b"\x80"))]],
    "numbers at the ends of their forms": [
        [
            (4, fields(value=value))
            for value in (
                0, 1, 9, 10, 255, 256, 2000, 2**64 - 1, (2**64 - 1) * 10**27, 10**28, 10**26,
                2**128, 2**256 - 1, 2**127 // 10 * 10,
            )
        ]
    ],
    "the largest nonce, gas and fees": [
        [(4, fields(nonce=2**64 - 1, gas=2**64 - 1, fee=2**256 - 1, tip=2**256 - 1))]
    ],
    "numbers of nothing": [[(4, fields(nonce=0, gas=0, fee=0, tip=0, value=0, r=0, s=0))]],
    "a signature that begins with zeros": [[(4, fields(r=1, s=2**200))]],
    "lists of 55 and 56 bytes": [
        [(3, fields(lists=[rlp(b"\x01" * 54), b""])), (3, fields(lists=[rlp(b"\x01" * 55), b""]))]
    ],
}


def written(blocks, chain_id=CHAIN):
    writer = ColumnWriter(chain_id)
    for block in blocks:
        writer.columns[0] += put_length(len(block))
        for kind, one in block:
            writer.add(kind, one)
    return writer


def columns_case(name, blocks):
    writer = written(blocks)
    packed = writer.packed()
    raws = [
        [one if kind == 0 else transaction(kind, CHAIN, one) for kind, one in block]
        for block in blocks
    ]
    data = body(compress(packed), writer.loose)
    assert decode_data(data, len(blocks), BOUNDS) == raws, name
    return {
        "name": name,
        "blockCount": len(blocks),
        "data": hexed(data),
        "packed": hexed(packed),
        "loose": hexed(writer.loose),
        "counts": [len(block) for block in raws],
        "transactions": hexes(one for block in raws for one in block),
    }


# Malformed columns


def spoiled(change, blocks=None):
    """Data after a change to its columns."""
    writer = written(blocks or [[(4, fields(data=TOKEN))]])
    change(writer)
    return body(compress(writer.packed()), writer.loose)


def put(column, data):
    def change(writer):
        writer.columns[column][:] = data

    return change


def loose(data):
    def change(writer):
        writer.loose[:] = data(writer.loose)

    return change


def zero_first(writer):
    writer.columns[2][:], writer.columns[3][:] = b"\x01", b"\x00"


GOOD = written([[(4, fields(data=TOKEN))]])
STREAM = compress(GOOD.packed())

BAD_COLUMNS = {
    "no stream's length": ("Format.Truncated", b"\x01\x01"),
    "an empty stream": ("Compression", b"\x01\x01\x00"),
    "a stream shorter than its length": ("Format.Truncated", b"\x01\x01\x05" + STREAM[:4]),
    "a stream cut": ("Compression", body(STREAM[:-1], GOOD.loose)),
    "a byte after the stream": ("Compression", body(STREAM + b"\x00", GOOD.loose)),
    "a stream of noise": ("Compression", body(b"\xff" * 20, GOOD.loose)),
    "a window of 23 bits": ("Compression", body(bytes([STREAM[0] & 0xF0 | 0x0D]) + STREAM[1:], b"")),
    "a window of 24 bits": ("Compression", body(bytes([STREAM[0] & 0xF0 | 0x0F]) + STREAM[1:], b"")),
    "a large window": ("Compression", body(b"\x11\x1a" + STREAM[1:], GOOD.loose)),
    "far more than may be decoded": ("Bytes", body(compress(bytes(100_000)), b"")),
    "one byte more than may be decoded": ("Bytes", body(compress(bytes(4001)), b"")),
    "an empty chain id": ("Format.Truncated", body(compress(b""), b"")),
    "columns that end early": ("Format.Truncated", body(compress(GOOD.packed()[:-1]), GOOD.loose)),
    "something after the columns": (
        "Format.Trailing",
        body(compress(GOOD.packed() + b"\x00"), GOOD.loose),
    ),
    "a length of a column in two bytes": (
        "Format.Length",
        body(compress(bytes(8) + b"\x80\x00" + bytes(40)), b""),
    ),
    "something left apart": ("Format.Trailing", spoiled(loose(lambda old: old + b"\x00"))),
    "a signature missing": ("Format.Truncated", spoiled(loose(lambda old: old[:63]))),
    "a new receiver missing": ("Format.Truncated", spoiled(loose(lambda old: old[:64]))),
    "a receiver that never came": ("Columns", spoiled(put(12, b"\x01"))),
    "a number that begins with a zero": ("Columns", spoiled(zero_first)),
    "a head of 249": ("Columns", spoiled(put(4, b"\xf9"))),
    "a head of 255": ("Columns", spoiled(put(4, b"\xff"))),
    "a head too few": ("Format.Truncated", spoiled(put(10, b""))),
    "a head too many": ("Format.Trailing", spoiled(put(10, b"\x00\x00"))),
    "kind 6": ("Format.Unknown", spoiled(put(1, b"\x06"))),
    "kind 7": ("Format.Unknown", spoiled(put(1, b"\x07"))),
    "kind 0 with a flag": ("Format.Unknown", spoiled(put(1, b"\x08"))),
    "a third flag": ("Format.Unknown", spoiled(put(1, b"\x24"))),
    "a kind too many": ("Format.Trailing", spoiled(put(1, b"\x04\x04"))),
    "a block too few": ("Format.Truncated", spoiled(put(0, b""))),
    "a block too many": ("Format.Trailing", spoiled(put(0, b"\x01\x00"))),
    "more transactions than allowed": ("Transactions", spoiled(put(0, b"\x29"))),
    "calldata longer than may be decoded": ("Bytes", spoiled(put(13, put_length(4001)))),
    "decoded data longer than allowed, columns not": (
        "Bytes",
        spoiled(lambda writer: None, [[(4, fields(data=bytes(32 * 30)))] * 4]),
    ),
    "an access list longer than its column": ("Format.Truncated", spoiled(put(17, b"\x01"))),
}


def bad_columns_case(name, kind, data):
    reason = refused(decode_data, data, 1, BOUNDS)
    return {"name": name, "data": hexed(data), "kind": kind, "reason": reason}


def cases():
    return {
        "limits": limits_json(BOUNDS),
        "packing": [packing_case(*case) for case in PACKING.items()],
        "packingInvalid": [bad_packing_case(name, *case) for name, case in bad_packing().items()],
        "columns": [columns_case(*case) for case in COLUMNS.items()],
        "columnsInvalid": [bad_columns_case(name, *case) for name, case in BAD_COLUMNS.items()],
    }
