"""The precompiles 0x01 to 0x0a, with inputs that are right, wrong, short, long and poor."""

import random

from ethereum.crypto.hash import keccak256

from prague_asm import asm, call, forward, forwarder, store
from prague_chain import Account, Chain
from prague_tx import Key, Pen

RICH = 10**20
ALICE = Key(0xA11CE)
BY_CALL, BY_STATIC, BY_DELEGATE, BY_CALLCODE, PROBE = (
    bytes([n]) * 20 for n in (0xF0, 0xF1, 0xF2, 0xF3, 0xF4)
)
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
P = 0x30644E72E131A029B85045B68181585D97816A916871CA8D3C208C16D87CFD47
R = 0x30644E72E131A029B85045B68181585D2833E84879B9709143E1F593F0000001

word = lambda *numbers: b"".join(n.to_bytes(32, "big") for n in numbers)
at = lambda number: number.to_bytes(20, "big")


def chain(name, extra=None, **options):
    accounts = {
        ALICE.address: Account(RICH),
        BY_CALL: Account(0, 1, forwarder("CALL")),
        BY_STATIC: Account(0, 1, forwarder("STATICCALL")),
        BY_DELEGATE: Account(0, 1, forwarder("DELEGATECALL")),
        BY_CALLCODE: Account(0, 1, forwarder("CALLCODE")),
    }
    return Chain(name, accounts | (extra or {}), **options)


def probe(made, precompile, inputs, gas=500_000, limits=(), per_block=8):
    """A transaction for each input, and for the first also with each gas limit."""
    pen = Pen(made, ALICE)
    txs = [pen(to=BY_CALL, data=forward(at(precompile), data), gas=gas) for data in inputs]
    txs += [
        pen(to=BY_CALL, data=forward(at(precompile), inputs[0], limit), gas=gas) for limit in limits
    ]
    txs += [
        pen(to=by, data=forward(at(precompile), inputs[0]), gas=gas)
        for by in (BY_STATIC, BY_DELEGATE, BY_CALLCODE)
    ]
    txs += [
        pen(to=BY_CALL, data=forward(at(precompile), inputs[0]), gas=gas, value=1),
        pen(to=at(precompile), data=inputs[0], gas=gas, value=1),
    ]
    for start in range(0, len(txs), per_block):
        made.add(*txs[start : start + per_block])
    return made


def ecrecover():
    digest = keccak256(b"tern")
    parity, r, s = ALICE.sign(digest)
    good = digest + word(27 + parity, r, s)
    high = digest + word(28 - parity, r, N - s)
    inputs = [
        good,
        high,
        good + b"more",
        good[:-1],
        good[:100],
        b"",
        digest + word(27 + (1 - parity), r, s),
        digest + word(parity, r, s),
        digest + word(2**255 + 27, r, s),
        digest + word(26, r, s),
        digest + word(29, r, s),
        digest + word(27, 0, s),
        digest + word(27, r, 0),
        digest + word(27, N, s),
        digest + word(27, r, N),
        digest + word(27, 5, s),
        digest + word(27, N - 1, N - 1),
        bytes(32) + word(27, r, s),
    ]
    return probe(chain("ecrecover"), 1, inputs, limits=(2_999, 3_000))


def hashes():
    inputs = [b"abc", b"", b"\0" * 31, b"\xff" * 32, b"\1" * 33, bytes(range(256)) * 3]
    made = probe(chain("sha256_ripemd160_identity"), 2, inputs, limits=(71, 72))
    probe(made, 3, inputs, limits=(719, 720))
    return probe(made, 4, inputs, limits=(17, 18))


def modexp_input(base, exponent, modulus, lengths=None):
    lengths = lengths or (len(base), len(exponent), len(modulus))
    return word(*lengths) + base + exponent + modulus


