"""Vectors of spec/derivation.md."""

from dataclasses import dataclass, replace

from batch_cases import HEADER, T, anchors, hashes
from data_formats import encode_columns, pack
from format_common import CONFIG, config_json, hexed, hexes, refused, some_address, strings
from formats import BLOBS, NO_DATA, Batch, check_batch, derive, encode_data

U64_MAX = 2**64 - 1
M = 1_000_000


@dataclass(frozen=True)
class Input:
    """A batch before its data's kind is asked: what a case changes."""

    header: object = HEADER
    data: bytes = encode_data([[T], [b"\x01", b"\x02"], []])
    firstBlock: int = 100
    firstDeposit: int = 40
    deposits: tuple = ()
    forced: tuple = ()

    def batch(self):
        return Batch(
            self.header, self.firstBlock, self.data, self.firstDeposit, self.deposits, self.forced
        )


def deposits(*amounts):
    return tuple((some_address(f"depositor {i}"), amount) for i, amount in enumerate(amounts))


def forced(*gas):
    return tuple((one, bytes([0xF0 + i, i])) for i, one in enumerate(gas))


def sized(*lengths):
    return tuple((21_000, b"\xf1" * length) for length in lengths)


def case(data=None, header=None, blocks=3, **fields):
    """A case whose header counts what is given."""
    counts = dict(deposits=len(fields.get("deposits", ())), forced=len(fields.get("forced", ())))
    header = replace(header or HEADER, **{"blockCount": blocks, **counts})
    data = encode_data([[] for _ in range(blocks)]) if data is None else data
    return Input(header=header, data=data, **fields)


def of(blocks, **fields):
    return case(encode_data(blocks), blocks=len(blocks), **fields)


def in_blobs(count):
    return replace(HEADER, dataKind=BLOBS, hashes=hashes(count))


def packed(data):
    """A blob without the zeros at its end."""
    return pack(data).rstrip(b"\x00")


BOTH = dict(deposits=deposits(5), forced=forced(21_000))

DROPPED = {
    "no data though there should be some": ("Format.Truncated", case(b"", **BOTH)),
    "unknown version": ("Format.Unknown", case(bytes.fromhex("0200000000"), **BOTH)),
    "unknown codec": ("Format.Unknown", case(bytes.fromhex("0109000000"), **BOTH)),
    "a byte missing": ("Format.Truncated", case(encode_data([[T], [T], [T]])[:-1], **BOTH)),
    "a byte too many": ("Format.Trailing", case(encode_data([[T], [T], [T]]) + b"\x00", **BOTH)),
    "the last length padded": (
        "Format.Length",
        case(bytes.fromhex("01000103aabbcc008000"), **BOTH),
    ),
    "decoded bytes above their limit": ("Bytes", of([[b"\x01" * 298]])),
    "transactions above their limit": ("Transactions", of([[T] * 3, [T] * 4], **BOTH)),
    "random bytes in a blob": ("Packing", case(b"\xde\xad" * 20, header=in_blobs(1), **BOTH)),
    "a blob more than the data needs": (
        "Packing",
        case(packed(encode_data([[T], [T], [T]])), header=in_blobs(2), **BOTH),
    ),
    "packed, but not what is read": (
        "Format.Truncated",
        case(packed(encode_data([[T], [T], [T]])[:-1]), header=in_blobs(1), **BOTH),
    ),
    "columns that are not compressed": (
        "Compression",
        case(b"\x01\x01\x04\xff\xff\xff\xff", **BOTH),
    ),
}

