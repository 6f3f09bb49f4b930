"""The BLS12-381 precompiles 0x0b to 0x11 (EIP-2537)."""

import random

from ethereum_types.numeric import U256
from py_ecc.bls.point_compression import modular_squareroot_in_FQ2
from py_ecc.fields import optimized_bls12_381_FQ as FQ
from py_ecc.fields import optimized_bls12_381_FQ2 as FQ2
from py_ecc.optimized_bls12_381 import (
    G1,
    G2,
    b,
    b2,
    curve_order,
    field_modulus,
    multiply,
    normalize,
)

from prague_asm import asm, forward
from prague_cases_precompiles import BY_CALL, at, chain, probe
from prague_chain import CANCUN_TO_PRAGUE, Account
from prague_tx import Key, Pen

P, R = field_modulus, curve_order
ALICE = Key(0xA11CE)
BIG = random.Random(2537)

fp = lambda n: int(n).to_bytes(64, "big")
scalar = lambda n: n.to_bytes(32, "big")
G1_ZERO, G2_ZERO = bytes(128), bytes(256)


def encode1(point):
    x, y = normalize(point)
    return fp(x) + fp(y)


def encode2(point):
    x, y = normalize(point)
    return b"".join(fp(c) for c in (*x.coeffs, *y.coeffs))


def g1(k):
    return G1_ZERO if k % R == 0 else encode1(multiply(G1, k % R))


def g2(k):
    return G2_ZERO if k % R == 0 else encode2(multiply(G2, k % R))