def modexp():
    noise = random.Random(5)
    inputs = [
        modexp_input(b"\3", word(P - 1), word(P)),
        modexp_input(b"", word(P - 1), word(P)),
        modexp_input(b"\2", b"\5", b"\7"),
        modexp_input(b"\2", b"\5", b"\0"),
        modexp_input(b"\2", b"", b"\7"),
        modexp_input(b"\2", b"\0", b"\1"),
        modexp_input(b"\2", b"\5", b""),
        modexp_input(b"", b"", b""),
        b"",
        b"\0" * 95 + b"\1",
        modexp_input(b"\2", b"\5", b"\7", (1, 1, 5)),
        modexp_input(b"\0" * 5 + b"\2", b"\0" * 40 + b"\3", b"\0\0\x0b"),
        modexp_input(noise.randbytes(64), noise.randbytes(3), noise.randbytes(64)),
        modexp_input(noise.randbytes(65), noise.randbytes(33), noise.randbytes(96)),
        modexp_input(noise.randbytes(128), b"\1\0\1", noise.randbytes(127) + b"\2"),
        modexp_input(noise.randbytes(33), noise.randbytes(8), b"\x80" + bytes(31)),
        modexp_input(noise.randbytes(12), noise.randbytes(2), word(2**255)),
        modexp_input(b"", b"", b"", (0, 2**255, 1)),
        modexp_input(b"", b"", b"", (2**64, 1, 2**64)),
        modexp_input(b"", b"", b"", (0, 2**64, 0)),
        modexp_input(b"", b"", b"", (2**200, 2**200, 2**200)),
        *[
            modexp_input(b"\1", b"\1", b"\1" * 40, lengths)
            for lengths in (
                (2**40, 0, 1),
                (1, 2**40, 1),
                (1, 1, 2**40),
                (2**63, 1, 1),
                (1, 2**64 - 1, 1),
                (2**64 - 1, 2**64 - 1, 2**64 - 1),
                (2**32, 2**32, 2**32),
                (0, 2**40, 1),
                (2**40, 0, 0),
                (0, 0, 2**40),
                (1, 2**256 - 200, 0),
            )
        ],
        modexp_input(b"", b"", b"", (0, 0, 1_000)),
        modexp_input(b"\5", b"", b"", (1, 32, 1)),
    ]
    return probe(
        chain("modexp"), 5, inputs, limits=(1_359, 1_360, 199, 200), gas=700_000, per_block=16
    )


def bn254():
    from py_ecc.optimized_bn128 import G1, G2, multiply, normalize

    def g1(k):
        return bytes(64) if k % R == 0 else word(*(int(c) for c in normalize(multiply(G1, k % R))))

    def g2(k):
        if k % R == 0:
            return bytes(128)
        x, y = normalize(multiply(G2, k % R))
        return word(*(int(c) for c in (x.coeffs[1], x.coeffs[0], y.coeffs[1], y.coeffs[0])))

    made = chain("bn254")
    probe(
        made,
        6,
        [
            g1(2) + g1(3),
            g1(2) + g1(-2),
            g1(4) + g1(4),
            bytes(64) + g1(7),
            b"",
            g1(5),
            g1(5)[:-1],
            g1(2) + g1(3) + b"more",
            word(1, 3) + g1(1),
            word(P, 0) + g1(1),
            word(1 + P, 2),
            word(0, P),
        ],
        limits=(149, 150),
        per_block=32,
    )
    probe(
        made,
        7,
        [
            g1(2) + word(9),
            g1(2) + word(0),
            g1(2) + word(R),
            g1(2) + word(R - 1),
            g1(2) + word(2**256 - 1),
            bytes(64) + word(5),
            b"",
            g1(2),
            word(1, 1) + word(2),
            word(2**256 - 1, 2) + word(1),
        ],
        limits=(5_999, 6_000),
        per_block=32,
    )
    pair = lambda a, b: g1(a) + g2(b)
    off_curve = word(1, 1, 1, 1)
    outside = bytes.fromhex("00" * 31 + "01" + "00" * 32) + word(*_outside_subgroup())
    swapped = g2(3)[32:64] + g2(3)[:32] + g2(3)[64:]
    probe(
        made,
        8,
        [
            pair(6, 5) + pair(-30, 1),
            pair(6, 5) + pair(30, 1),
            b"",
            pair(0, 5),
            pair(5, 0),
            pair(0, 0) * 2,
            pair(1, 1),
            pair(2, 3) + pair(-1, 6) + pair(0, 1),
            pair(1, 1)[:-1],
            pair(1, 1) + b"\0",
            g1(1) + off_curve,
            g1(1) + word(*_outside_subgroup()),
            g1(1) + swapped,
            word(P, 2) + g2(1),
            g1(1) + g2(1)[:96] + word(P),
            outside,
        ],
        limits=(112_999, 113_000),
        per_block=32,
    )
    return made


def _outside_subgroup():
    """A point on the twist that is not in the subgroup of order R."""
    from py_ecc.optimized_bn128 import FQ2, b2, is_inf, multiply

    x = FQ2([1, 0])
    while True:
        square = x * x * x + b2
        root = _sqrt(square)
        if root is not None and not is_inf(multiply((x, root, FQ2.one()), R)):
            return [int(c) for c in (x.coeffs[1], x.coeffs[0], root.coeffs[1], root.coeffs[0])]
        x = x + FQ2([1, 0])


