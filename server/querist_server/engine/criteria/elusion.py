"""What a random sample of the rest says was missed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from scipy import special

from querist_server.engine.criterion import Criterion, Evidence, Field, Vote, at_least, inconclusive
from querist_server.engine.part import Need, parameter


@dataclass(frozen=True)
class Elusion(Criterion):
    """A bound on the relevant instances among those that were not screened, from a random sample of them."""

    name: ClassVar[str] = "elusion"
    summary: ClassVar[str] = "Stops once a random sample of what was not screened shows that the target recall is reached."
    formula: ClassVar[str] = "r / (r + u (left)) >= target; u: Clopper and Pearson's upper bound from k relevant in a sample of m"
    reference: ClassVar[str] = "Clopper and Pearson, Biometrika 1934; Roitblat, Kershaw and Oot, JASIST 2010"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.SCREENING})
    evidence: ClassVar[Field] = Field.RECALL

    confidence: float = parameter(0.95, doc="How sure to be.", minimum=0.5, maximum=0.999999)

    def vote(self, evidence: Evidence) -> Vote:
        """Return what it says of the present round."""
        recall = evidence.recall
        if recall is None or recall.elusion is None or recall.unscreened is None:
            return inconclusive("it takes a random sample of the instances that are not screened, and their number")
        size, relevant = recall.elusion
        share = 1.0 if relevant == size else float(special.betaincinv(relevant + 1, size - relevant, self.confidence))
        found, missed = int(recall.relevant.sum()), share * recall.unscreened
        reached = found / (found + missed) if found + missed else 1.0
        sentence = f"at most {missed:.0f} of {recall.unscreened} unscreened instances are relevant, so recall is at least {reached:.1%}"
        return at_least(reached, recall.target, sentence)
