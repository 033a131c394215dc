"""How much the batch adds to the choice's objective."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from querist_server.engine.criterion import Criterion, Evidence, Field, Vote, at_most, inconclusive
from querist_server.engine.part import Need, parameter


@dataclass(frozen=True)
class DiminishingGain(Criterion):
    """The mean gain of the batch, compared with the best round."""

    name: ClassVar[str] = "diminishing_gain"
    summary: ClassVar[str] = "Stops once a batch adds little to the choice's objective, compared with the best round."
    formula: ClassVar[str] = "mean gain of the batch / largest mean gain of any round with the same choice <= share"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.GAINS})
    evidence: ClassVar[Field] = Field.SUPPORT

    share: float = parameter(0.05, doc="The largest share of the best gain.", minimum=0, maximum=1)

    def vote(self, evidence: Evidence) -> Vote:
        """Return what it says of the present round."""
        now = evidence.campaign.latest
        gains = [each.mean_gain for each in evidence.campaign.rounds if each.choice == now.choice and each.mean_gain is not None]
        if now.mean_gain is None or len(gains) < 2 or max(gains) <= 0:
            return inconclusive("it takes two rounds with one choice that says how much each instance adds")
        ratio = now.mean_gain / max(gains)
        return at_most(ratio, self.share, f"the batch adds {ratio:.1%} of what the best one added")
