"""Agreement of the last models beyond chance."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from querist_server.engine.criterion import Criterion, Evidence, Field, Vote, at_least, inconclusive, nearer_one
from querist_server.engine.part import Need, parameter


@dataclass(frozen=True)
class StabilizingPredictions(Criterion):
    """The mean kappa of all pairs of the last three models on the stop set."""

    name: ClassVar[str] = "stabilizing_predictions"
    summary: ClassVar[str] = "Stops once the last three models agree on the stop set, beyond what chance would give."
    formula: ClassVar[str] = "mean Cohen kappa over the pairs of the last three models >= kappa"
    reference: ClassVar[str] = "Bloodgood and Vijay-Shanker, CoNLL 2009"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.STOP_SET})
    evidence: ClassVar[Field] = Field.STABILITY

    kappa: float = parameter(0.99, doc="The least agreement.", minimum=0.5, maximum=1)

    def vote(self, evidence: Evidence) -> Vote:
        """Return what it says of the present round."""
        now = evidence.campaign.latest
        if now.kappa is None:
            return inconclusive("it takes a stop set of at least 30 instances over three rounds: send keys, or a stop set")
        return at_least(now.kappa, self.kappa, f"the last three models agree with a kappa of {now.kappa:.3f} on the stop set")

    def moved(self, aggressiveness: float) -> StabilizingPredictions:
        """Return the rule with a threshold ten times nearer to 1 at aggressiveness 0, ten times farther at 1."""
        return replace(self, kappa=max(0.5, nearer_one(self.kappa, aggressiveness)))
