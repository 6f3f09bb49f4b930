"""What all formats are made of: packed fields, lengths, hashes, and bytes that are refused."""

from Crypto.Hash import keccak as _keccak

ZERO = bytes(32)
U64 = 2**64


class Bad(Exception):
    """Bytes or values that a page of spec/ refuses, with the reason in words."""


def need(holds, reason):
    if not holds:
        raise Bad(reason)


def keccak(*parts):
    return _keccak.new(digest_bits=256, data=b"".join(parts)).digest()


def tag(name):
    return keccak(name.encode("ascii"))


def be(value, bits):
    return value.to_bytes(bits // 8, "big")


# README.md: lengths


def put_length(value):
    need(0 <= value < 2**32, "a length has at most 32 bits")
    out = bytearray()
    while True:
        low, value = value & 0x7F, value >> 7
        out.append(low | (0x80 if value else 0))
        if not value:
            return bytes(out)


class Reader:
    """Reads packed fields from front to back."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        need(self.at + count <= len(self.data), "bytes end early")
        self.at += count
        return self.data[self.at - count : self.at]

    def uint(self, bits):
        return int.from_bytes(self.take(bits // 8), "big")

    def length(self):
        value, shift = 0, 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            need(value < 2**32, "a length has at most 32 bits")
            if byte < 0x80:
                need(byte != 0 or shift == 0, "a length is not in the shortest form")
                return value
            shift += 7
            need(shift <= 28, "a length has at most 32 bits")

    def counted_bytes(self):
        return self.take(self.length())

    def done(self):
        need(self.at == len(self.data), "something follows")
