#!/usr/bin/env python3
"""Remakes crates/stf-evm/src/precompiles/vectors.

What each precompile costs and gives is asked of Ethereum's executable specification:

    python3 -m venv /tmp/spec
    /tmp/spec/bin/pip install ethereum-execution==2.20.0
    /tmp/spec/bin/python tools/vectors/precompiles.py

Inputs are random but always the same. Takes some minutes: the specification is slow.
Names of files as arguments remake only those.
"""

import hashlib
import json
import pathlib
import random
import sys
import types

from ethereum.forks.prague.vm.precompiled_contracts.mapping import PRE_COMPILED_CONTRACTS
from ethereum.forks.prague.vm.exceptions import ExceptionalHalt
from ethereum_types.bytes import Bytes
from ethereum_types.numeric import Uint
from py_ecc import optimized_bls12_381 as bls
from py_ecc import optimized_bn128 as bn
from py_ecc.bls.hash_to_curve import map_to_curve_G1, map_to_curve_G2
from py_ecc.bls.point_compression import compress_G1
from py_ecc.secp256k1 import secp256k1 as secp

OUT = pathlib.Path(__file__).parents[2] / "crates/stf-evm/src/precompiles/vectors"
GAS = 10**12
rng = random.Random(20250507)

# The first two powers of the ceremony's secret times the generator of G1.
TAU_G1 = "ad3eb50121139aa34db1d545093ac9374ab7bca2c0f3bf28e27c8dcd8fc7cb42d25926fc0c97b336e9f0fb35e5a04c81"
TAU2_G1 = "8029c8ce0d2dce761a7f29c2df2290850c85bdfaec2955626d7acc8864aeb01fe16c9e156863dc63b6c22553910e27c1"


def word(number, size=32):
    return number.to_bytes(size, "big")


def rand(size):
    return rng.randbytes(size)


def ask(address, data):
    """Gas and output of a call, None if it fails."""
    contract = {int.from_bytes(a, "big"): f for a, f in PRE_COMPILED_CONTRACTS.items()}[address]
    message = types.SimpleNamespace(data=Bytes(data))
    evm = types.SimpleNamespace(message=message, gas_left=Uint(GAS), output=b"")
    try:
        contract(evm)
    except ExceptionalHalt:
        return None
    return GAS - int(evm.gas_left), bytes(evm.output)


def write(name, address, inputs):
    lines = []
    for title, data in inputs:
        case = {"name": title}
        if data and not any(data) and len(data) > 64:
            case["zeros"] = len(data)
        else:
            case["input"] = bytes(data).hex()
        answer = ask(address, data)
        if answer:
            case["gas"], case["output"] = answer[0], answer[1].hex()
        lines.append(json.dumps(case, separators=(",", ":")))
    text = "[\n" + ",\n".join(lines) + "\n]\n"
    (OUT / f"{name}.json").write_text(text)
    valid = sum('"gas"' in line for line in lines)
    print(f"{name}: {len(lines)} cases, {valid} of them valid, {len(text)} bytes", flush=True)


