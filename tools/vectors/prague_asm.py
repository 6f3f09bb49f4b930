"""A small assembler, and the contracts that the vectors share."""

from ethereum.forks.prague.vm.instructions import Ops


def push(value, width=None):
    """The shortest PUSH of a number, or a PUSH of exactly these bytes."""
    if isinstance(value, int):
        width = max((value.bit_length() + 7) // 8, width or 0)
        value = value.to_bytes(width, "big")
    return bytes([0x5F + len(value)]) + value


def asm(*parts):
    """Code from opcode names, numbers and bytes to push, and nested lists.

    ":name" places a jump target and "@name" pushes where it is.
    """
    code, labels, uses = bytearray(), {}, []
    for part in _flat(parts):
        if isinstance(part, (int, bytes)):
            code += push(part)
        elif part.startswith(":"):
            labels[part[1:]] = len(code)
            code.append(Ops.JUMPDEST.value)
        elif part.startswith("@"):
            code.append(0x61)
            uses.append((len(code), part[1:]))
            code += bytes(2)
        elif part == "INVALID":
            code.append(0xFE)
        else:
            code.append(getattr(Ops, part).value)
    for at, name in uses:
        code[at : at + 2] = labels[name].to_bytes(2, "big")
    return bytes(code)


def _flat(parts):
    for part in parts:
        if isinstance(part, (list, tuple)):
            yield from _flat(part)
        elif isinstance(part, str) and " " in part:
            yield from part.split()
        else:
            yield part


def store(slot, *value):
    """Stores what an expression leaves on the stack."""
    return [*value, slot, "SSTORE"]


def memory(data, offset=0):
    """Writes bytes into memory, 32 at a time; the last word may write zeros behind them."""
    words = [data[i : i + 32] for i in range(0, len(data), 32)]
    return [[word.ljust(32, b"\0"), offset + 32 * i, "MSTORE"] for i, word in enumerate(words)]


def returning(data):
    """Code that returns these bytes."""
    return asm(memory(data), len(data), 0, "RETURN")


def deployer(code):
    """Initcode that leaves this code behind."""
    head = asm(push_two(len(code)), "DUP1", push_two(11), 0, "CODECOPY", 0, "RETURN")
    assert len(head) == 11
    return head + code


def push_two(value):
    """A PUSH2, however small the number: the code's length must not depend on it."""
    return value.to_bytes(2, "big")


def call(op, target, gas="GAS", value=0, size_in=0, at_in=0, size_out=0, at_out=0):
    """One of the four calls; leaves its success on the stack."""
    with_value = [value] if op in ("CALL", "CALLCODE") else []
    return [size_out, at_out, size_in, at_in, with_value, target, gas, op]


def forwarder(op="CALL"):
    """A contract that calls what its first word names, with at most the gas of its second
    word and the rest as input, and logs success, gas used and everything that came back."""
    with_value = ["CALLVALUE"] if op in ("CALL", "CALLCODE") else []
    return asm(
        64,
        "CALLDATASIZE SUB",
        "DUP1",
        64,
        0,
        "CALLDATACOPY",
        "GAS",
        0,
        0,
        "DUP4",
        0,
        with_value,
        0,
        "CALLDATALOAD",
        32,
        "CALLDATALOAD",
        op,
        "GAS SWAP2 SWAP1",
        0,
        "MSTORE SUB",
        32,
        "MSTORE",
        "RETURNDATASIZE",
        0,
        64,
        "RETURNDATACOPY",
        "RETURNDATASIZE",
        64,
        "ADD",
        0,
        "LOG0",
    )


def forward(target, data=b"", gas=2**64):
    """Input for a forwarder."""
    return bytes(target).rjust(32, b"\0") + gas.to_bytes(32, "big") + data
