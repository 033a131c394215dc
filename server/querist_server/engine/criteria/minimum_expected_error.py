"""The errors that the model itself expects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from querist_server.engine.criterion import Criterion, Evidence, Field, Vote, at_most, inconclusive
from querist_server.engine.part import Need, parameter


@dataclass(frozen=True)
class MinimumExpectedError(Criterion):
    """The errors that the model itself expects."""

    name: ClassVar[str] = "minimum_expected_error"
    summary: ClassVar[str] = "Stops once the model itself expects hardly any errors."
    formula: ClassVar[str] = "mean of 1 - max p over the stop sample <= most"
    reference: ClassVar[str] = "Zhu, Wang and Hovy, IJCNLP 2008"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.PROBABILITIES})
    evidence: ClassVar[Field] = Field.SUPPORT

    most: float = parameter(0.01, doc="The largest mean.", minimum=0, maximum=1)

    def vote(self, evidence: Evidence) -> Vote:
        """Return what it says of the present round."""
        now = evidence.campaign.latest
        if now.expected_error is None:
            return inconclusive("it takes class probabilities of the pool")
        doubt = "" if now.calibrated else ", by probabilities that were not calibrated"
        return at_most(now.expected_error, self.most, f"the model expects to be wrong on {now.expected_error:.1%} of the pool{doubt}")
