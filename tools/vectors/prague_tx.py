"""Signs transactions and authorizations, and keeps them as they enter a block."""

import contextlib
from dataclasses import dataclass, fields, replace

import coincurve
from ethereum.crypto.elliptic_curve import SECP256K1N
from ethereum.crypto.hash import keccak256
from ethereum.exceptions import InvalidBlock
from ethereum.forks.cancun import transactions as cancun_tx
from ethereum.forks.prague import requests
from ethereum.forks.prague import transactions as tx_types
from ethereum.forks.prague.fork_types import Authorization
from ethereum_rlp import rlp
from ethereum_types.bytes import Bytes0, Bytes20, Bytes32
from ethereum_types.numeric import U8, U64, U256, Uint

SIGNING_HASHES = {
    tx_types.AccessListTransaction: tx_types.signing_hash_2930,
    tx_types.FeeMarketTransaction: tx_types.signing_hash_1559,
    tx_types.BlobTransaction: tx_types.signing_hash_4844,
    tx_types.SetCodeTransaction: tx_types.signing_hash_7702,
}
KINDS = {
    1: tx_types.AccessListTransaction,
    2: tx_types.FeeMarketTransaction,
    3: tx_types.BlobTransaction,
    4: tx_types.SetCodeTransaction,
}


@dataclass(frozen=True)
class Key:
    """A secret key and the account behind it."""

    secret: int

    @property
    def address(self):
        public = coincurve.PrivateKey.from_int(self.secret).public_key
        return Bytes20(keccak256(public.format(compressed=False)[1:])[12:])

    def sign(self, digest):
        """y parity, r and s, with the low s."""
        key = coincurve.PrivateKey.from_int(self.secret)
        signature = key.sign_recoverable(digest, hasher=None)
        r, s = (int.from_bytes(signature[i : i + 32], "big") for i in (0, 32))
        return signature[64], r, s


@dataclass
class Raw:
    """A transaction as the specification executes it, and the bytes that are in the block
    where they differ from its own encoding."""

    tx: object
    raw: bytes = None
    sender: object = None

    def encoded(self):
        """EIP-2718 form."""
        if self.raw is not None:
            return self.raw
        encoded = tx_types.encode_transaction(self.tx)
        return encoded if isinstance(encoded, bytes) else rlp.encode(encoded)

    def in_block(self):
        encoded = self.encoded()
        return encoded if encoded[:1] >= b"\xc0" else rlp.encode(encoded)

    def executed(self, fork):
        """As the fork's block holds it."""
        if isinstance(self.tx, tx_types.LegacyTransaction):
            return fork.LegacyTransaction(
                **{f.name: getattr(self.tx, f.name) for f in fields(self.tx)}
            )
        return tx_types.encode_transaction(self.tx)

    def changed(self, **changes):
        """With fields changed after signing."""
        return Raw(replace(self.tx, **changes), sender=self.sender)


def make_tx(key, chain_id, kind=2, nonce=0, to=None, value=0, data=b"", gas=100_000, **other):
    """A signed transaction. Kind 0 is legacy, "unprotected" legacy without a chain id."""
    values = dict(
        nonce=U256(nonce),
        gas=Uint(gas),
        to=Bytes20(to) if to is not None else Bytes0(),
        value=U256(value),
        data=data,
        r=U256(0),
        s=U256(0),
    )
    if kind in (0, "unprotected"):
        return _legacy(key, chain_id if kind == 0 else None, values, other)
    cls = KINDS[kind]
    if kind == 4:
        values["nonce"] = U64(nonce)
    values.update(
        chain_id=U64(chain_id), y_parity=U256(0), access_list=tuple(other.pop("access_list", ()))
    )
    fees = (
        {"gas_price": 2_000}
        if kind == 1
        else {"max_priority_fee_per_gas": 10, "max_fee_per_gas": 5_000}
    )
    values.update({name: Uint(other.pop(name, default)) for name, default in fees.items()})
    if kind == 3:
        values["max_fee_per_blob_gas"] = U256(other.pop("max_fee_per_blob_gas", 100))
        values["blob_versioned_hashes"] = tuple(map(Bytes32, other.pop("blobs", (blob_hash(0),))))
    if kind == 4:
        values["authorizations"] = tuple(other.pop("authorizations", ()))
    assert not other, other
    tx = cls(**values)
    parity, r, s = key.sign(SIGNING_HASHES[cls](tx))
    return Raw(replace(tx, y_parity=U256(parity), r=U256(r), s=U256(s)), sender=key.address)