VALID = {
    "one empty block": of([[]]),
    "transactions in their blocks": Input(),
    "data in a blob": case(
        packed(encode_data([[T], [], [b"\x01", T]])), header=in_blobs(1), **BOTH
    ),
    "columns": case(encode_columns([[T], [], [b"\x01", T]]), **BOTH),
    "the longest time step": of([[], [], []], header=replace(HEADER, timeStep=2**32 - 1)),
    "two anchors": of([[], [], []], header=replace(HEADER, anchors=anchors((0, 77), (2, 78)))),
    "an anchor a block": of(
        [[], [], []], header=replace(HEADER, anchors=anchors((0, 77), (1, 78), (2, 79)))
    ),
    "the first block": of([[]], firstBlock=1),
    "the last block number": of([[], [], []], firstBlock=U64_MAX - 2),
    "deposits below their limit": of([[T]], deposits=deposits(1, 2, 3)),
    "deposits at their limit": of([[T], [T]], deposits=deposits(1, 2, 3, 10**9)),
    "the first deposit and the most gwei": of([[]], firstDeposit=0, deposits=deposits(U64_MAX)),
    "the last deposit index": of([[]], firstDeposit=U64_MAX - 1, deposits=deposits(1, 1)),
    "a forced transaction before the sequencer's": of([[T], [T]], forced=forced(21_000)),
    "deposits and forced transactions": of([[T], [T]], **BOTH),
    "forced transactions at their limit": of([[], []], forced=forced(1, 2, 3, 4, 5)),
    "a forced transaction just below the most gas": of([[], []], forced=forced(12 * M - 1)),
    "a forced transaction with the most gas": of([[], []], forced=forced(12 * M)),
    "a forced transaction without gas": of([[], []], forced=forced(0)),
    "an empty forced transaction": of([[], []], forced=sized(0)),
    "forced bytes below their limit": of([[], []], forced=sized(31, 32)),
    "forced bytes at their limit": of([[], []], forced=sized(32, 32)),
    "forced gas just below what two blocks carry": of([[], []], forced=forced(12 * M, 6 * M - 1)),
    "forced gas exactly what two blocks carry": of([[], []], forced=forced(12 * M, 6 * M)),
    "forced gas exactly what five blocks carry": of(
        [[], [T], [], [], []], forced=forced(*[12 * M] * 5)
    ),
    "forced transactions that fill a block to the last gas": of(
        [[], [T], [T]], forced=forced(12 * M, 12 * M, 6 * M, 1)
    ),
    "forced transactions that leave one gas too little": of(
        [[], [T], [T]], forced=forced(12 * M, 12 * M, 6 * M + 1, 1)
    ),
    "a small one does not overtake a large one": of(
        [[], [], []], forced=forced(12 * M, 12 * M, 7 * M, 1, 2)
    ),
    "one without gas stays behind those before it": of(
        [[], [], []], forced=forced(12 * M, 12 * M, 12 * M, 0)
    ),
    "decoded bytes below their limit": of([[b"\x01" * 296]]),
    "decoded bytes at their limit": of([[b"\x01" * 297]]),
    "transactions below their limit": of([[T] * 2, [T] * 3]),
    "transactions at their limit": of([[T] * 3, [T] * 3]),
    "blocks below their limit": of([[T], [], [], [T]]),
    "blocks at their limit": of([[T], [], [], [], [T]]),
    "a header without data ignores what is given": case(
        encode_data([[T], [T], [T]]), header=replace(HEADER, dataKind=NO_DATA, hashes=()), **BOTH
    ),
    "a header without data and nothing given": case(
        b"", header=replace(HEADER, dataKind=NO_DATA, hashes=()), **BOTH
    ),
}


def counting(entry, **counts):
    """The same batch under a header that counts something else."""
    return replace(entry, header=replace(entry.header, **counts))


