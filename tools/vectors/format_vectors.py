"""Writes spec/vectors/{config,batch,data,derivation,claim,witness,rule}.json.

    python3 tools/vectors/format_vectors.py

Every value comes from formats.py, which knows only the text of spec/. A case that must be
refused names the kind of error in Rust and says why in words. Numbers of more than 32 bits
are decimal strings, bytes are 0x strings; lists are flat and every case of a list has the
same keys, so that Solidity tests can read them.
"""

import json
from pathlib import Path

import batch_cases
import claim_cases
import config_cases
import data_cases
import derivation_cases
import rule_cases
import witness_cases

OUT = Path(__file__).parents[2] / "spec" / "vectors"


def lines(value):
    """JSON with one case a line."""
    parts = []
    for key, cases in value.items():
        if isinstance(cases, list):
            body = ",\n".join("    " + json.dumps(case) for case in cases)
            parts.append(f"  {json.dumps(key)}: [\n{body}\n  ]")
        else:
            parts.append(f"  {json.dumps(key)}: {json.dumps(cases)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def check_keys(value):
    for cases in value.values():
        if isinstance(cases, list):
            assert len({tuple(case) for case in cases}) == 1, "cases of one list differ in keys"
            names = [case["name"] for case in cases]
            assert len(set(names)) == len(names), "two cases have one name"


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    modules = {
        "config": config_cases,
        "batch": batch_cases,
        "data": data_cases,
        "derivation": derivation_cases,
        "claim": claim_cases,
        "witness": witness_cases,
        "rule": rule_cases,
    }
    for name, module in modules.items():
        value = module.cases()
        check_keys(value)
        (OUT / f"{name}.json").write_text(lines(value))


if __name__ == "__main__":
    main()
