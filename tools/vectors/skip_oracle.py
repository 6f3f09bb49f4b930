"""What the executable specification of Ethereum says of the skip-rule cases.

On top of Ethereum's checks stand the three things that spec/skip-rule.md adds (no blob
transactions, bounds of 64 bits, the gas that was paid for) and the chain id of typed
transactions.
"""

from ethereum.exceptions import EthereumException
from ethereum.forks.prague import fork, vm
from ethereum.forks.prague.fork_types import Account
from ethereum.forks.prague.state import State, set_account, state_root
from ethereum.forks.prague.transactions import (
    BlobTransaction,
    LegacyTransaction,
    decode_transaction,
)
from ethereum_rlp import rlp
from ethereum_types.bytes import Bytes20, Bytes32
from ethereum_types.numeric import U64, U256, Uint

import skip_state
from skip_state import BASE_FEE, BENEFICIARY, GAS_LIMIT, PARENT_TIME
from skip_tx import CHAIN

WIDE = ("gas_price", "max_fee_per_gas", "max_priority_fee_per_gas", "gas", "nonce")


def environment(accounts):
    state = State()
    for where, account in accounts.items():
        full = Account(Uint(account.nonce), U256(account.balance), account.code)
        set_account(state, Bytes20(where), full)
    return vm.BlockEnvironment(
        chain_id=U64(CHAIN),
        state=state,
        block_gas_limit=Uint(GAS_LIMIT),
        block_hashes=[],
        coinbase=Bytes20(BENEFICIARY),
        number=Uint(1),
        base_fee_per_gas=Uint(BASE_FEE),
        time=U256(PARENT_TIME + 2),
        prev_randao=Bytes32(bytes(32)),
        excess_blob_gas=U64(0),
        parent_beacon_block_root=Bytes32(bytes(32)),
    )


def decode(raw):
    if raw and raw[0] >= 0xC0:
        return rlp.decode_to(LegacyTransaction, raw)
    return decode_transaction(raw)


def tried(env, output, place, raw, forced):
    """Why a candidate does not enter, or an empty string."""
    try:
        tx = decode(raw)
    except Exception as why:  # its decoders raise many kinds
        return f"not decodable: {why!r}"
    if isinstance(tx, BlobTransaction):
        return "blob"
    if any(int(getattr(tx, name, 0)) >= 2**64 for name in WIDE):
        return "above 64 bits"
    if int(getattr(tx, "chain_id", CHAIN)) != CHAIN:
        return "another chain id"
    if forced is not None and int(tx.gas) > forced:
        return "more than was paid for"
    try:
        fork.process_transaction(env, output, tx, Uint(place))
    except EthereumException as why:
        return repr(why)
    return ""


def disagreements(accounts, cases, sequences):
    assert state_root(environment(accounts).state) == skip_state.state_root(accounts)
    for case in cases:
        why = tried(environment(accounts), vm.BlockOutput(), 0, case.raw, case.forced)
        if bool(why) != bool(case.reason):
            yield case.name, case.reason or "enters", why or "enters"
    for one in sequences:
        env, output = environment(accounts), vm.BlockOutput()
        why = [tried(env, output, place, raw, None) for place, raw in enumerate(one.raws)]
        if [not reason for reason in why] != one.enters:
            yield one.name, one.enters, why
