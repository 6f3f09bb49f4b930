"""Skip-rule cases about signatures."""

from coincurve import PrivateKey

from skip_base import CRAFTED, Case, basic, kinds
from skip_tx import CHAIN, LEGACY, N, recovered

BAD = "a signature that no key can have made"
HALF = N // 2


def signatures():
    for kind, name in kinds():
        tx = basic(kind)
        base = 35 + 2 * CHAIN if kind == LEGACY else 0
        v, s = tx.items["v"], tx.items["s"]
        flipped = base + (v - base ^ 1)
        yield Case(f"{name}: s above half", tx.raw(v=flipped, s=N - s), "EIP-2: a high s")
        yield Case(f"{name}: the other parity", tx.raw(v=flipped), "a sender without funds")
        for what, value in {
            "0": 0,
            "the group's order": N,
            "above the group's order": N + 1,
            "2^256 - 1": 2**256 - 1,
        }.items():
            yield Case(f"{name}: r {what}", tx.raw(r=value), BAD)
            yield Case(f"{name}: s {what}", tx.raw(s=value), BAD)
        yield Case(f"{name}: r and s 0", tx.raw(r=0, s=0), BAD)

        yield Case(f"{name}: r that is on no point", tx.raw(r=5), BAD)
        yield crafted(f"{name}: r 1 and s 1", kind, 1, 1)
        yield crafted(f"{name}: s exactly half", kind, 1, HALF)
        yield crafted(f"{name}: s one above half", kind, 1, HALF + 1, "EIP-2: a high s")
        yield crafted(f"{name}: s one below the order", kind, 1, N - 1, "EIP-2: a high s")
        yield reduced(f"{name}: r is 1 plus the order", kind)
        yield infinity(f"{name}: the key is the point at infinity", kind)
        yield from legacy_v(tx) if kind == LEGACY else parities(name, tx)


def crafted(name, kind, r, s, reason=""):
    """A made-up signature whose sender has money."""

    def signature(digest):
        CRAFTED.append(recovered(digest, 0, r, s))
        return 0, r, s

    return Case(name, basic(kind, signature=signature, nonce=0).raw(), reason)


def reduced(name, kind):
    """r is too large, and its remainder would lead to a sender with money."""

    def signature(digest):
        CRAFTED.append(recovered(digest, 0, 1, 1))
        return 0, 1, 1

    return Case(name, basic(kind, signature=signature, nonce=0, value=2).raw(r=N + 1), BAD)


def infinity(name, kind):
    """s R = z G, so that what is recovered is no key at all."""

    def signature(digest):
        z = int.from_bytes(digest, "big") % N
        k = 1
        while True:
            s = z * pow(k, -1, N) % N
            point = PrivateKey(k.to_bytes(32, "big")).public_key.format(compressed=True)
            if 0 < s <= HALF:
                return point[0] - 2, int.from_bytes(point[1:], "big"), s
            k += 1

    return Case(name, basic(kind, signature=signature).raw(), BAD)


def parities(name, tx):
    parity = tx.items["v"]
    for what, v in {
        "2": 2,
        "3": 3,
        "27 or 28": 27 + parity,
        "with its highest bit set": parity + 2**63,
        "2^8 above": parity + 2**8,
        "2^32 above": parity + 2**32,
        "2^64 above": parity + 2**64,
        "of EIP-155": 35 + 2 * CHAIN + parity,
    }.items():
        yield Case(f"{name}: parity {what}", tx.raw(v=v), "a parity that is neither 0 nor 1")


def legacy_v(tx):
    parity = tx.items["v"] - 35 - 2 * CHAIN
    plain = basic(LEGACY, protected=False)
    plain_parity = plain.items["v"] - 27
    wrong = "a v that is none of 27, 28 and this chain's"
    for what, v in {
        "0 or 1": plain_parity,
        "26": 26,
        "29": 29,
        "27 or 28, 2^8 above": 27 + plain_parity + 2**8,
        "27 or 28, 2^64 above": 27 + plain_parity + 2**64,
    }.items():
        yield Case(f"legacy: without chain id, v {what}", plain.raw(v=v), wrong)
    for what, v in {
        "35 or 36": 35 + parity,
        "37 or 38": 37 + parity,
        "one above this chain's two": 37 + 2 * CHAIN,
        "one below this chain's two": 34 + 2 * CHAIN,
        "of this chain, 2^64 above": tx.items["v"] + 2**64,
        "of this chain, 2^255 above": tx.items["v"] + 2**255,
        "2^64 - 1": 2**64 - 1,
        "2^64 + 34": 2**64 + 34,
        "2^256 - 1": 2**256 - 1,
    }.items():
        yield Case(f"legacy: v {what}", tx.raw(v=v), wrong)
    yield Case(
        "legacy: signed without chain id, v of this chain", plain.raw(v=tx.items["v"]), "no funds"
    )
    yield Case("legacy: signed for this chain, v 27 or 28", tx.raw(v=27 + parity), "no funds")
    high = plain.raw(v=27 + (plain_parity ^ 1), s=N - plain.items["s"])
    yield Case("legacy: without chain id, s above half", high, "EIP-2: a high s")
