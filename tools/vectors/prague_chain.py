"""Makes chains of blocks with the executable specification, right ones and wrong ones."""

import contextlib
from dataclasses import dataclass, field, fields, replace
from functools import cached_property

from ethereum.crypto.hash import keccak256
from ethereum.forks.cancun import fork as cancun
from ethereum.forks.cancun import state as cancun_state
from ethereum.forks.cancun import trie as cancun_trie
from ethereum.forks.prague import fork as prague
from ethereum.forks.prague import requests as prague_requests
from ethereum.forks.prague import state as prague_state
from ethereum.forks.prague import trie as prague_trie
from ethereum_rlp import rlp
from ethereum_types.bytes import Bytes, Bytes8, Bytes20, Bytes32
from ethereum_types.numeric import U64, U256, Uint

from prague_contracts import BEACON_ROOTS, SYSTEM_CONTRACTS
from prague_tx import permissive

CANCUN_TO_PRAGUE = "CancunToPragueAtTime15k"
TRANSITION = 15_000
GAS_LIMIT = 30_000_000
BASE_FEE = 1_000
COINBASE = bytes.fromhex("c0bac0bac0bac0bac0bac0bac0bac0bac0bac0ba")


@dataclass
class Account:
    """What is in a test's pre-state."""

    balance: int = 0
    nonce: int = 0
    code: bytes = b""
    storage: dict = field(default_factory=dict)


class Spec:
    """One fork of the specification with what the chain needs of it."""

    def __init__(self, fork, state, trie):
        self.fork, self.state, self.trie = fork, state, trie

    def load(self, accounts):
        """The specification's state with these accounts."""
        state = self.state.State()
        for address, account in accounts.items():
            made = self.fork.Account(
                nonce=Uint(account.nonce), balance=U256(account.balance), code=account.code
            )
            self.state.set_account(state, Bytes20(address), made)
            for slot, value in account.storage.items():
                key = Bytes32(slot.to_bytes(32, "big"))
                self.state.set_storage(state, Bytes20(address), key, U256(value))
        return state

    def dump(self, state):
        """The accounts of a state: a copy, because the specification works in place."""
        accounts = {}
        for address, account in state._main_trie._data.items():
            trie = state._storage_tries.get(address)
            stored = {} if trie is None else trie._data
            storage = {int.from_bytes(k, "big"): int(v) for k, v in stored.items()}
            accounts[bytes(address)] = Account(
                int(account.balance), int(account.nonce), bytes(account.code), storage
            )
        return accounts


CANCUN = Spec(cancun, cancun_state, cancun_trie)
PRAGUE = Spec(prague, prague_state, prague_trie)


def _excess_after(parent):
    """Prague's target holds already for its first block, whose parent the specification
    does not know as a header of its own (EIP-7691)."""
    if not isinstance(parent, prague.Header):
        known = {f.name: getattr(parent, f.name) for f in fields(parent)}
        parent = prague.Header(**known, requests_hash=Bytes32(bytes(32)))
    return _excess_in_prague(parent)


_excess_in_prague = prague.calculate_excess_blob_gas
prague.calculate_excess_blob_gas = _excess_after


@dataclass
class Made:
    """A block that the chain accepts."""

    block: object
    accounts: dict

    @cached_property
    def hash(self):
        return keccak256(rlp.encode(self.block.header))


