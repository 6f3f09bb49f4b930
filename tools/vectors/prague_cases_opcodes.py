"""Instructions: the newer ones in every way, the older ones on the edges of their inputs."""

import random

from ethereum_types.bytes import Bytes20, Bytes32
from ethereum_types.numeric import U256, Uint

from ethereum.forks.prague.transactions import Access

from prague_asm import asm, call, deployer, forwarder, memory, store
from prague_chain import COINBASE, Account, Chain
from prague_tx import Key, Pen, blob_hash

RICH = 10**20
ALICE = Key(0xA11CE)
A, B, C, D, FORWARDER = b"\xa1" * 20, b"\xb2" * 20, b"\xc3" * 20, b"\xd4" * 20, b"\xf0" * 20


def chain(name, codes, **options):
    accounts = {ALICE.address: Account(RICH), FORWARDER: Account(0, 1, forwarder())}
    accounts |= {address: code if isinstance(code, Account) else Account(100, 1, code)
                 for address, code in codes.items()}
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
        7, 1, "TSTORE", store(1, 1, "TLOAD"), call("CALL", B), "POP", store(2, 1, "TLOAD"),
        store(3, call("DELEGATECALL", B)), store(4, 1, "TLOAD"),
        [call("CALL", C, size_out=32) + ["POP"] for _ in range(3)], store(5, 0, "MLOAD"), store(6, 5, "TLOAD"),
        [call("DELEGATECALL", C, size_out=32) + ["POP"] for _ in range(2)], store(7, 0, "MLOAD"),
        store(8, call("STATICCALL", C, gas=50_000)), store(9, 2**256 - 1, "TLOAD"),
        store(10, "GAS", 3, "TLOAD POP GAS SWAP1 SUB"), store(11, "GAS", 1, 3, "TSTORE GAS SWAP1 SUB"),
    )
    made = chain("transient_storage", {A: main, B: reverter, C: bump, D: setter})
    run(made, A, A)
    run(made, D, C)
    return run(made, A)


def memory_copy():
    """EIP-5656: overlapping both ways, beyond the end, nothing, far away."""
    moves = [(0, 32, 32), (32, 0, 64), (1, 0, 95), (0, 1, 95), (64, 64, 32), (200, 10, 100), (5, 300, 33), (0, 0, 0)]
    code = [memory(bytes(range(96)))]
    for slot, (to, source, size) in enumerate(moves):
        code += [size, source, to, "MCOPY", store(slot, "MSIZE", 0, "KECCAK")]
    far = [0, 2**255, 2**255, "MCOPY", store(20, 1), 1, 2**64, 0, "MCOPY", store(21, 1)]
    return run(chain("memory_copy", {A: asm(code, store(30, "MSIZE")), B: asm(far)}), A, B)


def block_values():
    """What a block tells its contracts, and block hashes near and far."""
    names = ("COINBASE TIMESTAMP NUMBER PREVRANDAO GASLIMIT CHAINID BASEFEE SELFBALANCE BLOBBASEFEE "
             "GASPRICE ORIGIN CALLER CALLVALUE ADDRESS CODESIZE CALLDATASIZE RETURNDATASIZE MSIZE PC").split()
    code = asm([store(slot, name) for slot, name in enumerate(names)],
               [store(40 + back, back, "NUMBER SUB BLOCKHASH") for back in (0, 1, 2, 3, 4)],
               store(50, 2**255, "BLOCKHASH"), store(51, 1, "NUMBER ADD BLOCKHASH"), store(52, 0, "BLOCKHASH"),
               store(60, "GAS COINBASE BALANCE POP GAS SWAP1 SUB"))
    made = chain("block_values", {A: code}, chain_id=0xFFFF_FFFF_FFFF)
    for _ in range(3):
        run(made, A, gas=2_000_000)
    return run(made, A, gas=2_000_000, value=3)


def blob_values():
    code = asm([store(i, i, "BLOBHASH") for i in range(4)], store(4, 2**255, "BLOBHASH"), store(5, "BLOBBASEFEE"))
    caller = asm(store(0, call("DELEGATECALL", A)), 0, 0, "REVERT")
    made = chain("blob_hashes_and_fee", {A: code, B: caller, C: asm(call("CALL", A), "POP", 0, "BLOBHASH", 9, "SSTORE")})
    pen = Pen(made, ALICE)
    made.add(pen(3, to=A, blobs=[blob_hash(1), blob_hash(2)], gas=300_000), pen(3, to=C, gas=300_000),
             pen(2, to=C, gas=300_000), pen(3, to=B, gas=300_000, value=2))
    return made


