"""Executes a dumped random chain with Ethereum's executable specification.

    cargo run -p tern-stf-diff --example diff -- --seed 1 --blocks 50 --dump chain.json
    python3 crates/stf-diff/tools/spec.py chain.json

Needs the package `ethereum-execution`. Prints what the blocks reached, and ends with 1 at
the first block that the specification refuses or sees differently.
"""

import collections
import json
import sys

import ethereum.trace as trace
from ethereum.forks.prague import blocks, fork, state
from ethereum.forks.prague.fork_types import Account
from ethereum.forks.prague.vm.instructions import Ops
from ethereum_rlp import rlp
from ethereum_types.bytes import Bytes20, Bytes32
from ethereum_types.numeric import U64, U256, Uint


class Coverage:
    """Counts what runs."""

    def __init__(self):
        self.opcodes = collections.Counter()
        self.errors = collections.Counter()
        self.precompiles = collections.Counter()
        self.depth = 0

    def __call__(self, evm, event, *_, **__):
        if isinstance(event, trace.OpStart):
            self.opcodes[getattr(event.op, "name", "invalid")] += 1
            self.depth = max(self.depth, int(evm.message.depth))
        elif isinstance(event, trace.OpException):
            self.errors[type(event.error).__name__] += 1
        elif isinstance(event, trace.PrecompileEnd):
            self.precompiles[evm.message.code_address[-1]] += 1

    def install(self):
        for name, module in list(sys.modules.items()):
            if name.startswith("ethereum.forks.prague") and hasattr(module, "evm_trace"):
                module.evm_trace = self

    def show(self):
        never = [op.name for op in Ops if not self.opcodes[op.name]]
        print("depth", self.depth, "opcodes never run:", " ".join(never) or "none")
        print("errors", dict(self.errors))
        print("precompiles that ran to their end", dict(sorted(self.precompiles.items())))


def from_hex(text):
    return bytes.fromhex(text[2:])


def begin(dump):
    """The chain at its genesis."""
    world = state.State()
    for account in dump["accounts"]:
        address = Bytes20(from_hex(account["address"]))
        balance = U256(int(account["balance"], 16))
        code = from_hex(account["code"])
        state.set_account(world, address, Account(Uint(account["nonce"]), balance, code))
        for slot, value in account["storage"]:
            state.set_storage(world, address, Bytes32(from_hex(slot)), U256(int(value, 16)))
    header = rlp.decode_to(blocks.Header, from_hex(dump["genesis"]))
    if state.state_root(world) != header.state_root:
        sys.exit("the specification has another genesis state root")
    genesis = blocks.Block(header=header, transactions=(), ommers=(), withdrawals=())
    return fork.BlockChain(blocks=[genesis], state=world, chain_id=U64(dump["chainId"]))


def main():
    sys.setrecursionlimit(200_000)
    with open(sys.argv[1], encoding="utf-8") as file:
        dump = json.load(file)
    coverage = Coverage()
    coverage.install()
    chain = begin(dump)
    for number, raw in enumerate(dump["blocks"], 1):
        try:
            fork.state_transition(chain, rlp.decode_to(blocks.Block, from_hex(raw)))
        except Exception as error:  # whatever it is, the block is not accepted
            sys.exit(f"the specification refuses block {number}: {error!r}")
    print(len(dump["blocks"]), "blocks accepted")
    coverage.show()


if __name__ == "__main__":
    main()
