"""Contract creation: limits, collisions, failures, and the gas of each."""

from ethereum.crypto.hash import keccak256
from ethereum_rlp import rlp
from ethereum_types.numeric import Uint

from prague_asm import asm, call, deployer, forwarder, memory, returning, store
from prague_chain import Account, Chain
from prague_tx import Key, Pen

RICH = 10**20
ALICE, BOB, CAROL, DAVE = (Key(n) for n in (0xA11CE, 0xB0B, 0xCA401, 0xDA7E))
A, B, C = b"\xa1" * 20, b"\xb2" * 20, b"\xc3" * 20


def chain(name, extra=None, **options):
    accounts = {key.address: Account(RICH) for key in (ALICE, BOB, CAROL, DAVE)} | {
        b"\xf0" * 20: Account(0, 1, forwarder())
    }
    return Chain(name, accounts | (extra or {}), **options)


def created_by(address, nonce):
    return keccak256(rlp.encode((bytes(address), Uint(nonce))))[12:]


def created2_by(address, salt, init):
    return keccak256(b"\xff" + bytes(address) + salt.to_bytes(32, "big") + keccak256(init))[12:]


def by_transaction():
    """Initcode that returns code, nothing, too much, forbidden code, reverts, halts, starves."""
    made = chain("creation_by_transaction")
    pen = Pen(made, ALICE)
    inits = [
        deployer(b"\1\2\3"),
        b"",
        b"\0",
        asm(0, 0, "RETURN"),
        asm(24_576, 0, "RETURN"),
        asm(24_577, 0, "RETURN"),
        returning(b"\xef"),
        returning(b"\xef\0\1"),
        returning(b"\xfe\xef"),
        asm(0, 0, "REVERT"),
        asm(memory(b"why"), 3, 0, "REVERT"),
        b"\xfe",
        asm(store(0, 1), store(1, "ADDRESS"), 1, 0, "RETURN"),
        asm("ADDRESS SELFDESTRUCT"),
        asm(
            store(0, "CODESIZE"),
            store(1, "ADDRESS EXTCODESIZE"),
            store(2, "ADDRESS EXTCODEHASH"),
            store(3, "CALLDATASIZE"),
        ),
    ]
    made.add(
        *[pen(i % 3, data=init, gas=6_000_000, value=i % 2) for i, init in enumerate(inits[:4])]
    )
    for init in inits[4:6]:
        made.add(pen(data=init, gas=6_000_000), pen(data=init, gas=200_000))
    made.add(*[pen(data=init, gas=300_000, value=i % 2) for i, init in enumerate(inits[6:])])
    made.add(
        *[
            pen(data=deployer(b"\1" * 32), gas=gas)
            for gas in (55_000, 56_000, 60_000, 61_000, 70_000)
        ]
    )
    return made


def initcode_limits():
    """EIP-3860: 49,152 bytes of initcode pass, one more does not; in CREATE and CREATE2 too."""
    code = asm(
        [
            [["GAS", value, limit, 0, 0, op] if op == "CREATE2" else ["GAS", limit, 0, 0, op]]
            + ["SWAP1", "GAS SWAP1 SUB", 10 * i + 1, "SSTORE", 10 * i, "SSTORE"]
            for i, (op, limit, value) in enumerate((("CREATE", 49_152, 0), ("CREATE2", 49_152, 1)))
        ],
        store(90, 1),
    )
    over = [
        asm(49_153, 0, 0, "CREATE", store(0, 1)),
        asm(0, 49_153, 0, 0, "CREATE2", store(0, 1)),
        asm(2**64, 0, 0, "CREATE", store(0, 1)),
    ]
    codes = {A: Account(0, 1, code)} | {
        bytes([0x30 + i]) * 20: Account(0, 1, c) for i, c in enumerate(over)
    }
    made = chain("initcode_limits", codes)
    pen = Pen(made, ALICE)
    made.add(*[pen(to=target, gas=500_000) for target in codes])
    made.add(pen(data=bytes(49_152), gas=700_000))
    made.wrong_tx(
        "TransactionException.INITCODE_SIZE_EXCEEDED", pen.peek(data=bytes(49_153), gas=900_000)
    )
    return made


def collisions():
    """An address with a nonce, with code, with storage, with a balance only; created twice."""
    init = deployer(b"\x01")
    victims = {
        created_by(ALICE.address, 0): Account(0, 1),
        created_by(ALICE.address, 1): Account(0, 0, b"\xfe"),
        created_by(ALICE.address, 2): Account(7),
        created_by(A, 1): Account(0, 1),
        created_by(A, 2): Account(9),
        created2_by(A, 0, init): Account(0, 0, b"\0"),
        created2_by(A, 1, init): Account(3),
    }
    maker = asm(
        memory(init),
        [store(i, len(init), 0, 0, "CREATE") for i in range(2)],
        [store(2 + i, i % 2, len(init), 0, 0, "CREATE2") for i in range(3)],
        store(9, "GAS"),
    )
    made = chain("creation_collisions", victims | {A: Account(0, 1, maker)})
    pen = Pen(made, ALICE)
    made.add(
        pen(data=init, gas=200_000, value=1),
        pen(data=init, gas=200_000),
        pen(data=init, gas=200_000, value=1),
    )
    made.add(pen(to=A, gas=20_000_000), pen(to=A, gas=3_000_000))
    return made


