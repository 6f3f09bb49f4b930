"""Skip-rule cases about set-code transactions (EIP-7702)."""

from skip_base import Case, basic
from skip_signatures import HALF
from skip_state import (
    AUTHORITY,
    CONTRACT,
    DELEGATED,
    FUNDED,
    FUNDED_NONCE,
    NOBODY,
    STOPS,
    U64_MAX,
)
from skip_tx import (
    CHAIN,
    SET_CODE,
    N,
    Raw,
    authorization,
    boxed_byte,
    long_form,
    padded,
    rlp,
    rlp_list,
)

BAD = "undecodable"
PARTS = ("chainId", "address", "nonce", "parity", "r", "s")


def carrying(*entries, **fields):
    return basic(SET_CODE, authorizations=list(entries), gas=500_000, **fields).raw()


def changed(**parts):
    """A valid authorization with parts replaced after signing."""
    entry = authorization(AUTHORITY, CHAIN, STOPS, 0)
    for name, value in parts.items():
        entry[PARTS.index(name)] = value
    return entry


def authorizations():
    yield from effective_or_not()
    yield from ineffective_by_signature()
    yield from malformed()
    yield from gas()


def effective_or_not():
    for what, entry in {
        "for this chain": authorization(AUTHORITY, CHAIN, STOPS, 0),
        "for every chain": authorization(AUTHORITY, 0, STOPS, 0),
        "for another chain": authorization(AUTHORITY, CHAIN + 1, STOPS, 0),
        "for chain 2^64": authorization(AUTHORITY, 2**64, STOPS, 0),
        "for this chain plus 2^64": authorization(AUTHORITY, CHAIN + 2**64, STOPS, 0),
        "for chain 2^256 - 1": authorization(AUTHORITY, 2**256 - 1, STOPS, 0),
        "with another nonce": authorization(AUTHORITY, CHAIN, STOPS, 7),
        "with nonce 2^64 - 2": authorization(AUTHORITY, CHAIN, STOPS, U64_MAX - 1),
        "with nonce 2^64 - 1": authorization(AUTHORITY, CHAIN, STOPS, U64_MAX),
        "that clears a delegation": authorization(DELEGATED, CHAIN, bytes(20), 1),
        "to a precompile": authorization(AUTHORITY, CHAIN, bytes(19) + b"\x01", 0),
        "of the sender, with the nonce after": authorization(
            FUNDED, CHAIN, STOPS, FUNDED_NONCE + 1
        ),
        "of the sender, with its nonce": authorization(FUNDED, CHAIN, STOPS, FUNDED_NONCE),
        "of a contract": authorization(CONTRACT, CHAIN, STOPS, 1),
        "of somebody else": authorization(NOBODY, CHAIN, STOPS, 0),
    }.items():
        yield Case(f"authorization {what}", carrying(entry))
    one = changed()
    yield Case("the same authorization three times", carrying(one, one, one))
    yield Case("a wrong one before a right one", carrying(changed(r=0), one))


def ineffective_by_signature():
    right = changed()
    parity, _, s = right[3:]
    for what, entry in {
        "parity 2": changed(parity=2),
        "parity 27": changed(parity=27 + parity),
        "parity 255": changed(parity=255),
        "the other parity": changed(parity=parity ^ 1),
        "r 0": changed(r=0),
        "s 0": changed(s=0),
        "r the group's order": changed(r=N),
        "s the group's order": changed(s=N),
        "r 2^256 - 1": changed(r=2**256 - 1),
        "s 2^256 - 1": changed(s=2**256 - 1),
        "r on no point": changed(r=5),
        "a high s": changed(parity=parity ^ 1, s=N - s),
        "s exactly half": changed(r=1, s=HALF, parity=0),
        "s one above half": changed(r=1, s=HALF + 1, parity=0),
        "another address than was signed": changed(address=b"\x09" * 20),
    }.items():
        yield Case(f"authorization with {what}", carrying(entry))


