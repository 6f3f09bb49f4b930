"""Candidates for the skip rule, one group for each part of spec/skip-rule.md."""

from dataclasses import dataclass

from skip_authorizations import authorizations
from skip_base import CRAFTED, Case, basic, creating, kinds
from skip_encoding import access_lists, encodings, envelopes, fields
from skip_signatures import signatures
from skip_state import (
    BASE_FEE,
    BENEFICIARY,
    CONTRACT,
    DELEGATED,
    FUNDED,
    FUNDED_NONCE,
    GAS_LIMIT,
    GWEI,
    LAST_NONCE,
    NO_NONCE_LEFT,
    NOBODY,
    POOR,
    POOR_FEE,
    POOR_GAS,
    POOR_VALUE,
    RECEIVER,
    REVERTS,
    STOPS,
    STORES,
    U64_MAX,
)
from skip_tx import (
    ACCESS_LIST,
    BLOB,
    CHAIN,
    FEE_MARKET,
    KIND_NAMES,
    LEGACY,
    SET_CODE,
    address,
    authorization,
)

KEY = b"\x01" * 32


def ordinary():
    for kind, name in kinds():
        yield Case(f"{name}: a transfer", basic(kind).raw())
        yield Case(f"{name}: without value", basic(kind, value=0).raw())
        yield Case(f"{name}: to itself", basic(kind, to=address(FUNDED)).raw())
        yield Case(f"{name}: to the beneficiary", basic(kind, to=BENEFICIARY).raw())
        yield Case(f"{name}: to a contract that stores", basic(kind, to=STORES, data=b"\x05").raw())
        yield Case(f"{name}: to a contract that reverts", basic(kind, to=REVERTS).raw())
        yield Case(f"{name}: to a delegated account", basic(kind, to=address(DELEGATED)).raw())
        yield Case(f"{name}: to a precompile", basic(kind, to=bytes(19) + b"\x02").raw())
        if kind != SET_CODE:
            yield Case(f"{name}: creates a contract", creating(kind, b"\x5f\x5f\xf3").raw())
            yield Case(f"{name}: creation that fails", creating(kind, b"\xfe").raw())
        if kind != LEGACY:
            entries = [[STORES, [bytes(32), KEY]], [RECEIVER, []], [STORES, [KEY, KEY]]]
            yield Case(
                f"{name}: access list with repetitions", basic(kind, accessList=entries).raw()
            )
    yield Case("legacy: without chain id", basic(LEGACY, protected=False).raw())
    yield Case("legacy: creation without chain id", creating(LEGACY, b"", protected=False).raw())


def chain_ids():
    for kind, name in kinds():
        for what, chain in {
            "the next chain": CHAIN + 1,
            "Ethereum": 1,
            "2^64 above this chain": CHAIN + 2**64,
            "2^63 above this chain": CHAIN + 2**63,
            "2^32 above this chain": CHAIN + 2**32,
        }.items():
            if kind == LEGACY:
                tx = basic(kind, protected=chain)
            else:
                tx = basic(kind, chainId=chain)
            yield Case(f"{name}: signed for {what}", tx.raw(), "another chain id")
        if kind != LEGACY:
            yield Case(f"{name}: chain id 0", basic(kind, chainId=0).raw(), "another chain id")
            tx = basic(kind, chainId=2**256 - 1)
            yield Case(f"{name}: chain id 2^256 - 1", tx.raw(), "a chain id above 64 bits")


