"""Skip-rule cases that are about bytes: envelopes, RLP, fields, access lists."""

from skip_base import CRAFTED, Case, basic, kinds
from skip_state import RECEIVER, STORES
from skip_tx import (
    ACCESS_LIST,
    BLOB,
    FEE_MARKET,
    LEGACY,
    SET_CODE,
    Raw,
    boxed_byte,
    header,
    item_bytes,
    long_form,
    long_form_two_bytes,
    padded,
    recovered,
    rlp,
    rlp_list,
)

BAD = "undecodable"
KEY = b"\x01" * 32


def envelopes():
    yield Case("nothing", b"", BAD)
    for first in (0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x7F, 0x80, 0xB7, 0xC0, 0xF8, 0xFF):
        yield Case(f"only the byte 0x{first:02x}", bytes([first]), BAD)
    for kind in (0, 1, 2, 3, 4, 5):
        yield Case(f"type {kind} and an empty list", bytes([kind, 0xC0]), BAD)
        yield Case(f"type {kind} and an empty string", bytes([kind, 0x80]), BAD)
    legacy, market = basic(LEGACY).raw(), basic(FEE_MARKET).raw()
    yield Case("a legacy transaction behind type 0", b"\x00" + legacy, BAD)
    for kind in (0x00, 0x05, 0x06, 0x7F, 0x80, 0xFF):
        yield Case(f"a type 2 payload behind 0x{kind:02x}", bytes([kind]) + market[1:], BAD)
    yield Case("a type 2 payload without its type", market[1:], BAD)
    yield Case("a type 2 payload behind type 1", b"\x01" + market[1:], BAD)
    yield Case("a type 1 payload behind type 2", b"\x02" + basic(ACCESS_LIST).raw()[1:], BAD)
    yield Case("a type 4 payload behind type 2", b"\x02" + basic(SET_CODE).raw()[1:], BAD)
    yield Case("a legacy payload behind type 2", b"\x02" + legacy, BAD)
    yield Case("a type 2 transaction behind type 2", b"\x02" + market, BAD)
    yield Case("a type 2 transaction as an RLP string", rlp(market), BAD)
    yield Case("a legacy transaction as an RLP string", rlp(legacy), BAD)
    yield Case("a legacy transaction in a list", rlp_list(legacy), BAD)
    yield Case("two legacy transactions", legacy * 2, BAD)
    yield Case("a list as long as numbers go", b"\xff" * 9, BAD)
    yield Case("a list of 2^63 bytes behind type 2", bytes.fromhex("02ff8000000000000000"), BAD)
    yield Case("a string as long as numbers go", b"\xbf" + b"\xff" * 8, BAD)
    blob = "a blob transaction"
    tx = basic(BLOB)
    yield Case("type 3: well formed", tx.raw(), blob)
    yield Case("type 3: without blobs", basic(BLOB, blobHashes=[]).raw(), blob)
    yield Case(
        "type 3: as it travels between nodes", b"\x03" + rlp([Raw(tx.raw()[1:]), [], [], []]), blob
    )
    yield Case("type 3: cut off", tx.raw()[:-1], blob)
    yield Case("type 3: no RLP", b"\x03\xff\xff", blob)


