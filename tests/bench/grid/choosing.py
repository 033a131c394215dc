"""Which rules win, and how they do on a data set that had no say in it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from areas import Areas, Case, by_set
from policies import RULES, TOGETHER, Policy, arm_of

Part = tuple[bool, int]
"""Whether embeddings are sent, and the size of the batch."""


def part_of(case: Case) -> Part:
    """Return the part to which a case belongs."""
    return case.embeddings, case.cell.batch


def winner(areas: Areas, cases: Iterable[Case], rules: Iterable[Policy]) -> Policy:
    """Return the rule whose mean ratio over data sets is largest in these cases, of those that are surely below random in none of them."""
    cases = list(cases)

    def harmless(rule: Policy) -> bool:
        tested = areas.against_control(lambda case: arm_of(rule, case.cell, case.embeddings), cases)
        return all(corrected.sign >= 0 for _, _, corrected in tested)

    def mean(rule: Policy) -> float:
        ratios = ((case, areas.ratio(case, arm_of(rule, case.cell, case.embeddings))) for case in cases)
        return float(np.mean(list(by_set(ratios).values())))

    return max([rule for rule in rules if harmless(rule)], key=mean)  # random is among the rules, and never below itself


def left_out(areas: Areas) -> dict[Case, Policy]:
    """Return for each case the rule that wins its part, and those which share a rule with it, on all other data sets."""
    found = {}
    for parts in TOGETHER:
        cases = [case for case in areas.cases if part_of(case) in parts]
        for data in dict.fromkeys(case.cell.data for case in cases):
            rule = winner(areas, [case for case in cases if case.cell.data != data], RULES[parts[0]])
            found |= {case: rule for case in cases if case.cell.data == data}
    return found
