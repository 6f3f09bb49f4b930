"""The system contracts, requests, deposits and withdrawals of blocks."""

from functools import partial

from ethereum.forks.prague.blocks import Withdrawal
from ethereum_types.bytes import Bytes20
from ethereum_types.numeric import U64, U256, Uint

from prague_asm import asm, call, forward, forwarder, store
from prague_chain import COINBASE, Account, Chain
from prague_contracts import (
    BEACON_ROOTS,
    CONSOLIDATION_REQUESTS,
    DEPOSIT_CONTRACT,
    HISTORY_STORAGE,
    WITHDRAWAL_REQUESTS,
    WITHDRAWAL_REQUESTS_CODE,
)
from prague_tx import Key, Pen

RICH = 10**24
ALICE, BOB = Key(0xA11CE), Key(0xB0B)
FORWARDER, WRITER = b"\xf0" * 20, b"\xaa" * 20
DEPOSIT_TOPIC = bytes.fromhex("649bbc62d0e31342afea4e5cd82d4049e7e1ee912fc0889aa790803be39038c5")
# Logs what follows the first word of its input, under that word as its only topic.
LOGGER = asm(32, "CALLDATASIZE SUB DUP1", 32, 0, "CALLDATACOPY", 0, "CALLDATALOAD SWAP1", 0, "LOG1")
word = lambda number: number.to_bytes(32, "big")


def chain(name, extra=None, **options):
    accounts = {
        ALICE.address: Account(RICH),
        BOB.address: Account(RICH),
        FORWARDER: Account(0, 1, forwarder()),
    }
    return Chain(name, accounts | (extra or {}), **options)


def withdrawal_request(index, amount=0):
    """Public key and amount, as the contract wants them."""
    return bytes([index]) * 48 + amount.to_bytes(8, "big")


def consolidation_request(index):
    return bytes([index]) * 48 + bytes([index ^ 0xFF]) * 48


def deposit_data(index, sizes=(48, 32, 8, 96, 8)):
    """What the deposit contract logs: five byte strings, ABI-encoded."""
    head, tail = b"", b""
    for i, size in enumerate(sizes):
        head += word(160 + len(tail))
        tail += word(size) + bytes([index * 16 + i]) * size + bytes(-size % 32)
    return head + tail


def history():
    """Reads of older block hashes: those it knows, the current, a future, the genesis, wrong input."""
    made = chain("block_hashes_from_state")
    pen = Pen(made, ALICE)
    for _ in range(3):
        made.add()
    asked = [word(n) for n in (0, 1, 2, 3, 4, 5, 2**64, 2**256 - 1)] + [
        b"",
        word(3)[1:],
        word(3) + b"\0",
    ]
    made.add(
        *[pen(to=FORWARDER, data=forward(HISTORY_STORAGE, data), gas=100_000) for data in asked]
    )
    made.add(
        pen(to=HISTORY_STORAGE, data=word(4), gas=100_000),
        pen(to=HISTORY_STORAGE, data=word(9), gas=100_000, value=1),
    )
    return made


def history_ring():
    """The ring's first and last slot, and a chain that starts high."""
    made = chain("block_hashes_ring", number=Uint(8190 * 3 + 1))
    pen = Pen(made, ALICE)
    made.add()
    number = int(made.head.block.header.number)
    made.add(
        *[
            pen(to=FORWARDER, data=forward(HISTORY_STORAGE, word(n)), gas=100_000)
            for n in (
                number,
                number - 1,
                number - 8190,
                number - 8191,
                number + 1 - 8192,
                number + 2,
            )
        ]
    )
    return made


def beacon_roots():
    """Reads of beacon roots by time: known, unknown, zero, wrong input, another root for it."""
    made = chain("beacon_roots")
    pen = Pen(made, ALICE)
    made.add()
    made.add(parent_beacon_block_root=b"\0" * 32)
    asked = [word(n) for n in (0, 12, 24, 36, 48, 13, 12 + 8191, 2**255)] + [
        b"",
        word(12)[1:],
        word(12) + b"\0",
    ]
    made.add(*[pen(to=FORWARDER, data=forward(BEACON_ROOTS, data), gas=100_000) for data in asked])
    made.add(pen(to=BEACON_ROOTS, data=word(36), gas=100_000), timestamp=U256(36 + 8191))
    made.add(
        *[
            pen(to=FORWARDER, data=forward(BEACON_ROOTS, word(n)), gas=100_000)
            for n in (36, 36 + 8191)
        ]
    )
    return made


