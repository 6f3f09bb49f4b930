"""Signed transactions of every type, byte by byte, and every way to spell them wrong.

Own RLP and own signing; coincurve only for the arithmetic of the curve.
"""

from coincurve import PrivateKey, PublicKey

from formats import keccak

N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
CHAIN = 7357

LEGACY, ACCESS_LIST, FEE_MARKET, BLOB, SET_CODE = 0, 1, 2, 3, 4
KIND_NAMES = {LEGACY: "legacy", ACCESS_LIST: "type 1", FEE_MARKET: "type 2", SET_CODE: "type 4"}

COMMON = ["gas", "to", "value", "data"]
FIELDS = {
    LEGACY: ["nonce", "gasPrice", *COMMON],
    ACCESS_LIST: ["chainId", "nonce", "gasPrice", *COMMON, "accessList"],
    FEE_MARKET: ["chainId", "nonce", "tip", "fee", *COMMON, "accessList"],
    BLOB: ["chainId", "nonce", "tip", "fee", *COMMON, "accessList", "blobFee", "blobHashes"],
    SET_CODE: ["chainId", "nonce", "tip", "fee", *COMMON, "accessList", "authorizations"],
}


class Raw(bytes):
    """RLP that is taken over as it is, right or wrong."""


def short_bytes(number):
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def header(offset, length):
    if length < 56:
        return bytes([offset + length])
    size = short_bytes(length)
    return bytes([offset + 55 + len(size)]) + size


def rlp(item):
    if isinstance(item, Raw):
        return bytes(item)
    if isinstance(item, (list, tuple)):
        return rlp_list(b"".join(rlp(one) for one in item))
    data = short_bytes(item) if isinstance(item, int) else item
    if len(data) == 1 and data[0] < 0x80:
        return data
    return header(0x80, len(data)) + data


def rlp_list(payload):
    return header(0xC0, len(payload)) + payload


def sign(key, digest):
    """(parity, r, s) with a low s."""
    signature = PrivateKey(key).sign_recoverable(digest, hasher=None)
    return (
        signature[64],
        int.from_bytes(signature[:32], "big"),
        int.from_bytes(signature[32:64], "big"),
    )


def address_of(public_key):
    return keccak(public_key.format(compressed=False)[1:])[12:]


def address(key):
    return address_of(PrivateKey(key).public_key)


def recovered(digest, parity, r, s):
    """The address that a made-up signature belongs to."""
    signature = r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([parity])
    return address_of(PublicKey.from_signature_and_message(signature, digest, hasher=None))


class Tx:
    """A signed transaction: its items in order, signature last."""

    def __init__(self, kind, key, protected=True, signature=None, **fields):
        self.kind = kind
        self.names = FIELDS[kind] + ["v", "r", "s"]
        self.items = {name: fields.pop(name) for name in FIELDS[kind]}
        assert not fields, f"unknown fields {fields}"
        self.digest = keccak(self.signed_bytes(protected))
        parity, r, s = signature(self.digest) if signature else sign(key, self.digest)
        if kind == LEGACY:
            parity += (
                35 + 2 * CHAIN if protected is True else 35 + 2 * protected if protected else 27
            )
        self.items |= {"v": parity, "r": r, "s": s}

    def signed_bytes(self, protected):
        items = list(self.items.values())
        if self.kind != LEGACY:
            return bytes([self.kind]) + rlp(items)
        if protected is False:
            return rlp(items)
        return rlp(items + [CHAIN if protected is True else protected, 0, 0])

    def payload(self, drop=0, extra=(), **changes):
        assert set(changes) <= set(self.names)
        items = list((self.items | changes).values())
        items = items[: len(items) - drop] + list(extra)
        return b"".join(rlp(item) for item in items)

    def wrap(self, encoded_list):
        return encoded_list if self.kind == LEGACY else bytes([self.kind]) + encoded_list

    def raw(self, **changes):
        """The EIP-2718 form, with items replaced after signing."""
        return self.wrap(rlp_list(self.payload(**changes)))


def authorization(key, chain_id, target, nonce):
    digest = keccak(b"\x05" + rlp([chain_id, target, nonce]))
    return [chain_id, target, nonce, *sign(key, digest)]


# Wrong spellings of a right item, each decoding to the same value in a careless decoder.


def item_bytes(item):
    return short_bytes(item) if isinstance(item, int) else bytes(item)


def padded(item):
    """An integer with a leading zero byte (zero itself as one zero byte)."""
    return Raw(rlp(b"\x00" + item_bytes(item)))


def long_form(item):
    """A string below 56 bytes with its length in a byte of its own."""
    data = item_bytes(item)
    assert len(data) < 56
    return Raw(bytes([0xB8, len(data)]) + data)


def long_form_two_bytes(item):
    """The same with a leading zero in the length."""
    data = item_bytes(item)
    return Raw(bytes([0xB9, 0, len(data)]) + data)


def boxed_byte(item):
    """One byte below 0x80 behind a length of 1."""
    data = item_bytes(item)
    assert len(data) == 1 and data[0] < 0x80
    return Raw(b"\x81" + data)
