"""The mean entropy of the pool."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from querist_server.engine.criterion import Criterion, Evidence, Field, Vote, at_most, inconclusive
from querist_server.engine.part import Need, parameter


@dataclass(frozen=True)
class OverallUncertainty(Criterion):
    """The mean entropy of the pool."""

    name: ClassVar[str] = "overall_uncertainty"
    summary: ClassVar[str] = "Stops once the model is sure of nearly all of the pool."
    formula: ClassVar[str] = "mean of -sum p log p / log C over the stop sample <= most"
    reference: ClassVar[str] = "Zhu, Wang and Hovy, COLING 2008"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.PROBABILITIES})
    evidence: ClassVar[Field] = Field.SUPPORT

    most: float = parameter(0.05, doc="The largest mean.", minimum=0, maximum=1)

    def vote(self, evidence: Evidence) -> Vote:
        """Return what it says of the present round."""
        now = evidence.campaign.latest
        if now.uncertainty is None:
            return inconclusive("it takes class probabilities of the pool")
        doubt = "" if now.calibrated else ", by probabilities that were not calibrated"
        return at_most(now.uncertainty, self.most, f"the mean normalised entropy of the pool is {now.uncertainty:.3f}{doubt}")
