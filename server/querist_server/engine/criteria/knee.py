"""The bend of the curve of finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from querist_server.engine.criterion import Criterion, Evidence, Field, Vote, at_least, inconclusive
from querist_server.engine.part import Need, parameter


@dataclass(frozen=True)
class Knee(Criterion):
    """How much steeper the curve of finds was before its bend than after."""

    name: ClassVar[str] = "knee"
    summary: ClassVar[str] = "Stops once finds have become far rarer than they were before the bend of their curve."
    formula: ClassVar[str] = "max over i of (r_i / i) / ((r - r_i + 1) / (n - i)) >= 156 - min(r, 150)"
    reference: ClassVar[str] = "Cormack and Grossman, SIGIR 2016"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.SCREENING})
    evidence: ClassVar[Field] = Field.SUPPORT

    ratio: float | None = parameter(None, doc="The least ratio of slopes; 156 - min(finds, 150).", minimum=1, maximum=1e6)

    def vote(self, evidence: Evidence) -> Vote:
        """Return what it says of the present round."""
        recall = evidence.recall
        if recall is None or len(recall.relevant) < 2 or not recall.relevant.any():
            return inconclusive("it takes review work in which something relevant was found")
        bend = steepest(recall.relevant)
        least = 156.0 - min(int(recall.relevant.sum()), 150) if self.ratio is None else self.ratio
        return at_least(bend, least, f"finds were {bend:.1f} times as frequent before the bend of their curve as after")


def steepest(relevant: npt.NDArray[np.bool_]) -> float:
    """Return the largest ratio of the slopes before and after any place."""
    screened, found = len(relevant), np.cumsum(relevant)
    place = np.arange(1, screened)
    before = found[:-1] / place
    after = (found[-1] - found[:-1] + 1) / (screened - place)
    return float((before / after).max())