def selfdestruct():
    """EIP-6780: only what a transaction made it may unmake; the balance goes in any case."""
    die = lambda heir: asm(heir, "SELFDESTRUCT")
    to_self = asm("ADDRESS SELFDESTRUCT")
    init_dies = die(COINBASE)
    made_code = deployer(asm("CALLVALUE", "@in", "JUMPI", B, "SELFDESTRUCT", ":in", "ADDRESS SELFDESTRUCT"))
    maker = asm(
        memory(made_code), len(made_code), 0, 5, "CREATE", "DUP1", 0, "SSTORE",
        store(1, [0, 0, 0, 0, 0, "DUP6", "GAS CALL"]), store(2, [0, 0, 0, 0, 3, "DUP6", "GAS CALL"]),
        store(3, "DUP1 BALANCE"), store(4, "DUP1 EXTCODESIZE"), store(5, "DUP1 EXTCODEHASH"),
        memory(init_dies), store(6, len(init_dies), 0, 4, "CREATE"), store(7, "SELFBALANCE"),
        9, len(made_code), 0, 2, "CREATE2 POP",
    )
    codes = {A: die(B), C: to_self, D: maker, bytes([1]) * 20: die(bytes([0x66]) * 20),
             bytes([2]) * 20: Account(0, 1, die(bytes([0x67]) * 20)),
             bytes([3]) * 20: asm(call("DELEGATECALL", A), "POP", store(0, "SELFBALANCE")),
             bytes([4]) * 20: asm(store(0, call("STATICCALL", A, gas=50_000)), store(1, call("CALL", A, value=7)),
                                  store(2, call("CALL", A, value=1)), store(3, A, "BALANCE"), 0, 0, "REVERT")}
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
    codes[A] = asm([["GAS", measure(target), "GAS SWAP1 SUB", slot, "SSTORE"] for slot, target in enumerate(order)])
    return run(chain("selfdestruct_gas", codes), A, A, order[1])


def deep_calls():
    """Calls that call themselves until the gas or the depth of 1024 ends it."""
    self_call = asm(store(0, 1, 0, "SLOAD ADD"), 0, 0, 0, 0, 0, "ADDRESS GAS CALL STOP")
    counter = asm(1, 0, "CALLDATALOAD ADD", 0, "MSTORE", 0, 0, 32, 0, "ADDRESS GAS STATICCALL POP",
                  32, 0, "RETURNDATASIZE", "@deep", "JUMPI", 32, 0, "RETURN",
                  ":deep", "POP POP", 32, 0, 0, "RETURNDATACOPY", 32, 0, "RETURN")
    shallow = asm(store(1, call("CALL", B, size_in=32, size_out=32)), store(2, 0, "MLOAD"))
    value_call = asm(0, 0, 0, 0, 1, "ADDRESS GAS CALL", "DUP1", "@done", "JUMPI", store(0, "GAS"), ":done", "STOP")
    made = chain("deep_calls", {A: self_call, B: counter, C: shallow, D: Account(5, 1, value_call)})
    return run(made, A, C, D, gas=9_000_000)


def depth_limit():
    """Depth 1024 is reached: the call that would go deeper fails and costs nothing more."""
    code = asm(1, 0, "CALLDATALOAD ADD", "DUP1", 0, "MSTORE", 0, 0, 32, 0, "ADDRESS GAS DELEGATECALL",
               "@ok", "JUMPI", store(0, "DUP1"), store(1, "RETURNDATASIZE"), ":ok", "STOP")
    made = chain("depth_limit", {A: code}, gas_limit=Uint(2**42))
    return run(made, A, gas=2**41, max_fee_per_gas=1_010)


def return_data():
    """Return data: sizes, copies beyond its end, after calls that fail, big ones."""
    big = asm(30_000, 0, "RETURN")
    failing = asm(memory(b"reason"), 6, 0, "REVERT")
    main = asm(
        store(0, "RETURNDATASIZE"), call("CALL", B), "POP", store(1, "RETURNDATASIZE"),
        30_000, 0, 0, "RETURNDATACOPY", store(2, "MSIZE"),
        call("CALL", C), "POP", store(3, "RETURNDATASIZE"), 6, 0, 0, "RETURNDATACOPY", store(4, 0, "MLOAD"),
        call("CALL", b"\x99" * 20), "POP", store(5, "RETURNDATASIZE"), 0, 0, 0, "RETURNDATACOPY",
        store(6, call("CALL", D)), store(7, "RETURNDATASIZE"),
    )
    over = asm(call("CALL", C), "POP", 7, 0, 0, "RETURNDATACOPY", store(0, 1))
    wraps = asm(call("CALL", C), "POP", 1, 2**256 - 1, 0, "RETURNDATACOPY", store(0, 1))
    zero_beyond = asm(call("CALL", C), "POP", 0, 7, 0, "RETURNDATACOPY", store(0, 1))
    codes = {A: main, B: big, C: failing, D: over, b"\x11" * 20: wraps, b"\x12" * 20: zero_beyond}
    return run(chain("return_data", codes), A, D, b"\x11" * 20, b"\x12" * 20)


