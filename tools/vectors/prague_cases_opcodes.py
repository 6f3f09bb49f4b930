"""Instructions: the newer ones in every way, the older ones on the edges of their inputs."""

import random

from prague_asm import asm, call, deployer, forwarder, memory, store
from prague_chain import COINBASE, Account, Chain
from prague_tx import Key, Pen, blob_hash

RICH = 10**20
ALICE = Key(0xA11CE)
A, B, C, D, FORWARDER = b"\xa1" * 20, b"\xb2" * 20, b"\xc3" * 20, b"\xd4" * 20, b"\xf0" * 20


def chain(name, codes, **options):
    accounts = {ALICE.address: Account(RICH), FORWARDER: Account(0, 1, forwarder())}
    accounts |= {
        address: code if isinstance(code, Account) else Account(100, 1, code)
        for address, code in codes.items()
    }
    return Chain(name, accounts, **options)


def run(made, *targets, gas=1_000_000, **values):
    pen = Pen(made, ALICE)
    made.add(*[pen(to=target, gas=gas, **values) for target in targets])
    return made


def transient_storage():
    """EIP-1153: kept between calls of a transaction, undone by reverts, gone after."""
    setter = asm(1, "CALLDATASIZE TSTORE", store(0, "CALLDATASIZE TLOAD"))
    reverter = asm(9, 1, "TSTORE", 0, 0, "REVERT")
    bump = asm(1, 5, "TLOAD ADD", 5, "TSTORE", 5, "TLOAD", 0, "MSTORE", 32, 0, "RETURN")
    main = asm(
        7,
        1,
        "TSTORE",
        store(1, 1, "TLOAD"),
        call("CALL", B),
        "POP",
        store(2, 1, "TLOAD"),
        store(3, call("DELEGATECALL", B)),
        store(4, 1, "TLOAD"),
        [call("CALL", C, size_out=32) + ["POP"] for _ in range(3)],
        store(5, 0, "MLOAD"),
        store(6, 5, "TLOAD"),
        [call("DELEGATECALL", C, size_out=32) + ["POP"] for _ in range(2)],
        store(7, 0, "MLOAD"),
        store(8, call("STATICCALL", C, gas=50_000)),
        store(9, 2**256 - 1, "TLOAD"),
        store(10, "GAS", 3, "TLOAD POP GAS SWAP1 SUB"),
        store(11, "GAS", 1, 3, "TSTORE GAS SWAP1 SUB"),
    )
    made = chain("transient_storage", {A: main, B: reverter, C: bump, D: setter})
    run(made, A, A)
    run(made, D, C)
    return run(made, A)


def memory_copy():
    """EIP-5656: overlapping both ways, beyond the end, nothing, far away."""
    moves = [
        (0, 32, 32),
        (32, 0, 64),
        (1, 0, 95),
        (0, 1, 95),
        (64, 64, 32),
        (200, 10, 100),
        (5, 300, 33),
        (0, 0, 0),
    ]
    code = [memory(bytes(range(96)))]
    for slot, (to, source, size) in enumerate(moves):
        code += [size, source, to, "MCOPY", store(slot, "MSIZE", 0, "KECCAK")]
    far = [0, 2**255, 2**255, "MCOPY", store(20, 1), 1, 2**64, 0, "MCOPY", store(21, 1)]
    return run(chain("memory_copy", {A: asm(code, store(30, "MSIZE")), B: asm(far)}), A, B)


def block_values():
    """What a block tells its contracts, and block hashes near and far."""
    names = (
        "COINBASE TIMESTAMP NUMBER PREVRANDAO GASLIMIT CHAINID BASEFEE SELFBALANCE BLOBBASEFEE "
        "GASPRICE ORIGIN CALLER CALLVALUE ADDRESS CODESIZE CALLDATASIZE RETURNDATASIZE MSIZE PC"
    ).split()
    code = asm(
        [store(slot, name) for slot, name in enumerate(names)],
        [store(40 + back, back, "NUMBER SUB BLOCKHASH") for back in (0, 1, 2, 3, 4)],
        store(50, 2**255, "BLOCKHASH"),
        store(51, 1, "NUMBER ADD BLOCKHASH"),
        store(52, 0, "BLOCKHASH"),
        store(60, "GAS COINBASE BALANCE POP GAS SWAP1 SUB"),
    )
    made = chain("block_values", {A: code}, chain_id=0xFFFF_FFFF_FFFF)
    for _ in range(3):
        run(made, A, gas=2_000_000)
    return run(made, A, gas=2_000_000, value=3)