def nonces():
    for kind, name in kinds():
        low, high = basic(kind, nonce=FUNDED_NONCE - 1), basic(kind, nonce=FUNDED_NONCE + 1)
        yield Case(f"{name}: nonce one too low", low.raw(), "a nonce that was used")
        yield Case(f"{name}: nonce one too high", high.raw(), "a nonce that is not the next")
        yield Case(f"{name}: nonce 0", basic(kind, nonce=0).raw(), "a nonce that was used")
        tx = basic(kind, nonce=U64_MAX)
        yield Case(f"{name}: nonce 2^64 - 1", tx.raw(), "a nonce that is not the next")
        tx = basic(kind, nonce=FUNDED_NONCE + 2**64)
        yield Case(f"{name}: nonce 2^64 above the right one", tx.raw(), "a nonce above 64 bits")
        tx = basic(kind, LAST_NONCE, nonce=U64_MAX - 1)
        yield Case(f"{name}: the last nonce, 2^64 - 2", tx.raw())
        tx = basic(kind, NO_NONCE_LEFT, nonce=U64_MAX)
        yield Case(f"{name}: right nonce 2^64 - 1", tx.raw(), "EIP-2681: no nonce of 2^64 - 1")
        if kind != SET_CODE:
            tx = creating(kind, b"\x5f\x5f\xf3", LAST_NONCE, nonce=U64_MAX - 1)
            yield Case(f"{name}: creation with the last nonce", tx.raw())
            tx = creating(kind, b"", NO_NONCE_LEFT, nonce=U64_MAX)
            yield Case(f"{name}: creation, nonce 2^64 - 1", tx.raw(), "EIP-2681")


def senders():
    for kind, name in kinds():
        tx = basic(kind, CONTRACT, nonce=1)
        yield Case(f"{name}: sender is a contract", tx.raw(), "EIP-3607: the sender has code")
        yield Case(f"{name}: sender is delegated", basic(kind, DELEGATED, nonce=1).raw())
        tx = basic(kind, DELEGATED, nonce=1, to=address(DELEGATED))
        yield Case(f"{name}: delegated sender calls itself", tx.raw())
        tx = basic(kind, NOBODY, nonce=0, value=0)
        yield Case(f"{name}: sender does not exist", tx.raw(), "no funds")


def fees():
    for kind, name in kinds():
        fee = "gasPrice" if kind in (LEGACY, ACCESS_LIST) else "fee"
        tip = {} if fee == "gasPrice" else {"tip": 0}

        def paying(value, gas=50_000, **more):
            return basic(kind, **{fee: value, "gas": gas, **tip, **more}).raw()

        yield Case(f"{name}: {fee} is the base fee", paying(BASE_FEE))
        yield Case(f"{name}: {fee} one above", paying(BASE_FEE + 1))
        yield Case(f"{name}: {fee} one below", paying(BASE_FEE - 1), "a fee below the base fee")
        yield Case(f"{name}: {fee} 0", paying(0), "a fee below the base fee")
        yield Case(f"{name}: {fee} 2^64 - 1", paying(2**64 - 1))
        yield Case(f"{name}: {fee} 2^64 - 1 for a whole block", paying(2**64 - 1, gas=GAS_LIMIT))
        for what, value in {
            "2^64": 2**64,
            "2^64 above a right one": 2**64 + 10 * GWEI,
            "2^128": 2**128,
            "2^256 - 1": 2**256 - 1,
            "2^256": 2**256,
            "2^256 above a right one": 2**256 + 10 * GWEI,
        }.items():
            yield Case(f"{name}: {fee} {what}", paying(value), "a fee above 64 bits")
        if not tip:
            continue
        yield Case(f"{name}: tip equals fee", paying(10 * GWEI, tip=10 * GWEI))
        yield Case(f"{name}: tip below fee", paying(10 * GWEI, tip=10 * GWEI - 1))
        above = "a tip above the fee"
        yield Case(f"{name}: tip above fee", paying(10 * GWEI, tip=10 * GWEI + 1), above)
        yield Case(f"{name}: tip 2^64 - 1", paying(10 * GWEI, tip=2**64 - 1), above)
        yield Case(f"{name}: tip and fee 2^64 - 1", paying(2**64 - 1, tip=2**64 - 1))
        wide = "a tip above 64 bits"
        yield Case(f"{name}: tip 2^64", paying(2**64 - 1, tip=2**64), wide)
        yield Case(f"{name}: tip 2^64 above a right one", paying(10 * GWEI, tip=2**64 + 1), wide)
        yield Case(f"{name}: tip and fee 2^64", paying(2**64, tip=2**64), wide)


