"""Writes spec/vectors/genesis.json: block 0 of some rollups.

    python3 tools/vectors/genesis_vectors.py

Made from the text of spec/config.md, the EIPs' contracts and the compiled predeploys in
artifacts/contracts. A contract that changed changes every hash here: `codes` says so first.
"""

import hashlib
import json
from pathlib import Path

from format_base import be, keccak
from format_common import hexed, some_address
from format_vectors import OUT, check_keys, lines
from prague_contracts import SYSTEM_CONTRACTS
from state_trie import Trie, account, rlp

ARTIFACTS = Path(__file__).parents[2] / "artifacts" / "contracts"
CREATE2_DEPLOYER = bytes.fromhex("4e59b44847b379578588920ca78fbf26c0b4956c")
GWEI = 10**9
EMPTY_TRIE = keccak(rlp(b""))
PREDEPLOYS = ["Outbox", "TokenBridge", "AnchorCache"]


def artifact(name):
    return json.loads((ARTIFACTS / f"{name}.json").read_text())


def code(name, field):
    return bytes.fromhex(artifact(name)[field].removeprefix("0x"))


def bridge():
    parts = [b"\xff", CREATE2_DEPLOYER, bytes(32), keccak(code("Bridge", "bytecode"))]
    return keccak(*parts)[12:]


def constructed(name, arguments):
    """The runtime code with arguments, in the order of its immutables, at their places."""
    made = bytearray(code(name, "deployedBytecode"))
    places = artifact(name)["immutables"]
    assert len(places) == len(arguments)
    for argument, at in zip(arguments, places):
        for start in at:
            made[start : start + 32] = argument.rjust(32, b"\0")
    return bytes(made)


def accounts(case):
    l1_chain, binder = be(case["l1ChainId"], 64), case["binder"]
    arguments = [[bridge(), l1_chain], [bridge(), binder, l1_chain], []]
    found = {}
    for number, (name, given) in enumerate(zip(PREDEPLOYS, arguments), 1):
        found[be(0x7E, 8) + be(number, 152)] = (1, 0, constructed(name, given))
    for address, system in SYSTEM_CONTRACTS.items():
        found[address] = (1, 0, system)
    for address, balance in case["funded"]:
        assert address not in found, "no account twice"
        found[address] = (0, balance, b"")
    return found


def block(case):
    """The state root and the header of block 0."""
    leaves = {
        address: account(nonce, balance, EMPTY_TRIE, keccak(bytecode))
        for address, (nonce, balance, bytecode) in accounts(case).items()
    }
    state_root = Trie(leaves).root
    header = [
        bytes(32), keccak(rlp([])), bytes(20), state_root, EMPTY_TRIE, EMPTY_TRIE, bytes(256),
        0, 0, case["gasLimit"], 0, case["time"], case["extraData"], bytes(32), bytes(8), GWEI,
        EMPTY_TRIE, 0, 0, bytes(32), hashlib.sha256(b"").digest(),
    ]
    return state_root, rlp(header)


BINDER = some_address("binder")
SMALL = dict(
    name="a small chain", l1ChainId=31_337, chainId=7_357, gasLimit=30_000_000, extraData=b"tern",
    binder=BINDER, time=1_800_000_000, funded=[],
)
CASES = [
    SMALL,
    {**SMALL, "name": "nothing in its extra data", "extraData": b""},
    {**SMALL, "name": "another L1", "l1ChainId": 1_337, "extraData": b"x" * 32, "time": 1},
    {
        **SMALL, "name": "accounts with ETH",
        "funded": [(BINDER, 10**18), (some_address("rich"), 2**127), (some_address("poor"), 1)],
    },
]


def shown(case):
    state_root, header = block(case)
    return {
        "name": case["name"],
        "l1ChainId": str(case["l1ChainId"]),
        "chainId": str(case["chainId"]),
        "gasLimit": str(case["gasLimit"]),
        "extraData": hexed(case["extraData"]),
        "binder": hexed(case["binder"]),
        "funded": [hexed(address) for address, _ in case["funded"]],
        "balances": [str(balance) for _, balance in case["funded"]],
        "time": str(case["time"]),
        "stateRoot": hexed(state_root),
        "header": hexed(header),
        "hash": hexed(keccak(header)),
    }


def main():
    codes = [code(name, "bytecode") for name in [*PREDEPLOYS, "Bridge"]]
    value = {"codes": hexed(keccak(*codes)), "bridge": hexed(bridge()), "cases": list(map(shown, CASES))}
    check_keys(value)
    (OUT / "genesis.json").write_text(lines(value))


main()
