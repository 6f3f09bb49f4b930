"""Chains as chains: the change from Cancun to Prague, siblings, a chain of Cancun."""

from ethereum_types.numeric import U64, U256

from prague_asm import asm, forward, forwarder, store
from prague_cases_system import withdrawal_request
from prague_chain import CANCUN_TO_PRAGUE, Account, Chain
from prague_contracts import BEACON_ROOTS, HISTORY_STORAGE, SYSTEM_CONTRACTS, WITHDRAWAL_REQUESTS
from prague_tx import Key, Pen, authorize, blob_hash

RICH = 10**20
ALICE, BOB = Key(0xA11CE), Key(0xB0B)
FORWARDER, READER, SINK = b"\xf0" * 20, b"\xee" * 20, b"\x51" * 20
word = lambda number: number.to_bytes(32, "big")
READER_CODE = asm(
    store(0, "BLOBBASEFEE"), store(1, "GASPRICE"), store(2, 1, "NUMBER SUB BLOCKHASH")
)


def chain(name, extra=None, **options):
    accounts = {
        ALICE.address: Account(RICH),
        BOB.address: Account(RICH),
        FORWARDER: Account(0, 1, forwarder()),
        READER: Account(0, 1, READER_CODE),
    }
    return Chain(name, accounts | (extra or {}), **options)


def transition():
    """Two blocks of Cancun, the first of Prague, more of Prague: history begins at the fork."""
    made = chain("cancun_to_prague", network=CANCUN_TO_PRAGUE)
    history = lambda pen, number: pen(
        to=FORWARDER, data=forward(HISTORY_STORAGE, word(number)), gas=100_000
    )
    pen = Pen(made, ALICE)
    floor = dict(to=SINK, data=b"\1" * 1000)
    made.add(pen(gas=50_000, **floor), timestamp=U256(14_900))
    made.reject(
        made.make([Pen(made, ALICE).peek(to=SINK)], header={"timestamp": U256(15_000)})[1][:-1],
        "BlockException.RLP_STRUCTURES_ENCODING",
    )
    made.add(pen(to=READER, gas=200_000), history(pen, 1), timestamp=U256(14_999))
    made.add(
        pen(to=READER, gas=200_000),
        history(pen, 1),
        history(pen, 2),
        pen(gas=61_000, **floor),
        pen(4, to=BOB.address, authorizations=[authorize(BOB, READER)], gas=300_000),
        pen(to=WITHDRAWAL_REQUESTS, data=withdrawal_request(1), value=1, gas=200_000),
        timestamp=U256(15_000),
    )
    made.add(*[history(pen, number) for number in range(5)], timestamp=U256(15_001))
    return made


def transition_with_blobs():
    """The last block of Cancun is full of blobs and has an excess: the first of Prague counts
    them against its own target and prices them with its own fraction (EIP-7691)."""
    made = chain(
        "cancun_to_prague_with_blobs", network=CANCUN_TO_PRAGUE, excess_blob_gas=U64(60 * 131_072)
    )
    pen = Pen(made, ALICE)
    blob = lambda count: pen(
        3,
        to=READER,
        blobs=[blob_hash(i) for i in range(count)],
        gas=200_000,
        max_fee_per_blob_gas=10**9,
    )
    made.add(blob(6), timestamp=U256(14_000))
    made.wrong_tx(
        "TransactionException.TYPE_3_TX_BLOB_COUNT_EXCEEDED",
        blob_of(made, 7),
        timestamp=U256(14_999),
    )
    made.add(blob(6), timestamp=U256(14_999))
    made.add(blob(9), timestamp=U256(15_000))
    made.add(blob(1), timestamp=U256(15_012))
    return made


def blob_of(made, count):
    return Pen(made, ALICE).peek(
        3,
        to=READER,
        blobs=[blob_hash(i) for i in range(count)],
        gas=200_000,
        max_fee_per_blob_gas=10**9,
    )


def transition_without_contracts():
    """At the fork the request contracts must be there; without them there is no next block."""
    made = chain(
        "cancun_to_prague_without_contracts",
        {address: None for address in SYSTEM_CONTRACTS if address != BEACON_ROOTS},
        network=CANCUN_TO_PRAGUE,
    )
    made.add(timestamp=U256(14_999))
    made.wrong_tx("BlockException.SYSTEM_CONTRACT_EMPTY", timestamp=U256(15_000))
    return made


def siblings():
    """Two branches from one block, each on its own state; the test ends on the second."""
    made = chain("siblings")
    made.add(Pen(made, ALICE)(to=SINK, value=1))
    fork = made.head
    made.add(Pen(made, ALICE)(to=READER, gas=200_000))
    made.add(Pen(made, ALICE)(to=SINK, value=2))
    made.head = fork
    made.add(Pen(made, BOB)(to=READER, gas=200_000), extra_data=b"other")
    made.wrong_tx(
        "TransactionException.NONCE_MISMATCH_TOO_LOW", Pen(made, BOB).peek(to=SINK, nonce=0)
    )
    made.add(Pen(made, BOB)(to=SINK, value=3), Pen(made, ALICE)(to=READER, gas=200_000))
    return made


def unknown_parent():
    """A block on a rejected block, and one on a block nobody has."""
    made = chain("blocks_on_rejected_blocks")
    made.add()
    fork = made.head
    orphan, _ = made.make()
    made.head = orphan
    made.made.append(orphan)
    _, encoded = made.make()
    made.made.remove(orphan)
    made.head = fork
    made.reject(encoded, "BlockException.UNKNOWN_PARENT")
    made.add(extra_data=b"on the right one")
    return made


def cancun():
    """A chain of Cancun: no floor, no requests, its own blob market, no delegations."""
    made = chain(
        "cancun",
        {BOB.address: Account(RICH, 0, b"")},
        network="Cancun",
        excess_blob_gas=U64(60 * 131_072),
    )
    pen = Pen(made, ALICE)
    blob = lambda count: pen(
        3,
        to=READER,
        blobs=[blob_hash(i) for i in range(count)],
        gas=200_000,
        max_fee_per_blob_gas=10**9,
    )
    made.add(pen(to=SINK, data=b"\1" * 1000, gas=50_000), blob(6), pen(0, to=READER, gas=200_000))
    made.wrong_tx("TransactionException.TYPE_3_TX_BLOB_COUNT_EXCEEDED", blob_of(made, 7))
    made.add(blob(3), pen(1, to=FORWARDER, data=forward(BEACON_ROOTS, word(12)), gas=100_000))
    made.add(blob(1), pen(data=asm(store(0, 1)), gas=200_000))
    return made


CASES = [
    transition,
    transition_with_blobs,
    transition_without_contracts,
    siblings,
    unknown_parent,
    cancun,
]