def funds():
    for kind, name in kinds():
        fee = "gasPrice" if kind in (LEGACY, ACCESS_LIST) else "fee"

        def poor(value=POOR_VALUE, gas=POOR_GAS, price=POOR_FEE, **more):
            return basic(kind, POOR, nonce=0, value=value, gas=gas, **{fee: price}, **more).raw()

        short = "the balance does not cover gas and value"
        yield Case(f"{name}: exactly enough", poor())
        yield Case(f"{name}: one wei to spare", poor(POOR_VALUE - 1))
        yield Case(f"{name}: one wei short", poor(POOR_VALUE + 1), short)
        yield Case(f"{name}: one gas short", poor(gas=POOR_GAS + 1), short)
        yield Case(f"{name}: one wei a gas short", poor(price=POOR_FEE + 1), short)
        yield Case(f"{name}: no value, exactly enough", poor(0, price=POOR_FEE))
        if fee == "fee":
            tx = poor(POOR_VALUE + 1, tip=0)
            yield Case(f"{name}: enough for the base fee, short of the fee", tx, short)
        yield Case(f"{name}: value 2^256 - 1", poor(2**256 - 1), short)
        tx = poor(2**256 - POOR_GAS * POOR_FEE)
        yield Case(f"{name}: gas and value overflow to nothing", tx, short)
        tx = basic(kind, value=10**28)
        yield Case(f"{name}: the whole balance as value", tx.raw(), short)


def data_cost(data):
    return sum(4 if byte == 0 else 16 for byte in data)


def floor(data):
    return 21_000 + sum(10 if byte == 0 else 40 for byte in data)


ENTRIES = [[STORES, [bytes(32), KEY]], [RECEIVER, []]]
ENTRIES_COST = 2 * 2_400 + 2 * 1_900


def gas():
    mixed = bytes([0, 1, 0, 2, 3]) * 8
    for kind, name in kinds():
        least = 46_000 if kind == SET_CODE else 21_000

        def exact(what, cost, **fields):
            yield Case(f"{name}: {what}, gas exact", basic(kind, gas=cost, **fields).raw())
            tx = basic(kind, gas=cost - 1, **fields)
            yield Case(f"{name}: {what}, one gas short", tx.raw(), "gas below the intrinsic cost")

        def with_data(what, data, **fields):
            extra = ENTRIES_COST if "accessList" in fields else 0
            cost = max(least + data_cost(data) + extra, floor(data))
            yield from exact(what, cost, data=data, **fields)

        yield from exact("plain", least)
        yield from with_data("one zero byte", bytes(1))
        yield from with_data("one byte", b"\x01")
        yield from with_data("40 bytes", mixed)
        yield from with_data("40 bytes after 2,000 zero bytes", bytes(2_000) + mixed)
        yield from with_data("40 bytes after 5,000 zero bytes", bytes(5_000) + mixed)
        yield Case(f"{name}: no gas", basic(kind, gas=0).raw(), "gas below the intrinsic cost")
        yield Case(f"{name}: gas of the whole block", basic(kind, gas=GAS_LIMIT).raw())
        over = "more gas than the block has"
        yield Case(f"{name}: one gas more", basic(kind, gas=GAS_LIMIT + 1).raw(), over)
        yield Case(f"{name}: gas 2^64 - 1", basic(kind, gas=2**64 - 1).raw(), over)
        wide = basic(kind, gas=2**64 + 100_000)
        yield Case(f"{name}: gas 2^64 above a right one", wide.raw(), "gas above 64 bits")
        if kind != LEGACY:
            yield from exact("access list", least + ENTRIES_COST, accessList=ENTRIES)
            yield from with_data("access list and data", mixed, accessList=ENTRIES)
            yield from with_data("access list and the floor", bytes(6_000), accessList=ENTRIES)