class Chain:
    """A test case in the making."""

    def __init__(self, name, accounts, network="Prague", chain_id=1, comment="", **genesis):
        self.name, self.network, self.chain_id = name, network, chain_id
        self.comment = comment
        spec = self.spec_at(0)
        self.pre = {address: Account(0, 1, code) for address, code in SYSTEM_CONTRACTS.items()}
        if network == "Cancun":
            self.pre = {BEACON_ROOTS: self.pre[BEACON_ROOTS]}
        self.pre.update(accounts)
        self.pre = {a: acc for a, acc in self.pre.items() if acc is not None}
        genesis_block = _genesis(spec, self.pre, genesis)
        self.made = [Made(genesis_block, spec.dump(spec.load(self.pre)))]
        self.head = self.made[0]
        self.blocks = []

    def spec_at(self, time):
        prague_from = {"Cancun": None, "Prague": 0, CANCUN_TO_PRAGUE: TRANSITION}[self.network]
        return CANCUN if prague_from is None or time < prague_from else PRAGUE

    def nonce(self, address):
        account = self.head.accounts.get(bytes(address))
        return account.nonce if account else 0

    def add(self, *txs, withdrawals=(), **header):
        """Adds a block that must be accepted."""
        made, encoded = self.make(txs, withdrawals, header)
        self.accept(made, encoded)
        return made

    def make(self, txs=(), withdrawals=(), header=None, lenient=False):
        """A block on the head with everything that follows from it filled in."""
        block, accounts = _execute(self, txs, withdrawals, header or {}, lenient)
        return Made(block, accounts), encode_block(block, txs)

    def accept(self, made, encoded):
        decoded = self.verify(encoded)
        assert keccak256(rlp.encode(decoded.header)) == made.hash
        self.blocks.append((encoded, made.block.header, None))
        self.made.append(made)
        self.head = made

    def reject(self, encoded, exception):
        """Adds a block that the specification rejects."""
        try:
            self.verify(encoded)
        except Exception as error:  # the specification raises many kinds
            assert not isinstance(error, (AttributeError, TypeError, NameError)), (self.name, error)
        else:
            raise AssertionError(f"{self.name}: the specification accepts {exception}")
        self.blocks.append((encoded, None, exception))

    def reject_by_eip(self, exception, *txs):
        """Adds a block that the EIPs forbid and this version of the specification does not
        look at: the chain id of typed transactions (EIP-2930, 1559, 4844, 7702)."""
        _, encoded = self.make(txs, lenient=True)
        self.verify(encoded)
        self.blocks.append((encoded, None, exception))

    def verify(self, encoded):
        """Runs the specification's own state transition on the encoded block."""
        time = _timestamp_of(encoded)
        spec = self.spec_at(time)
        block = rlp.decode_to(spec.fork.Block, encoded)
        assert rlp.encode(block) == encoded, "the specification decodes and encodes differently"
        ancestors = self.ancestors()
        chain = spec.fork.BlockChain(ancestors, spec.load(self.head.accounts), U64(self.chain_id))
        spec.fork.state_transition(chain, block)
        return block

    def ancestors(self):
        by_hash = {made.hash: made for made in self.made}
        found, made = [], self.head
        while made is not None:
            found.append(made.block)
            made = by_hash.get(made.block.header.parent_hash)
        return found[::-1][-255:]

    def wrong_tx(self, exception, *txs, **header):
        """A block that is right except for a transaction that may not be in it: everything
        else is what an executor would compute that forgot to check the transaction."""
        try:
            _, encoded = self.make(txs, (), header, lenient=True)
        except Exception:  # nothing can be computed: leave the transaction's effects out
            made, _ = self.make(txs[:-1], (), header)
            root = _transactions_root(self.spec_at(int(made.block.header.timestamp)), txs)
            block = replace(made.block, header=replace(made.block.header, transactions_root=root))
            encoded = encode_block(block, txs)
        self.reject(encoded, exception)

    def wrong_header(self, exception, txs=(), withdrawals=(), **changes):
        """A block that is right except for these header fields."""
        made, _ = self.make(txs, withdrawals)
        block = replace(made.block, header=replace(made.block.header, **changes))
        self.reject(encode_block(block, txs), exception)


def _genesis(spec, accounts, changes):
    empty = spec.trie.root(spec.trie.Trie(secured=False, default=None))
    values = dict(
        parent_hash=Bytes32(bytes(32)),
        ommers_hash=spec.fork.EMPTY_OMMER_HASH,
        coinbase=Bytes20(bytes(20)),
        state_root=spec.state.state_root(spec.load(accounts)),
        transactions_root=empty,
        receipt_root=empty,
        bloom=spec.fork.logs_bloom(()),
        difficulty=Uint(0),
        number=Uint(0),
        gas_limit=Uint(GAS_LIMIT),
        gas_used=Uint(0),
        timestamp=U256(0),
        extra_data=Bytes(b"tern"),
        prev_randao=Bytes32(bytes(32)),
        nonce=Bytes8(bytes(8)),
        base_fee_per_gas=Uint(BASE_FEE),
        withdrawals_root=empty,
        blob_gas_used=U64(0),
        excess_blob_gas=U64(0),
        parent_beacon_block_root=Bytes32(bytes(32)),
    )
    if spec is PRAGUE:
        values["requests_hash"] = Bytes32(prague_requests.compute_requests_hash([]))
    values.update(changes)
    return spec.fork.Block(spec.fork.Header(**values), (), (), ())


