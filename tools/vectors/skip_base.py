"""What every group of skip-rule cases starts from."""

from dataclasses import dataclass

from skip_state import AUTHORITY, FUNDED, FUNDED_NONCE, GWEI, RECEIVER, STOPS
from skip_tx import CHAIN, FIELDS, KIND_NAMES, Tx, authorization

# Senders of made-up signatures; the state gives them money.
CRAFTED = []


@dataclass(frozen=True)
class Case:
    """A candidate that enters if no reason against it is given."""

    name: str
    raw: bytes
    reason: str = ""
    forced: int | None = None


def kinds():
    return KIND_NAMES.items()


def default_fields(kind):
    values = dict(
        chainId=CHAIN,
        nonce=FUNDED_NONCE,
        gasPrice=10 * GWEI,
        tip=GWEI,
        fee=10 * GWEI,
        gas=100_000,
        to=RECEIVER,
        value=1,
        data=b"",
        accessList=[],
        blobFee=GWEI,
        blobHashes=[b"\x01" + bytes(31)],
        authorizations=[authorization(AUTHORITY, CHAIN, STOPS, 0)],
    )
    return {name: values[name] for name in FIELDS[kind]}


def basic(kind, key=FUNDED, protected=True, signature=None, **fields):
    """A transaction that enters, but for what is changed before signing."""
    return Tx(kind, key, protected, signature, **(default_fields(kind) | fields))


def creating(kind, initcode, key=FUNDED, protected=True, **fields):
    return basic(kind, key, protected, **({"to": b"", "value": 0, "data": initcode} | fields))
