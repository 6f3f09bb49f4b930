"""The chain on which every skip-rule candidate is tried: accounts, parent, block inputs."""

from dataclasses import dataclass

from formats import ZERO, keccak
from prague_contracts import SYSTEM_CONTRACTS
from skip_tx import address, rlp

GWEI = 10**9
ETHER = 10**18
U64_MAX = 2**64 - 1

GAS_LIMIT = 30_000_000
PARENT_BASE_FEE = 8 * GWEI
BASE_FEE = 7 * GWEI  # an empty parent: one eighth less
PARENT_TIME = 1_800_000_000


def key(name):
    return keccak(b"skip key " + name.encode())


FUNDED, POOR, CONTRACT, DELEGATED = key("funded"), key("poor"), key("contract"), key("delegated")
LAST_NONCE, NO_NONCE_LEFT = key("last nonce"), key("no nonce left")
AUTHORITY, NOBODY = key("authority"), key("nobody")

FUNDED_NONCE = 5
POOR_GAS, POOR_FEE, POOR_VALUE = 50_000, 10 * GWEI, 1_000

STOPS, REVERTS, STORES = (bytes([n]) * 20 for n in (0xC1, 0xC2, 0xC3))
RECEIVER, BENEFICIARY = b"\xee" * 20, b"\xfe" * 20


@dataclass
class Account:
    nonce: int = 0
    balance: int = 0
    code: bytes = b""


def accounts(crafted):
    """The state before block 1; `crafted` are the senders of made-up signatures."""
    state = {
        address(FUNDED): Account(FUNDED_NONCE, 10**28),
        address(POOR): Account(0, POOR_GAS * POOR_FEE + POOR_VALUE),
        address(CONTRACT): Account(1, ETHER, b"\x00"),
        address(DELEGATED): Account(1, ETHER, b"\xef\x01\x00" + STOPS),
        address(LAST_NONCE): Account(U64_MAX - 1, ETHER),
        address(NO_NONCE_LEFT): Account(U64_MAX, ETHER),
        STOPS: Account(1, 0, bytes.fromhex("00")),
        REVERTS: Account(1, 0, bytes.fromhex("5f5ffd")),
        STORES: Account(1, 0, bytes.fromhex("60015f5500")),
    }
    state |= {one: Account(0, ETHER) for one in crafted}
    return state | {where: Account(1, 0, code) for where, code in SYSTEM_CONTRACTS.items()}


# The state root, on a trie of its own.


def _hex_prefix(nibbles, leaf):
    odd = len(nibbles) % 2
    padded = [2 * leaf + odd, *([] if odd else [0]), *nibbles]
    return bytes(high << 4 | low for high, low in zip(padded[::2], padded[1::2]))


def _node(entries, depth):
    """A trie node over (nibbles, value) pairs that agree up to depth."""
    if not entries:
        return b""
    if len(entries) == 1:
        nibbles, value = entries[0]
        return [_hex_prefix(nibbles[depth:], True), value]
    shared = depth
    while len({nibbles[shared] for nibbles, _ in entries}) == 1:
        shared += 1
    if shared > depth:
        return [_hex_prefix(entries[0][0][depth:shared], False), _reference(entries, shared)]
    parts = [[one for one in entries if one[0][depth] == nibble] for nibble in range(16)]
    return [*(_reference(part, depth + 1) for part in parts), b""]


def _reference(entries, depth):
    node = _node(entries, depth)
    encoded = rlp(node)
    return keccak(encoded) if len(encoded) >= 32 else node


def state_root(state):
    empty = keccak(rlp(b""))
    entries = []
    for where, account in state.items():
        nibbles = [nibble for byte in keccak(where) for nibble in (byte >> 4, byte & 15)]
        body = [account.nonce, account.balance, empty, keccak(account.code)]
        entries.append((nibbles, rlp(body)))
    return keccak(rlp(_node(entries, 0)))


def parent_header(state):
    empty = keccak(rlp(b""))
    return rlp(
        [
            ZERO,
            keccak(rlp([])),
            bytes(20),
            state_root(state),
            empty,
            empty,
            bytes(256),
            0,
            0,
            GAS_LIMIT,
            0,
            PARENT_TIME,
            b"skip",
            ZERO,
            bytes(8),
            PARENT_BASE_FEE,
            empty,
            0,
            0,
            ZERO,
            bytes.fromhex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ]
    )