def storage_collision():
    """An address with nothing but storage counts as taken (EIP-7610)."""
    init = deployer(b"\x01")
    made = chain(
        "creation_on_storage",
        {
            created_by(ALICE.address, 0): Account(1, 0, b"", {1: 1}),
            created_by(A, 1): Account(1, 0, b"", {1: 1}),
            A: Account(0, 1, asm(memory(init), store(0, len(init), 0, 0, "CREATE"))),
        },
    )
    pen = Pen(made, ALICE)
    made.add(pen(data=init, gas=200_000), pen(to=A, gas=300_000))
    return made


def create2():
    """The address follows from salt and initcode; a second time it is taken, with gas gone."""
    init = deployer(asm(store(0, 1)))
    maker = asm(
        memory(init),
        store(0, 5, len(init), 0, "CALLVALUE CREATE2"),
        store(1, "RETURNDATASIZE"),
        store(2, 0, 0, 0, 0, "CREATE2"),
        store(3, 2**255, 0, 0, 0, "CREATE2"),
        store(4, "SELFBALANCE"),
        store(5, call("CALL", created2_by(A, 5, init))),
    )
    made = chain("create2", {A: Account(0, 1, maker)})
    pen = Pen(made, ALICE)
    made.add(pen(to=A, gas=600_000, value=3), pen(to=A, gas=900_000))
    return made


def nested():
    """Creation inside creation, with reverts at each level, and what nonces are left."""
    inner = deployer(b"\1")
    good = asm(memory(inner), len(inner), 0, 1, "CREATE", 0, "SSTORE", 1, 0, "RETURN")
    bad = asm(memory(inner), len(inner), 0, 1, "CREATE", 0, "SSTORE", 0, 0, "REVERT")
    outer = lambda init: asm(
        memory(init),
        len(init),
        0,
        5,
        "CREATE",
        "DUP1",
        0,
        "SSTORE",
        "EXTCODESIZE",
        1,
        "SSTORE",
        store(2, "RETURNDATASIZE"),
        store(3, "SELFBALANCE"),
    )
    poor = asm(
        store(0, 0, 0, 10**19, "CREATE"), store(1, "GAS"), store(2, 0, 0, 0, 10**19, "CREATE2")
    )
    made = chain(
        "nested_creation",
        {A: Account(50, 1, outer(good)), B: Account(50, 1, outer(bad)), C: Account(50, 1, poor)},
    )
    pen = Pen(made, ALICE)
    made.add(*[pen(to=target, gas=600_000) for target in (A, B, C, A, B)])
    made.add(
        *[pen(to=A, gas=gas) for gas in (80_000, 100_000, 120_000, 150_000)],
        pen(data=good, gas=300_000, value=5),
    )
    return made


def return_data_of_creation():
    """A creation that reverts returns its reason; one that works returns nothing."""
    bad = asm(memory(b"reason"), 6, 0, "REVERT")
    good = deployer(b"\1\2\3\4")
    code = asm(
        memory(bad),
        len(bad),
        0,
        0,
        "CREATE POP",
        store(0, "RETURNDATASIZE"),
        6,
        0,
        64,
        "RETURNDATACOPY",
        store(1, 64, "MLOAD"),
        memory(good),
        len(good),
        0,
        0,
        "CREATE POP",
        store(2, "RETURNDATASIZE"),
        b"\xfe".ljust(32, b"\0"),
        0,
        "MSTORE",
        1,
        0,
        0,
        "CREATE POP",
        store(3, "RETURNDATASIZE"),
    )
    made = chain("return_data_of_creation", {A: Account(0, 1, code)})
    made.add(Pen(made, ALICE)(to=A, gas=20_000_000))
    return made


def deposit_cost():
    """Code that is paid for exactly, and with one gas too little."""
    made = chain("code_deposit_gas")
    init = deployer(b"\1" * 100)
    probe_chain = chain("probe")
    exact = int(
        probe_chain.add(Pen(probe_chain, ALICE)(data=init, gas=300_000)).block.header.gas_used
    )
    made.add(
        *[
            Pen(made, key)(data=init, gas=exact + extra)
            for key, extra in ((ALICE, 0), (BOB, -1), (CAROL, 1), (DAVE, -20_001))
        ]
    )
    return made


CASES = [
    by_transaction,
    initcode_limits,
    collisions,
    storage_collision,
    create2,
    nested,
    return_data_of_creation,
    deposit_cost,
]