def static_calls():
    """Whatever changes something fails in a static call, calls with money included."""
    forbidden = [store(0, 1), [0, 0, "LOG0"], [1, 0, 0, 0, 0, "LOG3"], [0, 0, 0, "CREATE"], [0, 0, 0, 0, "CREATE2"],
                 [0, "SELFDESTRUCT"], [1, 1, "TSTORE"], call("CALL", B, value=1), call("CALLCODE", B, value=1),
                 call("CALL", B), call("STATICCALL", B), [0, "SLOAD"], [0, "TLOAD"]]
    codes = {bytes([0x40 + i]) * 20: asm(code, 0, "MSTORE", 32, 0, "RETURN") if i not in range(7) else asm(code)
             for i, code in enumerate(forbidden)}
    main = asm([store(i, call("STATICCALL", address, gas=60_000)) for i, address in enumerate(codes)])
    return run(chain("static_calls", codes | {A: main, B: b""}), A, gas=3_000_000)


def halts():
    """Every way to stop badly, and some that are none."""
    codes = [asm("POP"), asm(1, 2, "JUMP"), asm(0, "JUMP"), b"\x60\x5b\x60\x01\x56", asm([0] * 1024), asm([0] * 1025),
             asm("INVALID"), b"\x0c", b"\x5f\x5f\xfd", b"\x60", b"\x7f\x01", asm(2**255, 0, "MSTORE8"),
             asm(0, 2**255, "SLOAD POP MLOAD"), asm(1, 2**64, "RETURN"), asm("@a", "JUMP", ":a", store(0, "PC")),
             b"\xef", b"\x5b" * 50, asm(0, 0, "@a", "JUMPI", 2**256 - 1, 0, "JUMPI", ":a", store(0, 1)),
             bytes([0x60, 0x04, 0x56, 0x61, 0x5B, 0x00]), asm(2**64 + 3, "JUMP", ":a"), b"\xe0\0\0", b"\x1e", b"\x49"]
    addresses = {bytes([0x50 + i]) * 20: code for i, code in enumerate(codes)}
    main = asm([store(i, call("CALL", address, gas=60_000)) for i, address in enumerate(addresses)])
    made = chain("halts", addresses | {A: main})
    run(made, A, gas=6_000_000)
    return run(made, *addresses, gas=100_000)


def account_access():
    """Access to accounts and slots, warm and cold, from an access list, after a revert."""
    look = lambda slot, *what: ["GAS", what, "POP GAS SWAP1 SUB", slot, "SSTORE"]
    code = asm(
        look(0, B, "BALANCE"), look(1, B, "BALANCE"), look(2, C, "EXTCODESIZE"), look(3, C, "EXTCODEHASH"),
        look(4, D, "EXTCODEHASH"), look(5, 7, "SLOAD"), look(6, 7, "SLOAD"), look(7, "ADDRESS BALANCE"),
        look(8, "ORIGIN BALANCE"), look(9, bytes(19) + b"\2", "BALANCE"), look(10, "COINBASE BALANCE"),
        call("CALL", B, gas=50_000), "POP", look(11, b"\x77" * 20, "BALANCE"), look(12, call("CALL", b"\x78" * 20)),
        look(13, call("CALL", b"\x78" * 20)), look(14, call("CALL", b"\x79" * 20, value=1)),
        32, 0, 0, D, "EXTCODECOPY", store(15, 0, "MLOAD"), store(16, b"\x7a" * 20, "EXTCODEHASH"),
        store(17, D, "EXTCODEHASH"), store(18, ALICE.address, "EXTCODEHASH"),
    )
    toucher = asm(b"\x77" * 20, "BALANCE", 0, 0, "REVERT")
    made = chain("account_access", {A: code, B: toucher, C: b"\1\2\3", D: Account(1, 0)})
    pen = Pen(made, ALICE)
    listed = [Access(account=Bytes20(B), slots=()), Access(account=Bytes20(A), slots=(Bytes32(U256(7).to_be_bytes32()),)),
              Access(account=Bytes20(C), slots=()), Access(account=Bytes20(C), slots=())]
    made.add(pen(to=A, gas=2_000_000), pen(1, to=A, gas=2_000_000, access_list=listed), pen(2, to=A, gas=2_000_000, access_list=listed))
    return made


def storage_gas():
    """Every order of original, current and new value, and what it costs and gives back."""
    values = (0, 1, 2)
    writes = [(a, b, c) for a in values for b in values for c in values]
    code = [["GAS", second, slot, "SSTORE", third, slot, "SSTORE GAS SWAP1 SUB", 100 + slot, "SSTORE"]
            for slot, (_, second, third) in enumerate(writes)]
    storage = {slot: first for slot, (first, _, _) in enumerate(writes) if first}
    sentry = asm(store(0, call("CALL", C, gas=2_300)), store(1, call("CALL", C, gas=2_320)), store(2, call("CALL", C, gas=25_000)))
    made = chain("storage_gas", {A: Account(0, 1, asm(code), storage), B: sentry, C: asm(store(0, 1))})
    return run(made, A, B, A, gas=3_000_000)