def encodings():
    for kind, name in kinds():
        tx = basic(kind)
        raw, payload = tx.raw(), tx.payload()
        yield Case(f"{name}: a zero byte follows", raw + b"\x00", BAD)
        yield Case(f"{name}: an empty list follows", raw + b"\xc0", BAD)
        yield Case(f"{name}: last byte missing", raw[:-1], BAD)
        yield Case(f"{name}: half of it", raw[: len(raw) // 2], BAD)
        yield Case(f"{name}: only the list's header", raw[: len(raw) - len(payload)], BAD)
        longer = Raw(header(0xC0, len(payload) + 1) + payload)
        yield Case(f"{name}: list announces a byte too many", tx.wrap(longer), BAD)
        shorter = header(0xC0, len(payload) - 1) + payload
        yield Case(f"{name}: list announces a byte too few", tx.wrap(shorter), BAD)
        two = bytes([0xF9]) + len(payload).to_bytes(2, "big") + payload
        three = bytes([0xFA]) + len(payload).to_bytes(3, "big") + payload
        right = len(header(0xC0, len(payload)))
        for size, form in ((3, two), (4, three)):
            if size > right:
                yield Case(f"{name}: list's length in {size - 1} bytes", tx.wrap(form), BAD)
        yield Case(f"{name}: list as a string", tx.wrap(rlp(payload)), BAD)
        yield Case(f"{name}: last field missing", tx.wrap(rlp_list(tx.payload(drop=1))), BAD)
        yield Case(f"{name}: without signature", tx.wrap(rlp_list(tx.payload(drop=3))), BAD)
        for what, extra in {
            "empty string": [b""],
            "zero": [Raw(b"\x00")],
            "empty list": [[]],
        }.items():
            yield Case(
                f"{name}: one more field, {what}", tx.wrap(rlp_list(tx.payload(extra=extra))), BAD
            )
    yield from tiny()


def tiny():
    """A transaction so short that its list has a short header."""

    def signature(digest):
        CRAFTED.append(recovered(digest, 0, 1, 1))
        return 0, 1, 1

    tx = basic(LEGACY, signature=signature, nonce=0)
    payload = tx.payload()
    assert len(payload) < 56
    yield Case("legacy: below 56 bytes", tx.raw())
    yield Case("legacy: below 56 bytes, long form", bytes([0xF8, len(payload)]) + payload, BAD)
    yield Case("legacy: below 56 bytes, longer form", bytes([0xF9, 0, len(payload)]) + payload, BAD)


def fields():
    for kind, name in kinds():
        tx = basic(kind, data=b"\x07", value=5)
        for field in tx.names:
            item = tx.items[field]
            if isinstance(item, list):
                continue
            yield from spellings(f"{name}: {field}", tx, field, item)
        zero = basic(kind, value=0)
        for what, spelt in {
            "0 as a zero byte": Raw(b"\x00"),
            "0 as a boxed zero byte": Raw(b"\x81\x00"),
            "0 as two zero bytes": Raw(b"\x82\x00\x00"),
            "0 in long form": Raw(b"\xb8\x00"),
            "0 as an empty list": Raw(b"\xc0"),
        }.items():
            yield Case(f"{name}: value {what}", zero.raw(value=spelt), BAD)
        for what, to in {
            "19 bytes": RECEIVER[1:],
            "21 bytes": b"\x00" + RECEIVER,
            "32 bytes": bytes(12) + RECEIVER,
            "one zero byte": b"\x00",
            "one byte": b"\x01",
        }.items():
            yield Case(f"{name}: to of {what}", basic(kind, to=to).raw(), BAD)
        yield Case(f"{name}: value of 33 bytes", basic(kind, value=2**256).raw(), BAD)
        for field in ("r", "s"):
            wide = tx.items[field] + 2**256
            yield Case(f"{name}: {field} of 33 bytes", tx.raw(**{field: wide}), BAD)
        yield Case(f"{name}: v 2^256 above the right one", tx.raw(v=tx.items["v"] + 2**256), BAD)


def spellings(name, tx, field, item):
    data = item_bytes(item)
    if isinstance(item, int):
        yield Case(f"{name} with a leading zero", tx.raw(**{field: padded(item)}), BAD)
    yield Case(f"{name} in long form", tx.raw(**{field: long_form(item)}), BAD)
    if len(data) == 1 and data[0] < 0x80:
        yield Case(f"{name} as a boxed byte", tx.raw(**{field: boxed_byte(item)}), BAD)
    if field in ("to", "data", "nonce"):
        yield Case(f"{name} in longer form", tx.raw(**{field: long_form_two_bytes(item)}), BAD)
        yield Case(f"{name} as a list", tx.raw(**{field: [item]}), BAD)


def access_lists():
    whole = [[STORES, [bytes(32), KEY]]]
    wrong = {
        "an empty string": b"",
        "an entry that is a string": [STORES],
        "an entry without keys": [[STORES]],
        "an entry with three fields": [[STORES, [], []]],
        "an entry with keys that are a string": [[STORES, b""]],
        "an entry that is empty": [[]],
        "an address of 19 bytes": [[STORES[1:], []]],
        "an address of 21 bytes": [[STORES + b"\x00", []]],
        "an empty address": [[b"", []]],
        "a key of 31 bytes": [[STORES, [KEY[1:]]]],
        "a key of 33 bytes": [[STORES, [b"\x00" + KEY]]],
        "an empty key": [[STORES, [b""]]],
        "a key that is a list": [[STORES, [[KEY]]]],
        "an address in long form": [[Raw(b"\xb8\x14" + STORES), []]],
        "a key in long form": [[STORES, [Raw(b"\xb8\x20" + KEY)]]],
        "keys in long form": [[STORES, Raw(b"\xf8\x21" + rlp(KEY))]],
        "no entries in long form": Raw(b"\xf8\x00"),
    }
    inside = rlp(whole[0])
    cut = Raw(rlp_list(inside[:-1]))
    for kind, name in kinds():
        if kind == LEGACY:
            continue
        for what, value in wrong.items():
            yield Case(
                f"{name}: access list is or has {what}", basic(kind, accessList=value).raw(), BAD
            )
        yield Case(
            f"{name}: access list whose entry is cut", basic(kind, accessList=cut).raw(), BAD
        )
        nested = b""
        for _ in range(200):
            nested = rlp_list(nested)
        yield Case(
            f"{name}: access list 200 lists deep", basic(kind, accessList=Raw(nested)).raw(), BAD
        )