def without_optional_contracts():
    """Beacon roots and block hashes may be missing."""
    made = chain(
        "without_beacon_roots_and_block_hashes", {BEACON_ROOTS: None, HISTORY_STORAGE: None}
    )
    made.add()
    made.add(Pen(made, ALICE)(to=BEACON_ROOTS, value=1))
    return made


def other_optional_contracts():
    """Other code at their addresses runs, and may fail."""
    reverting = asm(store(0, 1), 0, 0, "REVERT")
    counting = asm(
        store(0, 1, 0, "SLOAD ADD"),
        store(1, "GAS"),
        store(2, "CALLER"),
        store(3, 0, "CALLDATALOAD"),
        store(4, "ORIGIN"),
        store(5, "BASEFEE"),
        store(6, "CALLDATASIZE"),
    )
    made = chain(
        "other_code_at_optional_contracts",
        {BEACON_ROOTS: Account(0, 1, reverting), HISTORY_STORAGE: Account(9, 1, counting)},
    )
    made.add()
    made.add(Pen(made, ALICE)(to=HISTORY_STORAGE, gas=300_000))
    return made


def withdrawal_requests():
    """One, several, more than a block takes, the fee that follows, too low a fee, wrong sizes."""
    made = chain("withdrawal_requests")
    pen = Pen(made, ALICE)
    target = dict(to=WITHDRAWAL_REQUESTS, gas=200_000)
    made.add(pen(data=withdrawal_request(1, 5), value=1, **target))
    made.add(
        pen(data=withdrawal_request(2), value=0, **target),
        pen(data=withdrawal_request(3, 2**64 - 1), value=10, **target),
        pen(data=withdrawal_request(4)[1:], value=1, **target),
        pen(data=withdrawal_request(4) + b"\0", value=1, **target),
        pen(value=0, **target),
        pen(value=1, **target),
        pen(to=FORWARDER, data=forward(WITHDRAWAL_REQUESTS), gas=100_000),
    )
    made.add(*[pen(data=withdrawal_request(n, n), value=1, **target) for n in range(20)])
    made.add(pen(data=withdrawal_request(77), value=1, **target))
    made.add(
        pen(to=FORWARDER, data=forward(WITHDRAWAL_REQUESTS), gas=100_000),
        pen(data=withdrawal_request(78), value=1, **target),
    )
    made.add()
    return made


def withdrawal_fee():
    """Enough requests that the fee exceeds its minimum."""
    crowded = Account(0, 1, WITHDRAWAL_REQUESTS_CODE, {0: 60})
    made = chain("withdrawal_request_fee", {WITHDRAWAL_REQUESTS: crowded})
    pen = Pen(made, ALICE)
    ask = pen(to=FORWARDER, data=forward(WITHDRAWAL_REQUESTS), gas=100_000)
    made.add(
        ask,
        *[
            pen(to=WITHDRAWAL_REQUESTS, data=withdrawal_request(n), value=n * 8, gas=200_000)
            for n in range(6)
        ],
    )
    made.add(pen(to=FORWARDER, data=forward(WITHDRAWAL_REQUESTS), gas=100_000))
    made.add()
    return made


def consolidation_requests():
    made = chain("consolidation_requests")
    pen = Pen(made, ALICE)
    target = dict(to=CONSOLIDATION_REQUESTS, gas=250_000)
    made.add(pen(data=consolidation_request(1), value=1, **target))
    made.add(
        *[pen(data=consolidation_request(n), value=2, **target) for n in range(5)],
        pen(data=consolidation_request(9)[1:], value=1, **target),
        pen(value=0, **target),
    )
    made.add(pen(to=FORWARDER, data=forward(CONSOLIDATION_REQUESTS), gas=100_000))
    made.add()
    made.add()
    return made


