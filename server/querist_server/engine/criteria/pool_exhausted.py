"""What is left to ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from querist_server.engine.criterion import Criterion, Evidence, Field, Vote, at_most, inconclusive
from querist_server.engine.part import parameter


@dataclass(frozen=True)
class PoolExhausted(Criterion):
    """How many instances can still be asked once this batch is labelled."""

    name: ClassVar[str] = "pool_exhausted"
    summary: ClassVar[str] = "Stops once nothing is left to ask after this batch."
    formula: ClassVar[str] = "unlabelled - selected <= left"
    evidence: ClassVar[Field] = Field.LIMIT

    left: int = parameter(0, doc="How few count as none.", minimum=0)

    def vote(self, evidence: Evidence) -> Vote:
        """Return what it says of the present round."""
        now = evidence.campaign.latest
        if now.unlabelled is None:
            return inconclusive("it takes the number of instances that can still be labelled")
        left = now.unlabelled - (now.selected or 0)
        after = " after this batch" if now.selected else ""
        return at_most(left, self.left, f"{left} instances are left{after}")