def blob_values():
    code = asm(
        [store(i, i, "BLOBHASH") for i in range(4)],
        store(4, 2**255, "BLOBHASH"),
        store(5, "BLOBBASEFEE"),
    )
    caller = asm(store(0, call("DELEGATECALL", A)), 0, 0, "REVERT")
    made = chain(
        "blob_hashes_and_fee",
        {A: code, B: caller, C: asm(call("CALL", A), "POP", 0, "BLOBHASH", 9, "SSTORE")},
    )
    pen = Pen(made, ALICE)
    made.add(
        pen(3, to=A, blobs=[blob_hash(1), blob_hash(2)], gas=300_000),
        pen(3, to=C, gas=300_000),
        pen(2, to=C, gas=300_000),
        pen(3, to=B, gas=300_000, value=2),
    )
    return made


def selfdestruct():
    """EIP-6780: only what a transaction made it may unmake; the balance goes in any case."""
    die = lambda heir: asm(heir, "SELFDESTRUCT")
    to_self = asm("ADDRESS SELFDESTRUCT")
    init_dies = die(COINBASE)
    made_code = deployer(
        asm("CALLVALUE", "@in", "JUMPI", B, "SELFDESTRUCT", ":in", "ADDRESS SELFDESTRUCT")
    )
    maker = asm(
        memory(made_code),
        len(made_code),
        0,
        5,
        "CREATE",
        "DUP1",
        0,
        "SSTORE",
        store(1, [0, 0, 0, 0, 0, "DUP6", "GAS CALL"]),
        store(2, [0, 0, 0, 0, 3, "DUP6", "GAS CALL"]),
        store(3, "DUP1 BALANCE"),
        store(4, "DUP1 EXTCODESIZE"),
        store(5, "DUP1 EXTCODEHASH"),
        memory(init_dies),
        store(6, len(init_dies), 0, 4, "CREATE"),
        store(7, "SELFBALANCE"),
        9,
        len(made_code),
        0,
        2,
        "CREATE2 POP",
    )
    codes = {
        A: die(B),
        C: to_self,
        D: maker,
        bytes([1]) * 20: die(bytes([0x66]) * 20),
        bytes([2]) * 20: Account(0, 1, die(bytes([0x67]) * 20)),
        bytes([3]) * 20: asm(call("DELEGATECALL", A), "POP", store(0, "SELFBALANCE")),
        bytes([4]) * 20: asm(
            store(0, call("STATICCALL", A, gas=50_000)),
            store(1, call("CALL", A, value=7)),
            store(2, call("CALL", A, value=1)),
            store(3, A, "BALANCE"),
            0,
            0,
            "REVERT",
        ),
    }
    made = chain("selfdestruct", codes)
    run(made, A, C, bytes([1]) * 20, bytes([2]) * 20, bytes([3]) * 20, bytes([4]) * 20)
    run(made, D, D)
    return run(made, A, C, value=5)


def selfdestruct_gas():
    """What an heir costs: cold or warm, with or without an account, with or without money."""
    measure = lambda target: [call("CALL", target, gas=100_000), "POP"]
    heirs = [b"\x71" * 20, b"\x72" * 20, COINBASE, ALICE.address]
    codes, order = {}, []
    for i, heir in enumerate(heirs):
        for money in (0, 5):
            address = bytes([0x31 + 2 * i + (money > 0)]) * 20
            codes[address] = Account(money, 1, asm(heir, "SELFDESTRUCT"))
            order.append(address)
    codes[A] = asm(
        [
            ["GAS", measure(target), "GAS SWAP1 SUB", slot, "SSTORE"]
            for slot, target in enumerate(order)
        ]
    )
    return run(chain("selfdestruct_gas", codes), A, A, order[1])