def logs():
    """No topic to four, empty, large, and undone."""
    code = asm(memory(b"\xab" * 64), [[[9] * n, 40, 3, f"LOG{n}"] for n in range(5)], 0, 0, "LOG0", 5000, 0, 7, "SWAP2 LOG1",
               call("CALL", B), "POP", call("CALL", C), "POP")
    codes = {A: code, B: asm(1, 2, 3, 0, 0, "LOG3", 0, 0, "REVERT"), C: asm(4, 0, 0, "LOG1")}
    return run(chain("logs", codes), A, C, B)


def call_kinds():
    """The four calls: who is caller, what is its value, whose storage and balance."""
    note = asm(store(0, "CALLER"), store(1, "CALLVALUE"), store(2, "ADDRESS"), store(3, "SELFBALANCE"),
               store(4, 0, "CALLDATALOAD"), 5, 0, "MSTORE", 32, 0, "RETURN")
    main = asm(memory(b"\xcd" * 32), [[store(10 + i, call(op, B, gas=150_000, value=i, size_in=32, size_out=32, at_out=32)), store(20 + i, 32, "MLOAD")]
               for i, op in enumerate(("CALL", "CALLCODE", "DELEGATECALL", "STATICCALL"))],
               store(30, call("CALL", B, value=10**6)), store(31, "RETURNDATASIZE"), store(32, call("CALLCODE", B, value=10**6)),
               store(33, call("CALL", "ADDRESS", gas=0)), store(34, call("CALL", B, gas=2**255, value=1)))
    return run(chain("call_kinds", {A: main, B: note}), A, gas=3_000_000, value=7)


BINARY = ("ADD MUL SUB DIV SDIV MOD SMOD EXP SIGNEXTEND LT GT SLT SGT EQ AND OR XOR BYTE SHL SHR SAR").split()
EDGES = [0, 1, 2, 3, 31, 32, 255, 256, 2**127, 2**128 - 1, 2**255 - 1, 2**255, 2**255 + 1, 2**256 - 2, 2**256 - 1,
         0x8000000000000001, 0xFF00FF00FF]


def arithmetic():
    """Each two-operand instruction on every pair of edge values, hashed into one word."""
    def sweep(op):
        # memory: [0] running hash, [32] result, [64] i, [96] j; the operands are the calldata.
        return asm(":outer", 0, 96, "MSTORE", ":inner",
                   96, "MLOAD CALLDATALOAD", 64, "MLOAD CALLDATALOAD", op, 32, "MSTORE", 64, 0, "KECCAK", 0, "MSTORE",
                   96, "MLOAD", 32, "ADD DUP1", 96, "MSTORE", "CALLDATASIZE GT", "@inner", "JUMPI",
                   64, "MLOAD", 32, "ADD DUP1", 64, "MSTORE", "CALLDATASIZE GT", "@outer", "JUMPI",
                   store(0, 0, "MLOAD"))

    codes = {bytes([0x80 + i]) * 20: Account(0, 1, sweep(op)) for i, op in enumerate(BINARY)}
    made = chain("arithmetic", codes)
    pen = Pen(made, ALICE)
    noise = random.Random(1)
    data = b"".join(n.to_bytes(32, "big") for n in EDGES + [noise.getrandbits(256) for _ in range(3)])
    made.add(*[pen(to=target, data=data, gas=1_200_000) for target in codes])
    return made


def three_operands():
    """ADDMOD and MULMOD, NOT and ISZERO, on edge values."""
    noise = random.Random(2)
    edges = [0, 1, 2, 2**128, 2**255, 2**256 - 1, noise.getrandbits(256)]
    code = []
    for op in ("ADDMOD", "MULMOD"):
        for _ in range(40):
            code += [noise.choice(edges), noise.choice(edges), noise.choice(edges), op, 32, "MSTORE", 64, 0, "KECCAK", 0, "MSTORE"]
    for value in edges:
        code += [value, "NOT", value, "ISZERO ADD", 32, "MSTORE", 64, 0, "KECCAK", 0, "MSTORE"]
    return run(chain("three_operands", {A: asm(code, store(0, 0, "MLOAD"))}), A)


CASES = [transient_storage, memory_copy, block_values, blob_values, selfdestruct, selfdestruct_gas,
         deep_calls, depth_limit, return_data, static_calls, halts, account_access, storage_gas, logs, call_kinds,
         arithmetic, three_operands]
