"""Ethereum's state tries with proofs, from the Yellow Paper's text: only what vectors need."""

from formats import keccak


def rlp(item):
    if isinstance(item, int):
        item = item.to_bytes((item.bit_length() + 7) // 8, "big")
    if isinstance(item, list):
        body = b"".join(part.raw if isinstance(part, Raw) else rlp(part) for part in item)
        return _prefix(len(body), 0xC0) + body
    if len(item) == 1 and item[0] < 0x80:
        return item
    return _prefix(len(item), 0x80) + item


def _prefix(length, base):
    if length < 56:
        return bytes([base + length])
    digits = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([base + 55 + len(digits)]) + digits


class Raw:
    """Bytes that are RLP already: a node inside another."""

    def __init__(self, raw):
        self.raw = raw


def nibbles(key):
    return [digit for byte in key for digit in (byte >> 4, byte & 15)]


def hex_prefix(path, leaf):
    flag = 2 * leaf
    digits = [flag + 1, *path] if len(path) % 2 else [flag, 0, *path]
    return bytes(16 * high + low for high, low in zip(digits[::2], digits[1::2]))


class Trie:
    """A trie whose keys are hashed. Values are what the leaves hold."""

    def __init__(self, entries):
        self.entries = sorted((nibbles(keccak(key)), value) for key, value in entries.items())
        self.memo = {}
        self.root = keccak(self._node(0, len(self.entries), 0))

    def proof(self, key):
        """The nodes from the root to the key's leaf; those inside another are left out."""
        path, found = nibbles(keccak(key)), []
        first, last, depth = 0, len(self.entries), 0
        while True:
            node = self._node(first, last, depth)
            if depth == 0 or len(node) >= 32:
                found.append(node)
            if last - first == 1:
                assert self.entries[first][0] == path, "the key is not in the trie"
                return found
            shared = self._shared(first, last, depth)
            if shared:
                depth += shared
            else:
                inside = [i for i in range(first, last) if self.entries[i][0][depth] == path[depth]]
                first, last, depth = inside[0], inside[-1] + 1, depth + 1

    def _shared(self, first, last, depth):
        low, high = self.entries[first][0], self.entries[last - 1][0]
        shared = 0
        while low[depth + shared] == high[depth + shared]:
            shared += 1
        return shared

    def _reference(self, node):
        return Raw(node) if len(node) < 32 else keccak(node)

    def _node(self, first, last, depth):
        if (first, last, depth) not in self.memo:
            self.memo[first, last, depth] = self._make(first, last, depth)
        return self.memo[first, last, depth]

    def _make(self, first, last, depth):
        path, value = self.entries[first]
        if last - first == 1:
            return rlp([hex_prefix(path[depth:], True), value])
        shared = self._shared(first, last, depth)
        if shared:
            below = self._reference(self._node(first, last, depth + shared))
            return rlp([hex_prefix(path[depth : depth + shared], False), below])
        children = []
        for digit in range(16):
            inside = [i for i in range(first, last) if self.entries[i][0][depth] == digit]
            child = self._node(inside[0], inside[-1] + 1, depth + 1) if inside else b""
            children.append(self._reference(child) if inside else b"")
        return rlp([*children, b""])


def account(nonce, balance, storage_root, code_hash):
    return rlp([nonce, balance, storage_root, code_hash])