class Pen:
    """Writes one key's transactions for one chain, in the order of their nonces."""

    def __init__(self, chain, key):
        self.chain, self.key, self.next = chain, key, chain.nonce(key.address)

    def __call__(self, kind=2, **values):
        """The next transaction; an explicit nonce uses none up."""
        if "nonce" not in values:
            values["nonce"] = self.next
            self.next += 1
        return make_tx(self.key, self.chain.chain_id, kind, **values)

    def peek(self, kind=2, **values):
        """A transaction with the next nonce that is not meant to get in."""
        values.setdefault("nonce", self.next)
        return make_tx(self.key, self.chain.chain_id, kind, **values)


def _legacy(key, chain_id, values, other):
    tx = tx_types.LegacyTransaction(
        gas_price=Uint(other.pop("gas_price", 2_000)), v=U256(0), **values
    )
    assert not other, other
    if chain_id is None:
        digest, base = tx_types.signing_hash_pre155(tx), 27
    else:
        digest, base = tx_types.signing_hash_155(tx, U64(chain_id)), 35 + 2 * chain_id
    parity, r, s = key.sign(digest)
    return Raw(replace(tx, v=U256(base + parity), r=U256(r), s=U256(s)), sender=key.address)


def blob_hash(index):
    """A versioned hash; no block contains the blob."""
    return b"\x01" + keccak256(b"blob" + bytes([index]))[1:]


def authorize(key, address, chain_id=0, nonce=0, **changes):
    """An authorization to delegate (EIP-7702)."""
    digest = keccak256(b"\x05" + rlp.encode((U256(chain_id), Bytes20(address), U64(nonce))))
    parity, r, s = key.sign(digest)
    made = Authorization(
        chain_id=U256(chain_id),
        address=Bytes20(address),
        nonce=U64(nonce),
        y_parity=U8(parity),
        r=U256(r),
        s=U256(s),
    )
    return replace(made, **changes)


def with_high_s(signed):
    """The other signature of the same key for the same digest, which EIP-2 forbids."""
    s = U256(int(SECP256K1N) - int(signed.s))
    if hasattr(signed, "y_parity"):
        return dict(s=s, y_parity=type(signed.y_parity)(1 - int(signed.y_parity)))
    flipped = {27: 28, 28: 27}.get(int(signed.v), int(signed.v) + (1 if int(signed.v) % 2 else -1))
    return dict(s=s, v=U256(flipped))


@contextlib.contextmanager
def permissive(fork, txs):
    """The specification without its checks on transactions, request contracts and deposit
    logs, for blocks that are right in everything but what such a check would find."""
    types = cancun_tx if fork.__name__.endswith("cancun.fork") else tx_types
    senders = {
        tx_types.get_transaction_hash(raw.executed(fork))
        if isinstance(raw.executed(fork), bytes)
        else keccak256(rlp.encode(raw.executed(fork))): raw.sender
        for raw in txs
    }

    def validate(tx):
        return types.calculate_intrinsic_cost(tx)

    def check(block_env, block_output, tx):
        encoded = types.encode_transaction(tx)
        sender = senders[keccak256(encoded if isinstance(encoded, bytes) else rlp.encode(encoded))]
        if hasattr(tx, "max_fee_per_gas"):
            price = min(
                tx.max_fee_per_gas, tx.max_priority_fee_per_gas + block_env.base_fee_per_gas
            )
        else:
            price = tx.gas_price
        hashes = getattr(tx, "blob_versioned_hashes", ())
        return sender, price, hashes, fork.calculate_total_blob_gas(tx)

    def extract(data):
        with contextlib.suppress(InvalidBlock):
            return requests_extract(data)
        return b""

    requests_extract = requests.extract_deposit_data
    saved = {
        name: getattr(fork, name, None)
        for name in (
            "check_transaction",
            "validate_transaction",
            "process_checked_system_transaction",
        )
    }
    fork.check_transaction, fork.validate_transaction = check, validate
    fork.process_checked_system_transaction = fork.process_unchecked_system_transaction
    requests.extract_deposit_data = extract
    try:
        yield
    finally:
        requests.extract_deposit_data = requests_extract
        for name, value in saved.items():
            setattr(fork, name, value)