INVALID = {
    "no blocks": ("Header", counting(Input(), blockCount=0)),
    "blocks above their limit": ("Header", case(blocks=6)),
    "deposits above their limit": ("Header", of([[]], deposits=deposits(1, 1, 1, 1, 1))),
    "forced transactions above their limit": ("Header", of([[], []], forced=forced(*[1] * 6))),
    "forced transactions in one block": ("Header", of([[]], forced=forced(21_000))),
    "the last block's time does not fit": (
        "Header",
        counting(Input(), firstTimestamp=U64_MAX - 3),
    ),
    "a deposit too few": ("Entries", counting(of([[]], deposits=deposits(1)), deposits=2)),
    "a deposit too many": ("Entries", counting(of([[]], deposits=deposits(1)), deposits=0)),
    "a forced transaction too few": ("Entries", counting(of([[], []], forced=forced(1)), forced=2)),
    "a forced transaction too many": (
        "Entries",
        counting(of([[], []], forced=forced(1)), forced=0),
    ),
    "a forced transaction just above the most gas": (
        "ForcedGas",
        of([[], [], []], forced=forced(21_000, 12 * M + 1)),
    ),
    "a forced transaction with all gas there is": (
        "ForcedGas",
        of([[], [], []], forced=forced(U64_MAX)),
    ),
    "forced gas just above what two blocks carry": (
        "ForcedCapacity",
        of([[], []], forced=forced(12 * M, 6 * M + 1)),
    ),
    "forced gas above the bound though it would fit": (
        "ForcedCapacity",
        of([[], []], forced=forced(12 * M, 12 * M, 6 * M)),
    ),
    "forced bytes above their limit in one": ("ForcedBytes", of([[], []], forced=sized(65))),
    "forced bytes above their limit together": ("ForcedBytes", of([[], []], forced=sized(33, 32))),
    "a deposit of nothing": ("Impossible", of([[]], deposits=deposits(1, 0))),
    "a block number above 64 bits": ("Impossible", of([[], [], []], firstBlock=U64_MAX - 1)),
    "a deposit index above 64 bits": (
        "Impossible",
        of([[]], firstDeposit=U64_MAX, deposits=deposits(1, 1)),
    ),
}


def input_json(name, entry):
    return {
        "name": name,
        "header": hexed(entry.header.encode()),
        "firstBlock": str(entry.firstBlock),
        "data": hexed(entry.data),
        "firstDeposit": str(entry.firstDeposit),
        "depositTo": hexes(to for to, _ in entry.deposits),
        "depositAmount": strings(amount for _, amount in entry.deposits),
        "forcedGas": strings(gas for gas, _ in entry.forced),
        "forcedRaw": hexes(raw for _, raw in entry.forced),
    }


def valid(name, kind, entry):
    blocks, dropped = derive(CONFIG, entry.batch())
    assert bool(kind) == bool(dropped), (name, dropped)
    for block in blocks:
        fixed = (block.gasLimit, block.beneficiary, block.extraData)
        assert fixed == (CONFIG.gasLimit, CONFIG.feeRecipient, CONFIG.extraData)
    assert not any(block.withdrawals for block in blocks[1:])
    return {
        **input_json(name, entry),
        "dropped": kind,
        "reason": dropped,
        "timestamps": strings(block.timestamp for block in blocks),
        "parentBeaconBlockRoots": hexes(block.parentBeaconBlockRoot for block in blocks),
        "prevRandaos": hexes(block.prevRandao for block in blocks),
        "withdrawalIndexes": strings(index for index, *_ in blocks[0].withdrawals),
        "withdrawalTo": hexes(to for _, _, to, _ in blocks[0].withdrawals),
        "withdrawalAmounts": strings(amount for *_, amount in blocks[0].withdrawals),
        "forcedCounts": [sum(gas is not None for _, gas in one.candidates) for one in blocks],
        "candidateCounts": [len(block.candidates) for block in blocks],
        "candidates": hexes(raw for block in blocks for raw, _ in block.candidates),
    }


def invalid(name, kind, entry):
    reason = refused(check_batch, CONFIG, entry.batch())
    return {**input_json(name, entry), "kind": kind, "reason": reason}


def cases():
    all_valid = {name: ("", entry) for name, entry in VALID.items()}
    all_valid |= {f"dropped: {name}": one for name, one in DROPPED.items()}
    return {
        "config": config_json(CONFIG),
        "valid": [valid(name, *one) for name, one in all_valid.items()],
        "invalid": [invalid(name, *one) for name, one in INVALID.items()],
    }
