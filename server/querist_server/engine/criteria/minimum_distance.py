"""How far the batch is from what was known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from querist_server.engine.criterion import Criterion, Evidence, Field, Vote, at_most, inconclusive
from querist_server.engine.part import Need, parameter


@dataclass(frozen=True)
class MinimumDistance(Criterion):
    """The smallest distance at which k-center took an instance."""

    name: ClassVar[str] = "minimum_distance"
    summary: ClassVar[str] = "Stops once k-center's batch lies close to what was known, compared with the first round."
    formula: ClassVar[str] = "smallest distance in the batch / smallest distance in the first batch <= share"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.GAINS})
    evidence: ClassVar[Field] = Field.SUPPORT

    share: float = parameter(0.1, doc="The largest share of the first distance.", minimum=0, maximum=1)

    def vote(self, evidence: Evidence) -> Vote:
        """Return what it says of the present round."""
        rounds = [each for each in evidence.campaign.rounds if each.choice == "k_center" and each.least_gain is not None]
        if len(rounds) < 2 or rounds[-1] is not evidence.campaign.latest or not rounds[0].least_gain:
            return inconclusive("it takes two rounds with the choice k_center")
        ratio = (rounds[-1].least_gain or 0.0) / rounds[0].least_gain
        return at_most(ratio, self.share, f"the batch lies at {ratio:.1%} of the first round's distance from what was known")
