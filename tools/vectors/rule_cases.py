"""Vectors of spec/rule.md: all 144 inputs."""

from itertools import product

from formats import GOOD, NO_VOTE, PROBATION, verdict

VOTES = (NO_VOTE, PROBATION, GOOD)


def case(retired, zk, second, op, op_probation, op_distinct):
    phase = "retired" if retired else "three"
    said = "yes" if op else "no"
    standing = "probation" if op_probation else "good"
    executor = "distinct" if op_distinct else "shared"
    return {
        "name": f"{phase}: zk {zk}, second {second}, op {said} {standing} {executor}",
        "phase": phase,
        "zk": zk,
        "second": second,
        "op": said,
        "opProbation": op_probation,
        "opDistinct": op_distinct,
        "verdict": verdict(retired, zk, second, op, op_probation, op_distinct),
    }


def cases():
    flag = (False, True)
    return {"all": [case(*inputs) for inputs in product(flag, VOTES, VOTES, flag, flag, flag)]}