def _sqrt(value):
    """A square root in the field with P^2 elements, for P = 3 mod 4."""
    from py_ecc.optimized_bn128 import FQ2

    a1 = value ** ((P - 3) // 4)
    alpha, x0 = a1 * a1 * value, a1 * value
    if alpha == FQ2([P - 1, 0]):
        root = FQ2([0, 1]) * x0
    else:
        root = (FQ2.one() + alpha) ** ((P - 1) // 2) * x0
    return root if root * root == value else None


def blake2f():
    state = bytes.fromhex(
        "48c9bdf267e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5"
        "d182e6ad7f520e511f6c3e2b8c68059b6bbd41fbabd9831f79217e1319cde05b"
    )
    block = b"abc".ljust(128, b"\0")
    counter = (3).to_bytes(8, "little") + bytes(8)
    make = lambda rounds, final=b"\1": rounds.to_bytes(4, "big") + state + block + counter + final
    inputs = [
        make(12),
        make(12, b"\0"),
        make(12, b"\2"),
        make(0),
        make(1),
        make(12)[:-1],
        make(12) + b"\0",
        b"",
        make(500),
        make(2**32 - 1),
    ]
    return probe(chain("blake2f"), 9, inputs, limits=(11, 12))


def point_evaluation():
    """A proof that was published with the precompile's first tests, one for a constant, and
    wrong ones."""
    from hashlib import sha256

    from py_ecc.bls.g2_primitives import G1_to_pubkey
    from py_ecc.optimized_bls12_381 import G1, multiply

    modulus = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001
    known = bytes.fromhex(
        "01e798154708fe7789429634053cbf9f99b619f9f084048927333fce637f549b"
        "564c0a11a0f704f4fc3e8acfe0f8245f0ad1347b378fbf96e206da11a5d36306"
        "24d25032e67a7e6a4910df5834b8fe70e6bcfeeac0352434196bdf4b2485d5a1"
        "8f59a8d2a1a625a17f3fea0fe5eb8c896db3764f3185481bc22f91b4aaffcca25f26936857bc3a7c2539ea8ec3a952b7"
        "873033e038326e87ed3e1276fd140253fa08e9fc25fb2d9a98527fc22a2c9612fbeafdad446cbc7bcdbdcd780af2c16a"
    )
    infinity = b"\xc0" + bytes(47)

    def make(commitment, z, y, proof, versioned=None):
        return (
            (versioned or b"\1" + sha256(commitment).digest()[1:]) + word(z, y) + commitment + proof
        )

    two = bytes(G1_to_pubkey(multiply(G1, 2)))
    bad_point = two[:-1] + bytes([two[-1] ^ 1])
    outside = b"\x80" + bytes(46) + b"\4"
    inputs = [
        known,
        make(two, 5, 2, infinity),
        make(infinity, 0, 0, infinity),
        make(two, modulus - 1, 2, infinity),
        make(two, 5, 3, infinity),
        make(two, modulus, 2, infinity),
        make(two, 5, modulus, infinity),
        make(two, 5, 2 + modulus, infinity),
        make(two, 5, 2, two),
        make(bad_point, 5, 2, infinity),
        make(two, 5, 2, bad_point),
        make(two, 5, 2, outside),
        make(outside, 5, 2, infinity),
        make(b"\0" * 48, 0, 0, infinity),
        make(two, 5, 2, b"\xc0" + bytes(46) + b"\1"),
        make(two, 5, 2, b"\xe0" + bytes(47)),
        make(two, 5, 2, infinity, b"\2" + sha256(two).digest()[1:]),
        make(two, 5, 2, infinity, bytes(32)),
        known[:-1],
        known + b"\0",
        b"",
        known[:32],
    ]
    return probe(chain("point_evaluation"), 10, inputs, limits=(49_999, 50_000), per_block=12)


def not_precompiles():
    """Addresses just outside the range are plain accounts; precompiles have no code."""
    code = asm(
        [
            [
                store(n, at(n), "EXTCODESIZE"),
                store(32 + n, at(n), "EXTCODEHASH"),
                store(64 + n, "GAS", at(n), "BALANCE POP GAS SWAP1 SUB"),
                store(96 + n, call("CALL", at(n), gas=10)),
            ]
            for n in (0, 1, 2, 9, 10, 11, 0x11, 0x12, 0x13)
        ]
    )
    made = chain("not_precompiles", {PROBE: Account(0, 1, code), at(9): Account(3)})
    pen = Pen(made, ALICE)
    made.add(
        pen(to=PROBE, gas=2_000_000),
        pen(to=at(0x12), data=b"\1", value=1),
        pen(to=at(0x100), data=b"\1" * 160),
    )
    return made


CASES = [ecrecover, hashes, modexp, bn254, blake2f, point_evaluation, not_precompiles]