def malformed():
    entry = changed()
    yield Case("no authorizations", carrying(), "a set-code transaction without authorizations")
    creation = "a set-code transaction that creates"
    yield Case("set-code transaction without a target", carrying(entry, to=b""), creation)
    tx = carrying(entry, to=b"", data=b"\x5f\x5f\xf3")
    yield Case("set-code transaction with initcode", tx, creation)
    for what, wrong in {
        "parity 2^8": changed(parity=256),
        "parity 2^8 above": changed(parity=256 + entry[3]),
        "parity 2^64": changed(parity=2**64),
        "parity 2^256 - 1": changed(parity=2**256 - 1),
        "nonce 2^64": authorization(AUTHORITY, CHAIN, STOPS, 2**64),
        "nonce 2^256 - 1": authorization(AUTHORITY, CHAIN, STOPS, 2**256 - 1),
        "chain id 2^256": authorization(AUTHORITY, 2**256, STOPS, 0),
        "chain id 2^256 above": changed(chainId=CHAIN + 2**256),
        "r of 33 bytes": changed(r=entry[4] + 2**256),
        "s of 33 bytes": changed(s=entry[5] + 2**256),
        "an address of 19 bytes": changed(address=STOPS[1:]),
        "an address of 21 bytes": changed(address=b"\x00" + STOPS),
        "no address": changed(address=b""),
        "an address of 32 bytes": changed(address=bytes(12) + STOPS),
        "five fields": entry[:5],
        "seven fields": entry + [b""],
        "no fields": [],
        "a list for its nonce": changed(nonce=[]),
    }.items():
        yield Case(f"authorization with {what}", carrying(wrong), BAD)
    right = authorization(AUTHORITY, CHAIN, STOPS, 1)
    for place, part in enumerate(PARTS):
        spelt = {"in long form": long_form(right[place])}
        if isinstance(right[place], int):
            spelt["with a leading zero"] = padded(right[place])
        if right[place] == 1:
            spelt["as a boxed byte"] = boxed_byte(1)
        for how, value in spelt.items():
            wrong = right[:place] + [value] + right[place + 1 :]
            yield Case(f"authorization: {part} {how}", carrying(wrong), BAD)
    zero = changed(nonce=Raw(b"\x00"))
    yield Case("authorization: nonce 0 as a zero byte", carrying(zero), BAD)
    yield from malformed_lists(entry)


def malformed_lists(entry):
    payload = b"".join(rlp(part) for part in entry)
    bare = dict(gas=500_000)
    for what, value in {
        "an empty string": b"",
        "a string": rlp_list(payload),
        "one authorization without its list": entry,
        "an entry that is a string": [payload],
        "no entries in long form": Raw(b"\xf8\x00"),
        "an entry's length in two bytes": [Raw(b"\xf9\x00" + bytes([len(payload)]) + payload)],
        "an entry that is cut": Raw(rlp_list(rlp_list(payload)[:-1])),
        "an entry with a byte behind it": Raw(rlp_list(rlp_list(payload) + b"\x00")),
        "an entry with an empty entry behind it": Raw(rlp_list(rlp_list(payload) + b"\xc0")),
    }.items():
        raw = basic(SET_CODE, authorizations=value, **bare).raw()
        yield Case(f"authorizations are or have {what}", raw, BAD)


def gas():
    entry = changed()
    for count in (1, 2, 5):
        cost = 21_000 + 25_000 * count
        for data, extra in ((b"", 0), (b"\x01" * 10, 160)):
            fields = dict(authorizations=[entry] * count, data=data)
            what = f"{count} authorizations and {len(data)} bytes"
            exact = basic(SET_CODE, gas=cost + extra, **fields)
            yield Case(f"{what}, gas exact", exact.raw())
            short = basic(SET_CODE, gas=cost + extra - 1, **fields)
            yield Case(f"{what}, one gas short", short.raw(), "gas below the intrinsic cost")
