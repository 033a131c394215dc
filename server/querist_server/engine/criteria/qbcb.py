"""Finds among positives that were drawn beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from querist_server.engine.criterion import Criterion, Evidence, Field, Vote, at_least, inconclusive
from querist_server.engine.kernels import binomial
from querist_server.engine.part import Need, parameter


@dataclass(frozen=True)
class Qbcb(Criterion):
    """A quantile of the binomial distribution: how many of a control set must be found to be sure of the target recall."""

    name: ClassVar[str] = "qbcb"
    summary: ClassVar[str] = "Stops once enough of a random control set of relevant instances was found to be sure of the target recall."
    formula: ClassVar[str] = "found >= 1 + min j with Binomial(control_size, target) <= j at least `confidence`"
    reference: ClassVar[str] = "Lewis, Yang and Frieder, CIKM 2021"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.SCREENING})
    evidence: ClassVar[Field] = Field.RECALL

    confidence: float = parameter(0.95, doc="How sure to be.", minimum=0.5, maximum=0.999999)

    def vote(self, evidence: Evidence) -> Vote:
        """Return what it says of the present round."""
        if evidence.recall is None or evidence.recall.control is None:
            return inconclusive("it takes relevant instances that were drawn at random before the screening")
        size, found = evidence.recall.control
        needed = binomial.quantile(self.confidence, size, evidence.recall.target) + 1
        if needed > size:
            return inconclusive(f"a control set of {size} is too small for a recall of {evidence.recall.target:.0%}")
        return at_least(found, needed, f"{found} of {size} control instances were found; {needed} are needed")
