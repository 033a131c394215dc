"""Whether finds would be so few if many were left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from querist_server.engine.criterion import Criterion, Evidence, Field, Vote, at_most, inconclusive
from querist_server.engine.kernels.hypergeometric import Hypergeometric
from querist_server.engine.part import Need, parameter

BLOCK = 1024
"""Stretches whose tails are summed at a time, those that may have the smallest first."""
SCREENING_MISSING = "it takes review work in which something relevant was found, and the number of instances that are left"


@dataclass(frozen=True)
class Callaghan(Criterion):
    """The probability of so few finds of late, were the target not reached: the smallest over all stretches up to now."""

    name: ClassVar[str] = "callaghan"
    summary: ClassVar[str] = "Stops once so few finds of late would be unlikely, were the target recall not reached."
    formula: ClassVar[str] = (
        "min over the last i screened, k_i of them relevant: Hypergeometric(N - (n - i), K_i, i) <= k_i; K_i = r/t + 1 - (r - k_i)"
    )
    reference: ClassVar[str] = "Callaghan and Mueller-Hansen, Systematic Reviews 2020"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.SCREENING})
    evidence: ClassVar[Field] = Field.RECALL

    probability: float = parameter(0.05, doc="The largest probability.", minimum=1e-9, maximum=0.5)

    def vote(self, evidence: Evidence) -> Vote:
        """Return what it says of the present round."""
        recall = evidence.recall
        if recall is None or recall.unscreened is None or not recall.relevant.any():
            return inconclusive(SCREENING_MISSING)
        chance = least_chance(recall.relevant, recall.unscreened, recall.target)
        sentence = f"were a recall of {recall.target:.0%} not reached, finds would be as few with probability {chance:.3g}"
        return at_most(chance, self.probability, sentence)


def least_chance(relevant: npt.NDArray[np.bool_], unscreened: int, target: float) -> float:
    """Return the smallest tail probability over all stretches of the instances that were screened last.

    A stretch that holds fewer instances than the null hypothesis says are left to find proves nothing; its probability is 1 or 0 as the
    distribution has it.
    """
    screened, found = len(relevant), int(relevant.sum())
    hits = np.cumsum(relevant[::-1]).astype(float)
    stretch = np.arange(1.0, screened + 1)
    left = np.floor(found / target + 1 - (found - hits))
    there = unscreened + stretch
    if (left > there).any():
        return 0.0  # so many cannot be left
    everything = Hypergeometric(there, left, stretch)
    least = 1.0
    bounds = everything.lower_bounds(hits)
    order = np.argsort(bounds, kind="stable")
    for start in range(0, screened, BLOCK):
        entries = order[start : start + BLOCK]
        if bounds[entries[0]] > least:
            break
        least = min(least, float(everything.at(entries).lower_tail(hits[entries]).min()))
    return least
