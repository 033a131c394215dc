"""Recall by the model's own probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from querist_server.engine.criterion import Criterion, Evidence, Field, Vote, at_least, inconclusive
from querist_server.engine.part import Need, parameter


@dataclass(frozen=True)
class QuantCi(Criterion):
    """The lower end of an interval for recall, by the model's probabilities of relevance."""

    name: ClassVar[str] = "quant_ci"
    summary: ClassVar[str] = "Stops once the recall that the model's probabilities give reaches the target, less some standard deviations."
    formula: ClassVar[str] = (
        "s/(s+u) - z sqrt(s^2/(s+u)^4 V_all + V_s/(s+u)^2) >= target; s, u: sums of p, V: sums of p (1 - p), screened and not"
    )
    reference: ClassVar[str] = "Yang, Lewis and Frieder, DocEng 2021"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.SCREENING, Need.PROBABILITIES})
    evidence: ClassVar[Field] = Field.SUPPORT

    z: float = parameter(2.0, doc="How many standard deviations.", minimum=0, maximum=10)

    def vote(self, evidence: Evidence) -> Vote:
        """Return what it says of the present round."""
        recall = evidence.recall
        if recall is None or recall.mass is None or sum(recall.mass[:2]) <= 0:
            return inconclusive("it takes probabilities of relevance of the pool and of all screened instances")
        screened, unscreened, of_screened, of_unscreened = recall.mass
        total = screened + unscreened
        share = screened / total
        deviation = float(np.sqrt(screened**2 / total**4 * (of_screened + of_unscreened) + of_screened / total**2))
        lower = share - self.z * deviation
        return at_least(lower, recall.target, f"by the model's probabilities recall is {share:.1%}, at least {max(lower, 0):.1%}")