def storage_gas():
    """Every order of original, current and new value, and what it costs and gives back."""
    values = (0, 1, 2)
    writes = [(a, b, c) for a in values for b in values for c in values]
    code = [
        ["GAS", second, slot, "SSTORE", third, slot, "SSTORE GAS SWAP1 SUB", 100 + slot, "SSTORE"]
        for slot, (_, second, third) in enumerate(writes)
    ]
    storage = {slot: first for slot, (first, _, _) in enumerate(writes) if first}
    sentry = asm(
        store(0, call("CALL", C, gas=2_300)),
        store(1, call("CALL", C, gas=2_320)),
        store(2, call("CALL", C, gas=25_000)),
    )
    made = chain(
        "storage_gas", {A: Account(0, 1, asm(code), storage), B: sentry, C: asm(store(0, 1))}
    )
    return run(made, A, B, A, gas=3_000_000)


def logs():
    """No topic to four, empty, large, and undone."""
    code = asm(
        memory(b"\xab" * 64),
        [[[9] * n, 40, 3, f"LOG{n}"] for n in range(5)],
        0,
        0,
        "LOG0",
        5000,
        0,
        7,
        "SWAP2 LOG1",
        call("CALL", B),
        "POP",
        call("CALL", C),
        "POP",
    )
    codes = {A: code, B: asm(1, 2, 3, 0, 0, "LOG3", 0, 0, "REVERT"), C: asm(4, 0, 0, "LOG1")}
    return run(chain("logs", codes), A, C, B)


BINARY = (
    "ADD MUL SUB DIV SDIV MOD SMOD EXP SIGNEXTEND LT GT SLT SGT EQ AND OR XOR BYTE SHL SHR SAR"
).split()
EDGES = [
    0,
    1,
    2,
    3,
    31,
    32,
    255,
    256,
    2**127,
    2**128 - 1,
    2**255 - 1,
    2**255,
    2**255 + 1,
    2**256 - 2,
    2**256 - 1,
    0x8000000000000001,
    0xFF00FF00FF,
]


def arithmetic():
    """Each two-operand instruction on every pair of edge values, hashed into one word."""

    def sweep(op):
        # memory: [0] running hash, [32] result, [64] i, [96] j; the operands are the calldata.
        return asm(
            ":outer",
            0,
            96,
            "MSTORE",
            ":inner",
            96,
            "MLOAD CALLDATALOAD",
            64,
            "MLOAD CALLDATALOAD",
            op,
            32,
            "MSTORE",
            64,
            0,
            "KECCAK",
            0,
            "MSTORE",
            96,
            "MLOAD",
            32,
            "ADD DUP1",
            96,
            "MSTORE",
            "CALLDATASIZE GT",
            "@inner",
            "JUMPI",
            64,
            "MLOAD",
            32,
            "ADD DUP1",
            64,
            "MSTORE",
            "CALLDATASIZE GT",
            "@outer",
            "JUMPI",
            store(0, 0, "MLOAD"),
        )

    codes = {bytes([0x80 + i]) * 20: Account(0, 1, sweep(op)) for i, op in enumerate(BINARY)}
    made = chain("arithmetic", codes)
    pen = Pen(made, ALICE)
    noise = random.Random(1)
    data = b"".join(
        n.to_bytes(32, "big") for n in EDGES + [noise.getrandbits(256) for _ in range(3)]
    )
    made.add(*[pen(to=target, data=data, gas=1_200_000) for target in codes])
    return made


def three_operands():
    """ADDMOD and MULMOD, NOT and ISZERO, on edge values."""
    noise = random.Random(2)
    edges = [0, 1, 2, 2**128, 2**255, 2**256 - 1, noise.getrandbits(256)]
    code = []
    for op in ("ADDMOD", "MULMOD"):
        for _ in range(40):
            code += [
                noise.choice(edges),
                noise.choice(edges),
                noise.choice(edges),
                op,
                32,
                "MSTORE",
                64,
                0,
                "KECCAK",
                0,
                "MSTORE",
            ]
    for value in edges:
        code += [value, "NOT", value, "ISZERO ADD", 32, "MSTORE", 64, 0, "KECCAK", 0, "MSTORE"]
    return run(chain("three_operands", {A: asm(code, store(0, 0, "MLOAD"))}), A)


CASES = [
    transient_storage,
    memory_copy,
    block_values,
    blob_values,
    selfdestruct,
    selfdestruct_gas,
    storage_gas,
    logs,
    arithmetic,
    three_operands,
]
