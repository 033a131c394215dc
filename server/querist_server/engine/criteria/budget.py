"""What is spent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from querist_server.engine.criterion import Criterion, Evidence, Field, Status, Vote, inconclusive
from querist_server.engine.part import parameter


@dataclass(frozen=True)
class Budget(Criterion):
    """Whether the money or the labels of the campaign are spent."""

    name: ClassVar[str] = "budget"
    summary: ClassVar[str] = "Stops once the money or the labels are spent, or no label can be paid for."
    formula: ClassVar[str] = "spent >= amount, or amount - spent < price of a label, or labelled >= labels"
    evidence: ClassVar[Field] = Field.LIMIT

    amount: float | None = parameter(None, doc="What all labels may cost together.", minimum=1e-300)
    labels: int | None = parameter(None, doc="How many instances may be labelled.", minimum=1)

    def vote(self, evidence: Evidence) -> Vote:
        """Return what it says of the present round."""
        now, votes = evidence.campaign.latest, []
        if self.labels is not None:
            full = now.labelled >= self.labels
            sentence = f"{now.labelled} of {self.labels} labels are made"
            votes.append(Vote(Status.STOP if full else Status.CONTINUE, sentence, now.labelled, self.labels))
        if self.amount is not None:
            votes.append(self._by_money(now.cost, evidence.label_cost))
        if not votes:
            return inconclusive("no budget was set")
        order = (Status.STOP, Status.INCONCLUSIVE, Status.CONTINUE)
        return min(votes, key=lambda vote: order.index(vote.status))

    def _by_money(self, spent: float | None, price: float | None) -> Vote:
        if self.amount is None or spent is None:
            return inconclusive("it takes what all labels cost so far")
        over = spent >= self.amount or (price is not None and self.amount - spent < price)
        return Vote(Status.STOP if over else Status.CONTINUE, f"{spent:g} of {self.amount:g} are spent", spent, self.amount)
