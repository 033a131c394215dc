"""Which rules win, and how they do on a data set that had no say in it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from areas import Areas, Case, by_set
from policies import RULES, Policy, arm_of

Part = tuple[bool, int]
"""Whether embeddings are sent, and the size of the batch."""


def part_of(case: Case) -> Part:
    """Return the part to which a case belongs."""
    return case.embeddings, case.cell.batch


def winner(areas: Areas, cases: Iterable[Case], rules: Iterable[Policy]) -> Policy:
    """Return the rule whose mean ratio over data sets is largest in these cases."""
    cases = list(cases)

    def mean(rule: Policy) -> float:
        ratios = ((case, areas.ratio(case, arm_of(rule, case.cell, case.embeddings))) for case in cases)
        return float(np.mean(list(by_set(ratios).values())))

    return max(rules, key=mean)


def left_out(areas: Areas) -> dict[Case, Policy]:
    """Return for each case the rule that wins its part on all other data sets."""
    found = {}
    for part, rules in RULES.items():
        cases = [case for case in areas.cases if part_of(case) == part]
        for data in dict.fromkeys(case.cell.data for case in cases):
            rule = winner(areas, [case for case in cases if case.cell.data != data], rules)
            found |= {case: rule for case in cases if case.cell.data == data}
    return found