def initcode():
    for kind, name in kinds():
        if kind == SET_CODE:
            continue
        for size in (0, 1, 31, 32, 33, 64, 65):
            data = bytes(size)
            cost = 53_000 + data_cost(data) + 2 * ((size + 31) // 32)
            yield Case(f"{name}: initcode {size}, gas exact", creating(kind, data, gas=cost).raw())
            tx = creating(kind, data, gas=cost - 1)
            yield Case(
                f"{name}: initcode {size}, one short", tx.raw(), "gas below the intrinsic cost"
            )
        largest = floor(bytes(49_152))
        tx = creating(kind, bytes(49_152), gas=largest)
        yield Case(f"{name}: initcode 49,152, gas exact by the floor", tx.raw())
        tx = creating(kind, bytes(49_152), gas=largest - 1)
        yield Case(f"{name}: initcode 49,152, one short of the floor", tx.raw(), "EIP-7623")
        tx = creating(kind, bytes(49_153), gas=2_000_000)
        yield Case(f"{name}: initcode 49,153", tx.raw(), "EIP-3860: initcode is too long")
        tx = basic(kind, data=bytes(49_153), gas=2_000_000)
        yield Case(f"{name}: a call with 49,153 bytes", tx.raw())
    big = basic(FEE_MARKET, data=bytes(300_000), gas=floor(bytes(300_000)))
    yield Case("type 2: a call with 300,000 bytes", big.raw())


def forced():
    for kind, name in kinds():
        raw = basic(kind, gas=60_000).raw()
        more = "more gas than was paid for"
        yield Case(f"{name}: forced with its gas", raw, forced=60_000)
        yield Case(f"{name}: forced with one gas more", raw, forced=60_001)
        yield Case(f"{name}: forced with one gas less", raw, more, forced=59_999)
        yield Case(f"{name}: forced with no gas", raw, more, forced=0)
        yield Case(f"{name}: forced with all gas there is", raw, forced=U64_MAX)
    yield Case("forced bytes that are no transaction", b"\x02", "undecodable", forced=60_000)
    yield Case("forced nothing", b"", "undecodable", forced=60_000)
    blob = basic(BLOB).raw()
    yield Case("a forced blob transaction", blob, "a blob transaction", forced=100_000)
    small = basic(LEGACY, gas=20_999).raw()
    yield Case("forced below the intrinsic cost", small, "gas below 21,000", forced=20_999)


@dataclass(frozen=True)
class Sequence:
    """Candidates tried after each other in one block."""

    name: str
    raws: list
    enters: list


def sequences():
    def sent(place, kind=FEE_MARKET, **fields):
        return basic(kind, nonce=FUNDED_NONCE + place, **fields).raw()

    used = [sent(0, gas=21_000)]
    left = GAS_LIMIT - 21_000
    yield Sequence("a nonce after the other", [sent(0), sent(1), sent(2)], [True] * 3)
    yield Sequence("all types", [sent(i, kind) for i, kind in enumerate(KIND_NAMES)], [True] * 4)
    yield Sequence("the same twice", [sent(0), sent(0)], [True, False])
    yield Sequence("in the wrong order", [sent(1), sent(0)], [False, True])
    yield Sequence(
        "skipped ones change nothing",
        [b"\x03", b"", sent(0), sent(3), sent(1)],
        [False, False, True, False, True],
    )
    yield Sequence("exactly the gas that is left", used + [sent(1, gas=left)], [True, True])
    yield Sequence("one gas more than is left", used + [sent(1, gas=left + 1)], [True, False])
    yield Sequence(
        "what does not fit is skipped, what fits enters",
        used + [sent(1, gas=left + 1), sent(1, gas=left)],
        [True, False, True],
    )
    payment = sent(0, to=address(NOBODY), value=10**18, gas=21_000)
    spending = basic(LEGACY, NOBODY, nonce=0).raw()
    yield Sequence("money from the same block", [spending, payment, spending], [False, True, True])
    delegation = authorization(NOBODY, CHAIN, STOPS, 0)
    delegate = basic(SET_CODE, authorizations=[delegation], to=STOPS).raw()
    paid = sent(1, to=address(NOBODY), value=10**18)
    from_delegated = basic(FEE_MARKET, NOBODY, nonce=1).raw()
    yield Sequence(
        "sender delegated in the same block", [delegate, paid, from_delegated], [True] * 3
    )


# By file: what the chain and the money say, what signatures say, what bytes say.
FILES = {
    "skip": (
        ordinary,
        chain_ids,
        nonces,
        senders,
        fees,
        funds,
        gas,
        initcode,
        forced,
    ),
    "skip-signatures": (signatures, authorizations),
    "skip-encoding": (envelopes, encodings, fields, access_lists),
}


def cases(file):
    return [case for group in FILES[file] for case in group()]


def crafted():
    return CRAFTED