def outside1():
    """A point on the first curve outside the subgroup."""
    x = 0
    while True:
        x += 1
        square = (x**3 + 4) % P
        y = pow(square, (P + 1) // 4, P)
        if y * y % P == square:
            return (FQ(x), FQ(y), FQ(1))


def outside2():
    """A point on the second curve outside the subgroup."""
    x = 0
    while True:
        x += 1
        y = modular_squareroot_in_FQ2(FQ2([x, 0]) ** 3 + b2)
        if y is not None:
            return (FQ2([x, 0]), y, FQ2.one())


OUT1, OUT2 = encode1(outside1()), encode2(outside2())
assert b == FQ(4)
# Right in everything but one thing, for one point of each group.
BAD1 = {
    "high bytes": b"\1" + g1(1)[1:],
    "high bytes of y": g1(1)[:64] + b"\0" * 15 + b"\1" + g1(1)[80:],
    "x is the modulus": fp(P) + g1(1)[64:],
    "x + modulus": fp(int(normalize(G1)[0]) + P) + g1(1)[64:],
    "off the curve": fp(1) + fp(1),
    "half zero": fp(0) + g1(1)[64:],
    "order two": fp(P - 1) + fp(0),
}
BAD2 = {
    "high bytes": b"\1" + g2(1)[1:],
    "high bytes of the last": g2(1)[:192] + b"\1" + g2(1)[193:],
    "modulus": fp(P) + g2(1)[64:],
    "off the curve": fp(1) * 4,
    "swapped": g2(1)[64:128] + g2(1)[:64] + g2(1)[128:],
}


def g1_add():
    inputs = [
        g1(2) + g1(3),
        g1(2) + g1(-2),
        g1(5) + g1(5),
        G1_ZERO + g1(9),
        g1(9) + G1_ZERO,
        G1_ZERO * 2,
        OUT1 + g1(1),
        OUT1 + OUT1,
        g1(R - 1) + g1(1),
        b"",
        g1(1),
        (g1(2) + g1(3))[:-1],
        g1(2) + g1(3) + b"\0",
    ]
    inputs += [bad + g1(1) for bad in BAD1.values()] + [g1(1) + BAD1["off the curve"]]
    return probe(chain("bls_g1_add"), 0x0B, inputs, limits=(374, 375), per_block=40)


def g1_msm():
    inputs = [
        g1(3) + scalar(5),
        g1(3) + scalar(0),
        G1_ZERO + scalar(7),
        g1(3) + scalar(R),
        g1(3) + scalar(R - 1),
        g1(3) + scalar(2**256 - 1),
        g1(3) + scalar(1) + g1(3) + scalar(R - 1),
        b"".join(g1(i) + scalar(BIG.getrandbits(256)) for i in range(1, 5)),
        G1_ZERO + scalar(1) + g1(2) + scalar(0) + g1(3) + scalar(4),
        b"",
        g1(3),
        (g1(3) + scalar(5))[:-1],
        g1(3) + scalar(5) + b"\0",
        OUT1 + scalar(1),
        OUT1 + scalar(0),
        g1(3) + scalar(5) + OUT1 + scalar(2),
    ]
    inputs += [bad + scalar(2) for bad in BAD1.values()]
    return probe(chain("bls_g1_msm"), 0x0C, inputs, limits=(11_999, 12_000), per_block=40)


def g2_add():
    inputs = [
        g2(2) + g2(3),
        g2(2) + g2(-2),
        g2(5) + g2(5),
        G2_ZERO + g2(9),
        G2_ZERO * 2,
        OUT2 + g2(1),
        b"",
        g2(1),
        (g2(2) + g2(3))[:-1],
        g2(2) + g2(3) + b"\0",
    ]
    inputs += [bad + g2(1) for bad in BAD2.values()] + [g2(1) + BAD2["off the curve"]]
    return probe(chain("bls_g2_add"), 0x0D, inputs, limits=(599, 600), per_block=40)


def g2_msm():
    inputs = [
        g2(3) + scalar(5),
        g2(3) + scalar(0),
        G2_ZERO + scalar(7),
        g2(3) + scalar(R),
        g2(3) + scalar(2**256 - 1),
        g2(3) + scalar(1) + g2(3) + scalar(R - 1),
        b"".join(g2(i) + scalar(BIG.getrandbits(256)) for i in range(1, 4)),
        b"",
        g2(3),
        (g2(3) + scalar(5))[:-1],
        OUT2 + scalar(1),
        OUT2 + scalar(0),
        g2(3) + scalar(5) + OUT2 + scalar(2),
    ]
    inputs += [bad + scalar(2) for bad in BAD2.values()]
    return probe(chain("bls_g2_msm"), 0x0E, inputs, limits=(22_499, 22_500), per_block=40)


def pairing():
    pair = lambda i, j: g1(i) + g2(j)
    inputs = [
        pair(6, 5) + pair(-30, 1),
        pair(6, 5) + pair(30, 1),
        pair(1, 1),
        G1_ZERO + g2(3),
        g1(3) + G2_ZERO,
        (G1_ZERO + G2_ZERO) * 2,
        pair(2, 3) + G1_ZERO + g2(1) + pair(-1, 6),
        b"",
        pair(1, 1)[:-1],
        pair(1, 1) + b"\0",
        g1(1),
        OUT1 + g2(1),
        g1(1) + OUT2,
        OUT1 + G2_ZERO,
        G1_ZERO + OUT2,
        pair(1, 1) + OUT1 + g2(1),
        BAD1["off the curve"] + g2(1),
        g1(1) + BAD2["off the curve"],
        BAD1["x is the modulus"] + g2(1),
        g1(1) + BAD2["high bytes of the last"],
        g1(1) + BAD2["swapped"],
    ]
    return probe(chain("bls_pairing"), 0x0F, inputs, limits=(102_899, 102_900), per_block=40)


def map_to_g1():
    inputs = [
        fp(5),
        fp(0),
        fp(1),
        fp(P - 1),
        fp(BIG.randrange(P)),
        fp(P),
        fp(2**384 - 1),
        b"\1" + fp(5)[1:],
        b"",
        fp(5)[:-1],
        fp(5) + b"\0",
        fp(5) * 2,
    ]
    return probe(chain("bls_map_fp_to_g1"), 0x10, inputs, limits=(5_499, 5_500), per_block=40)


def map_to_g2():
    inputs = [
        fp(5) + fp(6),
        fp(0) * 2,
        fp(1) + fp(0),
        fp(0) + fp(1),
        fp(P - 1) * 2,
        fp(BIG.randrange(P)) + fp(BIG.randrange(P)),
        fp(P) + fp(0),
        fp(0) + fp(P),
        fp(0) + b"\1" + fp(5)[1:],
        b"",
        fp(5),
        (fp(5) * 2)[:-1],
        fp(5) * 2 + b"\0",
    ]
    return probe(chain("bls_map_fp2_to_g2"), 0x11, inputs, limits=(23_799, 23_800), per_block=40)


def msm_discounts():
    """What many points cost, up to beyond the discount table: infinity with zero scalars, so
    that the gas is all there is to it."""
    caller = b"\xd1" * 20
    # Takes the precompile and the number of zero bytes to give it.
    code = asm(
        "GAS",
        0,
        0,
        32,
        "CALLDATALOAD",
        0,
        0,
        0,
        "CALLDATALOAD GAS CALL SWAP1 GAS SWAP1 SUB",
        0,
        "MSTORE",
        32,
        "MSTORE RETURNDATASIZE",
        64,
        "MSTORE",
        96,
        0,
        "LOG0",
    )
    made = chain("bls_msm_discounts", {caller: Account(0, 1, code)})
    pen = Pen(made, ALICE)
    for precompile, size in ((0x0C, 160), (0x0E, 288)):
        made.add(
            *[
                pen(to=caller, data=scalar(precompile) + scalar(size * count), gas=4_000_000)
                for count in (1, 2, 3, 8, 19, 64, 127, 128, 129, 130)
            ]
        )
    return made


def not_before_prague():
    """Cancun does not know these precompiles: calls succeed with nothing."""
    made = chain("bls_before_prague", network=CANCUN_TO_PRAGUE)
    inputs = (g1(2) + g1(3), b"\1")
    for time in (14_988, 14_999, 15_000):
        pen = Pen(made, ALICE)
        made.add(
            *[
                pen(to=BY_CALL, data=forward(at(n), data), gas=200_000)
                for n in (0x0B, 0x11)
                for data in inputs
            ],
            timestamp=U256(time),
        )
    return made


CASES = [
    g1_add,
    g1_msm,
    g2_add,
    g2_msm,
    pairing,
    map_to_g1,
    map_to_g2,
    msm_discounts,
    not_before_prague,
]
