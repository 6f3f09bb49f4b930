"""Writes spec/vectors/skip.json, skip-signatures.json and skip-encoding.json.

    python3 tools/vectors/skip_vectors.py

Besides pycryptodome it needs coincurve and ethereum-execution (the executable
specification of Ethereum), which must agree with every case before anything is written.
"""

import re

from format_common import hexed
from format_vectors import OUT, check_keys, lines
from skip_cases import FILES, cases, crafted, sequences
from skip_oracle import disagreements
from skip_state import (
    BASE_FEE,
    BENEFICIARY,
    GAS_LIMIT,
    PARENT_TIME,
    accounts,
    parent_header,
    state_root,
)
from skip_tx import CHAIN

# A longer run of zero bytes is written as its place and length.
LONG_RUN = 200


def shortened(raw):
    run = max(re.finditer(rb"\x00+", raw), key=lambda one: len(one[0]), default=None)
    if run is None or len(run[0]) < LONG_RUN:
        return {"raw": hexed(raw), "zerosAt": 0, "zeros": 0}
    short = raw[: run.start()] + raw[run.end() :]
    return {"raw": hexed(short), "zerosAt": run.start(), "zeros": len(run[0])}


def case_json(case):
    return {
        "name": case.name,
        **shortened(case.raw),
        "forcedGas": "" if case.forced is None else str(case.forced),
        "enters": not case.reason,
        "reason": case.reason,
    }


def account_json(where, account):
    return {
        "address": hexed(where),
        "nonce": str(account.nonce),
        "balance": hexed(account.balance.to_bytes(32, "big")),
        "code": hexed(account.code),
    }


def sequence_json(one):
    return {"name": one.name, "candidates": [hexed(raw) for raw in one.raws], "enters": one.enters}


def main():
    files, chains = {file: cases(file) for file in FILES}, list(sequences())
    state = accounts(crafted())
    candidates = [case for file in files.values() for case in file]
    for name, expected, why in disagreements(state, candidates, chains):
        raise SystemExit(f"{name}: expected {expected}, the specification says {why}")
    chain = {
        "zerosSays": "zeros many zero bytes are left out of raw at byte zerosAt",
        "chainId": str(CHAIN),
        "stateRoot": hexed(state_root(state)),
        "parent": hexed(parent_header(state)),
        "timestamp": str(PARENT_TIME + 2),
        "gasLimit": str(GAS_LIMIT),
        "baseFee": str(BASE_FEE),
        "beneficiary": hexed(BENEFICIARY),
        "accounts": [account_json(*one) for one in state.items()],
        "sequences": [sequence_json(one) for one in chains],
    }
    for file, candidates in files.items():
        value = chain if file == "skip" else {"chainOf": "skip.json"}
        value |= {"cases": [case_json(case) for case in candidates]}
        check_keys({key: value[key] for key in value if key != "accounts"})
        (OUT / f"{file}.json").write_text(lines(value))


if __name__ == "__main__":
    main()
