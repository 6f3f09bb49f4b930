#!/usr/bin/env python3
"""Writes bench/executors.md from what criterion measured last.

Ratios hold between machines, seconds do not: the table puts each lane beside plain
execution by the same EVM in the same run, and says whether the goals are met.
"""
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(
    os.environ.get("CARGO_TARGET_DIR")
    or subprocess.check_output([ROOT / "tools" / "target-dir"], text=True).strip()
)
KINDS = ("transfers", "tokens", "storage", "hashing", "precompiles")
LANES = ("revm", "ethrex", "evm")


def measured(kind, lane, how):
    folder = TARGET / "criterion" / kind / f"{lane}_{how}" / "new"
    if not (folder / "estimates.json").exists():
        return None
    nanoseconds = json.loads((folder / "estimates.json").read_text())["median"]["point_estimate"]
    gas = json.loads((folder / "benchmark.json").read_text())["throughput"]["Elements"]
    return gas / nanoseconds * 1000  # million gas a second


def main():
    out = [
        "# Executors: gas per second",
        "",
        "Million gas a second, median. *lane* checks the whole block from its witness: the binary",
        "witness is read and hashed, senders recovered, everything executed, every root computed.",
        "*plain* is the same EVM library over a map in memory, senders recovered, nothing else.",
        "Remade by `make bench`; only the ratios travel.",
        "",
        "| blocks | " + " | ".join(f"{l} lane | {l} plain | ratio" for l in LANES) + " |",
        "|---|" + "---:|---:|---:|" * len(LANES),
    ]
    ratios = {}
    for kind in KINDS:
        row = [kind]
        for lane in LANES:
            ours, plain = measured(kind, lane, "witness"), measured(kind, lane, "plain")
            if ours is None:
                sys.exit(f"{kind}/{lane} was not measured: run  make bench")
            if plain is None:
                row += [f"{ours:.1f}", "-", "-"]
            else:
                ratios[kind, lane] = ours / plain
                row += [f"{ours:.1f}", f"{plain:.1f}", f"{100 * ours / plain:.0f} %"]
        out.append("| " + " | ".join(row) + " |")
    worst = min(ratios, key=ratios.get)
    transfers = ratios["transfers", "revm"]
    met = lambda yes: "met" if yes else "NOT met"
    out += [
        "",
        f"- Goal: revm at least 60 % of plain on transfers: {100 * transfers:.0f} %, {met(transfers >= 0.6)}.",
        f"- Goal: none below 25 %: lowest is {worst[1]} on {worst[0]}, {100 * ratios[worst]:.0f} %, {met(ratios[worst] >= 0.25)}.",
        "- The ethrex lane recovers senders on all cores, its plain run on one.",
        "- The `evm` crate has no precompiles of its own version, so its plain run has none.",
    ]
    (ROOT / "bench" / "executors.md").write_text("\n".join(out) + "\n")
    print("\n".join(out))


main()
