"""Writes spec/vectors/bridge.json and bridge-proofs.json.

    python3 tools/vectors/bridge_vectors.py

Hashes come from bridge_formats.py, proofs from state_trie.py, which knows only Ethereum's
rules. Lists are flat and every case of a list has the same keys.
"""

from bridge_formats import (
    OUTBOX,
    deposit_hash,
    message_hash,
    message_id,
    outbox_slot,
    sent_slot,
)
from format_vectors import OUT, check_keys, lines
from formats import be, keccak
from state_trie import Trie, account, rlp

L1_CHAIN = 31337
L2_CHAIN = 7077
BRIDGE = bytes.fromhex("b000000000000000000000000000000000000001")
INBOX = bytes.fromhex("1b00000000000000000000000000000000000001")
OTHER_INBOX = bytes.fromhex("1b00000000000000000000000000000000000002")
TOKEN = bytes.fromhex("7000000000000000000000000000000000000001")
ALICE = bytes.fromhex("a11ce00000000000000000000000000000000001")
BOB = bytes.fromhex("b0b0000000000000000000000000000000000001")
NONE = bytes(20)


def message(name, kind, nonce, **fields):
    base = dict(
        chainId=L2_CHAIN, nonce=nonce, kind=kind, sender=ALICE, to=BOB, token=NONE,
        amount=0, destination=NONE, gas=0, data=b"",
    )
    return {"name": name, **base, **fields}


MESSAGES = [
    message("a payment of ETH", 0, 700, amount=10**18),
    message("a call with ETH", 0, 0, amount=5 * 10**17, gas=100_000, data=bytes.fromhex("12345678")),
    message("a call without ETH", 0, 1, gas=50_000, data=bytes.fromhex("deadbeef")),
    message("tokens", 1, 2, token=TOKEN, amount=123_456_789),
    message("ETH for another rollup", 2, 3, amount=3 * 10**9, destination=OTHER_INBOX),
    message("tokens for another rollup", 3, 1023, token=TOKEN, amount=1, destination=OTHER_INBOX),
    message(
        "every field at its end", 3, 2**64 - 1, chainId=2**64 - 1, sender=b"\xff" * 20,
        to=b"\xff" * 20, token=b"\xff" * 20, amount=2**256 - 1, destination=b"\xff" * 20,
        gas=2**64 - 1, data=bytes(range(256)),
    ),
]


def deposit(name, **fields):
    base = {
        "inbox": INBOX, "nonce": 0, "token": TOKEN, "from": ALICE, "to": BOB, "amount": 10**21,
        "origin": bytes(32), "decimals": 18, "tokenName": "A Token", "symbol": "TKN",
    }
    return {"name": name, **base, **fields}


DEPOSITS = [
    deposit("from L1"),
    deposit("a token that says nothing", nonce=1, decimals=0, tokenName="", symbol=""),
    deposit("from another rollup", nonce=2, origin=keccak(b"a message id"), amount=1),
    deposit(
        "every field at its end", inbox=b"\xff" * 20, nonce=2**64 - 1, token=b"\xff" * 20,
        to=b"\xff" * 20, amount=2**256 - 1, origin=b"\xff" * 32, decimals=255,
        tokenName="€" * 21, symbol="x" * 64, **{"from": b"\xff" * 20},
    ),
]


def plain(value):
    """As JSON carries it: bytes 0x, numbers of more than 32 bits as strings."""
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


WIDE = {"chainId", "nonce", "amount", "gas"}


def case(fields, **more):
    fields = {key: str(value) if key in WIDE else plain(value) for key, value in fields.items()}
    return {**fields, **{key: plain(value) for key, value in more.items()}}


def header(state_root, number, seed):
    """A header of Prague's 21 fields, with a bloom of a few bits."""
    bloom = bytearray(256)
    for i in range(12):
        bloom[keccak(seed, be(i, 8))[0]] |= 1 << (i % 8)
    pick = lambda what: keccak(seed, what)
    return rlp(
        [
            pick(b"parent"), keccak(rlp([])), pick(b"coinbase")[:20], state_root,
            pick(b"transactions"), pick(b"receipts"), bytes(bloom), 0, number, 30_000_000,
            1_234_567, 1_760_000_000 + number, b"tern", pick(b"randao"), bytes(8), 7,
            pick(b"withdrawals"), 0, 0, pick(b"anchor"), pick(b"requests"),
        ]
    )


def world(accounts, slots, address, seed):
    """A state of that many accounts, one of which has these slots."""
    storage = Trie({key: rlp(int.from_bytes(value, "big")) for key, value in slots.items()})
    code = keccak(seed, b"code")
    states = {address: account(1, 10**21 + 7, storage.root, code)}
    for i in range(accounts - 1):
        other = keccak(seed, be(i, 32))
        states[other[:20]] = account(i % 300, i * 10**15, keccak(rlp(b"")), keccak(b""))
    state = Trie(states)
    head = header(state.root, 1_000_003, seed)
    return storage, {
        "header": head,
        "blockHash": keccak(head),
        "stateRoot": state.root,
        "accountProof": state.proof(address),
        "storageRoot": storage.root,
    }


def outbox_world(accounts, count, messages):
    slots = {outbox_slot(n): keccak(b"filler", be(n, 64)) for n in range(count)}
    for m in messages:
        slots[outbox_slot(m["nonce"])] = message_hash(m, L1_CHAIN, BRIDGE)
    slots[be(1, 256)] = be(count, 256)
    return world(accounts, slots, OUTBOX, b"L2 %d" % accounts)


def withdrawals():
    for accounts, count, messages in [(4096, 1024, MESSAGES[:6]), (1, 1, MESSAGES[1:2])]:
        storage, shared = outbox_world(accounts, count, messages)
        for m in messages:
            name = f"{m['name']}, {accounts} accounts, {count} messages"
            slot = outbox_slot(m["nonce"])
            hashed = message_hash(m, L1_CHAIN, BRIDGE)
            yield case({**m, "name": name}, slot=slot, value=hashed,
                       storageProof=storage.proof(slot), **shared)


def claims():
    slots = {keccak(b"slot", be(i, 32)): be(i + 1, 256) for i in range(300)}
    known = DEPOSITS[:3]
    for d in known:
        slots[sent_slot(deposit_hash(d, L1_CHAIN, BRIDGE))] = be(1, 256)
    storage, shared = world(64, slots, BRIDGE, b"L1")
    for d in known:
        hashed = deposit_hash(d, L1_CHAIN, BRIDGE)
        slot = sent_slot(hashed)
        yield case(d, hash=hashed, slot=slot, storageProof=storage.proof(slot), **shared)


def main():
    hashes = {
        "l1ChainId": L1_CHAIN,
        "bridge": plain(BRIDGE),
        "inbox": plain(INBOX),
        "messages": [
            case(m, hash=(h := message_hash(m, L1_CHAIN, BRIDGE)), id=message_id(INBOX, h),
                 slot=outbox_slot(m["nonce"]))
            for m in MESSAGES
        ],
        "deposits": [
            case(d, hash=(h := deposit_hash(d, L1_CHAIN, BRIDGE)), slot=sent_slot(h))
            for d in DEPOSITS
        ],
    }
    proofs = {"withdrawals": list(withdrawals()), "claims": list(claims())}
    for name, value in [("bridge", hashes), ("bridge-proofs", proofs)]:
        check_keys(value)
        (OUT / f"{name}.json").write_text(lines(value))


if __name__ == "__main__":
    main()
