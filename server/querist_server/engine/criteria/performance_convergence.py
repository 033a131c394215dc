"""Whether the F1 score that the model expects still rises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from querist_server.engine.criterion import Criterion, Evidence, Field, Status, Vote, inconclusive
from querist_server.engine.part import Need, parameter


@dataclass(frozen=True)
class PerformanceConvergence(Criterion):
    """The slope of a moving mean of the expected F1 score."""

    name: ClassVar[str] = "performance_convergence"
    summary: ClassVar[str] = "Stops once the F1 score that the model expects of itself is at its highest and rises no more."
    formula: ClassVar[str] = (
        "0 <= mean of the last `rounds` expected F1 - mean of those one round earlier < least_rise, at the highest mean"
    )
    reference: ClassVar[str] = "Laws and Schuetze, COLING 2008"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.PROBABILITIES})
    evidence: ClassVar[Field] = Field.SUPPORT

    least_rise: float = parameter(5e-5, doc="The rise in a round below which it has converged.", minimum=0, maximum=1)
    rounds: int = parameter(10, doc="How many rounds the mean is taken over.", minimum=2, maximum=100)

    def vote(self, evidence: Evidence) -> Vote:
        """Return what it says of the present round."""
        expected = evidence.campaign.series(lambda each: each.expected_f)
        if len(expected) < self.rounds + 1 or np.isnan(expected[-self.rounds - 1 :]).any():
            return inconclusive(f"it takes {self.rounds + 1} rounds with class probabilities")
        means = np.convolve(expected, np.full(self.rounds, 1 / self.rounds), mode="valid")
        rise = float(means[-1] - means[-2])
        highest = means[-1] >= np.nanmax(means)
        sentence = f"the expected F1 score moves by {rise:+.2g} a round over {self.rounds} rounds"
        return Vote(Status.STOP if highest and 0 <= rise < self.least_rise else Status.CONTINUE, sentence, rise, self.least_rise)
