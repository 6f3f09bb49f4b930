#!/usr/bin/env python3
"""What each pair of lanes shares: crates, lines, and which lines decide consensus.

    tools/independence.py            print the table
    tools/independence.py --write    and write it to docs/src/independence.md
    tools/independence.py --check    fail if the written table is not what is there now,
                                     or if something shared has no verdict and reason

The lanes' dependency closures come from `cargo tree` (normal dependencies on this host;
what only runs while compiling is left out). Verdicts and reasons are in
tools/independence.toml, also for what lanes will share once their guests derive blocks
from batches.
"""
import itertools
import json
import pathlib
import re
import subprocess
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
TABLE = ROOT / "docs" / "src" / "independence.md"
LANES = {"ZK": "tern-stf-revm", "TEE": "tern-stf-ethrex", "OP": "tern-stf-evm"}
PLANNED = "tern-derive"  # what every lane's guest will run before its executor
PARTS = ("EVM", "trie", "crypto", "RLP", "block rules")


def cargo(*arguments):
    return subprocess.check_output(["cargo", *arguments], cwd=ROOT, text=True)


def lines(manifest):
    return sum(
        sum(1 for line in path.open(errors="replace") if line.strip())
        for path in (pathlib.Path(manifest).parent / "src").rglob("*.rs")
    )


def closure(crate):
    """Everything that is linked into a lane: no macros, no build scripts, no tests."""
    tree = cargo("tree", "--locked", "-p", crate, "-e", "normal", "--prefix", "depth", "--no-dedupe", "-f", "|{p}")
    found, macro_depth = set(), None
    for line in tree.splitlines():
        depth, package = line.split("|", 1)
        if macro_depth is not None and int(depth) > macro_depth:
            continue
        macro_depth = int(depth) if "(proc-macro)" in package else None
        if macro_depth is None:
            name, version = package.split()[:2]
            found.add((name, version.removeprefix("v")))
    return found


def report():
    packages = json.loads(cargo("metadata", "--locked", "--format-version", "1"))["packages"]
    manifests = {(p["name"], p["version"]): p["manifest_path"] for p in packages}
    verdicts = tomllib.loads((ROOT / "tools" / "independence.toml").read_text())
    closures = {lane: closure(crate) for lane, crate in LANES.items()}
    planned = closure(PLANNED)
    size = {key: lines(manifests[key]) for key in set().union(planned, *closures.values())}

    shared_any = sorted({k for a, b in itertools.combinations(closures.values(), 2) for k in a & b})
    shared_all = set.intersection(*closures.values())
    coming = sorted(planned - shared_all)
    judged = {k[0] for k in [*shared_any, *coming]}
    missing = sorted(judged - set(verdicts))
    stale = sorted(set(verdicts) - judged)
    decides = lambda k: verdicts.get(k[0], {}).get("decides", "")

    out = ["# What the lanes share", ""]
    out += [
        "A vote of two lanes is worth two only as far as one mistake cannot be in both. This",
        "table is measured by `make independence` from the dependency graph: every crate that",
        "is linked into two lanes, its lines (without blank ones), and whether they decide",
        "consensus. `make test` fails if what is shared is not what this page says, or has no verdict;",
        "line counts are those of the day it was last written.",
        "Counted by crate, all of its lines: features that are off are counted too, so the",
        "figures are upper bounds. Two versions of one crate count as two crates: a mistake",
        "may still be in both, so the reasons below name such twins. The standard library,",
        "the compiler and the text of the EIPs are shared by all.",
        "",
        "| pair | shared crates | of | shared lines | that decide consensus | " + " | ".join(PARTS) + " |",
        "|---|---:|---:|---:|---:|" + "---:|" * len(PARTS),
    ]
    for a, b in itertools.combinations(LANES, 2):
        both = closures[a] & closures[b]
        total = closures[a] | closures[b]
        by_part = [sum(size[k] for k in both if decides(k) == part) for part in PARTS]
        out.append(
            f"| {a}, {b} | {len(both)} | {len(total)} | {sum(size[k] for k in both):,} "
            f"| {sum(by_part):,} | " + " | ".join(f"{n:,}" for n in by_part) + " |"
        )
    out += ["", "| lane | own crate | crates in all | lines in all | lines no other lane has |", "|---|---|---:|---:|---:|"]
    for lane, keys in closures.items():
        others = set().union(*(v for other, v in closures.items() if other != lane))
        own = sum(size[k] for k in keys - others)
        out.append(f"| {lane} | `{LANES[lane]}` | {len(keys)} | {sum(size[k] for k in keys):,} | {own:,} |")
    for title, wanted in (
        ("Shared and deciding consensus", lambda k: decides(k) in PARTS),
        ("Shared and not deciding consensus", lambda k: decides(k) not in PARTS),
    ):
        out += ["", f"## {title}", "", "| crate | version | lanes | lines | part | why it is shared |", "|---|---|---|---:|---|---|"]
        for k in filter(wanted, shared_any):
            lanes = ", ".join(lane for lane in LANES if k in closures[lane])
            entry = verdicts.get(k[0], {})
            out.append(
                f"| `{k[0]}` | {k[1]} | {lanes} | {size[k]:,} "
                f"| {entry.get('decides', '?')} | {entry.get('why', 'NO VERDICT')} |"
            )
    out += [
        "", "## Shared by all once guests derive", "",
        f"A guest will run `{PLANNED}` before its executor: the inputs of a block then come out of these,",
        "in every lane. What is shared by all already is above.", "",
        "| crate | version | lines | part | why it is shared |", "|---|---|---:|---|---|",
    ]
    for k in coming:
        entry = verdicts.get(k[0], {})
        out.append(f"| `{k[0]}` | {k[1]} | {size[k]:,} | {entry.get('decides', '?')} | {entry.get('why', 'NO VERDICT')} |")
    twins = {}
    for lane, keys in closures.items():
        for k in keys:
            twins.setdefault(k[0], {}).setdefault(k[1], set()).add(lane)
    out += ["", "## One name, different versions", "", "| crate | versions |", "|---|---|"]
    for crate, versions in sorted(twins.items()):
        lanes = set().union(*versions.values())
        if len(versions) > 1 and len(lanes) > 1:
            cell = "; ".join(f"{v}: {', '.join(sorted(l))}" for v, l in sorted(versions.items()))
            out.append(f"| `{crate}` | {cell} |")
    return "\n".join(out) + "\n", missing, stale


def masked(text):
    return re.sub(r"\| *[\d,]+ *(?=\|)", "| # ", text)


def main():
    text, missing, stale = report()
    mode = sys.argv[1] if len(sys.argv) > 1 else ""
    if mode == "--write":
        TABLE.write_text(text)
    if mode == "--check":
        written = TABLE.read_text() if TABLE.exists() else ""
        problems = [f"{name}: shared by two lanes, without a verdict in tools/independence.toml" for name in missing]
        problems += [f"{name}: has a verdict in tools/independence.toml, but is shared no more" for name in stale]
        # Line counts move with every edit of our own crates: the table has to be right about
        # what is shared and why, its figures are those of the last --write.
        if masked(written) != masked(text):
            problems.append("docs/src/independence.md is out of date: run  python3 tools/independence.py --write")
        if problems:
            sys.exit("\n".join(problems))
        print("independence: the committed table is what is there")
        return
    print(text, end="")


main()