def deposits():
    """Logs of the deposit contract, among logs that are none, from transactions that fail too."""
    caller = b"\xca" * 20
    made = chain(
        "deposit_requests",
        {
            DEPOSIT_CONTRACT: Account(0, 1, LOGGER),
            WRITER: Account(0, 1, LOGGER),
            caller: Account(
                0,
                1,
                asm(
                    "CALLDATASIZE",
                    0,
                    0,
                    "CALLDATACOPY",
                    0,
                    0,
                    "CALLDATASIZE",
                    0,
                    0,
                    DEPOSIT_CONTRACT,
                    "GAS CALL POP",
                    0,
                    0,
                    "REVERT",
                ),
            ),
        },
    )
    pen = Pen(made, ALICE)
    good = lambda index: DEPOSIT_TOPIC + deposit_data(index)
    made.add(pen(to=DEPOSIT_CONTRACT, data=good(1), gas=200_000))
    made.add(
        pen(to=DEPOSIT_CONTRACT, data=good(2), gas=200_000),
        pen(to=WRITER, data=good(3), gas=200_000),
        pen(to=DEPOSIT_CONTRACT, data=word(5) + deposit_data(4), gas=200_000),
        pen(to=DEPOSIT_CONTRACT, data=word(5) + b"short", gas=200_000),
        pen(to=caller, data=good(5), gas=200_000),
        pen(to=FORWARDER, data=forward(DEPOSIT_CONTRACT, good(6)), gas=200_000),
    )
    return made


def all_requests():
    """All three kinds in one block: their order is that of their types."""
    made = chain("all_requests", {DEPOSIT_CONTRACT: Account(0, 1, LOGGER)})
    pen = Pen(made, ALICE)
    made.add(
        pen(to=CONSOLIDATION_REQUESTS, data=consolidation_request(1), value=1, gas=250_000),
        pen(to=WITHDRAWAL_REQUESTS, data=withdrawal_request(2), value=1, gas=200_000),
        pen(to=DEPOSIT_CONTRACT, data=DEPOSIT_TOPIC + deposit_data(3), gas=200_000),
    )
    return made


def deposit_without_topic():
    """The deposit contract logs without any topic, and under the right topic as the second one."""
    made = chain(
        "deposit_log_without_topic",
        {DEPOSIT_CONTRACT: Account(0, 1, asm(9, 0, "LOG0", DEPOSIT_TOPIC, 5, 9, 0, "LOG2"))},
    )
    made.add(Pen(made, ALICE)(to=DEPOSIT_CONTRACT, gas=100_000))
    return made


def malformed_deposits():
    """A log under the deposit topic that is not a deposit makes the block invalid (EIP-6110)."""
    made = chain("malformed_deposit_logs", {DEPOSIT_CONTRACT: Account(0, 1, LOGGER)})
    right = deposit_data(1)
    wrong = [right[:-1], right + b"\0", b""]
    wrong += [
        right[:at] + word(int.from_bytes(right[at : at + 32], "big") + 32) + right[at + 32 :]
        for at in range(0, 160, 32)
    ]
    wrong += [
        right[:at] + word(int.from_bytes(right[at : at + 32], "big") - 1) + right[at + 32 :]
        for at in (160, 256, 320, 384, 512)
    ]
    wrong += [word(2**255 + 160) + right[32:]]
    pen = Pen(made, ALICE)
    for data in wrong:
        tx = pen.peek(to=DEPOSIT_CONTRACT, data=DEPOSIT_TOPIC + data, gas=300_000)
        made.wrong_tx("BlockException.INVALID_DEPOSIT_EVENT_LAYOUT", tx)
    made.add(pen(to=DEPOSIT_CONTRACT, data=DEPOSIT_TOPIC + right, gas=200_000))
    return made


