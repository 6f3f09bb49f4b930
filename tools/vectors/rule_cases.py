"""Vectors of spec/rule.md: all 576 inputs."""

from itertools import product

from formats import GOOD, NO_VOTE, PROBATION, verdict

VOTES = (NO_VOTE, PROBATION, GOOD)
PAIRS = {
    "zkDiffersFromSecond": ("zk", "second"),
    "opDiffersFromZk": ("op", "zk"),
    "opDiffersFromSecond": ("op", "second"),
}


def case(retired, zk, second, op, op_probation, *flags):
    phase = "retired" if retired else "three"
    said = "yes" if op else "no"
    standing = "probation" if op_probation else "good"
    pairs = [pair for pair, flag in zip(PAIRS.values(), flags, strict=True) if flag]
    differ = " ".join("/".join(pair) for pair in pairs) or "none"
    return {
        "name": f"{phase}: zk {zk}, second {second}, op {said} {standing}, differ {differ}",
        "phase": phase,
        "zk": zk,
        "second": second,
        "op": said,
        "opProbation": op_probation,
        **dict(zip(PAIRS, flags, strict=True)),
        "verdict": verdict(retired, zk, second, op, op_probation, set(map(frozenset, pairs))),
    }


def cases():
    flag = (False, True)
    return {"all": [case(*inputs) for inputs in product(flag, VOTES, VOTES, *[flag] * 5)]}