def _execute(chain, txs, withdrawals, changes, lenient):
    parent = chain.head.block.header
    time = changes.get("timestamp", U256(int(parent.timestamp) + 12))
    spec = chain.spec_at(int(time))
    fork = spec.fork
    gas_limit = changes.get("gas_limit", parent.gas_limit)
    values = dict(
        parent_hash=chain.head.hash,
        ommers_hash=fork.EMPTY_OMMER_HASH,
        coinbase=Bytes20(COINBASE),
        difficulty=Uint(0),
        number=parent.number + Uint(1),
        gas_limit=gas_limit,
        timestamp=time,
        extra_data=Bytes(b""),
        nonce=Bytes8(bytes(8)),
        prev_randao=Bytes32(keccak256(b"randao" + rlp.encode(parent.number))),
        base_fee_per_gas=fork.calculate_base_fee_per_gas(
            gas_limit, parent.gas_limit, parent.gas_used, parent.base_fee_per_gas
        ),
        excess_blob_gas=fork.calculate_excess_blob_gas(parent),
        parent_beacon_block_root=Bytes32(keccak256(b"beacon" + rlp.encode(parent.number))),
    )
    values.update(changes)
    env_fields = {
        name: values[name]
        for name in (
            "coinbase",
            "number",
            "base_fee_per_gas",
            "prev_randao",
            "excess_blob_gas",
            "parent_beacon_block_root",
        )
    }
    ancestors = fork.BlockChain(chain.ancestors(), None, U64(chain.chain_id))
    env = fork.vm.BlockEnvironment(
        chain_id=U64(chain.chain_id),
        state=spec.load(chain.head.accounts),
        block_gas_limit=gas_limit,
        block_hashes=fork.get_last_256_block_hashes(ancestors),
        time=time,
        **env_fields,
    )
    executed = tuple(tx.executed(fork) for tx in txs)
    with permissive(fork, txs) if lenient else contextlib.nullcontext():
        out = fork.apply_body(env, executed, tuple(withdrawals))
    values.update(
        state_root=spec.state.state_root(env.state),
        gas_used=out.block_gas_used,
        transactions_root=_transactions_root(spec, txs),
        receipt_root=spec.trie.root(out.receipts_trie),
        bloom=fork.logs_bloom(out.block_logs),
        blob_gas_used=out.blob_gas_used,
        withdrawals_root=spec.trie.root(out.withdrawals_trie),
    )
    if spec is PRAGUE:
        values["requests_hash"] = Bytes32(prague_requests.compute_requests_hash(out.requests))
    header = fork.Header(**values)
    return fork.Block(header, executed, (), tuple(withdrawals)), spec.dump(env.state)


def _transactions_root(spec, txs):
    trie = spec.trie.Trie(secured=False, default=None)
    for index, tx in enumerate(txs):
        if tx.encoded():
            spec.trie.trie_set(trie, rlp.encode(Uint(index)), tx.encoded())
    return spec.trie.root(trie)


def encode_block(block, txs, ommers=(), withdrawals=None, header=None):
    """The block in RLP, with its transactions exactly as they were given."""
    kept = block.withdrawals if withdrawals is None else withdrawals
    parts = [
        rlp.encode(block.header) if header is None else header,
        rlp_list([tx.in_block() for tx in txs]),
        rlp.encode(ommers),
        kept if isinstance(kept, bytes) else rlp.encode(kept),
    ]
    return rlp_list(parts)


def rlp_list(encoded):
    """A list of parts that are encoded already."""
    body = b"".join(encoded)
    if len(body) < 56:
        return bytes([0xC0 + len(body)]) + body
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([0xF7 + len(length)]) + length + body


def _timestamp_of(encoded):
    with contextlib.suppress(Exception):
        return int.from_bytes(rlp.decode(encoded)[0][11], "big")
    return 2**63
