"""How many predictions changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from querist_server.engine.criterion import Criterion, Evidence, Field, Vote, at_most, inconclusive
from querist_server.engine.part import Need, parameter

STOP_SET_MISSING = "it takes a stop set of at least 30 instances over two rounds: send keys, or a stop set"


@dataclass(frozen=True)
class ClassificationChange(Criterion):
    """The share of the stop set that is predicted otherwise than in the last round."""

    name: ClassVar[str] = "classification_change"
    summary: ClassVar[str] = "Stops once hardly any prediction of the stop set has changed since the last round."
    formula: ClassVar[str] = "share of the stop set whose predicted class changed <= most_changed"
    reference: ClassVar[str] = "Zhu, Wang and Hovy, COLING 2008"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.STOP_SET})
    evidence: ClassVar[Field] = Field.STABILITY

    most_changed: float = parameter(0.002, doc="The largest share of changed predictions.", minimum=0, maximum=1)

    def vote(self, evidence: Evidence) -> Vote:
        """Return what it says of the present round."""
        now = evidence.campaign.latest
        if now.changed is None:
            return inconclusive(STOP_SET_MISSING)
        sentence = f"{now.changed:.1%} of {now.compared} predictions changed since the last round"
        return at_most(now.changed, self.most_changed, sentence)

    def moved(self, aggressiveness: float) -> ClassificationChange:
        """Return the rule with ten times the share at aggressiveness 1, a tenth at 0."""
        return replace(self, most_changed=min(1.0, self.most_changed * float(10 ** (2 * aggressiveness - 1))))
