"""How often the model knew what it asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from querist_server.engine.criterion import Criterion, Evidence, Field, Vote, at_least, inconclusive
from querist_server.engine.part import Need, parameter


@dataclass(frozen=True)
class SelectedAccuracy(Criterion):
    """The share of right predictions among the instances that were asked for, before they were learnt."""

    name: ClassVar[str] = "selected_accuracy"
    summary: ClassVar[str] = "Stops once the model is mostly right about the very instances that it asks for."
    formula: ClassVar[str] = "right predictions / labels over the last rounds with at least `labels` labels >= accuracy"
    reference: ClassVar[str] = "Zhu, Wang and Hovy, IJCNLP 2008"
    needs: ClassVar[frozenset[Need]] = frozenset({Need.BATCH_RESULT})
    evidence: ClassVar[Field] = Field.SUPPORT

    accuracy: float = parameter(0.9, doc="The least share of right predictions.", minimum=0, maximum=1)
    labels: int = parameter(10, doc="The fewest labels to go by.", minimum=1, maximum=1e6)

    def vote(self, evidence: Evidence) -> Vote:
        """Return what it says of the present round."""
        asked = right = 0
        for each in reversed(evidence.campaign.rounds):
            if each.batch_labelled is None or each.batch_correct is None:
                break
            asked, right = asked + each.batch_labelled, right + each.batch_correct
            if asked >= self.labels:
                break
        if asked < self.labels:
            return inconclusive(f"it takes the results of batches with {self.labels} labels, and has {asked}")
        return at_least(right / asked, self.accuracy, f"the model was right on {right} of the last {asked} instances that it asked for")
