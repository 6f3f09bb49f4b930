"""A chain longer than the window of BLOCKHASH. Its blocks are empty, so it is kept packed."""

from prague_asm import asm, forward, forwarder, store
from prague_chain import Account, Chain
from prague_contracts import HISTORY_STORAGE
from prague_tx import Key, Pen

ALICE = Key(0xA11CE)
READER, FORWARDER = b"\xa1" * 20, b"\xf0" * 20


def block_hash_window():
    """Block hashes reach back 256 blocks and no further, the history contract does."""
    code = asm(
        [store(back, back, "NUMBER SUB BLOCKHASH") for back in (1, 2, 254, 255, 256, 257, 258)]
    )
    made = Chain(
        "block_hash_window",
        {
            ALICE.address: Account(10**20),
            READER: Account(0, 1, code),
            FORWARDER: Account(0, 1, forwarder()),
        },
    )
    while int(made.head.block.header.number) < 258:
        made.add()
    pen = Pen(made, ALICE)
    read = pen(to=READER, gas=400_000)
    ask = [
        pen(to=FORWARDER, data=forward(HISTORY_STORAGE, n.to_bytes(32, "big")), gas=100_000)
        for n in (0, 1, 2, 3, 258)
    ]
    made.add(read, *ask)
    return made


CASES = [block_hash_window]
