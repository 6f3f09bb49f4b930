"""Calls: their kinds, depth and return data, what a static one forbids, how code stops."""

from ethereum.forks.prague.transactions import Access
from ethereum_types.bytes import Bytes20, Bytes32
from ethereum_types.numeric import U256, Uint

from prague_asm import asm, call, memory, store
from prague_cases_opcodes import ALICE, A, B, C, D, chain, run
from prague_chain import Account
from prague_tx import Pen


def deep_calls():
    """Calls that call themselves until the gas or the depth of 1024 ends it."""
    self_call = asm(store(0, 1, 0, "SLOAD ADD"), 0, 0, 0, 0, 0, "ADDRESS GAS CALL STOP")
    counter = asm(
        1,
        0,
        "CALLDATALOAD ADD",
        0,
        "MSTORE",
        0,
        0,
        32,
        0,
        "ADDRESS GAS STATICCALL POP",
        32,
        0,
        "RETURNDATASIZE",
        "@deep",
        "JUMPI",
        32,
        0,
        "RETURN",
        ":deep",
        "POP POP",
        32,
        0,
        0,
        "RETURNDATACOPY",
        32,
        0,
        "RETURN",
    )
    shallow = asm(store(1, call("CALL", B, size_in=32, size_out=32)), store(2, 0, "MLOAD"))
    value_call = asm(
        0,
        0,
        0,
        0,
        1,
        "ADDRESS GAS CALL",
        "DUP1",
        "@done",
        "JUMPI",
        store(0, "GAS"),
        ":done",
        "STOP",
    )
    made = chain("deep_calls", {A: self_call, B: counter, C: shallow, D: Account(5, 1, value_call)})
    return run(made, A, C, D, gas=9_000_000)


def depth_limit():
    """Depth 1024 is reached: the call that would go deeper fails and costs nothing more."""
    code = asm(
        1,
        0,
        "CALLDATALOAD ADD",
        "DUP1",
        0,
        "MSTORE",
        0,
        0,
        32,
        0,
        "ADDRESS GAS DELEGATECALL",
        "@ok",
        "JUMPI",
        store(0, "DUP1"),
        store(1, "RETURNDATASIZE"),
        ":ok",
        "STOP",
    )
    made = chain("depth_limit", {A: code}, gas_limit=Uint(2**42))
    return run(made, A, gas=2**41, max_fee_per_gas=1_010)


def return_data():
    """Return data: sizes, copies beyond its end, after calls that fail, big ones."""
    big = asm(30_000, 0, "RETURN")
    failing = asm(memory(b"reason"), 6, 0, "REVERT")
    main = asm(
        store(0, "RETURNDATASIZE"),
        call("CALL", B),
        "POP",
        store(1, "RETURNDATASIZE"),
        30_000,
        0,
        0,
        "RETURNDATACOPY",
        store(2, "MSIZE"),
        call("CALL", C),
        "POP",
        store(3, "RETURNDATASIZE"),
        6,
        0,
        0,
        "RETURNDATACOPY",
        store(4, 0, "MLOAD"),
        call("CALL", b"\x99" * 20),
        "POP",
        store(5, "RETURNDATASIZE"),
        0,
        0,
        0,
        "RETURNDATACOPY",
        store(6, call("CALL", D)),
        store(7, "RETURNDATASIZE"),
    )
    over = asm(call("CALL", C), "POP", 7, 0, 0, "RETURNDATACOPY", store(0, 1))
    wraps = asm(call("CALL", C), "POP", 1, 2**256 - 1, 0, "RETURNDATACOPY", store(0, 1))
    zero_beyond = asm(call("CALL", C), "POP", 0, 7, 0, "RETURNDATACOPY", store(0, 1))
    codes = {A: main, B: big, C: failing, D: over, b"\x11" * 20: wraps, b"\x12" * 20: zero_beyond}
    return run(chain("return_data", codes), A, D, b"\x11" * 20, b"\x12" * 20)


def static_calls():
    """Whatever changes something fails in a static call, calls with money included."""
    forbidden = [
        store(0, 1),
        [0, 0, "LOG0"],
        [1, 0, 0, 0, 0, "LOG3"],
        [0, 0, 0, "CREATE"],
        [0, 0, 0, 0, "CREATE2"],
        [0, "SELFDESTRUCT"],
        [1, 1, "TSTORE"],
        call("CALL", B, value=1),
        call("CALLCODE", B, value=1),
        call("CALL", B),
        call("STATICCALL", B),
        [0, "SLOAD"],
        [0, "TLOAD"],
    ]
    codes = {
        bytes([0x40 + i]) * 20: asm(code, 0, "MSTORE", 32, 0, "RETURN")
        if i not in range(7)
        else asm(code)
        for i, code in enumerate(forbidden)
    }
    main = asm(
        [store(i, call("STATICCALL", address, gas=60_000)) for i, address in enumerate(codes)]
    )
    return run(chain("static_calls", codes | {A: main, B: b""}), A, gas=3_000_000)