def lengths(name, data, right):
    """The same input cut short and made longer."""
    yield f"{name}, empty", b""
    yield f"{name}, one byte less", data[:-1]
    yield f"{name}, one byte more", data + b"\0"
    yield f"{name}, half", data[: right // 2]


# ---------------------------------------------------------------- secp256k1


def ecrecover():
    def sign(digest, key, k):
        x, y = secp.multiply(secp.G, k)
        s = pow(k, -1, secp.N) * (digest + x * key) % secp.N
        return x, s, 27 + (y & 1)

    def pack(digest, v, r, s):
        return word(digest) + word(v) + word(r) + word(s)

    n = secp.N
    for i in range(8):
        digest = int.from_bytes(rand(32), "big")
        r, s, v = sign(digest % n, rng.randrange(1, n), rng.randrange(1, n))
        yield f"random {i}", pack(digest, v, r, s)
        if i < 3:
            yield f"random {i}, other s", pack(digest, 55 - v, r, n - s)
            yield f"random {i}, other v", pack(digest, 55 - v, r, s)
    for title, d in (("zero", 0), ("order", n), ("order plus one", n + 1), ("largest", 2**256 - 1)):
        r, s, v = sign(d % n, 7, 1234567)
        yield f"hash {title}", pack(d, v, r, s)
    for bad in (0, 1, 2, 26, 29, 30, 27 << 8, 27 + (1 << 255), 283, 28 << 248):
        yield f"v {bad:x}", pack(digest, bad, r, s)
    for title, bad in (("zero", 0), ("order", n), ("order plus one", n + 1), ("largest", 2**256 - 1)):
        yield f"r {title}", pack(digest, v, bad, s)
        yield f"s {title}", pack(digest, v, r, bad)
    yield "s largest valid", pack(digest, v, r, n - 1)
    yield "r and s one", pack(digest, 27, 1, 1)
    yield "r not on the curve", pack(digest, 27, 5, 1)
    yield "r largest valid", pack(digest, 27, n - 1, 1)
    k = 987654321
    x, y = secp.multiply(secp.G, k)
    yield "the key is infinite", pack(digest, 27 + (y & 1), x, digest * pow(k, -1, n) % n)
    gx, gy = secp.G
    yield "the generator as r", pack(digest, 27 + (gy & 1), gx, digest % n * 2 % n)
    good = pack(digest, v, r, s)
    yield from lengths("random", good, 128)
    yield "zeros missing at the end", pack(digest, 27, gx, 0x55 << 248)[:97]


# ------------------------------------------------------------------- hashes


def any_length():
    for size in (0, 1, 3, 31, 32, 33, 55, 56, 57, 63, 64, 65, 111, 112, 119, 120, 127, 128, 129):
        yield f"{size} bytes", rand(size)
    yield "zeros", bytes(200)


def blake2f():
    def pack(rounds, h, m, t, f):
        return word(rounds, 4) + h + m + t + bytes([f])

    iv = bytes.fromhex(
        "48c9bdf267e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5"
        "d182e6ad7f520e511f6c3e2b8c68059b6bbd41fbabd9831f79217e1319cde05b"
    )
    abc = b"abc" + bytes(125)
    three = (3).to_bytes(16, "little")
    for rounds in (0, 1, 2, 9, 10, 11, 12, 13, 20, 21, 300):
        yield f"abc, {rounds} rounds", pack(rounds, iv, abc, three, 1)
    yield "abc, not last", pack(12, iv, abc, three, 0)
    for i in range(6):
        yield f"random {i}", pack(rng.randrange(30), rand(64), rand(128), rand(16), i & 1)
    for flag in (2, 3, 255):
        yield f"flag {flag}", pack(12, iv, abc, three, flag)
    yield from lengths("abc", pack(12, iv, abc, three, 1), 213)
    yield "three bytes", b"\0\0\1"


# ------------------------------------------------------------------- modexp


def modexp():
    def pack(b, e, m, sizes=None, data=None):
        sizes = sizes or [len(b), len(e), len(m)]
        return b"".join(map(word, sizes)) + (b + e + m if data is None else data)

    for size in (1, 7, 8, 9, 32, 65, 100):
        m = bytearray(rand(size))
        yield f"{size} bytes, any", pack(rand(size), rand(min(size, 40)), bytes(m))
        m[-1] |= 1
        yield f"{size} bytes, odd", pack(rand(size), rand(5), bytes(m))
        m[-1] &= 0xF0
        yield f"{size} bytes, even", pack(rand(size), rand(3), bytes(m))
        two = bytearray(size)
        two[rng.randrange(size)] = 1 << rng.randrange(8)
        yield f"{size} bytes, a power of two", pack(rand(size), rand(3), bytes(two))
    half = word((int.from_bytes(rand(24), "big") | 1) << 128, 40)
    yield "half the bits even", pack(rand(40), rand(20), half)
    for e in (b"\3", b"\x01\0\x01", b"\0\0\0\2", b"\0" * 33 + b"\5", b"\1" + bytes(32), b""):
        yield f"exponent {e.hex()}", pack(rand(32), e, rand(32))
    yield "base longer than modulus", pack(rand(100), b"\7", rand(9))
    yield "base shorter than modulus", pack(rand(3), b"\7", rand(50))
    yield "base zero", pack(bytes(8), b"\7", rand(8))
    yield "zero to the zero", pack(bytes(8), b"\0", rand(8))
    yield "zero to the zero modulo one", pack(bytes(8), b"\0", word(1, 8))
    yield "modulo one", pack(rand(8), rand(8), word(1, 9))
    yield "modulo zero", pack(rand(8), rand(8), bytes(9))
    yield "modulo two", pack(rand(8), rand(8), word(2, 9))
    yield "modulus with leading zeros", pack(rand(8), rand(8), bytes(7) + rand(6))
    yield "all empty", b""
    yield "two lengths", word(1) + word(1)
    yield "no modulus", pack(rand(20), rand(20), b"")
    yield "no base", pack(b"", rand(20), rand(20))
    yield "only an exponent", pack(b"", rand(20), b"")
    yield "only an exponent, huge", pack(b"", b"", b"", [0, 2**256 - 97, 0])
    yield "only an exponent of 2^64", pack(b"", b"", b"", [0, 2**64, 0], rand(40))
    for title, sizes in (
        ("base", [2**64, 1, 1]),
        ("exponent", [1, 2**64, 1]),
        ("modulus", [1, 1, 2**64]),
        ("base 2^255", [2**255, 1, 1]),
        ("exponent 2^255", [1, 2**255, 1]),
        ("modulus 2^255", [0, 1, 2**255]),
        ("base 2^32", [2**32, 1, 1]),
        ("modulus 2^32", [1, 1, 2**32]),
    ):
        yield f"huge {title}", pack(b"", b"", b"", sizes, rand(40))
    full = pack(rand(32), rand(32), rand(32))
    for cut in (1, 31, 33, 63, 64, 65, 95, 96, 110, 150, 170):
        yield f"{cut} bytes missing", full[:-cut]
    yield "more than needed", full + rand(7)
    yield "exponent in one word, cut", pack(b"", b"", b"", [4, 300, 4], rand(20))
    yield "long exponent with an empty head", pack(rand(4), bytes(32) + rand(4), rand(4))


# -------------------------------------------------------------------- curves


def bn_g1(p):
    if bn.is_inf(p):
        return bytes(64)
    x, y = bn.normalize(p)
    return word(int(x)) + word(int(y))


def bn_g2(p):
    if bn.is_inf(p):
        return bytes(128)
    return b"".join(word(int(c)) for f in bn.normalize(p) for c in reversed(f.coeffs))


def bn_random(base):
    return bn.multiply(base, rng.randrange(1, bn.curve_order))


P = bn.field_modulus


def bn_bad_points(good):
    x, y = good[:32], good[32:]
    yield "not on the curve", x + word(int.from_bytes(y, "big") ^ 1)
    yield "x plus the modulus", word(int.from_bytes(x, "big") + P) + y
    yield "y plus the modulus", x + word(int.from_bytes(y, "big") + P)
    yield "x is the modulus", word(P) + word(0)
    yield "both are the modulus", word(P) + word(P)
    yield "largest", b"\xff" * 64
    yield "x zero", word(0) + y
    yield "y zero", x + word(0)


def bn_add():
    a, b = bn_random(bn.G1), bn_random(bn.G1)
    for i in range(10):
        yield f"random {i}", bn_g1(bn_random(bn.G1)) + bn_g1(bn_random(bn.G1))
    yield "twice the same", bn_g1(a) * 2
    yield "opposites", bn_g1(a) + bn_g1(bn.neg(a))
    yield "infinity right", bn_g1(a) + bytes(64)
    yield "infinity left", bytes(64) + bn_g1(a)
    yield "both infinite", bytes(128)
    for title, bad in bn_bad_points(bn_g1(a)):
        yield f"left: {title}", bad + bn_g1(b)
        yield f"right: {title}", bn_g1(b) + bad
    yield from lengths("random", bn_g1(a) + bn_g1(b), 128)
    yield "y cut", bn_g1(bn.G1)[:63]


def bn_mul():
    a = bn_random(bn.G1)
    n = bn.curve_order
    for i in range(10):
        yield f"random {i}", bn_g1(bn_random(bn.G1)) + rand(32)
    for title, k in (("0", 0), ("1", 1), ("2", 2), ("order", n), ("order - 1", n - 1),
                     ("order + 1", n + 1), ("2 order", 2 * n), ("5 order", 5 * n), ("largest", 2**256 - 1), ("2^255", 2**255)):
        yield f"times {title}", bn_g1(a) + word(k)
    yield "infinity", bytes(64) + rand(32)
    for title, bad in bn_bad_points(bn_g1(a)):
        yield title, bad + rand(32)
    yield "not on the curve, times zero", word(1) + word(1) + word(0)
    yield from lengths("random", bn_g1(a) + rand(32), 96)
    yield "scalar missing", bn_g1(a)
    yield "scalar cut", bn_g1(a) + b"\1"


def bn_outside():
    """A point on the twist, but of a wrong order."""
    def root(a):
        r = pow(a, (P + 1) // 4, P)
        return r if r * r % P == a % P else None

    def sqrt(a):
        # The square of u + vi is a: u^2 is half of the real part plus or minus the norm's root.
        real, imaginary = map(int, a.coeffs)
        norm = root(real * real + imaginary * imaginary)
        for sign in (1, -1):
            u = norm and root((real + sign * norm) * pow(2, -1, P))
            if u:
                c = bn.FQ2([u, imaginary * pow(2 * u, -1, P)])
                assert c * c == a
                return c

    while True:
        x = bn.FQ2([rng.randrange(P), rng.randrange(P)])
        y = sqrt(x * x * x + bn.b2)
        if y is not None and not bn.is_inf(bn.multiply((x, y, bn.FQ2.one()), bn.curve_order)):
            return x, y, bn.FQ2.one()


def bn_pairing():
    yield "no pair", b""
    for count in (1, 2, 3):
        yield f"{count} random", b"".join(
            bn_g1(bn_random(bn.G1)) + bn_g2(bn_random(bn.G2)) for _ in range(count))
    for i in range(3):
        a, b = rng.randrange(bn.curve_order), rng.randrange(bn.curve_order)
        p, q = bn.multiply(bn.G1, a), bn.multiply(bn.G2, b)
        ab = bn.multiply(bn.G1, a * b % bn.curve_order)
        true = bn_g1(p) + bn_g2(q) + bn_g1(bn.neg(ab)) + bn_g2(bn.G2)
        yield f"cancel {i}", true
        yield f"cancel but for a sign {i}", bn_g1(p) + bn_g2(bn.neg(q)) + true[192:]
    yield "cancel with infinity between", true[:192] + bytes(64) + bn_g2(q) + true[192:]
    yield "cancel with infinity behind", true + bn_g1(p) + bytes(128)
    yield "infinity left", bytes(64) + bn_g2(q)
    yield "infinity right", bn_g1(p) + bytes(128)
    yield "infinity both", bytes(192)
    for title, bad in bn_bad_points(bn_g1(p)):
        yield f"left: {title}", bad + bn_g2(q)
    good = bn_g2(q)
    for i in range(4):
        number = int.from_bytes(good[32 * i : 32 * i + 32], "big")
        for what, changed in (("plus the modulus", number + P), ("off by one", number ^ 1)):
            yield f"right: coordinate {i} {what}", bn_g1(p) + good[: 32 * i] + word(changed) + good[32 * i + 32 :]
    yield "right: halves swapped", bn_g1(p) + good[32:64] + good[:32] + good[96:] + good[64:96]
    outside = bn_outside()
    yield "right: not in the group", bn_g1(p) + bn_g2(outside)
    yield "right: not in the group, left infinite", bytes(64) + bn_g2(outside)
    yield from lengths("cancel", true, 384)


Q = bls.field_modulus
R = bls.curve_order


def fp(number):
    return word(int(number), 64)


def bls_point(p):
    if bls.is_inf(p):
        return bytes(128 if isinstance(p[0], bls.FQ) else 256)
    return b"".join(
        b"".join(fp(c) for c in (f.coeffs if hasattr(f, "coeffs") else (f,))) for f in bls.normalize(p))


def bls_random(base):
    return bls.multiply(base, rng.randrange(1, R))


def bls_outside(base):
    """On the curve, not in the group."""
    if base is bls.G1:
        return map_to_curve_G1(bls.FQ(rng.randrange(Q)))
    return map_to_curve_G2(bls.FQ2([rng.randrange(Q), rng.randrange(Q)]))


def bls_bad_points(good):
    yield "not on the curve", good[:-1] + bytes([good[-1] ^ 1])
    yield "largest", b"\xff" * len(good)
    for i in range(0, len(good), 64):
        number = int.from_bytes(good[i : i + 64], "big")
        def put(part):
            return good[:i] + part + good[i + 64 :]
        yield f"number {i // 64} plus the modulus", put(fp(number + Q))
        yield f"number {i // 64} is the modulus", put(fp(Q))
        yield f"number {i // 64} is zero", put(fp(0))
        for byte, bits in ((0, 1), (15, 0x80), (16, 0x20), (16, 0x40), (16, 0x80)):
            part = bytearray(good[i : i + 64])
            part[byte] |= bits
            yield f"number {i // 64}, byte {byte} with {bits:x}", put(bytes(part))
    flag = bytearray(len(good))
    flag[16] = 0x40
    yield "infinity as a flag", bytes(flag)


def bls_add(base):
    def cases():
        a, b = bls_random(base), bls_random(base)
        outside = bls_outside(base)
        for i in range(3):
            yield f"random {i}", bls_point(bls_random(base)) + bls_point(bls_random(base))
        for i in range(2):
            yield f"not in the group {i}", bls_point(bls_outside(base)) + bls_point(bls_outside(base))
        yield "mixed", bls_point(a) + bls_point(outside)
        yield "twice the same", bls_point(a) * 2
        yield "twice the same, not in the group", bls_point(outside) * 2
        yield "opposites", bls_point(a) + bls_point(bls.neg(a))
        yield "opposites, not in the group", bls_point(outside) + bls_point(bls.neg(outside))
        size = len(bls_point(a))
        yield "infinity right", bls_point(a) + bytes(size)
        yield "infinity left", bytes(size) + bls_point(a)
        yield "both infinite", bytes(2 * size)
        if base is bls.G1:
            three = (bls.FQ(0), bls.FQ(2), bls.FQ(1))
            yield "order three, twice", bls_point(three) * 2
            yield "order three, opposites", bls_point(three) + bls_point(bls.neg(three))
        for i, (title, bad) in enumerate(bls_bad_points(bls_point(a))):
            if i % (2 if base is bls.G1 else 9) == 0:
                yield f"left: {title}", bad + bls_point(b)
            if i % (5 if base is bls.G1 else 12) == 0:
                yield f"right: {title}", bls_point(b) + bad
        yield from lengths("random", bls_point(a) + bls_point(b), 2 * size)
    return cases


def bls_msm(base):
    def cases():
        size = len(bls_point(base))
        for count in (1, 2, 3):
            yield f"{count} random", b"".join(bls_point(bls_random(base)) + rand(32) for _ in range(count))
        a = bls_random(base)
        for title, k in (("0", 0), ("1", 1), ("order", R), ("order - 1", R - 1),
                         ("order + 1", R + 1), ("largest", 2**256 - 1)):
            yield f"times {title}", bls_point(a) + word(k)
        yield "cancel", bls_point(a) + word(5) + bls_point(bls.neg(a)) + word(5)
        yield "the same point twice", bls_point(a) + word(5) + bls_point(a) + word(R - 4)
        yield "infinity", bytes(size) + rand(32)
        yield "infinity and another", bytes(size) + rand(32) + bls_point(a) + rand(32)
        outside = bls_outside(base)
        yield "not in the group", bls_point(outside) + rand(32)
        yield "not in the group, times zero", bls_point(outside) + word(0)
        yield "second not in the group", bls_point(a) + rand(32) + bls_point(outside) + rand(32)
        if base is bls.G1:
            yield "order three", bls_point((bls.FQ(0), bls.FQ(2), bls.FQ(1))) + rand(32)
        for i, (title, bad) in enumerate(bls_bad_points(bls_point(a))):
            if i % (3 if base is bls.G1 else 10) == 0:
                yield title, bad + rand(32)
        yield from lengths("random", bls_point(a) + rand(32), size + 32)
        for count in (2, 3, 4, 7, 16, 17, 50, 64, 100, 127, 128, 129, 200):
            yield f"{count} infinities", bytes(count * (size + 32))
    return cases


def bls_pairing():
    yield "one pair", bls_point(bls_random(bls.G1)) + bls_point(bls_random(bls.G2))
    a, b = rng.randrange(R), rng.randrange(R)
    p, q = bls.multiply(bls.G1, a), bls.multiply(bls.G2, b)
    ab = bls.multiply(bls.G1, a * b % R)
    true = bls_point(p) + bls_point(q) + bls_point(bls.neg(ab)) + bls_point(bls.G2)
    yield "cancel", true
    yield "cancel but for a sign", bls_point(bls.neg(p)) + true[128:]
    yield "cancel with infinity between", true[:384] + bytes(128) + bls_point(q) + true[384:]
    yield "infinity left", bytes(128) + bls_point(q)
    yield "infinity right", bls_point(p) + bytes(256)
    yield "infinity both", bytes(384)
    for title, bad in bls_bad_points(bls_point(p)):
        if "byte" not in title and "zero" not in title:
            yield f"left: {title}", bad + bls_point(q)
    for i, (title, bad) in enumerate(bls_bad_points(bls_point(q))):
        if i % 9 == 0:
            yield f"right: {title}", bls_point(p) + bad
    yield "left: not in the group", bls_point(bls_outside(bls.G1)) + bls_point(q)
    yield "right: not in the group", bls_point(p) + bls_point(bls_outside(bls.G2))
    yield "left: not in the group, right infinite", bls_point(bls_outside(bls.G1)) + bytes(256)
    yield "right: not in the group, left infinite", bytes(128) + bls_point(bls_outside(bls.G2))
    yield from lengths("cancel", true, 768)


def bls_map(count):
    def cases():
        for i in range(8 // count):
            yield f"random {i}", b"".join(fp(rng.randrange(Q)) for _ in range(count))
        for number in (0, 1, 2, Q - 1, Q - 2, (Q - 1) // 2):
            yield f"all {number}", fp(number) * count
            if count == 2:
                yield f"{number} and 0", fp(number) + fp(0)
                yield f"0 and {number}", fp(0) + fp(number)
        # Where the map divides by zero: the square is -1 / 11 (G1 only).
        root = pow(-pow(11, -1, Q), (Q + 1) // 4, Q)
        if count == 1:
            assert root * root * 11 % Q == Q - 1
            yield "exception", fp(root)
            yield "other exception", fp(Q - root)
        good = fp(rng.randrange(Q)) * count
        for i in range(count):
            for title, bad in (("modulus", fp(Q)), ("above", fp(Q + 1)), ("largest", b"\xff" * 64)):
                yield f"number {i} {title}", good[: 64 * i] + bad + good[64 * i + 64 :]
            for byte, bits in ((0, 1), (15, 1), (16, 0x40)):
                bad = bytearray(good)
                bad[64 * i + byte] |= bits
                yield f"number {i}, byte {byte} with {bits:x}", bytes(bad)
        yield from lengths("random", good, 64 * count)
    return cases


def point_evaluation():
    from py_ecc.bls.g2_primitives import pubkey_to_G1
    g, tau, tau2 = bls.G1, *(pubkey_to_G1(bytes.fromhex(t)) for t in (TAU_G1, TAU2_G1))
    assert bls.pairing(bls.G2, tau2) == bls.pairing(setup_g2(), tau)

    def combine(*terms):
        total = bls.Z1
        for point, k in terms:
            total = bls.add(total, bls.multiply(point, k % R))
        return total

    def compress(point):
        return word(compress_G1(point), 48)

    def pack(commitment, z, y, proof, version=1):
        digest = bytes([version]) + hashlib.sha256(commitment).digest()[1:]
        return digest + word(z) + word(y) + commitment + proof

    def prove(a, b, c, z):
        """Of a x^2 + b x + c."""
        commitment = combine((tau2, a), (tau, b), (g, c))
        proof = combine((tau, a), (g, a * z + b))
        return compress(commitment), z, (a * z * z + b * z + c) % R, compress(proof)

    for i in range(4):
        yield f"random {i}", pack(*prove(*(rng.randrange(R) for _ in range(4))))
    yield "constant", pack(*prove(0, 0, 5, 7))
    yield "zero", pack(*prove(0, 0, 0, 7))
    yield "linear", pack(*prove(0, 3, 4, 0))
    yield "at zero", pack(*prove(1, 2, 3, 0))
    yield "at the last place", pack(*prove(1, 2, 3, R - 1))
    commitment, z, y, proof = prove(9, 8, 7, 6)
    good = pack(commitment, z, y, proof)
    yield "wrong y", pack(commitment, z, y + 1, proof)
    yield "wrong z", pack(commitment, z + 1, y, proof)
    yield "wrong proof", pack(commitment, z, y, compress(g))
    yield "wrong version", pack(commitment, z, y, proof, 0)
    yield "wrong hash", bytes([1]) + bytes(31) + good[32:]
    yield "y is not canonical", pack(commitment, z, y + R, proof)
    yield "z is not canonical", pack(commitment, z + R, y, proof)
    yield "z is the order", pack(*(lambda c, _, y, p: (c, R, y, p))(*prove(1, 2, 3, 0)))
    for title, flags in (("uncompressed", 0x80), ("infinite", 0x40)):
        bad = bytes([proof[0] ^ flags]) + proof[1:]
        yield f"proof {title}", pack(commitment, z, y, bad)
        bad = bytes([commitment[0] ^ flags]) + commitment[1:]
        yield f"commitment {title}", pack(bad, z, y, proof)
    yield "proof negated", pack(commitment, z, y, bytes([proof[0] ^ 0x20]) + proof[1:])
    infinity = bytes([0xC0]) + bytes(47)
    for title, bad in (
        ("with the sign bit", bytes([0xE0]) + bytes(47)),
        ("not zero", infinity[:-1] + b"\1"),
        ("uncompressed", bytes([0x40]) + bytes(47)),
    ):
        yield f"infinity {title} as proof", pack(compress(combine((g, 5))), 7, 5, bad)
        yield f"infinity {title} as commitment", pack(bad, 7, 0, infinity)
    outside = compress(bls_outside(bls.G1))
    yield "proof not in the group", pack(commitment, z, y, outside)
    yield "commitment not in the group", pack(outside, z, y, proof)
    yield "commitment not in the group, proof infinite", pack(outside, z, y, infinity)
    big = word(Q + (0x80 << 376), 48)
    yield "proof x is the modulus", pack(commitment, z, y, big)
    yield "proof not on the curve", pack(commitment, z, y, bytes([0x80]) + bytes(46) + b"\1")
    yield "order three as proof", pack(commitment, z, y, bytes([0x80]) + bytes(47))
    yield from lengths("random", good, 192)


def setup_g2():
    from ethereum.crypto.kzg import KZG_SETUP_G2_MONOMIAL_1
    from py_ecc.bls.g2_primitives import signature_to_G2
    return signature_to_G2(bytes.fromhex(KZG_SETUP_G2_MONOMIAL_1[2:]))


ALL = [
    ("ecrecover", ecrecover),
    ("sha256", any_length),
    ("ripemd160", any_length),
    ("identity", any_length),
    ("modexp", modexp),
    ("bn254_add", bn_add),
    ("bn254_mul", bn_mul),
    ("bn254_pairing", bn_pairing),
    ("blake2f", blake2f),
    ("point_evaluation", point_evaluation),
    ("bls_g1_add", bls_add(bls.G1)),
    ("bls_g1_msm", bls_msm(bls.G1)),
    ("bls_g2_add", bls_add(bls.G2)),
    ("bls_g2_msm", bls_msm(bls.G2)),
    ("bls_pairing", bls_pairing),
    ("bls_map_g1", bls_map(1)),
    ("bls_map_g2", bls_map(2)),
]

if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    for index, (file, inputs) in enumerate(ALL):
        if sys.argv[1:] and file not in sys.argv[1:]:
            continue
        rng.seed(index)
        write(file, index + 1, inputs())
