"""The bend of the curve of finds, and a least number of instances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from querist_server.engine.criteria.knee import steepest
from querist_server.engine.criterion import Criterion, Evidence, Field, Status, Vote, inconclusive
from querist_server.engine.part import Need, parameter


@dataclass(frozen=True)
class ScreeningBudget(Criterion):
    """A gentler bend than that of Knee, after as many instances as random screening would take for ten finds."""

    name: ClassVar[str] = "screening_budget"
    summary: ClassVar[str] = "Stops after a bend of the curve of finds and 10 N / finds screened instances, or after 3/4 of all."
    formula: ClassVar[str] = "(bend >= ratio and n >= 10 N / r) or n >= 0.75 N"
    reference: ClassVar[str] = "Cormack and Grossman, SIGIR 2016"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.SCREENING})
    evidence: ClassVar[Field] = Field.SUPPORT

    ratio: float = parameter(6.0, doc="The least ratio of slopes.", minimum=1, maximum=1e6)

    def vote(self, evidence: Evidence) -> Vote:
        """Return what it says of the present round."""
        recall = evidence.recall
        if recall is None or recall.unscreened is None or len(recall.relevant) < 2 or not recall.relevant.any():
            return inconclusive("it takes review work in which something relevant was found, and the number of instances that are left")
        screened, found = len(recall.relevant), int(recall.relevant.sum())
        everything = screened + recall.unscreened
        bend = steepest(recall.relevant)
        stop = (bend >= self.ratio and screened >= 10 * everything / found) or screened >= 0.75 * everything
        sentence = f"{screened} of {everything} are screened, with a bend of {bend:.1f}"
        return Vote(Status.STOP if stop else Status.CONTINUE, sentence, bend, self.ratio)