def halts():
    """Every way to stop badly, and some that are none."""
    codes = [
        asm("POP"),
        asm(1, 2, "JUMP"),
        asm(0, "JUMP"),
        b"\x60\x5b\x60\x01\x56",
        asm([0] * 1024),
        asm([0] * 1025),
        asm("INVALID"),
        b"\x0c",
        b"\x5f\x5f\xfd",
        b"\x60",
        b"\x7f\x01",
        asm(2**255, 0, "MSTORE8"),
        asm(0, 2**255, "SLOAD POP MLOAD"),
        asm(1, 2**64, "RETURN"),
        asm("@a", "JUMP", ":a", store(0, "PC")),
        b"\xef",
        b"\x5b" * 50,
        asm(0, 0, "@a", "JUMPI", 2**256 - 1, 0, "JUMPI", ":a", store(0, 1)),
        bytes([0x60, 0x04, 0x56, 0x61, 0x5B, 0x00]),
        asm(2**64 + 3, "JUMP", ":a"),
        b"\xe0\0\0",
        b"\x1e",
        b"\x49",
    ]
    addresses = {bytes([0x50 + i]) * 20: code for i, code in enumerate(codes)}
    main = asm([store(i, call("CALL", address, gas=60_000)) for i, address in enumerate(addresses)])
    made = chain("halts", addresses | {A: main})
    run(made, A, gas=6_000_000)
    return run(made, *addresses, gas=100_000)


def account_access():
    """Access to accounts and slots, warm and cold, from an access list, after a revert."""
    look = lambda slot, *what: ["GAS", what, "POP GAS SWAP1 SUB", slot, "SSTORE"]
    code = asm(
        look(0, B, "BALANCE"),
        look(1, B, "BALANCE"),
        look(2, C, "EXTCODESIZE"),
        look(3, C, "EXTCODEHASH"),
        look(4, D, "EXTCODEHASH"),
        look(5, 7, "SLOAD"),
        look(6, 7, "SLOAD"),
        look(7, "ADDRESS BALANCE"),
        look(8, "ORIGIN BALANCE"),
        look(9, bytes(19) + b"\2", "BALANCE"),
        look(10, "COINBASE BALANCE"),
        call("CALL", B, gas=50_000),
        "POP",
        look(11, b"\x77" * 20, "BALANCE"),
        look(12, call("CALL", b"\x78" * 20)),
        look(13, call("CALL", b"\x78" * 20)),
        look(14, call("CALL", b"\x79" * 20, value=1)),
        32,
        0,
        0,
        D,
        "EXTCODECOPY",
        store(15, 0, "MLOAD"),
        store(16, b"\x7a" * 20, "EXTCODEHASH"),
        store(17, D, "EXTCODEHASH"),
        store(18, ALICE.address, "EXTCODEHASH"),
    )
    toucher = asm(b"\x77" * 20, "BALANCE", 0, 0, "REVERT")
    made = chain("account_access", {A: code, B: toucher, C: b"\1\2\3", D: Account(1, 0)})
    pen = Pen(made, ALICE)
    listed = [
        Access(account=Bytes20(B), slots=()),
        Access(account=Bytes20(A), slots=(Bytes32(U256(7).to_be_bytes32()),)),
        Access(account=Bytes20(C), slots=()),
        Access(account=Bytes20(C), slots=()),
    ]
    made.add(
        pen(to=A, gas=2_000_000),
        pen(1, to=A, gas=2_000_000, access_list=listed),
        pen(2, to=A, gas=2_000_000, access_list=listed),
    )
    return made


def call_kinds():
    """The four calls: who is caller, what is its value, whose storage and balance."""
    note = asm(
        store(0, "CALLER"),
        store(1, "CALLVALUE"),
        store(2, "ADDRESS"),
        store(3, "SELFBALANCE"),
        store(4, 0, "CALLDATALOAD"),
        5,
        0,
        "MSTORE",
        32,
        0,
        "RETURN",
    )
    main = asm(
        memory(b"\xcd" * 32),
        [
            [
                store(
                    10 + i, call(op, B, gas=150_000, value=i, size_in=32, size_out=32, at_out=32)
                ),
                store(20 + i, 32, "MLOAD"),
            ]
            for i, op in enumerate(("CALL", "CALLCODE", "DELEGATECALL", "STATICCALL"))
        ],
        store(30, call("CALL", B, value=10**6)),
        store(31, "RETURNDATASIZE"),
        store(32, call("CALLCODE", B, value=10**6)),
        store(33, call("CALL", "ADDRESS", gas=0)),
        store(34, call("CALL", B, gas=2**255, value=1)),
    )
    return run(chain("call_kinds", {A: main, B: note}), A, gas=3_000_000, value=7)


CASES = [deep_calls, depth_limit, return_data, static_calls, halts, account_access, call_kinds]