def broken_request_contract(address, how):
    """A block is invalid when a request contract is missing or fails (EIP-7002, EIP-7251)."""
    account = {
        "missing": None,
        "reverts": Account(0, 1, asm(0, 0, "REVERT")),
        "burns": Account(0, 1, asm("INVALID")),
    }[how]
    made = chain(f"request_contract_{address.hex()[-4:]}_{how}", {address: account})
    kind = "EMPTY" if account is None else "CALL_FAILED"
    made.wrong_tx(f"BlockException.SYSTEM_CONTRACT_{kind}")
    return made


def odd_request_contracts():
    """Other code in the contracts' place: whatever it returns is the request data."""
    long = asm(500, 0, "RETURN")
    logs = asm(7, 0, "MSTORE8", 3, 0, "LOG0", 1, 0, "RETURN")
    made = chain(
        "other_code_at_request_contracts",
        {WITHDRAWAL_REQUESTS: Account(0, 1, long), CONSOLIDATION_REQUESTS: Account(0, 1, logs)},
    )
    made.add()
    made.add(Pen(made, ALICE)(to=CONSOLIDATION_REQUESTS, gas=50_000))
    return made


def withdrawals():
    """Balances credited outside transactions: zero, one, many, to contracts, to the coinbase."""
    made = chain("withdrawals", {WRITER: Account(0, 1, asm("INVALID"))})
    credit = lambda index, address, amount, validator=0: Withdrawal(
        index=U64(index),
        validator_index=U64(validator),
        address=Bytes20(address),
        amount=U256(amount),
    )
    fresh = [bytes([0x20 + n]) * 20 for n in range(20)]
    made.add(withdrawals=[credit(0, fresh[0], 0)])
    made.add(
        withdrawals=[
            credit(0, fresh[0], 1),
            credit(1, fresh[0], 2),
            credit(2, WRITER, 3),
            credit(3, COINBASE, 4),
            credit(4, ALICE.address, 5),
            credit(5, BEACON_ROOTS, 6),
            credit(6, bytes(20), 7),
            credit(7, fresh[1], 0),
        ]
    )
    made.add(withdrawals=[credit(2**64 - 1, fresh[2], 2**64 - 1, 2**64 - 1)])
    made.add(
        *[Pen(made, ALICE)(to=fresh[5], value=1)],
        withdrawals=[credit(n, fresh[n % 20], n, n) for n in range(130)],
    )
    pen = Pen(made, Key(0xFEE))
    made.add(withdrawals=[credit(0, Key(0xFEE).address, 10**9)])
    made.add(pen(to=ALICE.address, value=10**17))
    made.wrong_tx(
        "TransactionException.INSUFFICIENT_ACCOUNT_FUNDS",
        Pen(made, Key(0xFEED)).peek(to=ALICE.address),
    )
    return made


def system_caller():
    """Anyone may pretend: only the system address may write, and nobody has its key."""
    made = chain(
        "system_contracts_called_by_others",
        {
            WRITER: Account(
                0,
                1,
                asm(
                    [
                        store(n, call("DELEGATECALL", address, gas=100_000))
                        for n, address in enumerate(
                            (
                                BEACON_ROOTS,
                                HISTORY_STORAGE,
                                WITHDRAWAL_REQUESTS,
                                CONSOLIDATION_REQUESTS,
                            )
                        )
                    ]
                ),
            )
        },
    )
    pen = Pen(made, ALICE)
    made.add(pen(to=WRITER, gas=900_000))
    made.add(
        pen(to=BEACON_ROOTS, data=word(1), gas=60_000),
        pen(to=HISTORY_STORAGE, data=word(2**255), gas=60_000),
    )
    return made


CASES = [
    history,
    history_ring,
    beacon_roots,
    without_optional_contracts,
    other_optional_contracts,
    withdrawal_requests,
    withdrawal_fee,
    consolidation_requests,
    deposits,
    all_requests,
    deposit_without_topic,
    malformed_deposits,
    odd_request_contracts,
    withdrawals,
    system_caller,
    *[
        partial(broken_request_contract, address, how)
        for address in (WITHDRAWAL_REQUESTS, CONSOLIDATION_REQUESTS)
        for how in ("missing", "reverts", "burns")
    ],
]
